/* engine.h - the deterministic heart of the order path: risk gate and matching.
 *
 * Commands in, events out. The engine has no clock, no randomness, no I/O and no
 * globals; it takes all its memory in engine_new() and never allocates again. The
 * same commands always give the same events and the same state hash, so a journal
 * of commands is a complete backup, and a snapshot is a shortcut through it.
 *
 * Prices are ticks and quantities are lots: whole multiples of the instrument's
 * price and quantity increment. Values (notional, exposure, fees) are micro-units of
 * the base currency: 1,000,000 is one dollar where the base currency is USD. An
 * instrument's `unit_value` says what one tick times one lot is worth, in
 * nano-units of the base currency. Values saturate at INT64_MAX, they never wrap.
 *
 * docs/native.md says which of two possible meanings was chosen, and why.
 * One thread owns one engine. */
#ifndef TICKMESH_ENGINE_H
#define TICKMESH_ENGINE_H

#include <stdint.h>

/* Stands for "every instrument" or "no instrument", "no node". */
#define ENGINE_NONE UINT32_MAX

/* Prices and quantities outside 1..ENGINE_NUMBER_MAX are refused (INVALID_PRICE,
 * INVALID_QUANTITY), so that sums and products of two stay within 128 bits. */
#define ENGINE_NUMBER_MAX ((int64_t)1 << 46)

/* No path from a node to the firm, both counted, is longer (CAPACITY): every check walks
 * it, and the walk is bounded. */
#define ENGINE_DEPTH_MAX 16

/* The position limit of every pair of node and instrument that has no lower one, so
 * that sums of lots never overflow. */
#define ENGINE_POSITION_MAX ((int64_t)1 << 61)

/* Orders in a list (OCO, OTO, bracket), the parent counted. */
#define ENGINE_LEGS_MAX 4

/* Rounds of repricing pegged orders and retrying all-or-none orders that one command
 * may cause on one instrument; what is left waits for the next command on it. */
#define ENGINE_ROUNDS_MAX 8

/* Pegged and all-or-none orders together that one instrument holds (CAPACITY). */
#define ENGINE_FOLLOWERS_MAX 1024

enum command_type {
    COMMAND_LIST_INSTRUMENT = 1,  /* instrument = the next free index; price = reference ticks; quantity = unit_value */
    COMMAND_SET_UNIT_VALUE = 2,   /* instrument; quantity = unit_value */
    COMMAND_ADD_NODE = 3,         /* node = the next free index; target = parent's index (ENGINE_NONE only for node 0, the firm) */
    COMMAND_SET_LIMIT = 4,        /* node; instrument or ENGINE_NONE; kind = enum limit_type; quantity = value, negative removes */
    COMMAND_SET_TRADING_STATE = 5,/* node; instrument or ENGINE_NONE; kind = enum trading_state */
    COMMAND_NEW_ORDER = 6,        /* all order fields; client_key unique; target = trigger; the order's id is the command's sequence */
    COMMAND_CANCEL_ORDER = 7,     /* target = order id; node = who asks: the order's node or one above it */
    COMMAND_REPLACE_ORDER = 8,    /* target = order id; node as for cancel; price, quantity = new total, client_key = new trigger; 0 keeps */
    COMMAND_MASS_CANCEL = 9,      /* node = root of a subtree; instrument or ENGINE_NONE; side or 0 for both */
    COMMAND_END_OF_DAY = 10,      /* instrument or ENGINE_NONE: expires DAY and auction orders */
    COMMAND_ADVANCE_TIME = 11,    /* time_ns alone: expires GTD orders, as every command does */
    COMMAND_ORDER_TERMS = 12,     /* more of the NEW_ORDER that comes directly after it: target = expiry in ns (GTD),
                                     price = display quantity (iceberg), quantity = minimum quantity; 0 is none */
    COMMAND_SET_BANDS = 13,       /* instrument; price = static, quantity = dynamic band in basis points; 0 is none */
    COMMAND_SET_PHASE = 14,       /* instrument or ENGINE_NONE; kind = enum phase */
    COMMAND_SET_GROUP = 15,       /* node; quantity = self-trade group, 0..2^32-1; 0 is none */
    COMMAND_SET_FEES = 16,        /* node; instrument or ENGINE_NONE; price = maker, quantity = taker rate in millionths
                                     of the traded value, negative is a rebate; kind 0 sets, 1 removes */
    COMMAND_DISCONNECT = 17,      /* as MASS_CANCEL, for orders with FLAG_CANCEL_ON_DISCONNECT */
    COMMAND_INDICATE = 18,        /* instrument: says what an auction would give now */
    COMMAND_SET_REFERENCE_PRICE = 19, /* instrument; price: the last and the static reference price */
};

