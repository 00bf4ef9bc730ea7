/* keys.h - the newest client keys and the order that each one made, so that a repeated
 * order is recognised. When the window is full the oldest key is forgotten.
 *
 * The keys stand in a ring in the order of their arrival. A table of cache lines has for each some bits of its hash, its tag, and its
 * arrival, which says where in the ring it is and whether it is still remembered. So a key that is not there is seen by
 * one comparison of eight tags, and forgetting costs nothing. */
#ifndef TICKMESH_KEYS_H
#define TICKMESH_KEYS_H

#include <stdint.h>
#include <string.h>

#include "expect.h"

#define KEYS_IN_BUCKET 8

struct key_entry {
    uint64_t key;
    uint64_t order;
};

/* One cache line, filled round and round, so that `next` is always the oldest. When even that one lived
 * and one more came, that went to the next bucket: `spilled` is the arrival of the last one that did. */
struct key_bucket {
    uint16_t tags[KEYS_IN_BUCKET];
    uint32_t arrivals[KEYS_IN_BUCKET]; /* the lowest 32 bits of the keys' numbers */
    uint32_t spilled;
    uint32_t next;
    uint32_t unused[2];
};

struct key_window {
    struct key_entry *entries;  /* the ring, by the lowest bits of the arrival */
    struct key_bucket *buckets;
    uint64_t arrivals;          /* number of the next key; the first is capacity + 1, so that 0 is dead */
    uint32_t mask;              /* places in the ring - 1 */
    uint32_t capacity;
    uint32_t bucket_count;
    uint32_t unused;
};

/* Where a key is looked for, and what it looks like there. */
struct key_place {
    struct key_bucket *bucket;
    uint16_t tag;
};

/* Makes an empty window. Returns 0 when memory is short. Free with keys_free(). */
int keys_init(struct key_window *window, uint32_t capacity);
void keys_free(struct key_window *window);

/* How many keys are remembered. */
uint32_t keys_count(const struct key_window *window);

/* The entry of the oldest key (0), of the next, up to keys_count() - 1. */
const struct key_entry *keys_at(const struct key_window *window, uint32_t place);

/* keys_find() for a bucket that has the key's tag, or has spilled. */
uint64_t keys_search(const struct key_window *window, uint64_t key);

/* Puts a key's tag into the first bucket after a full one that has a dead one. */
void keys_spill(struct key_window *window, struct key_place full);

static inline struct key_place keys_place(const struct key_window *window, uint64_t key)
{
    uint64_t hash = (key ^ key >> 32) * UINT64_C(0x9e3779b97f4a7c15);

    return (struct key_place){
        .bucket = &window->buckets[(hash >> 32) * window->bucket_count >> 32],
        .tag = (uint16_t)(hash >> 16),
    };
}

/* Eight tags that are compared at once. */
typedef uint16_t key_lanes __attribute__((vector_size(16)));
typedef uint64_t key_halves __attribute__((vector_size(16)));

static inline int keys_has_tag(const struct key_bucket *bucket, uint16_t tag)
{
    key_lanes tags;
    key_halves found;

    memcpy(&tags, bucket->tags, sizeof tags);
    found = (key_halves)(tags == tag);
    return (found[0] | found[1]) != 0;
}

/* Whether the key that came as number `arrival` is still remembered. */
static inline int keys_lives(const struct key_window *window, uint32_t arrival)
{
    return (uint32_t)window->arrivals - arrival <= window->capacity;
}

/* The id of the order that came with `key`, or 0 when the key is not remembered. */
static inline uint64_t keys_find_at(const struct key_window *window, struct key_place place, uint64_t key)
{
    if (UNLIKELY(keys_has_tag(place.bucket, place.tag) || keys_lives(window, place.bucket->spilled)))
        return keys_search(window, key);
    return 0;
}

static inline uint64_t keys_find(const struct key_window *window, uint64_t key)
{
    return keys_find_at(window, keys_place(window, key), key);
}

/* Writes the newest key's tag over the oldest of a bucket. */
static inline void keys_put(const struct key_window *window, struct key_place place)
{
    uint32_t next = place.bucket->next;

    place.bucket->tags[next] = place.tag;
    place.bucket->arrivals[next] = (uint32_t)window->arrivals - 1;
    place.bucket->next = (next + 1) % KEYS_IN_BUCKET;
}

/* Remembers a key that is not in the window. */
static inline void keys_add_at(struct key_window *window, struct key_place place, uint64_t key, uint64_t order)
{
    struct key_entry *entry = &window->entries[(uint32_t)window->arrivals & window->mask];

    entry->key = key;
    entry->order = order;
    window->arrivals++; /* the oldest key is dead from here on, and its place free */
    if (UNLIKELY(keys_lives(window, place.bucket->arrivals[place.bucket->next])))
        keys_spill(window, place);
    else
        keys_put(window, place);
}

static inline void keys_add(struct key_window *window, uint64_t key, uint64_t order)
{
    keys_add_at(window, keys_place(window, key), key, order);
}

/* Asks the processor to bring in what keys_find() and keys_add() will touch. */
static inline __attribute__((always_inline)) void keys_prefetch(const struct key_window *window, uint64_t key)
{
    __builtin_prefetch(keys_place(window, key).bucket, 1);
}

/* Adds the window, oldest key first, to a digest. */
uint64_t keys_digest(const struct key_window *window, uint64_t digest);

#endif
