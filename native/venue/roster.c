#include "roster.h"

#include "ledger.h"
#include "told.h"

struct live *roster_find(const struct venue *venue, uint64_t order)
{
    uint64_t slot = numbers_find(&venue->slots, order);
    return slot == 0 ? NULL : &venue->live[slot - 1];
}

struct live *roster_take(struct venue *venue)
{
    if (venue->first_free != ENGINE_NONE) {
        struct live *slot = &venue->live[venue->first_free];
        venue->first_free = slot->next_free;
        return slot;
    }
    return venue->fresh < venue_slots(venue) ? &venue->live[venue->fresh++] : NULL;
}

void roster_return(struct venue *venue, struct live *slot)
{
    slot->id = 0;
    slot->next_free = venue->first_free;
    venue->first_free = (uint32_t)(slot - venue->live);
}

int roster_add(struct venue *venue, struct live *slot)
{
    if (numbers_find(&venue->slots, slot->id) != 0)
        return 0;
    slot->is_shadowed = numbers_find(&venue->keys, slot->key) != slot->id;
    venue->live_count++;
    return numbers_add(&venue->slots, slot->id, (uint64_t)(slot - venue->live) + 1);
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
    venue->live_count--;
    roster_return(venue, order);
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
