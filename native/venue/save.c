/* save.c - live orders become bytes. */
#include "ledger.h"
#include "saved.h"

static uint64_t size_of_order(const struct live *live)
{
    return sizeof(struct saved_order) + saved_text(live->text_length);
}

static uint64_t size_of(const struct venue *venue)
{
    uint64_t size = sizeof(struct saved_header) + SAVED_CHECKSUM;
    for (uint32_t slot = 0; slot < venue->fresh; slot++) {
        if (venue->live[slot].id != 0)
            size += size_of_order(&venue->live[slot]);
    }
    for (uint32_t i = 0; i < venue->leg_count; i++)
        size += size_of_order(&venue->legs[i]);
    return size;
}

static unsigned char *write_header(unsigned char *at, const struct venue *venue)
{
    struct saved_header header = {
        .magic = SAVED_MAGIC,
        .version = SAVED_VERSION,
        .last_command = venue->last_command,
        .live_count = venue->live_count,
        .leg_count = venue->leg_count,
    };
    memcpy(at, &header, sizeof header);
    return at + sizeof header;
}

/* The text of an order has zeros behind it. */
static unsigned char *write_order(unsigned char *at, const struct live *live, int is_shadowed)
{
    struct saved_order order = {
        .id = live->id,
        .key = live->key,
        .submit_time_ns = live->submit_time_ns,
        .quantity = live->quantity,
        .price = live->price,
        .leaves = live->leaves,
        .cumulative = live->cumulative,
        .value_low = live->value_low,
        .value_high = live->value_high,
        .instrument = live->instrument,
        .node = live->node,
        .side = live->side,
        .kind = live->kind,
        .time_in_force = live->time_in_force,
        .flags = live->flags,
        .is_shadowed = (uint8_t)is_shadowed,
        .text_length = live->text_length,
    };
    memcpy(at, &order, sizeof order);
    memcpy(at + sizeof order, live->text, saved_text(live->text_length));
    return at + size_of_order(live);
}

uint64_t venue_save(const struct venue *venue, void *bytes, uint64_t size)
{
    uint64_t whole = size_of(venue);
    if (size < whole)
        return whole;
    unsigned char *at = write_header(bytes, venue);
    for (uint32_t slot = 0; slot < venue->fresh; slot++) {
        const struct live *live = &venue->live[slot];
        if (live->id != 0)
            at = write_order(at, live, live->is_shadowed);
    }
    for (uint32_t i = 0; i < venue->leg_count; i++) {
        const struct live *leg = &venue->legs[i];
        at = write_order(at, leg, numbers_find(&venue->keys, leg->key) != leg->id);
    }
    uint64_t checksum = saved_checksum(bytes, whole - SAVED_CHECKSUM);
    memcpy(at, &checksum, sizeof checksum);
    return whole;
}
