/* collect.h - orders that one command moves or ends together. What is wanted is found first, while nothing changes,
 * and then looked at one by one: some may have ended meanwhile through their lists. */
#ifndef TICKMESH_COLLECT_H
#define TICKMESH_COLLECT_H

#include "state.h"

struct collection {
    int (*wants)(const struct engine *engine, const struct collection *collection, const struct order *order);
    const struct command *command; /* for `wants` to look at */
    uint32_t count;                /* found so far, in engine->found and engine->found_ids */
};

/* Adds what is wanted of one side of a book: the queue of MARKET orders, then the levels, best first. */
void collect_side(struct engine *engine, struct collection *collection, const struct book *book, uint8_t side);

/* Adds what is wanted of those that wait outside a book, of both sides. */
void collect_waiting(struct engine *engine, struct collection *collection, const struct book *book);

/* The slot of the order that was found as number `i`, or SLOT_NONE when it has ended since. */
static inline uint32_t collected(const struct engine *engine, uint32_t i)
{
    uint32_t slot = engine->found[i];

    return engine->pool.orders[slot].id == engine->found_ids[i] ? slot : SLOT_NONE;
}

#endif
