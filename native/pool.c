#include "pool.h"

#include <assert.h>
#include <stdlib.h>

int pool_init(struct pool *pool, uint32_t capacity)
{
    *pool = (struct pool){.capacity = capacity, .free = POOL_NONE};
    pool->orders = calloc(capacity, sizeof *pool->orders);
    if (pool->orders == NULL)
        return 0;
    return index_init(&pool->index, capacity, &pool->orders[0].id, sizeof *pool->orders);
}

void pool_free(struct pool *pool)
{
    index_free(&pool->index);
    free(pool->orders);
    pool->orders = NULL;
}

uint32_t pool_put(struct pool *pool, const struct order *order)
{
    uint32_t slot = pool->free;

    assert(pool->used < pool->capacity);
    if (slot == POOL_NONE)
        slot = pool->fresh++;
    else
        pool->free = pool->orders[slot].next;
    pool->used++;
    pool->orders[slot] = *order;
    index_insert(&pool->index, slot);
    return slot;
}

void pool_remove(struct pool *pool, uint32_t slot)
{
    assert(slot < pool->fresh && pool->used > 0);
    index_remove(&pool->index, slot);
    pool->orders[slot].id = 0;
    pool->orders[slot].next = pool->free;
    pool->free = slot;
    pool->used--;
}

uint32_t pool_find(const struct pool *pool, uint64_t id)
{
    return id == 0 ? POOL_NONE : index_find(&pool->index, id);
}
