/* book.h - one instrument's limit order book, matched by price, then time.
 *
 * A side is an array of price levels sorted from worst to best, so that the busy end is
 * the cheap end; a level is a queue of orders that live in the shared pool. The book
 * knows nothing of owners, limits and events. */
#ifndef TICKMESH_BOOK_H
#define TICKMESH_BOOK_H

#include <stdint.h>

#include "pool.h"

struct book_level {
    int64_t price;
    int64_t quantity; /* lots: the sum of its orders' leaves */
    uint32_t head;    /* oldest order */
    uint32_t tail;
    uint32_t orders;
};

struct book_side {
    struct book_level *levels; /* worst first */
    uint32_t count;
};

struct book {
    struct book_side sides[2]; /* by book_side() */
};

static inline struct book_side *book_side(struct book *book, uint8_t side)
{
    return &book->sides[side - 1];
}

static inline uint8_t book_opposite(uint8_t side)
{
    return (uint8_t)(3 - side);
}

/* Whether an order of `side` that may pay up to `limit` trades with a level at `price`. */
static inline int book_crosses(uint8_t side, int64_t limit, int64_t price)
{
    return side == 1 ? price <= limit : price >= limit;
}

/* The best level, or NULL when the side is empty. */
struct book_level *book_best(struct book *book, uint8_t side);

/* The level at `price`, or NULL. */
struct book_level *book_find(struct book *book, uint8_t side, int64_t price);

/* Queues an order of the pool at its price, behind all others. There is room for one level more. */
void book_push(struct book *book, struct pool *pool, uint32_t slot);

/* Takes an order out of its queue; the pool keeps it. */
void book_unlink(struct book *book, struct pool *pool, uint32_t slot);

/* Takes `quantity` lots off an order that stays in its place, or that leaves it when none are left. */
void book_reduce(struct book *book, struct pool *pool, uint32_t slot, int64_t quantity);

/* The same for the oldest order of the best level: the fast path of a trade. */
void book_fill_best(struct book *book, struct pool *pool, uint8_t side, int64_t quantity);

/* Whether an order of `side` could trade `quantity` lots at once within `limit`. */
int book_can_fill(struct book *book, uint8_t side, int64_t limit, int64_t quantity);

#endif
