/* index.h - finds the slot of a key in an array that somebody else owns.
 *
 * The index holds a hash and a slot, 8 bytes each, in an open addressing table that is never
 * more than half full; the keys stay in the owner's array, `stride` bytes apart, and are
 * read only where the hash agrees. A key is not zero and occurs once. */
#ifndef TICKMESH_INDEX_H
#define TICKMESH_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "hash.h"

#define INDEX_NONE UINT32_MAX
#define INDEX_LINE 8 /* entries in a cache line */

struct index_entry {
    uint32_t hash;
    uint32_t place; /* slot + 1, or 0 where empty */
};

struct index {
    struct index_entry *table;
    const unsigned char *keys; /* of slot 0 */
    size_t stride;
    uint32_t mask;             /* size of the table - 1 */
    uint32_t unused;
};

/* Makes room for `capacity` slots, at most 2^28. Returns 0 when memory is short. Free with index_free(). */
int index_init(struct index *index, uint32_t capacity, const void *keys, size_t stride);
void index_free(struct index *index);

/* The hash of a key that has nothing to do with the keys around it: the middle of a product with the golden ratio. */
static inline uint32_t index_far(uint64_t key)
{
    return (uint32_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

/* The hash of a key that comes after the one before it, as ids do: neighbours share a
 * cache line, so that a burst of new orders writes to few of them. */
static inline uint32_t index_near(uint64_t key)
{
    uint32_t line = (uint32_t)hash_mix(key / INDEX_LINE);

    return (line & ~(uint32_t)(INDEX_LINE - 1)) | (uint32_t)(key % INDEX_LINE);
}

/* The slot that holds `key`, or INDEX_NONE. */
uint32_t index_find(const struct index *index, uint32_t hash, uint64_t key);

/* Asks the processor to bring in what index_find() will read first. */
static inline __attribute__((always_inline)) void index_prefetch(const struct index *index, uint32_t hash)
{
    __builtin_prefetch(&index->table[hash & index->mask], 1);
}

/* Adds a slot whose key is not indexed yet. */
void index_insert(struct index *index, uint32_t hash, uint32_t slot);

/* Removes a slot that is indexed. */
void index_remove(struct index *index, uint32_t hash, uint32_t slot);

#endif
