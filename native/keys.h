/* keys.h - the newest client keys and the order that each one made, so that a repeated
 * order is recognised. When the window is full the oldest key is forgotten.
 *
 * The keys stand in a ring in the order of their arrival. A table of cache lines says by a
 * hash where in the ring a key may be; entries whose place in the ring has been taken by a
 * later key are simply dead, so that forgetting costs nothing, and a new key reads and writes one line. */
#ifndef TICKMESH_KEYS_H
#define TICKMESH_KEYS_H

#include <stdint.h>
#include <string.h>

#include "hash.h"

#define KEYS_IN_BUCKET 7

struct key_entry {
    uint64_t key;
    uint64_t order;
};

/* One cache line of marks, filled round and round, so that `next` is always the oldest. When even that one lived
 * and one more came, that went to the next bucket: `spilled` is the arrival of the last one that did. */
struct key_bucket {
    uint32_t hashes[KEYS_IN_BUCKET];
    uint32_t spilled;
    uint32_t arrivals[KEYS_IN_BUCKET]; /* the lowest 32 bits of the keys' numbers */
    uint32_t next;
};

struct key_window {
    struct key_entry *entries;  /* the ring: arrival % capacity */
    struct key_bucket *buckets;
    uint32_t arrivals;          /* number of the next key; the first is capacity + 1, so that 0 is dead */
    uint32_t next;              /* its place in the ring */
    uint32_t count;
    uint32_t capacity;
    uint32_t mask;              /* number of buckets - 1 */
    uint32_t unused;
};

/* Makes an empty window. Returns 0 when memory is short. Free with keys_free(). */
int keys_init(struct key_window *window, uint32_t capacity);
void keys_free(struct key_window *window);

/* The entry of the oldest key (0), of the next, up to `count` - 1. */
const struct key_entry *keys_at(const struct key_window *window, uint32_t place);

/* keys_find() for a bucket that has a mark like it, or has spilled. */
uint64_t keys_search(const struct key_window *window, uint64_t key);

/* Four numbers that are compared at once. */
typedef uint32_t key_lanes __attribute__((vector_size(16)));
typedef uint64_t key_halves __attribute__((vector_size(16)));

/* Whether a bucket has a mark like `hash`. Its eighth number is no hash: taken for one, it costs a search. */
static inline int keys_is_alike(const struct key_bucket *bucket, uint32_t hash)
{
    key_lanes first, second;
    key_halves found;

    memcpy(&first, &bucket->hashes[0], sizeof first);
    memcpy(&second, &bucket->hashes[4], sizeof second);
    found = (key_halves)((first == hash) | (second == hash));
    return (found[0] | found[1]) != 0;
}

/* The id of the order that came with `key`, or 0 when the key is not remembered. */
static inline uint64_t keys_find(const struct key_window *window, uint64_t key)
{
    uint32_t hash = (uint32_t)hash_mix(key);
    const struct key_bucket *bucket = &window->buckets[hash & window->mask];

    if (keys_is_alike(bucket, hash) || window->arrivals - bucket->spilled <= window->capacity)
        return keys_search(window, key);
    return 0;
}

/* Whether the key that came as number `arrival` is still in the ring. */
static inline int keys_lives(const struct key_window *window, uint32_t arrival)
{
    return window->arrivals - arrival <= window->capacity;
}

/* Puts a mark into the first bucket from `at` on that has a dead one. */
void keys_spill(struct key_window *window, uint32_t at, uint32_t hash);

/* Remembers a key that is not in the window. */
static inline void keys_add(struct key_window *window, uint64_t key, uint64_t order)
{
    uint32_t hash = (uint32_t)hash_mix(key);
    struct key_bucket *bucket = &window->buckets[hash & window->mask];
    uint32_t next = bucket->next;

    window->entries[window->next] = (struct key_entry){.key = key, .order = order};
    window->next = window->next + 1 == window->capacity ? 0 : window->next + 1;
    window->count += window->count < window->capacity;
    window->arrivals++; /* the oldest key is dead from here on, and its mark free */
    if (keys_lives(window, bucket->arrivals[next])) {
        keys_spill(window, hash & window->mask, hash);
        return;
    }
    bucket->hashes[next] = hash;
    bucket->arrivals[next] = window->arrivals - 1;
    bucket->next = next + 1 == KEYS_IN_BUCKET ? 0 : next + 1;
}

/* Asks the processor to bring in what keys_find() and keys_add() will touch. */
static inline __attribute__((always_inline)) void keys_prefetch(const struct key_window *window, uint64_t key)
{
    __builtin_prefetch(&window->buckets[(uint32_t)hash_mix(key) & window->mask], 1);
}

/* Adds the window, oldest key first, to a digest. */
uint64_t keys_digest(const struct key_window *window, uint64_t digest);

#endif
