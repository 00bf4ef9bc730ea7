/* place.h - where orders are: in the queue of their price, or in their instrument's list of those that wait. */
#ifndef TICKMESH_PLACE_H
#define TICKMESH_PLACE_H

#include "report.h"
#include "state.h"

/* Links an order to the end of a queue, and takes one out. */
static inline void queue_append(struct pool *pool, struct queue *queue, uint32_t slot)
{
    pool->links[slot] = (struct link){.next = SLOT_NONE, .previous = queue->tail};
    if (queue->tail == SLOT_NONE)
        queue->head = slot;
    else
        pool->links[queue->tail].next = slot;
    queue->tail = slot;
}

static inline void queue_detach(struct pool *pool, struct queue *queue, uint32_t slot)
{
    struct link link = pool->links[slot];

    if (link.previous == SLOT_NONE)
        queue->head = link.next;
    else
        pool->links[link.previous].next = link.next;
    if (link.next == SLOT_NONE)
        queue->tail = link.previous;
    else
        pool->links[link.next].previous = link.previous;
}

/* The last order has left the queue at a price of a ladder. */
void place_drain(struct engine *engine, struct ladder *ladder, uint32_t page, int64_t price);

/* The queue of a resting order, and its page (PAGE_NONE for a queue of MARKET orders). */
struct queue *place_queue(struct engine *engine, const struct order *order, uint32_t *page);

/* Puts an order at the end of the queue of its price; price 0 is its side's queue of MARKET orders. An iceberg shows
 * its next slice. Returns 0, and does nothing, when there is no page left. */
int place_rest(struct engine *engine, uint32_t slot);

/* Puts an order at the end of its instrument's list of those that wait. */
void place_wait(struct engine *engine, uint32_t slot);

/* Takes an order out of wherever it is; it is nowhere then. */
void place_leave(struct engine *engine, uint32_t slot);

/* Takes `lots` off an order that has more, wherever it is, and keeps its place. */
void place_reduce(struct engine *engine, uint32_t slot, int64_t lots);

/* Adds `more` lots to what a resting MARKET order counts for in its queue; its leaves follow. */
void place_grow(struct engine *engine, uint32_t slot, int64_t more);

/* A resting order has traded `lots`, which its leaves do not have any more: it leaves its queue when it has none, and an
 * iceberg shows its next slice at the end of the queue when the last one is gone. */
void place_filled(struct engine *engine, uint32_t slot, int64_t lots);

/* After an auction: an order has traded `lots` in all; it leaves, or an iceberg shows what it can at its old place. */
void place_auctioned(struct engine *engine, uint32_t slot, int64_t lots);

/* Lots an order has lost: changes its leaves and counts the slices of icebergs anew. */
void place_lose(struct engine *engine, struct order *order, int64_t lots);

/* Slices of an iceberg with so many lots left; 0 for other orders. */
int64_t place_slices(const struct extra *extra, int64_t leaves);

#endif