enum side { SIDE_BUY = 1, SIDE_SELL = 2 };                          /* FIX 54 */

/* FIX 40. `trigger` is the command's `target`. Orders 3 to 8 wait outside the book until
 * their trigger; then they are a MARKET or LIMIT order. */
enum order_type {
    ORDER_MARKET = 1,              /* price 0; stops at the collar; never rests while CONTINUOUS */
    ORDER_LIMIT = 2,               /* price */
    ORDER_STOP = 3,                /* price 0; trigger price: a buy at or above it, a sell at or below it */
    ORDER_STOP_LIMIT = 4,          /* price; trigger price as STOP */
    ORDER_MARKET_IF_TOUCHED = 5,   /* price 0; trigger price: a buy at or below it, a sell at or above it */
    ORDER_LIMIT_IF_TOUCHED = 6,    /* price; trigger price as MARKET_IF_TOUCHED */
    ORDER_TRAILING_STOP = 7,       /* price 0; trigger = distance from the best price since, ticks or FLAG_BASIS_POINTS */
    ORDER_TRAILING_STOP_LIMIT = 8, /* price = distance of the limit beyond the stop, ticks, 0 or more; trigger as TRAILING_STOP */
    ORDER_MARKET_TO_LIMIT = 9,     /* price 0; a LIMIT at the best opposite price */
    ORDER_PEG_PRIMARY = 10,        /* follows the best price of its side; trigger = signed offset in ticks, added; price = limit or 0 */
    ORDER_PEG_MID = 11,            /* follows the middle, rounded away from the other side */
    ORDER_PEG_MARKET = 12,         /* follows the best price of the other side */
};

enum time_in_force {               /* FIX 59 */
    TIF_DAY = 0,
    TIF_GTC = 1,
    TIF_AT_THE_OPENING = 2,        /* MARKET or LIMIT, entered in PRE_OPEN or OPENING_AUCTION */
    TIF_IOC = 3,
    TIF_FOK = 4,
    TIF_GTD = 6,                   /* ends when time_ns reaches the expiry of its ORDER_TERMS */
    TIF_AT_THE_CLOSE = 7,          /* MARKET or LIMIT; waits for CLOSING_AUCTION */
    TIF_GOOD_FOR_AUCTION = 11,     /* MARKET or LIMIT, entered in PRE_OPEN or an auction; ends with it (FIX 'B') */
};

enum order_flag {
    FLAG_POST_ONLY = 1,            /* refused if it would trade */
    FLAG_POST_ONLY_SLIDE = 2,      /* moved to one tick from the best opposite price instead */
    FLAG_REDUCE_ONLY = 4,          /* trades only against the position of its own node */
    FLAG_ALL_OR_NONE = 8,          /* waits outside the book until it can trade in full at once */
    FLAG_BASIS_POINTS = 16,        /* a trailing distance is basis points of the price */
    FLAG_CANCEL_ON_DISCONNECT = 32,
};

/* What happens to an order that would trade with one of its own account (the same node),
 * or, with SELF_TRADE_BY_GROUP added, also with one of its node's group. The incoming order decides. */
