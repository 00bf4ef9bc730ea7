/* keys.h - the newest client keys and the order that each one made, so that a repeated
 * order is recognised. When the window is full the oldest key is forgotten.
 *
 * The keys stand in a ring in the order of their arrival. A table of cache lines holds a mark for each: some bits of its hash, and
 * the lowest bits of its arrival, which say where in the ring it is and whether it is still remembered. So a key that is not
 * there is seen in one line, forgetting costs nothing, and what a mark promises is believed when the ring has the key. */
#ifndef TICKMESH_KEYS_H
#define TICKMESH_KEYS_H

#include <stdint.h>
#include <string.h>

#include "expect.h"

#define KEYS_IN_BUCKET 14

struct key_entry {
    uint64_t key;
    uint64_t order;
};

/* One cache line of marks, filled round and round, so that `next` is always the oldest. When even that one lived
 * and one more came, that went to the next bucket: `spilled` is the arrival of the last one that did. */
struct key_bucket {
    uint32_t marks[KEYS_IN_BUCKET];
    uint32_t spilled;
    uint32_t next;
};

struct key_window {
    struct key_entry *entries;  /* the ring */
    struct key_bucket *buckets;
    uint64_t arrivals;          /* number of the next key; the first is capacity + 1, so that 0 is dead */
    uint32_t next;              /* its place in the ring */
    uint32_t capacity;
    uint32_t bucket_count;
    uint32_t tags;              /* the bits of a mark that are of the hash; the others are of the arrival */
};

/* Where a key's mark is, and what it looks like. */
struct key_place {
    struct key_bucket *bucket;
    uint32_t tag;
};

/* Makes an empty window. Returns 0 when memory is short. Free with keys_free(). */
int keys_init(struct key_window *window, uint32_t capacity);
void keys_free(struct key_window *window);

/* How many keys are remembered. */
uint32_t keys_count(const struct key_window *window);

/* The entry of the oldest key (0), of the next, up to keys_count() - 1. */
const struct key_entry *keys_at(const struct key_window *window, uint32_t place);

/* keys_find() for a bucket that has a mark like it, or has spilled. */
uint64_t keys_search(const struct key_window *window, uint64_t key);

/* Puts a mark into the first bucket from this one on whose oldest mark is not needed. */
void keys_spill(struct key_window *window, struct key_bucket *bucket, uint32_t mark);

static inline struct key_place keys_place(const struct key_window *window, uint64_t key)
{
    uint64_t hash = (key ^ key >> 32) * UINT64_C(0x9e3779b97f4a7c15);

    return (struct key_place){
        .bucket = &window->buckets[(hash >> 32) * window->bucket_count >> 32],
        .tag = (uint32_t)hash & window->tags,
    };
}

/* Four numbers that are compared at once. */
typedef uint32_t key_lanes __attribute__((vector_size(16)));
typedef uint64_t key_halves __attribute__((vector_size(16)));

/* All bits of those of four marks that are like `tag`. */
static inline key_lanes keys_like(const uint32_t *marks, uint32_t tag, uint32_t tags)
{
    key_lanes lanes;

    memcpy(&lanes, marks, sizeof lanes);
    return (key_lanes)((lanes & tags) == tag);
}

/* Whether a bucket has a mark like `tag`. Its last two numbers are no marks: taken for one, they cost a search. */
static inline int keys_is_alike(const struct key_bucket *bucket, uint32_t tag, uint32_t tags)
{
    const uint32_t *marks = (const uint32_t *)bucket;
    key_halves alike = (key_halves)(keys_like(marks, tag, tags) | keys_like(marks + 4, tag, tags)
                                    | keys_like(marks + 8, tag, tags) | keys_like(marks + 12, tag, tags));

    return (alike[0] | alike[1]) != 0;
}

/* The id of the order that came with `key`, or 0 when the key is not remembered. */
static inline uint64_t keys_find_at(const struct key_window *window, struct key_place place, uint64_t key)
{
    if (UNLIKELY(keys_is_alike(place.bucket, place.tag, window->tags)
                 || (uint32_t)window->arrivals - place.bucket->spilled <= window->capacity))
        return keys_search(window, key);
    return 0;
}

static inline uint64_t keys_find(const struct key_window *window, uint64_t key)
{
    return keys_find_at(window, keys_place(window, key), key);
}

/* How many keys came since that of a mark and with it, as far as its bits count. What is older than that looks younger; it is not
 * believed then, for the ring has another key there. */
static inline uint32_t keys_age(const struct key_window *window, uint32_t mark)
{
    return ((uint32_t)window->arrivals - mark) & ~window->tags;
}

/* Whether a mark's key may still be in the ring. */
static inline int keys_lives(const struct key_window *window, uint32_t mark)
{
    return keys_age(window, mark) - 1 < window->capacity;
}

/* Puts a mark in the place of the oldest one, which is dead. */
static inline void keys_put(struct key_bucket *bucket, uint32_t mark)
{
    bucket->marks[bucket->next] = mark;
    bucket->next = bucket->next + 1 == KEYS_IN_BUCKET ? 0 : bucket->next + 1;
}

/* Remembers a key that is not in the window. */
static inline void keys_add_at(struct key_window *window, struct key_place place, uint64_t key, uint64_t order)
{
    uint32_t mark = place.tag | ((uint32_t)window->arrivals & ~window->tags);

    window->entries[window->next] = (struct key_entry){.key = key, .order = order};
    window->next = window->next + 1 == window->capacity ? 0 : window->next + 1;
    window->arrivals++; /* the oldest key is dead from here on, and its mark free */
    if (UNLIKELY(keys_lives(window, place.bucket->marks[place.bucket->next])))
        keys_spill(window, place.bucket, mark);
    else
        keys_put(place.bucket, mark);
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
