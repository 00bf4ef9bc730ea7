/* inside.h - what a venue is made of. */
#ifndef TICKMESH_VENUE_INSIDE_H
#define TICKMESH_VENUE_INSIDE_H

#include "names.h"
#include "numbers.h"
#include "venue.h"

/* An order that lives. 192 bytes: three lines of the cache. */
struct live {
    uint64_t id;
    uint64_t key;
    int64_t submit_time_ns;
    int64_t quantity;
    int64_t price;
    int64_t leaves;
    int64_t cumulative;
    uint64_t value_low;
    uint64_t value_high;
    uint32_t instrument;
    uint32_t node;
    uint8_t side;
    uint8_t kind;
    uint8_t time_in_force;
    uint8_t flags;
    uint8_t status;
    uint8_t reason;
    uint8_t is_shadowed;      /* its key leads to an older order, or led there */
    uint8_t text_length;
    uint32_t next_free;
    uint8_t reserved[36];
    char text[64];
};

struct place {
    char name[2 * VENUE_ID_MAX + 16];
    char portfolio[VENUE_ID_MAX];
    char strategy[VENUE_ID_MAX];
    uint8_t name_length, portfolio_length, strategy_length;
    uint32_t portfolio_node;  /* the node of the portfolio itself, ENGINE_NONE where orders do not belong */
};

struct word {
    char name[40];
    char sentence[200];
    uint8_t name_length, sentence_length;
};

struct venue {
    struct venue_config config;
    struct venue_instrument *instruments;
    struct place *places;
    struct live *live;        /* slots; free ones are linked */
    struct word *words;       /* 256 */
    struct names symbols;     /* symbol -> instrument */
    struct names nodes;       /* portfolio 0 strategy -> node */
    struct numbers keys;      /* client key -> order that lives or is on its way */
    struct numbers slots;     /* order -> slot */
    uint32_t instrument_count, node_count, live_count;
    uint32_t first_free;      /* ENGINE_NONE: none */
    uint32_t fresh;           /* slots from here on were never used */
    uint32_t leg_count;
    struct live legs[ENGINE_LEGS_MAX]; /* orders of a list that is not whole yet: status 0 */
    uint64_t last_command;    /* that was applied */
};

/* One more than the engine has room for: an order that never rests passes through a full engine. */
static inline uint64_t venue_slots(const struct venue *venue)
{
    return (uint64_t)venue->config.orders + 1;
}

/* The node of a portfolio and a strategy ("" for the portfolio itself), or ENGINE_NONE. */
uint32_t venue_find_node(const struct venue *venue, const char *portfolio, uint32_t portfolio_length,
                         const char *strategy, uint32_t strategy_length);

#endif