enum self_trade {
    SELF_TRADE_ALLOW = 0,
    SELF_TRADE_CANCEL_NEWEST = 1,  /* the incoming order ends */
    SELF_TRADE_CANCEL_OLDEST = 2,  /* the resting order ends, the incoming one goes on */
    SELF_TRADE_CANCEL_BOTH = 3,
    SELF_TRADE_DECREMENT = 4,      /* both lose the smaller quantity; who has none left ends */
    SELF_TRADE_BY_GROUP = 8,
};

/* Lists: NEW_ORDER commands that follow one another directly, all with the same
 * `contingency`, instrument and node, `more` counting down to 0. With the last one all are
 * accepted or all rejected. FIX 1385. */
enum contingency {
    CONTINGENCY_NONE = 0,
    CONTINGENCY_OCO = 1,           /* when one trades, triggers or ends, the others end */
    CONTINGENCY_OTO = 2,           /* the others are held until the first has traded in full, or has ended after a part */
    CONTINGENCY_BRACKET = 3,       /* OTO whose held orders are then an OCO */
};

enum phase {
    PHASE_CONTINUOUS = 0,          /* where an instrument starts */
    PHASE_PRE_OPEN = 1,            /* orders gather, nothing trades */
    PHASE_OPENING_AUCTION = 2,     /* likewise; crosses when it is left for CONTINUOUS or CLOSED */
    PHASE_HALT = 3,                /* cancels only */
    PHASE_REOPENING_AUCTION = 4,
    PHASE_CLOSING_AUCTION = 5,
    PHASE_CLOSED = 6,              /* cancels only */
};

enum trading_state { STATE_ACTIVE = 0, STATE_REDUCING = 1, STATE_HALTED = 2 };

/* What a limit bounds, at one node, for one instrument or for all of them. Where
 * several apply the most restrictive wins. */
enum limit_type {
    LIMIT_ORDER_QUANTITY = 1,  /* one order, lots; needs an instrument */
    LIMIT_ORDER_NOTIONAL = 2,  /* one order, micro-units of the base currency */
    LIMIT_PRICE_COLLAR = 3,    /* distance through the reference price, basis points; needs an instrument.
                                  A buy above or a sell below the band is refused; a MARKET order stops at it */
    LIMIT_ORDER_RATE = 4,      /* new orders and replaces a second of command time; node only (a token bucket of that size) */
    LIMIT_POSITION = 5,        /* |position| if all open orders of one side filled, lots; needs an instrument */
    LIMIT_GROSS_EXPOSURE = 6,  /* sum over instruments of that worst case at the reference price; node only */
};

enum event_type {
    EVENT_ORDER_ACCEPTED = 1,  /* price, quantity, leaves as ordered */
    EVENT_ORDER_REJECTED = 2,  /* reason; of a limit: price = limit, leaves = used before, quantity = asked; node = the node whose limit it was */
    EVENT_TRADE = 3,           /* two in a row: the resting order (FLAG_MAKER), then the aggressor; in an auction the buy, then the sell
                                  (FLAG_AUCTION); price, quantity, leaves of that order */
    EVENT_ORDER_CANCELED = 4,  /* reason = why; quantity = lots cancelled; leaves = 0 */
    EVENT_ORDER_REPLACED = 5,  /* price, quantity = new total, leaves; FLAG_KEPT_PRIORITY; reason SELF_TRADE when decremented */
    EVENT_ORDER_EXPIRED = 6,   /* at the end of its day, time or auction; quantity = lots expired */
    EVENT_CANCEL_REJECTED = 7, /* of a cancel or replace; order = target; reason (and limit figures as above) */
    EVENT_BOOK_LEVEL = 8,      /* FEED_LEVELS: side, price (0: the queue of MARKET orders before an auction); quantity = lots shown there now,
                                  leaves = orders there; 0 removes the level */
    EVENT_CONTROL_APPLIED = 9, /* a command that is not about one order took effect */
    EVENT_CONTROL_REJECTED = 10, /* it did not: reason */
    EVENT_MASS_CANCELED = 11,  /* after the cancels of a MASS_CANCEL, DISCONNECT or END_OF_DAY: quantity = number of orders */
    EVENT_ORDER_TRIGGERED = 12,/* price, leaves of what it is now; reason CONTINGENCY when a held order was released */
    EVENT_ORDER_REPRICED = 13, /* a pegged order follows, or a sliding one was moved: price */
    EVENT_FEE = 14,            /* after the two trades: order; price = rate in millionths, quantity = micro-units, negative is a rebate */
    EVENT_PHASE_CHANGED = 15,  /* instrument; quantity = new, leaves = old phase; reason VOLATILITY when the engine did it */
    EVENT_AUCTION = 16,        /* instrument; price (0: nothing crosses), quantity = lots that cross, leaves = bought minus sold lots
                                  that wait at that price; FLAG_INDICATIVE when it has not happened */
    EVENT_BOOK_TOP = 17,       /* FEED_TOP: side; best price, lots shown and orders there, or zeros; once a command and instrument */
    EVENT_BOOK_ORDER = 18,     /* FEED_ORDERS: order, side, price; quantity = lots shown; FLAG_ADDED (at the end of its queue),
                                  FLAG_REMOVED, or neither when the lots changed in place */
};

