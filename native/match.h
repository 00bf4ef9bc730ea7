/* match.h - one order trading against the book. */
#ifndef TICKMESH_MATCH_H
#define TICKMESH_MATCH_H

#include "state.h"

enum run {
    RUN_OVER = 0,       /* nothing more to trade with, or nothing left */
    RUN_ENDED = 1,      /* self-trade or reduce-only ended the order; it is gone */
    RUN_VOLATILE = 2,   /* it stopped at a band */
};

/* Trades an order, which is in no book, as far as `limit` allows. `slot` is SLOT_NONE when it is not in the pool. */
enum run match_run(struct engine *engine, struct order *taker, uint32_t slot, int64_t limit);

/* Whether `quantity` lots of an order could trade at once, as section 4 of the rules counts them. */
int match_can_fill(struct engine *engine, const struct order *order, int64_t limit, int64_t quantity);

/* How far an order may trade: its own price, or the collar's for a MARKET order. */
int64_t match_limit(const struct engine *engine, const struct order *order);

/* Lots of a trade that leave is given to: changes both orders, the price, the gate, and tells. The resting
 * order, or the buy in an auction, is the first. */
void match_trade(struct engine *engine, struct order *first, struct order *second, int64_t price, int64_t lots,
                 uint8_t first_flags, uint8_t second_flags);

#endif
