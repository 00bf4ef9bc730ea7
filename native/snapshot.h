/* snapshot.h - the bytes of a snapshot, for those who write and who read them.
 *
 * All numbers are little-endian. "TMSNAP" and the format's version (u16) come first, then sections, then a checksum
 * (u64) over all bytes before it. A section is a tag (u32), the size of a record (u32), the number of
 * records (u64), and the records. Fields are only ever added, at the end of a record: a reader takes the size
 * from the file, reads what it knows, and takes as zero what an older build did not write. It skips a
 * section that it does not know and takes one that is missing as empty. What an older build must not misread raises
 * the version.
 *
 * One function a kind of record names its fields in their order; it writes them, or reads them back. */
#ifndef TICKMESH_SNAPSHOT_H
#define TICKMESH_SNAPSHOT_H

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "hash.h"
#include "state.h"

#define SNAPSHOT_MAGIC "TMSNAP"
#define SNAPSHOT_VERSION 1
#define SNAPSHOT_HEADER 8   /* magic and version */
#define SNAPSHOT_SECTION 16 /* tag, record size, number of records */
#define SNAPSHOT_CHECKSUM 8

enum section {
    SECTION_ENGINE = 1,      /* one record: what belongs to no other */
    SECTION_INSTRUMENTS = 2, /* by index */
    SECTION_NODES = 3,       /* by index */
    SECTION_PAIRS = 4,       /* each after the one above it */
    SECTION_ORDERS = 5,      /* instrument by instrument: BUY, SELL (MARKET orders, then best price first, oldest first), waiting */
    SECTION_EXTRAS = 6,      /* in the order of the orders that have one */
    SECTION_CHAINS = 7,      /* ids: pegged, then all-or-none orders, instrument by instrument, oldest first */
    SECTION_KEYS = 8,        /* oldest first */
    SECTION_STAGED = 9,      /* orders of a list that is not whole yet */
    SECTION_COUNT = 10,
};

#define RECORD_MAX 4096 /* no record of any version is longer */

#define ENGINE_RECORD 64
#define INSTRUMENT_RECORD 88
#define NODE_RECORD 72
#define PAIR_RECORD 96
#define ORDER_RECORD 48
#define EXTRA_RECORD 80
#define CHAIN_RECORD 8
#define KEY_RECORD 16
#define STAGED_RECORD 96

/* A place in a record that is being written, or read. */
struct codec {
    unsigned char *bytes;
    uint32_t at;
    uint32_t reads;
};

static inline uint64_t load_64(const unsigned char *from)
{
    uint64_t value = 0;

    for (int i = 0; i < 8; i++)
        value |= (uint64_t)from[i] << (8 * i);
    return value;
}

static inline void store_64(unsigned char *to, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        to[i] = (unsigned char)(value >> (8 * i));
}

