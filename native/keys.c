#include "keys.h"

#include <assert.h>
#include <stdlib.h>

_Static_assert(sizeof(struct key_bucket) == 64, "a bucket is one cache line");

int keys_init(struct key_window *window, uint32_t capacity)
{
    uint32_t buckets = 1;

    while (buckets < (capacity + 2) / 3) /* at most three marks that live in seven places: a spill is rare */
        buckets *= 2;
    *window = (struct key_window){.capacity = capacity, .arrivals = capacity + 1, .mask = buckets - 1};
    window->entries = calloc(capacity, sizeof *window->entries);
    window->buckets = calloc(buckets, sizeof *window->buckets);
    return window->entries != NULL && window->buckets != NULL;
}

void keys_free(struct key_window *window)
{
    free(window->buckets);
    free(window->entries);
    window->buckets = NULL;
    window->entries = NULL;
}

static const struct key_entry *entry_of(const struct key_window *window, uint32_t arrival)
{
    uint32_t age = window->arrivals - arrival;
    uint32_t place = window->next >= age ? window->next - age : window->next + window->capacity - age;

    return &window->entries[place];
}

const struct key_entry *keys_at(const struct key_window *window, uint32_t place)
{
    assert(place < window->count);
    return entry_of(window, window->arrivals - window->count + place);
}

uint64_t keys_search(const struct key_window *window, uint64_t key)
{
    uint32_t hash = (uint32_t)hash_mix(key);
    uint32_t at = hash & window->mask;

    for (uint32_t buckets = 0; buckets <= window->mask; buckets++) {
        const struct key_bucket *bucket = &window->buckets[at];

        for (int i = 0; i < KEYS_IN_BUCKET; i++) {
            uint32_t arrival = bucket->arrivals[i];

            if (bucket->hashes[i] == hash && keys_lives(window, arrival) && entry_of(window, arrival)->key == key)
                return entry_of(window, arrival)->order;
        }
        if (!keys_lives(window, bucket->spilled))
            return 0;
        at = (at + 1) & window->mask;
    }
    return 0;
}

void keys_spill(struct key_window *window, uint32_t at, uint32_t hash)
{
    struct key_bucket *bucket = &window->buckets[at];

    while (keys_lives(window, bucket->arrivals[bucket->next])) { /* there are more marks than keys that live */
        bucket->spilled = window->arrivals - 1;
        at = (at + 1) & window->mask;
        bucket = &window->buckets[at];
    }
    bucket->hashes[bucket->next] = hash;
    bucket->arrivals[bucket->next] = window->arrivals - 1;
    bucket->next = bucket->next + 1 == KEYS_IN_BUCKET ? 0 : bucket->next + 1;
}

uint64_t keys_digest(const struct key_window *window, uint64_t digest)
{
    digest = hash_add(digest, window->count);
    for (uint32_t i = 0; i < window->count; i++) {
        digest = hash_add(digest, keys_at(window, i)->key);
        digest = hash_add(digest, keys_at(window, i)->order);
    }
    return digest;
}
