/* load.c - bytes become live orders. They may come from anywhere: what is not as save.c writes it is
 * refused. */
#include "ledger.h"
#include "legs.h"
#include "saved.h"
#include "sound.h"

#define SLOTS_AHEAD 16

/* What is left to read. */
struct reader {
    const struct venue *venue;
    const unsigned char *at;
    uint64_t left;
    uint64_t last_command;
};

static int open_bytes(struct reader *reader, const void *bytes, uint64_t size, struct saved_header *header)
{
    uint64_t checksum;
    if (size < sizeof *header + SAVED_CHECKSUM)
        return 0;
    memcpy(header, bytes, sizeof *header);
    reader->at = (const unsigned char *)bytes + sizeof *header;
    reader->left = size - sizeof *header - SAVED_CHECKSUM;
    reader->last_command = header->last_command;
    memcpy(&checksum, reader->at + reader->left, sizeof checksum);
    return memcmp(header->magic, SAVED_MAGIC, sizeof header->magic) == 0 &&
           header->version == SAVED_VERSION && checksum == saved_checksum(bytes, size - SAVED_CHECKSUM) &&
           header->live_count <= venue_slots(reader->venue) && header->leg_count < ENGINE_LEGS_MAX;
}

static int is_known(const struct reader *reader, const struct saved_order *order)
{
    return order->id != 0 && order->id <= reader->last_command &&
           order->instrument < reader->venue->instrument_count && order->node < reader->venue->node_count &&
           order->is_shadowed <= 1 && order->text_length <= VENUE_TEXT_MAX &&
           (order->unused[0] | order->unused[1]) == 0;
}

static void fill(struct live *live, const struct saved_order *order)
{
    *live = (struct live){
        .id = order->id,
        .key = order->key,
        .submit_time_ns = order->submit_time_ns,
        .quantity = order->quantity,
        .price = order->price,
        .leaves = order->leaves,
        .cumulative = order->cumulative,
        .value_low = order->value_low,
        .value_high = order->value_high,
        .instrument = order->instrument,
        .node = order->node,
        .side = order->side,
        .kind = order->kind,
        .time_in_force = order->time_in_force,
        .flags = order->flags,
        .is_shadowed = order->is_shadowed,
        .text_length = order->text_length,
    };
}

/* Whether a text is as long as it says: no 0 in it, and nothing else behind it. */
static int is_text(const struct live *live)
{
    static const char zeros[8];
    uint32_t length = live->text_length;
    return memchr(live->text, 0, length) == NULL &&
           memcmp(live->text + length, zeros, saved_text(length) - length) == 0;
}

static int read_order(struct reader *reader, struct live *live)
{
    struct saved_order order;
    if (reader->left < sizeof order)
        return 0;
    memcpy(&order, reader->at, sizeof order);
    reader->at += sizeof order;
    reader->left -= sizeof order;
    uint32_t text = saved_text(order.text_length);
    if (!is_known(reader, &order) || reader->left < text)
        return 0;
    fill(live, &order);
    memcpy(live->text, reader->at, text);
    reader->at += text;
    reader->left -= text;
    return is_ticket(live) && is_text(live);
}

static int read_live(struct reader *reader, struct live *live)
{
    if (!read_order(reader, live) || !is_living(live))
        return 0;
    live->status = live->cumulative == 0 ? STATUS_NEW : STATUS_PARTIALLY_FILLED;
    return 1;
}

/* An order that waits has not been looked at: its price and quantity may be any. */
static int read_leg(struct reader *reader, struct live *leg)
{
    return read_order(reader, leg) && (leg->leaves | leg->cumulative) == 0 &&
           (leg->value_low | leg->value_high) == 0;
}

/* Enters an order's key, unless it leads elsewhere. */
static int enter_key(struct venue *venue, const struct live *order)
{
    if (order->is_shadowed)
        return 1;
    return numbers_find(&venue->keys, order->key) == 0 && numbers_add(&venue->keys, order->key, order->id);
}

static int enter_live(struct venue *venue, uint32_t slot)
{
    const struct live *live = &venue->live[slot];
    return numbers_find(&venue->slots, live->id) == 0 &&
           numbers_add(&venue->slots, live->id, (uint64_t)slot + 1) && enter_key(venue, live);
}

static int enter_all(struct venue *venue, uint32_t count)
{
    for (uint32_t slot = 0; slot < count; slot++) {
        if (slot + SLOTS_AHEAD < count) {
            numbers_prefetch(&venue->slots, venue->live[slot + SLOTS_AHEAD].id);
            numbers_prefetch(&venue->keys, venue->live[slot + SLOTS_AHEAD].key);
        }
        if (!enter_live(venue, slot))
            return 0;
    }
    venue->fresh = venue->live_count = count;
    return 1;
}

static int take_legs(struct venue *venue, struct reader *reader, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct live leg = {0};
        if (!read_leg(reader, &leg) || numbers_find(&venue->slots, leg.id) != 0 ||
            legs_find(venue, leg.id) != NULL || !enter_key(venue, &leg) || !legs_keep(venue, &leg))
            return 0;
    }
    return 1;
}

int venue_restore(struct venue *venue, const void *bytes, uint64_t size)
{
    struct reader reader = {.venue = venue};
    struct saved_header header;
    if ((venue->live_count | venue->leg_count) != 0 || venue->keys.count != 0 ||
        !open_bytes(&reader, bytes, size, &header))
        return 0;
    venue->first_free = ENGINE_NONE;
    for (uint32_t slot = 0; slot < header.live_count; slot++) {
        if (!read_live(&reader, &venue->live[slot]))
            return 0;
    }
    if (!enter_all(venue, header.live_count) || !take_legs(venue, &reader, header.leg_count))
        return 0;
    venue->last_command = header.last_command;
    return reader.left == 0;
}
