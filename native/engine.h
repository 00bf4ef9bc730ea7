/* engine.h - the deterministic heart of the order path: risk gate and matching.
 *
 * Commands in, events out. The engine has no clock, no randomness, no I/O and no
 * globals; it takes all its memory in engine_new() and never allocates again. The
 * same commands always give the same events and the same state hash, so a journal
 * of commands is a complete backup.
 *
 * Prices are ticks and quantities are lots: whole multiples of the instrument's
 * price and quantity increment. Values (notional, exposure) are micro-units of the
 * base currency: 1,000,000 is one dollar where the base currency is USD. An
 * instrument's `unit_value` says what one tick times one lot is worth, in
 * nano-units of the base currency. Values saturate at INT64_MAX, they never wrap.
 *
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

enum command_type {
    COMMAND_LIST_INSTRUMENT = 1,  /* instrument = the next free index; price = reference ticks; quantity = unit_value */
    COMMAND_SET_UNIT_VALUE = 2,   /* instrument; quantity = unit_value */
    COMMAND_ADD_NODE = 3,         /* node = the next free index; target = parent's index (ENGINE_NONE only for node 0, the firm) */
    COMMAND_SET_LIMIT = 4,        /* node; instrument or ENGINE_NONE; kind = enum limit_type; quantity = value, negative removes */
    COMMAND_SET_TRADING_STATE = 5,/* node; instrument or ENGINE_NONE; kind = enum trading_state */
    COMMAND_NEW_ORDER = 6,        /* all order fields; client_key unique; the order's id is the command's sequence */
    COMMAND_CANCEL_ORDER = 7,     /* target = order id; node = who asks: the order's node or one above it */
    COMMAND_REPLACE_ORDER = 8,    /* target = order id; node as for cancel; price (0 keeps); quantity = new total (0 keeps) */
    COMMAND_MASS_CANCEL = 9,      /* node = root of a subtree; instrument or ENGINE_NONE; side or 0 for both */
    COMMAND_END_OF_DAY = 10,      /* instrument or ENGINE_NONE: expires DAY orders */
};

enum side { SIDE_BUY = 1, SIDE_SELL = 2 };                          /* FIX 54 */
enum order_type { ORDER_MARKET = 1, ORDER_LIMIT = 2 };              /* FIX 40 */
enum time_in_force { TIF_DAY = 0, TIF_GTC = 1, TIF_IOC = 3, TIF_FOK = 4 }; /* FIX 59 */
enum order_flag { FLAG_POST_ONLY = 1 };
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
    EVENT_TRADE = 3,           /* one event for each side, the resting (FLAG_MAKER) first, then the aggressor; price, quantity, leaves of that order */
    EVENT_ORDER_CANCELED = 4,  /* reason = why; quantity = lots cancelled; leaves = 0 */
    EVENT_ORDER_REPLACED = 5,  /* price, quantity = new total, leaves; FLAG_KEPT_PRIORITY */
    EVENT_ORDER_EXPIRED = 6,   /* a DAY order at the end of its day; quantity = lots expired */
    EVENT_CANCEL_REJECTED = 7, /* of a cancel or replace; order = target; reason (and limit figures as above) */
    EVENT_BOOK_LEVEL = 8,      /* side, price; quantity = lots now resting there, leaves = orders there; 0 removes the level */
    EVENT_CONTROL_APPLIED = 9, /* an instrument, node, limit or state command took effect; kind of command in `reason`'s place is 0 */
    EVENT_CONTROL_REJECTED = 10, /* it did not: reason */
    EVENT_MASS_CANCELED = 11,  /* after the cancels of a MASS_CANCEL or END_OF_DAY: quantity = number of orders */
};

enum event_flag { FLAG_MAKER = 1, FLAG_KEPT_PRIORITY = 2 };

enum reason {
    REASON_NONE = 0,
    REASON_UNKNOWN_INSTRUMENT = 1,
    REASON_UNKNOWN_NODE = 2,
    REASON_UNKNOWN_ORDER = 3,          /* never existed, or no longer live */
    REASON_NOT_OWNER = 4,
    REASON_DUPLICATE_CLIENT_ORDER = 5, /* event's `leaves` = the first order's id */
    REASON_INVALID_COMMAND = 6,        /* unknown type, side, order type, time in force, flag, limit, or sequence not rising */
    REASON_INVALID_PRICE = 7,
    REASON_INVALID_QUANTITY = 8,
    REASON_TRADING_HALTED = 9,
    REASON_REDUCE_ONLY = 10,           /* state REDUCING and the order does not reduce */
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
};

/* A command. 64 bytes, little-endian, stored as it is in the journal. Fields that a
 * type does not name are zero. */
struct command {
    uint64_t sequence;      /* strictly rising, stamped by the sequencer */
    int64_t time_ns;        /* stamped by the sequencer; never falls */
    uint64_t client_key;    /* hash of owner and client order id; 0 is not allowed for NEW_ORDER */
    uint64_t target;
    int64_t price;          /* ticks */
    int64_t quantity;       /* lots, or as the type says */
    uint32_t instrument;
    uint32_t node;          /* index in the tree firm > desk > portfolio > strategy */
    uint8_t type;           /* enum command_type */
    uint8_t side;
    uint8_t kind;           /* enum order_type; or limit type, or trading state */
    uint8_t time_in_force;
    uint8_t flags;          /* enum order_flag */
    uint8_t reserved[3];    /* zero */
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

/* Every capacity. Full means REASON_CAPACITY, never a crash. */
struct engine_config {
    uint32_t orders;        /* resting orders at once */
    uint32_t instruments;
    uint32_t levels;        /* price levels a side of one instrument */
    uint32_t nodes;
    uint32_t positions;     /* (node, instrument) pairs with a position, an open order or a limit */
    uint32_t client_keys;   /* how many of the newest client keys are remembered; the oldest is forgotten first */
};

struct engine;

/* Returns an empty engine, or NULL when memory is short or a capacity is 0 or over
 * 2^28. Free it with engine_free(). */
struct engine *engine_new(const struct engine_config *config);
void engine_free(struct engine *engine);

/* Runs `count` commands. Returns how many events it wrote to engine_events() (from
 * its start; an earlier call's are overwritten) and stores in `*consumed` how many commands
 * it took: fewer than `count` only when the event array could not hold the worst case
 * of the next one. Call again with the rest. It always takes at least one. */
uint32_t engine_process(struct engine *engine, const struct command *commands,
                        uint32_t count, uint32_t *consumed);
const struct event *engine_events(const struct engine *engine);

/* A 64-bit digest of everything that later commands can observe. */
uint64_t engine_state_hash(const struct engine *engine);

/* Counters for status pages. */
struct engine_status {
    uint64_t command_sequence;  /* of the last command taken */
    uint64_t event_sequence;    /* of the last event given */
    uint32_t orders, instruments, nodes, positions; /* in use */
};
void engine_status(const struct engine *engine, struct engine_status *status);

/* One price level. */
struct level {
    int64_t price;    /* ticks */
    int64_t quantity; /* lots */
    int64_t orders;
};

/* Copies up to `depth` levels of one side, best first. Returns how many; 0 also for
 * an unknown instrument or side. */
uint32_t engine_depth(const struct engine *engine, uint32_t instrument, uint8_t side,
                      struct level *levels, uint32_t depth);

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
