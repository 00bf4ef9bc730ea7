#include "pairs.h"

#include <assert.h>

#include "lines.h"

_Static_assert(sizeof(struct pair) == 64, "a pair is one cache line");

int pairs_init(struct pairs *pairs, uint32_t capacity)
{
    *pairs = (struct pairs){.capacity = capacity, .free = PAIR_NONE};
    pairs->items = lines_new(capacity, sizeof *pairs->items);
    pairs->ceilings = lines_new(capacity, sizeof *pairs->ceilings);
    pairs->terms = lines_new(capacity, sizeof *pairs->terms);
    if (pairs->items == NULL || pairs->ceilings == NULL || pairs->terms == NULL)
        return 0;
    return index_init(&pairs->index, capacity, &pairs->items[0].key, sizeof *pairs->items);
}

void pairs_free(struct pairs *pairs)
{
    index_free(&pairs->index);
    lines_free(pairs->terms);
    lines_free(pairs->ceilings);
    lines_free(pairs->items);
    pairs->items = NULL;
    pairs->ceilings = NULL;
    pairs->terms = NULL;
}

void pairs_walk(const struct pairs *pairs, uint32_t instrument, struct path *path)
{
    uint32_t slot = PAIR_NONE;

    for (uint32_t i = 0; i < path->count; i++) {
        if (slot == PAIR_NONE)
            slot = pairs_find(pairs, path->nodes[i], instrument);
        path->pairs[i] = slot;
        if (slot != PAIR_NONE)
            slot = pairs->items[slot].parent;
    }
    assert(slot == PAIR_NONE);
}

int pairs_fit(const struct pairs *pairs, const struct path *path)
{
    uint32_t lacking = 0;

    for (uint32_t i = 0; i < path->count; i++)
        lacking += path->pairs[i] == PAIR_NONE;
    return lacking <= pairs->capacity - pairs->used;
}

static uint32_t put(struct pairs *pairs, uint32_t node, uint32_t instrument, uint32_t parent)
{
    uint64_t key = pair_key(node, instrument);
    uint32_t slot = pairs->free;

    assert(pairs->used < pairs->capacity);
    if (slot == PAIR_NONE)
        slot = pairs->fresh++;
    else
        pairs->free = pairs->items[slot].parent;
    pairs->used++;
    pairs->items[slot] = (struct pair){
        .key = key,
        .node = node,
        .parent = parent,
    };
    pairs->ceilings[slot] = (struct ceiling){0};
    pairs->terms[slot] = (struct pair_terms){0};
    pair_limit_position(&pairs->items[slot], &pairs->terms[slot], ENGINE_POSITION_MAX);
    index_insert(&pairs->index, index_far(key), slot);
    if (parent != PAIR_NONE)
        pairs->items[parent].children++;
    return slot;
}

void pairs_complete(struct pairs *pairs, uint32_t instrument, struct path *path)
{
    uint32_t parent = PAIR_NONE;

    for (uint32_t i = path->count; i > 0; i--) {
        if (path->pairs[i - 1] == PAIR_NONE)
            path->pairs[i - 1] = put(pairs, path->nodes[i - 1], instrument, parent);
        parent = path->pairs[i - 1];
    }
}

void pairs_prune(struct pairs *pairs, uint32_t slot)
{
    for (uint32_t steps = 0; slot != PAIR_NONE && steps < ENGINE_DEPTH_MAX; steps++) {
        struct pair *pair = &pairs->items[slot];
        uint32_t parent = pair->parent;

        if (!pair_is_empty(pair))
            return;
        index_remove(&pairs->index, index_far(pair->key), slot);
        pair->key = 0;
        pair->parent = pairs->free;
        pairs->free = slot;
        pairs->used--;
        if (parent != PAIR_NONE)
            pairs->items[parent].children--;
        slot = parent;
    }
}
