/* index.h - finds the slot of a key in an array that somebody else owns.
 *
 * The index holds slot numbers only, 4 bytes each in an open addressing table that is
 * never more than half full; the keys stay in the owner's array, `stride` bytes apart.
 * A key is not zero and occurs once. */
#ifndef TICKMESH_INDEX_H
#define TICKMESH_INDEX_H

#include <stddef.h>
#include <stdint.h>

#define INDEX_NONE UINT32_MAX

struct index {
    uint32_t *table;           /* slot + 1, or 0 where empty */
    const unsigned char *keys; /* of slot 0 */
    size_t stride;
    uint64_t mask;             /* size of the table - 1 */
};

/* Makes room for `capacity` slots. Returns 0 when memory is short. Free with index_free(). */
int index_init(struct index *index, uint32_t capacity, const void *keys, size_t stride);
void index_free(struct index *index);

/* The slot that holds `key`, or INDEX_NONE. */
uint32_t index_find(const struct index *index, uint64_t key);

/* Asks the processor to bring in what index_find() of `key` will read first. */
void index_prefetch(const struct index *index, uint64_t key);

/* Adds a slot whose key stands in the owner's array already, and is not indexed yet. */
void index_insert(struct index *index, uint32_t slot);

/* Removes a slot that is indexed, while its key still stands. */
void index_remove(struct index *index, uint32_t slot);

#endif
