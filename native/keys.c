#include "keys.h"

#include <assert.h>

#include "hash.h"
#include "lines.h"

#define MARKS_IN_USE 6 /* of the fourteen of a bucket, in the mean: a spill is rare */

_Static_assert(sizeof(struct key_bucket) == 64, "a bucket is one cache line");

/* A mark's arrival counts to eight windows and more: by then it has nearly always been replaced. */
static uint32_t tags_of(uint32_t capacity)
{
    uint32_t arrivals = 8;

    while (arrivals / 8 < capacity)
        arrivals *= 2;
    return ~(arrivals - 1);
}

int keys_init(struct key_window *window, uint32_t capacity)
{
    *window = (struct key_window){
        .capacity = capacity,
        .arrivals = (uint64_t)capacity + 1,
        .bucket_count = capacity / MARKS_IN_USE + 1,
        .tags = tags_of(capacity),
    };
    window->entries = lines_new(capacity, sizeof *window->entries);
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

/* The entry of the key that came as the last but `age` - 1. */
static const struct key_entry *entry_of(const struct key_window *window, uint32_t age)
{
    uint32_t place = window->next >= age ? window->next - age : window->next + window->capacity - age;

    return &window->entries[place];
}

const struct key_entry *keys_at(const struct key_window *window, uint32_t place)
{
    assert(place < keys_count(window));
    return entry_of(window, keys_count(window) - place);
}

static struct key_bucket *after(const struct key_window *window, const struct key_bucket *bucket)
{
    uint32_t next = (uint32_t)(bucket - window->buckets) + 1;

    return &window->buckets[next == window->bucket_count ? 0 : next];
}

uint64_t keys_search(const struct key_window *window, uint64_t key)
{
    struct key_place place = keys_place(window, key);
    const struct key_bucket *bucket = place.bucket;

    for (uint32_t buckets = 0; buckets < window->bucket_count; buckets++) {
        for (int i = 0; i < KEYS_IN_BUCKET; i++) {
            uint32_t mark = bucket->marks[i];

            if ((mark & window->tags) == place.tag && keys_lives(window, mark)
                && entry_of(window, keys_age(window, mark))->key == key)
                return entry_of(window, keys_age(window, mark))->order;
        }
        if ((uint32_t)window->arrivals - bucket->spilled > window->capacity)
            return 0;
        bucket = after(window, bucket);
    }
    return 0;
}

/* Whether the oldest mark of a bucket is that of a key which is remembered: the first like it from the key's own bucket on. */
static int is_needed(const struct key_window *window, const struct key_bucket *bucket)
{
    const uint32_t *oldest = &bucket->marks[bucket->next];
    uint32_t age = keys_age(window, *oldest);
    struct key_place place;

    if (age - 1 >= keys_count(window))
        return 0;
    place = keys_place(window, entry_of(window, age)->key);
    if (place.tag != (*oldest & window->tags))
        return 0;
    for (;;) { /* ends at `oldest` at the latest */
        for (int i = 0; i < KEYS_IN_BUCKET; i++) {
            if (place.bucket->marks[i] == *oldest)
                return &place.bucket->marks[i] == oldest;
        }
        place.bucket = after(window, place.bucket);
    }
}

void keys_spill(struct key_window *window, struct key_bucket *bucket, uint32_t mark)
{
    while (is_needed(window, bucket)) { /* there are more marks than keys, and the oldest of each bucket goes first */
        bucket->spilled = (uint32_t)window->arrivals - 1;
        bucket = after(window, bucket);
    }
    keys_put(bucket, mark);
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
