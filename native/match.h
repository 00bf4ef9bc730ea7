/* match.h - an order against the book: what it may trade with, trading it, resting it. */
#ifndef TICKMESH_MATCH_H
#define TICKMESH_MATCH_H

#include "state.h"

/* The price of the best level that an order of `side` would trade with, or 0. */
int64_t match_best_opposite(struct engine *engine, uint32_t instrument, uint8_t side);

/* Whether one more order could rest at a price without more levels than there is room for. `leaving` is an
 * order that would go away first, or NULL. */
int match_has_level(struct engine *engine, uint32_t instrument, uint8_t side, int64_t price,
                    const struct order *leaving);

/* Trades `taker`, whose leaves are reserved and which is in no book, as far as `limit` allows. */
void match_run(struct engine *engine, struct order *taker, int64_t limit);

/* Puts an order of the pool into its book. */
void match_rest(struct engine *engine, uint32_t slot);

/* Takes an order out of its book and the pool, and gives back its reservation. */
void match_remove(struct engine *engine, uint32_t slot);

#endif
