/* pool.h - all live orders: one array, found by id, linked by slot; and their extras. */
#ifndef TICKMESH_POOL_H
#define TICKMESH_POOL_H

#include <assert.h>
#include <stdint.h>

#include "directory.h"
#include "order.h"

struct pool {
    struct order *orders;
    struct link *links; /* by the same slot */
    uint32_t capacity;
    uint32_t used;
    uint32_t fresh; /* slots from here on were never used, and their memory never touched */
    uint32_t free;  /* first returned slot, or SLOT_NONE */
    struct directory directory;
};

struct extras {
    struct extra *items;
    uint32_t capacity;
    uint32_t used;
    uint32_t fresh;
    uint32_t free;
    struct forest triggers; /* the same array, seen as nodes of a tree */
    struct forest expiries;
};

/* Makes an empty pool. Returns 0 when memory is short. Free with pool_free(). */
int pool_init(struct pool *pool, uint32_t capacity);
void pool_free(struct pool *pool);

/* Takes a slot, to be filled in and added to the directory. The pool is not full. */
static inline uint32_t pool_take(struct pool *pool)
{
    uint32_t slot = pool->free;

    assert(pool->used < pool->capacity);
    if (UNLIKELY(slot == SLOT_NONE))
        slot = pool->fresh++;
    else
        pool->free = pool->links[slot].next;
    pool->used++;
    return slot;
}

/* Stores a copy of `order`, which is new. Returns its slot. The pool is not full. */
static inline uint32_t pool_put(struct pool *pool, struct order order)
{
    uint32_t slot = pool_take(pool);

    pool->orders[slot] = order;
    directory_add(&pool->directory, slot);
    return slot;
}

static inline void pool_remove(struct pool *pool, uint32_t slot)
{
    struct order *order = &pool->orders[slot];

    assert(slot < pool->fresh && pool->used > 0 && order->id != 0);
    directory_remove(&pool->directory, slot);
    order->id = 0;
    pool->links[slot].next = pool->free;
    pool->free = slot;
    pool->used--;
}

/* The slot of an order, or SLOT_NONE when there is none of that id. */
static inline uint32_t pool_find(const struct pool *pool, uint64_t id)
{
    return directory_find(&pool->directory, id);
}

/* Asks for the third order after this one in its queue, and for where the next is found by its id. */
static inline __attribute__((always_inline)) void pool_prefetch_after(const struct pool *pool, uint32_t slot)
{
    uint32_t next = pool->links[slot].next;
    uint32_t second = next == SLOT_NONE ? slot : pool->links[next].next;
    uint32_t third = second == SLOT_NONE ? slot : pool->links[second].next;

    directory_prefetch(&pool->directory, pool->orders[next == SLOT_NONE ? slot : next].id);
    __builtin_prefetch(&pool->orders[third == SLOT_NONE ? slot : third], 1);
}

/* The same for extras. A new one is all zeros, alone in its list, in no tree. */
int extras_init(struct extras *extras, uint32_t capacity);
void extras_free(struct extras *extras);
uint32_t extras_put(struct extras *extras, uint32_t slot);
void extras_remove(struct extras *extras, uint32_t i);

#endif
