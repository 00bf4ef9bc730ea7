/* ticks.h - ticks as columns: row i is made of the i-th entry of each.
 *
 * A tick is a new best bid, a new best ask, or a trade. Prices are ticks, quantities are lots, times are
 * nanoseconds since 1970 UTC. Columns belong to the caller, are aligned, and are only read. */
#ifndef TICKMESH_TAPE_TICKS_H
#define TICKMESH_TAPE_TICKS_H

#include <stdint.h>

/* What a row says; the numbers are those of the contract. */
enum tick_kind {
    TICK_BID = 1,        /* best bid, 0 lots: there is none */
    TICK_ASK = 2,        /* best ask, 0 lots: there is none */
    TICK_TRADE_BUY = 3,  /* a trade in which the buyer came */
    TICK_TRADE_SELL = 4, /* a trade in which the seller came */
};

struct ticks {
    const uint32_t *instrument;
    const uint8_t *kind;
    const int64_t *price;
    const int64_t *lots;
    const int64_t *time_ns;
    uint32_t count;
};

/* What is wrong with a row. Where several things are, the first of these is told. */
enum tick_fault {
    TICK_FINE,
    TICK_INSTRUMENT, /* its index is not in the table */
    TICK_KIND,
    TICK_PRICE,      /* not in 1..units_max; 0 is fine where there are no lots */
    TICK_LOTS,       /* not in 1..units_max; 0 is fine in a bid or an ask */
    TICK_TIME_FALLS, /* earlier than the row before */
    TICK_TIME_AHEAD, /* later than latest_ns */
};

struct tick_rules {
    const int64_t *ours;  /* at i: our number of the instrument that the source calls i, or -1 */
    uint32_t ours_count;
    int64_t units_max;    /* the most ticks, and the most lots */
    int64_t earliest_ns;  /* the time of the row before the first */
    int64_t latest_ns;
};

/* Checks rows and writes our number of each instrument to `ours`, which has room for all. Returns the first row
 * that breaks a rule, with its fault, or the count of rows. */
uint32_t ticks_admit(const struct ticks *ticks, const struct tick_rules *rules, uint32_t *ours,
                     enum tick_fault *fault);

#endif
