#include "pairs.h"

#include <assert.h>
#include <stdlib.h>

#include "hash.h"

int pairs_init(struct pairs *pairs, uint32_t capacity)
{
    *pairs = (struct pairs){.capacity = capacity, .free = PAIR_NONE};
    pairs->items = calloc(capacity, sizeof *pairs->items);
    if (pairs->items == NULL)
        return 0;
    return index_init(&pairs->index, capacity, &pairs->items[0].key, sizeof *pairs->items);
}

void pairs_free(struct pairs *pairs)
{
    index_free(&pairs->index);
    free(pairs->items);
    pairs->items = NULL;
}

static uint64_t key_of(uint32_t node, uint32_t instrument)
{
    return ((uint64_t)node << 32 | instrument) + 1;
}

uint32_t pairs_find(const struct pairs *pairs, uint32_t node, uint32_t instrument)
{
    return index_find(&pairs->index, key_of(node, instrument));
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
    uint32_t slot = pairs->free;

    assert(pairs->used < pairs->capacity);
    if (slot == PAIR_NONE)
        slot = pairs->fresh++;
    else
        pairs->free = pairs->items[slot].parent;
    pairs->used++;
    pairs->items[slot] = (struct pair){.key = key_of(node, instrument), .node = node, .parent = parent};
    index_insert(&pairs->index, slot);
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

static int is_empty(const struct pair *pair)
{
    return pair->position == 0 && pair->open[0] == 0 && pair->open[1] == 0 && pair->children == 0
        && pair->limits.set == 0 && pair->state == STATE_ACTIVE;
}

void pairs_prune(struct pairs *pairs, uint32_t slot)
{
    for (uint32_t steps = 0; slot != PAIR_NONE && steps < ENGINE_DEPTH_MAX; steps++) {
        struct pair *pair = &pairs->items[slot];
        uint32_t parent = pair->parent;

        if (!is_empty(pair))
            return;
        index_remove(&pairs->index, slot);
        pair->key = 0;
        pair->parent = pairs->free;
        pairs->free = slot;
        pairs->used--;
        if (parent != PAIR_NONE)
            pairs->items[parent].children--;
        slot = parent;
    }
}

int64_t pair_worst(const struct pair *pair)
{
    int64_t bought = llabs(pair->position + pair->open[0]);
    int64_t sold = llabs(pair->position - pair->open[1]);

    return bought > sold ? bought : sold;
}

static uint64_t digest_one(const struct pair *pair)
{
    uint64_t digest = hash_add(0, pair->key);

    digest = hash_add_signed(digest, pair->position);
    digest = hash_add_signed(digest, pair->open[0]);
    digest = hash_add_signed(digest, pair->open[1]);
    digest = hash_add_signed(digest, pair->exposure);
    for (unsigned type = 0; type < LIMIT_TYPES; type++)
        digest = hash_add_signed(digest, limits_get(&pair->limits, type));
    return hash_add(digest, pair->state);
}

uint64_t pairs_digest(const struct pairs *pairs, uint64_t digest)
{
    uint64_t sum = 0; /* a sum, because slots depend on the past and the contents do not */

    for (uint32_t slot = 0; slot < pairs->fresh; slot++) {
        if (pairs->items[slot].key != 0)
            sum += digest_one(&pairs->items[slot]);
    }
    return hash_add(hash_add(digest, pairs->used), sum);
}
