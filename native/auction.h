/* auction.h - what an auction gives, and giving it. */
#ifndef TICKMESH_AUCTION_H
#define TICKMESH_AUCTION_H

#include "state.h"

struct auction {
    int64_t price;     /* 0 when nothing crosses; then all is 0 */
    int64_t volume;
    int64_t imbalance; /* demand minus supply at the price */
};

/* What an auction would give now. Linear in the levels of the book. */
struct auction auction_find(struct engine *engine, uint32_t instrument);

/* Crosses the book at one price, and ends what does not outlive an auction. `is_announced`: says so even when nothing crosses. */
void auction_uncross(struct engine *engine, uint32_t instrument, int is_announced);

#endif
