/* pool.h - the resting orders of all books: one array, found by id, linked by slot. */
#ifndef TICKMESH_POOL_H
#define TICKMESH_POOL_H

#include <stdint.h>

#include "index.h"

#define POOL_NONE UINT32_MAX

struct order {
    uint64_t id;
    int64_t price;    /* ticks; a MARKET order's is 0 */
    int64_t quantity; /* lots, in total */
    int64_t leaves;   /* lots, not yet traded */
    uint32_t instrument;
    uint32_t node;
    uint32_t pair;    /* slot of (node, instrument) in the position table */
    uint32_t next;    /* younger order of the level; or the next free slot */
    uint32_t previous;
    uint8_t side;
    uint8_t time_in_force;
    uint8_t flags;
};

struct pool {
    struct order *orders;
    uint32_t capacity;
    uint32_t used;
    uint32_t fresh; /* slots from here on were never used, and their memory never touched */
    uint32_t free;  /* first returned slot, or POOL_NONE */
    struct index index;
};

/* Makes an empty pool. Returns 0 when memory is short. Free with pool_free(). */
int pool_init(struct pool *pool, uint32_t capacity);
void pool_free(struct pool *pool);

/* Stores a copy of `order`, which is new. Returns its slot. The pool is not full. */
uint32_t pool_put(struct pool *pool, const struct order *order);
void pool_remove(struct pool *pool, uint32_t slot);

/* The slot of an order, or POOL_NONE when there is none of that id. */
uint32_t pool_find(const struct pool *pool, uint64_t id);

#endif
