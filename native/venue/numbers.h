/* numbers.h - a table from a 64-bit number to another: open addressing, a removed entry leaves no mark. */
#ifndef TICKMESH_VENUE_NUMBERS_H
#define TICKMESH_VENUE_NUMBERS_H

#include <stdint.h>

#include "hash.h"

struct numbers_entry {
    uint64_t key;             /* 0 is an empty place */
    uint64_t value;
};

struct numbers {
    struct numbers_entry *entries;
    uint64_t mask;
    uint64_t count;
    uint64_t capacity;        /* entries that may be in it: half of its places */
};

/* Where a key stands if no other has taken its place. */
static inline const struct numbers_entry *numbers_home(const struct numbers *numbers, uint64_t key)
{
    return &numbers->entries[hash_mix(key) & numbers->mask];
}

/* Asks for the memory of a key that will be looked up soon. Inlined by force, or the compiler drops it. */
static inline __attribute__((always_inline)) void numbers_prefetch(const struct numbers *numbers,
                                                                   uint64_t key)
{
    __builtin_prefetch(numbers_home(numbers, key), 1);
}

/* Makes room for `capacity` entries. Returns 1, or 0 when memory is short. */
int numbers_make(struct numbers *numbers, uint64_t capacity);
void numbers_free(struct numbers *numbers);

/* Returns the value of a key that is not 0, or 0. */
uint64_t numbers_find(const struct numbers *numbers, uint64_t key);

/* Sets a key that is not there. Returns 1, or 0 when the table is full. */
int numbers_add(struct numbers *numbers, uint64_t key, uint64_t value);

/* Forgets a key, which may be unknown. */
void numbers_remove(struct numbers *numbers, uint64_t key);

#endif