enum event_flag {
    FLAG_MAKER = 1,
    FLAG_KEPT_PRIORITY = 2,
    FLAG_AUCTION = 4,
    FLAG_INDICATIVE = 8,
    FLAG_ADDED = 16,
    FLAG_REMOVED = 32,
};

enum reason {
    REASON_NONE = 0,
    REASON_UNKNOWN_INSTRUMENT = 1,
    REASON_UNKNOWN_NODE = 2,
    REASON_UNKNOWN_ORDER = 3,          /* never existed, or no longer live */
    REASON_NOT_OWNER = 4,
    REASON_DUPLICATE_CLIENT_ORDER = 5, /* event's `leaves` = the first order's id */
    REASON_INVALID_COMMAND = 6,        /* unknown type, side, order type, time in force, flag, limit or a combination that makes no
                                          sense; or sequence not rising */
    REASON_INVALID_PRICE = 7,          /* or trigger */
    REASON_INVALID_QUANTITY = 8,
    REASON_TRADING_HALTED = 9,
    REASON_REDUCE_ONLY = 10,           /* state REDUCING or FLAG_REDUCE_ONLY, and the order does not (or no longer) reduce */
    REASON_ORDER_QUANTITY_LIMIT = 11,
    REASON_ORDER_NOTIONAL_LIMIT = 12,
    REASON_PRICE_COLLAR = 13,
    REASON_ORDER_RATE_LIMIT = 14,
    REASON_POSITION_LIMIT = 15,
    REASON_GROSS_EXPOSURE_LIMIT = 16,
    REASON_POST_ONLY_WOULD_TRADE = 17,
    REASON_FOK_NOT_FILLABLE = 18,
    REASON_NO_LIQUIDITY = 19,          /* remainder of a MARKET or IOC order */
    REASON_CAPACITY = 20,              /* a pool named in struct engine_config is full */
    REASON_REQUESTED = 21,             /* cancelled by its owner */
    REASON_MASS_CANCEL = 22,
    REASON_QUANTITY_BELOW_FILLED = 23, /* replace to less than already traded */
    REASON_ALREADY_EXISTS = 24,        /* instrument or node index not the next free one */
    REASON_INVALID_EXPIRY = 25,        /* GTD without a moment that is still to come */
    REASON_PHASE = 26,                 /* not in the instrument's present phase */
    REASON_PRICE_BAND = 27,            /* outside the static band */
    REASON_MINIMUM_QUANTITY = 28,      /* cannot trade its minimum at once */
    REASON_LIST_REJECTED = 29,         /* another order of its list was refused */
    REASON_LIST_INCOMPLETE = 30,       /* another command came before the list was whole */
    REASON_CONTINGENCY = 31,           /* another order of its list decided */
    REASON_SELF_TRADE = 32,
    REASON_VOLATILITY = 33,            /* a trade outside the bands was about to happen */
    REASON_DISCONNECTED = 34,
};

