#include "index.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"

int index_init(struct index *index, uint32_t capacity, const void *keys, size_t stride)
{
    uint64_t size = 8;

    while (size < 2 * (uint64_t)capacity)
        size *= 2;
    index->table = calloc(size, sizeof *index->table);
    index->keys = keys;
    index->stride = stride;
    index->mask = size - 1;
    return index->table != NULL;
}

void index_free(struct index *index)
{
    free(index->table);
    index->table = NULL;
}

static uint64_t key_of(const struct index *index, uint32_t slot)
{
    uint64_t key;

    memcpy(&key, index->keys + (size_t)slot * index->stride, sizeof key);
    return key;
}

static uint64_t home_of(const struct index *index, uint64_t key)
{
    return hash_mix(key) & index->mask;
}

uint32_t index_find(const struct index *index, uint64_t key)
{
    uint64_t place = home_of(index, key);

    assert(key != 0);
    for (uint64_t probes = 0; probes <= index->mask; probes++) {
        uint32_t entry = index->table[place];

        if (entry == 0)
            return INDEX_NONE;
        if (key_of(index, entry - 1) == key)
            return entry - 1;
        place = (place + 1) & index->mask;
    }
    return INDEX_NONE;
}

void index_prefetch(const struct index *index, uint64_t key)
{
    __builtin_prefetch(&index->table[home_of(index, key)], 1);
}

void index_insert(struct index *index, uint32_t slot)
{
    uint64_t place = home_of(index, key_of(index, slot));

    assert(key_of(index, slot) != 0);
    assert(index_find(index, key_of(index, slot)) == INDEX_NONE);
    while (index->table[place] != 0) /* ends: half of the table is empty */
        place = (place + 1) & index->mask;
    index->table[place] = slot + 1;
}

/* Closes the hole at `hole`: each later entry of the run that may stand there moves back,
 * so that no search ever needs a tombstone. */
static void close_hole(struct index *index, uint64_t hole)
{
    uint64_t place = (hole + 1) & index->mask;

    while (index->table[place] != 0) { /* ends: half of the table is empty */
        uint64_t home = home_of(index, key_of(index, index->table[place] - 1));

        if (((place - home) & index->mask) >= ((place - hole) & index->mask)) {
            index->table[hole] = index->table[place];
            hole = place;
        }
        place = (place + 1) & index->mask;
    }
    index->table[hole] = 0;
}

void index_remove(struct index *index, uint32_t slot)
{
    uint64_t place = home_of(index, key_of(index, slot));

    while (index->table[place] != slot + 1) { /* ends: the slot is indexed */
        assert(index->table[place] != 0);
        place = (place + 1) & index->mask;
    }
    close_hole(index, place);
}
