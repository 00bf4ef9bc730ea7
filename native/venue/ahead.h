/* ahead.h - asks for the memory of events that come later, while earlier ones are taken in.
 *
 * An event about an order waits for three things: where the order is found, the order, and where its key
 * is found. Each is asked for some events ahead of the one before it. Events that are about no order ask
 * for what is at hand.
 *
 * All of it is inlined by force: a compiler takes a function that only prefetches for one without effect,
 * and drops its calls. */
#ifndef TICKMESH_VENUE_AHEAD_H
#define TICKMESH_VENUE_AHEAD_H

#include "inside.h"

#define AHEAD static inline __attribute__((always_inline))
#define AHEAD_PLACE 24
#define AHEAD_ORDER 16
#define AHEAD_KEY 8

/* The slot that an order has if it is found at the first look; else some slot. */
AHEAD struct live *ahead_slot(const struct venue *venue, uint64_t order)
{
    uint64_t slot = numbers_home(&venue->slots, order)->value;
    return &venue->live[slot - (slot != 0)];
}

AHEAD void ahead_order(const struct venue *venue, uint64_t order)
{
    const char *lines = (const char *)ahead_slot(venue, order);
    __builtin_prefetch(lines, 1);
    __builtin_prefetch(lines + 64, 1);
    __builtin_prefetch(lines + 128, 1);
}

AHEAD void look_ahead(const struct venue *venue, const struct event *events, uint64_t left)
{
    if (left > AHEAD_PLACE)
        numbers_prefetch(&venue->slots, events[AHEAD_PLACE].order);
    if (left > AHEAD_ORDER)
        ahead_order(venue, events[AHEAD_ORDER].order);
    if (left > AHEAD_KEY)
        numbers_prefetch(&venue->keys, ahead_slot(venue, events[AHEAD_KEY].order)->key);
}

#endif
