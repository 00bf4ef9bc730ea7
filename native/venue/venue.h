/* venue.h - the order path between the wire and the engine.
 *
 * The engine decides; the venue remembers what its numbers mean. Requests come in as the bytes of a protobuf message and
 * leave as commands; commands and their events become reports and answers, and these the bytes of protobuf messages again.
 * Nothing here decides about an order: what is not plain is handed back to be taken the long way.
 *
 * Like the engine it has no clock, no randomness, no I/O and no globals. One thread at a time uses a venue. */
#ifndef TICKMESH_VENUE_H
#define TICKMESH_VENUE_H

#include <stdint.h>

#include "engine.h"

#define VENUE_TEXT_MAX 64      /* bytes of a client order id: printable ASCII */
#define VENUE_SYMBOL_MAX 24
#define VENUE_ID_MAX 48        /* of a portfolio or a strategy */
#define VENUE_PLACES_MAX 24    /* decimal places of an increment */

struct venue_config {
    uint32_t orders;      /* live orders, as the engine's */
    uint32_t waiting;     /* commands that may be on their way */
    uint32_t instruments;
    uint32_t nodes;
};

struct venue;

/* Returns an empty venue, or NULL when memory is short. Free it with venue_free(). */
struct venue *venue_new(const struct venue_config *config);
void venue_free(struct venue *venue);

/* An instrument. An increment is `factor` / 10^`places`; 0 < factor < 2^63. */
struct venue_instrument {
    char symbol[24];           /* not ended by 0 when it fills the array */
    uint64_t price_factor;
    uint64_t quantity_factor;
    uint64_t notional_low;     /* the least ticks times lots of an order, 128 bits; 0 is none */
    uint64_t notional_high;
    int64_t reference_ticks;   /* the price of an order without one, for the least notional */
    uint8_t price_places;
    uint8_t quantity_places;
    uint8_t symbol_length;
    uint8_t reserved[5];
};

/* Adds an instrument at the next index. Returns 1, or 0 when there is no room or an increment is none. */
int venue_list(struct venue *venue, const struct venue_instrument *instrument);

/* Adds a place in the tree at the next index: `name` for people ("portfolio/demo"), the portfolio ("" where orders do not
 * belong) and the strategy ("" for the portfolio itself). Returns 1, or 0 when there is no room. */
int venue_add_node(struct venue *venue, const char *name, uint32_t name_length, const char *portfolio,
                   uint32_t portfolio_length, const char *strategy, uint32_t strategy_length);

/* Says what a reason is called and means, for answers. Returns 1, or 0 for text that is too long. */
int venue_word(struct venue *venue, uint8_t reason, const char *name, uint32_t name_length,
               const char *sentence, uint32_t sentence_length);

/* The order of a key that lives or is on its way, or 0. */
uint64_t venue_key_order(const struct venue *venue, uint64_t key);

/* Says that an order is on its way, unless its key has one already. Returns 1, or 0 when there is no room. */
int venue_note_key(struct venue *venue, uint64_t key, uint64_t order);

enum venue_exec_type {        /* FIX 150, numbers as in the contract */
    EXEC_NEW = 1, EXEC_TRADE = 2, EXEC_CANCELED = 3, EXEC_REPLACED = 4, EXEC_REJECTED = 5, EXEC_EXPIRED = 6,
};
enum venue_status {           /* FIX 39, numbers as in the contract */
    STATUS_NEW = 1, STATUS_PARTIALLY_FILLED = 2, STATUS_FILLED = 3, STATUS_CANCELED = 4, STATUS_REJECTED = 5,
    STATUS_EXPIRED = 6,
};
enum venue_liquidity { LIQUIDITY_NONE = 0, LIQUIDITY_ADDED = 1, LIQUIDITY_REMOVED = 2 }; /* FIX 851 */

/* The reason of an order that ended with its day: the engine gives none. */
#define VENUE_END_OF_DAY 255

/* One thing that happened to one order, and the order as it was after it. 256 bytes. */
struct report {
    uint64_t sequence;        /* of the event */
    uint64_t command;
    uint64_t order;
    int64_t time_ns;
    int64_t submit_time_ns;
    int64_t quantity;         /* lots */
    int64_t price;            /* ticks; 0 where it has none */
    int64_t leaves;
    int64_t cumulative;
    uint64_t value_low;       /* sum of ticks times lots traded, 128 bits */
    uint64_t value_high;
    int64_t last_lots;        /* of a trade */
    int64_t last_ticks;
    uint64_t trade;
    int64_t limit;            /* of a limit that refused it, in the units of the limit */
    int64_t used;
    int64_t asked;
    uint64_t key;
    uint32_t instrument;
    uint32_t node;
    uint32_t limit_node;      /* whose limit it was, ENGINE_NONE for none */
    uint8_t exec_type;
    uint8_t status;
    uint8_t liquidity;
    uint8_t reason;           /* enum reason, or VENUE_END_OF_DAY */
    uint8_t side;
    uint8_t kind;             /* enum order_type */
    uint8_t time_in_force;    /* the engine's numbers */
    uint8_t flags;            /* enum order_flag */
    uint8_t text_length;
    uint8_t reserved[27];
    char text[64];            /* the client order id */
};

/* What became of one command. 64 bytes. */
struct answer {
    uint64_t command;
    uint64_t first_order;     /* of a client order id that came before, else 0 */
    int64_t limit;            /* of a limit that refused a replace */
    int64_t used;
    int64_t asked;
    int32_t report;           /* the last of its own order: index among the reports of the same call, or -1 */
    uint32_t canceled;        /* orders that a mass cancel ended */
    uint32_t limit_node;      /* ENGINE_NONE for none */
    uint8_t reason;           /* why a cancel, replace or control was refused */
    uint8_t reserved[11];
};

#endif