/* A command. 64 bytes, little-endian, stored as it is in the journal. Fields that a
 * type does not name are zero. */
struct command {
    uint64_t sequence;      /* strictly rising, stamped by the sequencer */
    int64_t time_ns;        /* stamped by the sequencer; never falls */
    uint64_t client_key;    /* hash of owner and client order id; 0 is not allowed for NEW_ORDER */
    uint64_t target;        /* order id, parent node, or trigger (as int64_t) */
    int64_t price;          /* ticks */
    int64_t quantity;       /* lots, or as the type says */
    uint32_t instrument;
    uint32_t node;          /* index in the tree firm > desk > portfolio > strategy */
    uint8_t type;           /* enum command_type */
    uint8_t side;
    uint8_t kind;           /* enum order_type; or limit type, trading state, phase */
    uint8_t time_in_force;
    uint8_t flags;          /* enum order_flag */
    uint8_t self_trade;     /* enum self_trade */
    uint8_t contingency;    /* enum contingency */
    uint8_t more;           /* orders of the list still to come */
};

/* An event. 64 bytes. */
struct event {
    uint64_t sequence;      /* +1 an event over the life of the engine */
    uint64_t command;       /* sequence of the command that caused it */
    uint64_t order;         /* order id, or 0 */
    int64_t price;
    int64_t quantity;
    int64_t leaves;
    uint32_t instrument;
    uint32_t node;
    uint8_t type;           /* enum event_type */
    uint8_t side;
    uint8_t reason;         /* enum reason */
    uint8_t flags;          /* enum event_flag */
    uint8_t reserved[4];
};

/* Which changes of the book are told. Orders, trades and controls always are. */
enum feed { FEED_TOP = 1, FEED_LEVELS = 2, FEED_ORDERS = 4 }; /* L1, L2, L3 */

/* Every capacity. Full means REASON_CAPACITY, never a crash. */
struct engine_config {
    uint32_t orders;        /* live orders at once; also all slices of all icebergs */
    uint32_t instruments;
    uint32_t pages;         /* runs of 64 neighbouring prices (price / 64) of one side of one instrument in which an order rests */
    uint32_t nodes;
    uint32_t positions;     /* (node, instrument) pairs with a position, an open order, a limit, a state or fees */
    uint32_t client_keys;   /* how many of the newest client keys are remembered; the oldest is forgotten first */
    uint32_t extras;        /* live orders that are more than a plain one: order types 3 to 8 and 10 to 12, iceberg, GTD, all-or-none, in a list */
    uint32_t feeds;         /* enum feed, added */
    uint64_t origin;        /* commands and events are numbered behind it: engines of their own numbers have one each */
};

struct engine;

/* Returns an empty engine, or NULL when memory is short, a capacity is 0 or over
 * 2^28, a feed is unknown, or the origin is over 2^62. Free it with engine_free(). */
struct engine *engine_new(const struct engine_config *config);
void engine_free(struct engine *engine);

/* Runs `count` commands. Returns how many events it wrote to engine_events() (from
 * its start; an earlier call's are overwritten) and stores in `*consumed` how many commands
 * it took: fewer than `count` only when the event array could not hold the worst case
 * of the next one. Call again with the rest. It always takes at least one. */
uint32_t engine_process(struct engine *engine, const struct command *commands,
                        uint32_t count, uint32_t *consumed);

/* The same for the one command at `commands[index]`: the cheapest way in from a
 * language where a call costs more than a match. Returns how many events it wrote. */
uint32_t engine_step(struct engine *engine, const struct command *commands, uint32_t index);

/* The events of the last call, and how many the array can hold. */
const struct event *engine_events(const struct engine *engine);
uint32_t engine_events_capacity(const struct engine *engine);

/* A 64-bit digest of everything that later commands can observe. */
uint64_t engine_state_hash(const struct engine *engine);

/* Writes the whole state as bytes, at most `size` of them, and returns how many it takes. Pass
 * size 0 to ask. The format says its version and carries a checksum. Legs and terms whose order is still
 * to come are part of it. */