static inline uint32_t load_32(const unsigned char *from)
{
    return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

static inline void store_32(unsigned char *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (unsigned char)(value >> (8 * i));
}

static inline void code_unsigned(struct codec *codec, uint64_t *value)
{
    if (codec->reads)
        *value = load_64(codec->bytes + codec->at);
    else
        store_64(codec->bytes + codec->at, *value);
    codec->at += 8;
}

static inline void code_signed(struct codec *codec, int64_t *value)
{
    if (codec->reads)
        *value = (int64_t)load_64(codec->bytes + codec->at);
    else
        store_64(codec->bytes + codec->at, (uint64_t)*value);
    codec->at += 8;
}

static inline void code_32(struct codec *codec, uint32_t *value)
{
    if (codec->reads)
        *value = load_32(codec->bytes + codec->at);
    else
        store_32(codec->bytes + codec->at, *value);
    codec->at += 4;
}

static inline void code_signed_32(struct codec *codec, int32_t *value)
{
    if (codec->reads)
        *value = (int32_t)load_32(codec->bytes + codec->at);
    else
        store_32(codec->bytes + codec->at, (uint32_t)*value);
    codec->at += 4;
}

static inline void code_8(struct codec *codec, uint8_t *value)
{
    if (codec->reads)
        *value = codec->bytes[codec->at];
    else
        codec->bytes[codec->at] = *value;
    codec->at += 1;
}

/* Bytes that keep what follows aligned. They are zeros, and nobody looks. */
static inline void code_unused(struct codec *codec, uint32_t size)
{
    if (!codec->reads)
        memset(codec->bytes + codec->at, 0, size);
    codec->at += size;
}

/* What SECTION_ENGINE holds. */
struct engine_record {
    uint64_t sequence;
    int64_t time_ns;
    uint64_t event_sequence;
    uint32_t feeds; /* of the engine that wrote: whether the tops that it told mean anything */
    struct terms terms;
};

static inline void code_terms(struct codec *codec, struct terms *terms)
{
    code_signed(codec, &terms->expiry_ns);
    code_signed(codec, &terms->display);
    code_signed(codec, &terms->minimum);
    code_32(codec, &terms->is_set);
}

static inline void code_engine(struct codec *codec, struct engine_record *record)
{
    code_unsigned(codec, &record->sequence);
    code_signed(codec, &record->time_ns);
    code_unsigned(codec, &record->event_sequence);
    code_terms(codec, &record->terms);
    code_32(codec, &record->feeds);
    code_unused(codec, 8);
    assert(codec->at == ENGINE_RECORD);
}

static inline void code_book(struct codec *codec, struct book *book)
{
    code_signed(codec, &book->listing.reference_price);
    code_signed(codec, &book->listing.unit_value);
    code_signed(codec, &book->static_price);
    code_signed(codec, &book->static_bps);
    code_signed(codec, &book->dynamic_bps);
    for (int i = 0; i < 2; i++) {
        code_signed(codec, &book->told[i].price);
        code_signed(codec, &book->told[i].shown);
        code_32(codec, &book->told[i].orders);
    }
    code_8(codec, &book->phase);
    code_unused(codec, 7);
    assert(codec->at == INSTRUMENT_RECORD);
}

static inline void code_fees(struct codec *codec, struct fees *fees)
{
    code_signed_32(codec, &fees->maker);
    code_signed_32(codec, &fees->taker);
    code_signed_32(codec, &fees->is_set);
}

/* The node's exposure is the sum over its pairs. */
static inline void code_node(struct codec *codec, struct node *node, int64_t *exposure_max)
{
    code_signed(codec, exposure_max);
    code_signed(codec, &node->rate);
    code_signed(codec, &node->bucket.tokens);
    code_signed(codec, &node->bucket.time_ns);
    code_signed(codec, &node->notional_max);
    code_32(codec, &node->parent);
    code_32(codec, &node->group);
    code_32(codec, &node->state);
    code_fees(codec, &node->fees);
    code_unused(codec, 8);
    assert(codec->at == NODE_RECORD);
}

/* What a record says of a pair in other words than the table. */
struct pair_record {
    int64_t open[2]; /* lots of open orders: buy, sell */
    uint32_t instrument;
};

static inline void code_pair(struct codec *codec, struct pair *pair, struct pair_terms *terms,
                             struct pair_record *record)
{
    code_32(codec, &pair->node);
    code_32(codec, &record->instrument);
    code_signed(codec, &pair->position);
    code_signed(codec, &record->open[0]);
    code_signed(codec, &record->open[1]);
    code_signed(codec, &pair->exposure);
    code_signed(codec, &terms->position_max);
    code_signed(codec, &terms->quantity_max);
    code_signed(codec, &terms->notional_max);
    code_signed(codec, &terms->collar);
    code_32(codec, &pair->stands);
    code_32(codec, &terms->state);
    code_fees(codec, &terms->fees);
    code_unused(codec, 4);
    assert(codec->at == PAIR_RECORD);
}

static inline void code_order(struct codec *codec, struct order *order)
{
    code_unsigned(codec, &order->id);
    code_signed(codec, &order->price);
    code_signed(codec, &order->leaves);
    code_signed(codec, &order->quantity);
    code_32(codec, &order->instrument);
    code_32(codec, &order->node);
    code_8(codec, &order->side);
    code_8(codec, &order->kind);
    code_8(codec, &order->time_in_force);
    code_8(codec, &order->flags);
    code_8(codec, &order->self_trade);
    code_8(codec, &order->place);
    code_8(codec, &order->is_listed);
    code_unused(codec, 1);
    assert(codec->at == ORDER_RECORD);
}

/* `order` is the id of its order, `after` that of the next order of its list. */
static inline void code_extra(struct codec *codec, struct extra *extra, uint64_t *order, uint64_t *after)
{
    code_unsigned(codec, order);
    code_unsigned(codec, after);
    code_signed(codec, &extra->expiry_ns);
    code_signed(codec, &extra->trigger);
    code_signed(codec, &extra->distance);
    code_signed(codec, &extra->limit);
    code_signed(codec, &extra->display);
    code_signed(codec, &extra->shown);
    code_unsigned(codec, &extra->age);
    code_8(codec, &extra->role);
    code_unused(codec, 7);
    assert(codec->at == EXTRA_RECORD);
}

static inline void code_key(struct codec *codec, struct key_entry *entry)
{
    code_unsigned(codec, &entry->key);
    code_unsigned(codec, &entry->order);
    assert(codec->at == KEY_RECORD);
}

static inline void code_staged(struct codec *codec, struct command *command, struct terms *terms)
{
    code_unsigned(codec, &command->sequence);
    code_signed(codec, &command->time_ns);
    code_unsigned(codec, &command->client_key);
    code_unsigned(codec, &command->target);
    code_signed(codec, &command->price);
    code_signed(codec, &command->quantity);
    code_32(codec, &command->instrument);
    code_32(codec, &command->node);
    code_8(codec, &command->type);
    code_8(codec, &command->side);
    code_8(codec, &command->kind);
    code_8(codec, &command->time_in_force);
    code_8(codec, &command->flags);
    code_8(codec, &command->self_trade);
    code_8(codec, &command->contingency);
    code_8(codec, &command->more);
    code_terms(codec, terms);
    code_unused(codec, 4);
    assert(codec->at == STAGED_RECORD);
}

/* The checksum of bytes: every step maps different words to different digests, so that no change of a single
 * word goes unseen. */
static inline uint64_t snapshot_checksum(const unsigned char *bytes, uint64_t size)
{
    uint64_t digest = hash_add(0, size);
    unsigned char rest[8] = {0};

    for (uint64_t i = 0; i + 8 <= size; i += 8)
        digest = hash_add(digest, load_64(bytes + i));
    memcpy(rest, bytes + size / 8 * 8, size % 8);
    return hash_add(digest, load_64(rest));
}

#endif
