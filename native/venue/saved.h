/* saved.h - the bytes of saved orders, for those who write and who read them.
 *
 * All numbers are little-endian. First come "TMVENU" and the version (u16), the last command (u64), how
 * many orders live (u32) and how many of a list wait (u32); then those orders, the living first; then a
 * checksum (u64) over all bytes before it. An order is a record of fixed size and its client order id,
 * which zeros fill up to a multiple of 8 bytes. */
#ifndef TICKMESH_VENUE_SAVED_H
#define TICKMESH_VENUE_SAVED_H

#include <string.h>

#include "hash.h"
#include "inside.h"

#define SAVED_MAGIC "TMVENU"
#define SAVED_VERSION 1
#define SAVED_CHECKSUM 8

struct saved_header {
    char magic[6];
    uint16_t version;
    uint64_t last_command;
    uint32_t live_count;
    uint32_t leg_count;
};

/* What an order's status is follows from what it has traded. */
struct saved_order {
    uint64_t id;
    uint64_t key;
    int64_t submit_time_ns;
    int64_t quantity;
    int64_t price;
    int64_t leaves;
    int64_t cumulative;
    uint64_t value_low;
    uint64_t value_high;
    uint32_t instrument;
    uint32_t node;
    uint8_t side;
    uint8_t kind;
    uint8_t time_in_force;
    uint8_t flags;
    uint8_t is_shadowed;
    uint8_t text_length;
    uint8_t unused[2];
};

_Static_assert(sizeof(struct saved_header) == 24, "a header is 24 bytes in a file");
_Static_assert(sizeof(struct saved_order) == 88, "an order is 88 bytes in a file");
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "records are written as they are in memory: a big-endian machine has to swap them"
#endif

/* How many bytes a text takes. */
static inline uint32_t saved_text(uint32_t length)
{
    return (length + 7) & ~UINT32_C(7);
}

/* The checksum of bytes. Four digests go side by side, for each step waits for the one before it. Every
 * step maps different words to different digests, so that no change of a single word goes unseen. */
static inline uint64_t saved_checksum(const unsigned char *bytes, uint64_t size)
{
    uint64_t digests[4] = {1, 2, 3, 4};
    uint64_t words[4] = {0};
    uint64_t at = 0;
    for (; at + sizeof words <= size; at += sizeof words) {
        memcpy(words, bytes + at, sizeof words);
        for (int i = 0; i < 4; i++)
            digests[i] = hash_add(digests[i], words[i]);
    }
    memset(words, 0, sizeof words);
    memcpy(words, bytes + at, size - at);
    uint64_t whole = hash_add(0, size);
    for (int i = 0; i < 4; i++)
        whole = hash_add(whole, hash_add(digests[i], words[i]));
    return whole;
}

#endif