uint64_t engine_snapshot(const struct engine *engine, void *bytes, uint64_t size);

enum restore_error {
    RESTORE_OK = 0,
    RESTORE_NO_SNAPSHOT = 1,     /* too short, or does not begin like one */
    RESTORE_VERSION = 2,         /* of a later build */
    RESTORE_CHECKSUM = 3,        /* damaged */
    RESTORE_CAPACITY = 4,        /* does not fit `config` */
    RESTORE_MEMORY = 5,
    RESTORE_CONTENT = 6,         /* says something that no engine can have said */
};

/* Returns an engine as it was when the snapshot was taken, with the capacities and feeds of `config`, or NULL
 * and why in `*error`. */
struct engine *engine_restore(const struct engine_config *config, const void *bytes, uint64_t size,
                              uint32_t *error);

/* Counters for status pages. */
struct engine_status {
    uint64_t command_sequence;  /* of the last command taken */
    uint64_t event_sequence;    /* of the last event given */
    uint32_t orders, instruments, nodes, positions, pages, extras; /* in use */
    int64_t time_ns;            /* the highest so far */
};
void engine_status(const struct engine *engine, struct engine_status *status);

/* One price level. */
struct level {
    int64_t price;    /* ticks */
    int64_t quantity; /* lots shown */
    int64_t orders;
};

/* Copies up to `depth` levels of one side, best first. Returns how many; 0 also for
 * an unknown instrument or side. */
uint32_t engine_depth(const struct engine *engine, uint32_t instrument, uint8_t side,
                      struct level *levels, uint32_t depth);

/* One live order. */
struct order_view {
    uint64_t id;
    int64_t price;       /* ticks now; 0 where it has none */
    int64_t quantity;    /* lots in total */
    int64_t leaves;
    int64_t shown;       /* lots that the book shows; 0 when it waits outside */
    int64_t trigger;     /* trigger price, 0 when it has none or has triggered; of a pegged order the offset */
    int64_t expiry_ns;
    uint32_t instrument;
    uint32_t node;
    uint8_t side, kind, time_in_force, flags;
    uint8_t resting;     /* 1 in the book, 0 outside */
    uint8_t held;        /* 1 until its list releases it */
    uint8_t reserved[6];
};

/* Fills `view` and returns 1, or returns 0 when no live order has this id. */
int engine_order(const struct engine *engine, uint64_t id, struct order_view *view);

/* Copies up to `count` resting orders of one side in the order in which they would trade. Returns how many. */
uint32_t engine_queue(const struct engine *engine, uint32_t instrument, uint8_t side,
                      struct order_view *orders, uint32_t count);

/* An instrument as it stands. */
struct instrument_view {
    int64_t reference_price;  /* ticks: the last trade's, or as set */
    int64_t static_price;     /* the last auction's, or as set: middle of the static band */
    int64_t unit_value;
    int64_t static_bps, dynamic_bps;
    int64_t auction_price;    /* what an auction would give now; zeros when nothing crosses */
    int64_t auction_quantity;
    int64_t auction_imbalance;
    uint32_t waiting;         /* orders outside the book */
    uint32_t phase;
};

/* Fills `view` and returns 1, or returns 0 for an unknown instrument. Linear in the levels and icebergs. */
int engine_instrument(const struct engine *engine, uint32_t instrument, struct instrument_view *view);

/* How far a limit is used. `used` is in the unit of the limit. Values of -1 say "no limit". */
struct usage {
    int64_t limit;
    int64_t used;
};
/* Fills `usage` and returns 1, or returns 0 for an unknown node, instrument or limit type. */
int engine_usage(const struct engine *engine, uint32_t node, uint32_t instrument,
                 uint8_t limit_type, struct usage *usage);

/* The position of a node in an instrument: lots, and lots of open orders a side. Zeros when it has none. */
struct exposure {
    int64_t position;
    int64_t open_buy;
    int64_t open_sell;
};
void engine_exposure(const struct engine *engine, uint32_t node, uint32_t instrument,
                     struct exposure *exposure);

#endif
