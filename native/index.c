#include "index.h"

#include <assert.h>
#include <string.h>

#include "lines.h"

int index_init(struct index *index, uint32_t capacity, const void *keys, size_t stride)
{
    uint64_t size = INDEX_LINE;

    while (size < 2 * (uint64_t)capacity)
        size *= 2;
    index->table = lines_new(size, sizeof *index->table);
    index->keys = keys;
    index->stride = stride;
    index->mask = (uint32_t)(size - 1);
    return index->table != NULL;
}

void index_free(struct index *index)
{
    lines_free(index->table);
    index->table = NULL;
}

static uint64_t key_of(const struct index *index, uint32_t slot)
{
    uint64_t key;

    memcpy(&key, index->keys + (size_t)slot * index->stride, sizeof key);
    return key;
}

uint32_t index_find(const struct index *index, uint32_t hash, uint64_t key)
{
    uint32_t at = hash & index->mask;

    assert(key != 0);
    for (uint32_t probes = 0; probes <= index->mask; probes++) {
        struct index_entry entry = index->table[at];

        if (entry.place == 0)
            return INDEX_NONE;
        if (entry.hash == hash && key_of(index, entry.place - 1) == key)
            return entry.place - 1;
        at = (at + 1) & index->mask;
    }
    return INDEX_NONE;
}

void index_insert(struct index *index, uint32_t hash, uint32_t slot)
{
    uint32_t at = hash & index->mask;

    while (index->table[at].place != 0) /* the table is at most half full */
        at = (at + 1) & index->mask;
    index->table[at] = (struct index_entry){.hash = hash, .place = slot + 1};
}

/* Moves later entries up, so that no search ends at the gap too early. */
static void close_gap(struct index *index, uint32_t gap)
{
    uint32_t at = gap;

    for (;;) { /* ends at the first empty place */
        uint32_t home;

        at = (at + 1) & index->mask;
        if (index->table[at].place == 0)
            break;
        home = index->table[at].hash & index->mask;
        if (((at - home) & index->mask) >= ((at - gap) & index->mask)) {
            index->table[gap] = index->table[at];
            gap = at;
        }
    }
    index->table[gap] = (struct index_entry){0};
}

void index_remove(struct index *index, uint32_t hash, uint32_t slot)
{
    uint32_t at = hash & index->mask;

    while (index->table[at].place != slot + 1) {
        assert(index->table[at].place != 0);
        at = (at + 1) & index->mask;
    }
    close_gap(index, at);
}
