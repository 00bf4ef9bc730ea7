#include "collect.h"

#include <assert.h>

/* Looks at `count` orders from `slot` on. */
static void collect_row(struct engine *engine, struct collection *collection, uint32_t slot, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct order *order = &engine->pool.orders[slot];
        uint32_t next = engine->pool.links[slot].next;

        __builtin_prefetch(&engine->pool.orders[next == SLOT_NONE ? slot : next]);
        if (collection->wants(engine, collection, order)) {
            assert(collection->count < engine->config.orders);
            engine->found[collection->count] = slot;
            engine->found_ids[collection->count++] = order->id;
        }
        slot = next;
    }
    assert(slot == SLOT_NONE);
}

void collect_side(struct engine *engine, struct collection *collection, const struct book *book, uint8_t side)
{
    const struct ladder *ladder = &book->sides[side - 1];
    const struct queue *market = &book->market[side - 1];
    int64_t price = ladder->best_price;

    collect_row(engine, collection, market->head, market->orders);
    for (uint32_t levels = 0; price != 0 && levels < engine->pool.used; levels++) {
        const struct queue *queue = ladder_find(&engine->pages, ladder, price);

        collect_row(engine, collection, queue->head, queue->orders);
        price = ladder_worse(&engine->pages, ladder, price);
    }
    assert(price == 0);
}

void collect_waiting(struct engine *engine, struct collection *collection, const struct book *book)
{
    collect_row(engine, collection, book->waiting.head, book->waiting.count);
}
