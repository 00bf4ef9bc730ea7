#include "ledger_audit.h"

#include <stddef.h>
#include <string.h>

#include "venue/sound.h"

static const char *audit_text(const struct live *order)
{
    static const char zeros[VENUE_TEXT_MAX];
    uint32_t length = order->text_length;
    if (length > VENUE_TEXT_MAX || memchr(order->text, 0, length) != NULL)
        return "a text is as long as it says";
    if (memcmp(order->text + length, zeros, VENUE_TEXT_MAX - length) != 0)
        return "behind a text come zeros";
    return NULL;
}

static const char *audit_order(const struct venue *venue, const struct live *order)
{
    if (!is_ticket(order))
        return "an order is one that an engine takes";
    if (order->instrument >= venue->instrument_count || order->node >= venue->node_count)
        return "an order's instrument and node are known";
    if (order->id == 0 || order->id > venue->last_command)
        return "an order's id is that of a command";
    return audit_text(order);
}

static const char *audit_live(const struct venue *venue, uint32_t slot)
{
    const struct live *live = &venue->live[slot];
    if (numbers_find(&venue->slots, live->id) != (uint64_t)slot + 1)
        return "a live order is found where it is";
    if ((numbers_find(&venue->keys, live->key) != live->id) != live->is_shadowed)
        return "a key leads to its order, unless that is shadowed";
    if (!is_living(live) || live->status != (live->cumulative == 0 ? STATUS_NEW : STATUS_PARTIALLY_FILLED))
        return "a live order has the numbers of one";
    return audit_order(venue, live);
}

/* Free slots are linked, each once. */
static const char *audit_free(const struct venue *venue)
{
    uint64_t free = 0;
    for (uint32_t slot = venue->first_free; slot != ENGINE_NONE; slot = venue->live[slot].next_free) {
        if (slot >= venue->fresh || venue->live[slot].id != 0 || ++free > venue->fresh)
            return "a free slot is free";
    }
    return free + venue->live_count == venue->fresh ? NULL : "a slot is free or not";
}

const char *ledger_audit(const struct venue *venue)
{
    const char *broken = audit_free(venue);
    if (venue->slots.count != venue->live_count || venue->leg_count >= ENGINE_LEGS_MAX)
        return "as many live as are found";
    for (uint32_t slot = 0; slot < venue->fresh && broken == NULL; slot++) {
        if (venue->live[slot].id != 0)
            broken = audit_live(venue, slot);
    }
    for (uint32_t i = 0; i < venue->leg_count && broken == NULL; i++)
        broken = audit_order(venue, &venue->legs[i]);
    return broken;
}
