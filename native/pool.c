#include "pool.h"

#include <assert.h>

#include "lines.h"

_Static_assert(sizeof(struct order) == 64, "an order is one cache line");

int pool_init(struct pool *pool, uint32_t capacity)
{
    *pool = (struct pool){.capacity = capacity, .free = SLOT_NONE};
    pool->orders = lines_new(capacity, sizeof *pool->orders);
    pool->links = lines_new(capacity, sizeof *pool->links);
    if (pool->orders == NULL || pool->links == NULL)
        return 0;
    return directory_init(&pool->directory, capacity, pool->orders);
}

void pool_free(struct pool *pool)
{
    directory_free(&pool->directory);
    lines_free(pool->links);
    lines_free(pool->orders);
    pool->links = NULL;
    pool->orders = NULL;
}

int extras_init(struct extras *extras, uint32_t capacity)
{
    *extras = (struct extras){.capacity = capacity, .free = EXTRA_NONE};
    extras->items = lines_new(capacity, sizeof *extras->items);
    if (extras->items == NULL)
        return 0;
    extras->triggers = (struct forest){(unsigned char *)&extras->items[0].trigger_node, sizeof *extras->items};
    extras->expiries = (struct forest){(unsigned char *)&extras->items[0].expiry_node, sizeof *extras->items};
    return 1;
}

void extras_free(struct extras *extras)
{
    lines_free(extras->items);
    extras->items = NULL;
}

uint32_t extras_put(struct extras *extras, uint32_t slot)
{
    uint32_t i = extras->free;

    assert(extras->used < extras->capacity);
    if (i == EXTRA_NONE)
        i = extras->fresh++;
    else
        extras->free = extras->items[i].slot;
    extras->used++;
    extras->items[i] = (struct extra){.slot = slot, .ring = slot};
    return i;
}

void extras_remove(struct extras *extras, uint32_t i)
{
    assert(extras->used > 0);
    extras->items[i].slot = extras->free;
    extras->free = i;
    extras->used--;
}
