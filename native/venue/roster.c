#include "roster.h"

#include "ledger.h"
#include "told.h"

struct live *roster_find(const struct venue *venue, uint64_t order)
{
    uint64_t slot = numbers_find(&venue->slots, order);
    return slot == 0 ? NULL : &venue->live[slot - 1];
}

static struct live *take_slot(struct venue *venue)
{
    if (venue->first_free != ENGINE_NONE) {
        struct live *free = &venue->live[venue->first_free];
        venue->first_free = free->next_free;
        return free;
    }
    return venue->fresh < venue_slots(venue) ? &venue->live[venue->fresh++] : NULL;
}

struct live *roster_add(struct venue *venue, const struct live *order)
{
    if (numbers_find(&venue->slots, order->id) != 0)
        return NULL;
    struct live *place = take_slot(venue);
    if (place == NULL)
        return NULL;
    *place = *order;
    place->is_shadowed = numbers_find(&venue->keys, order->key) != order->id;
    numbers_add(&venue->slots, order->id, (uint64_t)(place - venue->live) + 1);
    venue->live_count++;
    return place;
}

void roster_free_key(struct venue *venue, uint64_t key, uint64_t order)
{
    if (numbers_find(&venue->keys, key) == order)
        numbers_remove(&venue->keys, key);
}

void roster_remove(struct venue *venue, struct live *order)
{
    if (!order->is_shadowed)
        numbers_remove(&venue->keys, order->key);
    numbers_remove(&venue->slots, order->id);
    order->id = 0;
    order->next_free = venue->first_free;
    venue->first_free = (uint32_t)(order - venue->live);
    venue->live_count--;
}

int venue_order(const struct venue *venue, uint64_t order, struct report *report)
{
    const struct live *live = roster_find(venue, order);
    if (live == NULL)
        return 0;
    told_order(report, live);
    return 1;
}

uint32_t venue_orders(const struct venue *venue)
{
    return venue->live_count;
}
