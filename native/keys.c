#include "keys.h"

#include <assert.h>

#include "hash.h"
#include "lines.h"

#define KEYS_MEAN 3 /* of the eight places of a bucket, so many live in the mean: a spill is rare */

_Static_assert(sizeof(struct key_bucket) == 64, "a bucket is one cache line");

int keys_init(struct key_window *window, uint32_t capacity)
{
    uint32_t places = 1;

    while (places < capacity)
        places *= 2;
    *window = (struct key_window){
        .capacity = capacity,
        .arrivals = (uint64_t)capacity + 1,
        .mask = places - 1,
        .bucket_count = capacity / KEYS_MEAN + 1,
    };
    window->entries = lines_new(places, sizeof *window->entries);
    window->buckets = lines_new(window->bucket_count, sizeof *window->buckets);
    return window->entries != NULL && window->buckets != NULL;
}

void keys_free(struct key_window *window)
{
    lines_free(window->buckets);
    lines_free(window->entries);
    window->buckets = NULL;
    window->entries = NULL;
}

uint32_t keys_count(const struct key_window *window)
{
    uint64_t arrived = window->arrivals - window->capacity - 1;

    return arrived < window->capacity ? (uint32_t)arrived : window->capacity;
}

const struct key_entry *keys_at(const struct key_window *window, uint32_t place)
{
    assert(place < keys_count(window));
    return &window->entries[(uint32_t)(window->arrivals - keys_count(window) + place) & window->mask];
}

static struct key_bucket *after(const struct key_window *window, const struct key_bucket *bucket)
{
    uint32_t next = (uint32_t)(bucket - window->buckets) + 1;

    return &window->buckets[next == window->bucket_count ? 0 : next];
}

uint64_t keys_search(const struct key_window *window, uint64_t key)
{
    struct key_place place = keys_place(window, key);

    for (uint32_t buckets = 0; buckets < window->bucket_count; buckets++) {
        const struct key_bucket *bucket = place.bucket;

        for (int i = 0; i < KEYS_IN_BUCKET; i++) {
            const struct key_entry *entry = &window->entries[bucket->arrivals[i] & window->mask];

            if (bucket->tags[i] == place.tag && keys_lives(window, bucket->arrivals[i]) && entry->key == key)
                return entry->order;
        }
        if (!keys_lives(window, bucket->spilled))
            return 0;
        place.bucket = after(window, bucket);
    }
    return 0;
}

void keys_spill(struct key_window *window, struct key_place full)
{
    struct key_place place = full;

    do { /* there are more places than keys that live */
        place.bucket->spilled = (uint32_t)window->arrivals - 1;
        place.bucket = after(window, place.bucket);
    } while (keys_lives(window, place.bucket->arrivals[place.bucket->next]));
    keys_put(window, place);
}

uint64_t keys_digest(const struct key_window *window, uint64_t digest)
{
    uint32_t count = keys_count(window);

    digest = hash_add(digest, count);
    for (uint32_t i = 0; i < count; i++) {
        digest = hash_add(digest, keys_at(window, i)->key);
        digest = hash_add(digest, keys_at(window, i)->order);
    }
    return digest;
}
