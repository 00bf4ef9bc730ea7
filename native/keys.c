#include "keys.h"

#include <assert.h>
#include <stdlib.h>

#include "hash.h"

int keys_init(struct key_window *window, uint32_t capacity)
{
    *window = (struct key_window){.capacity = capacity};
    window->entries = calloc(capacity, sizeof *window->entries);
    if (window->entries == NULL)
        return 0;
    return index_init(&window->index, capacity, &window->entries[0].key, sizeof *window->entries);
}

void keys_free(struct key_window *window)
{
    index_free(&window->index);
    free(window->entries);
    window->entries = NULL;
}

uint64_t keys_find(const struct key_window *window, uint64_t key)
{
    uint32_t slot = index_find(&window->index, key);

    return slot == INDEX_NONE ? 0 : window->entries[slot].order;
}

void keys_add(struct key_window *window, uint64_t key, uint64_t order)
{
    uint32_t slot = window->next;

    assert(key != 0 && order != 0);
    if (window->count == window->capacity)
        index_remove(&window->index, slot);
    else
        window->count++;
    window->entries[slot] = (struct key_entry){.key = key, .order = order};
    index_insert(&window->index, slot);
    window->next = slot + 1 == window->capacity ? 0 : slot + 1;
}

uint64_t keys_digest(const struct key_window *window, uint64_t digest)
{
    uint32_t slot = window->count == window->capacity ? window->next : 0;

    digest = hash_add(digest, window->count);
    for (uint32_t i = 0; i < window->count; i++) {
        digest = hash_add(digest, window->entries[slot].key);
        digest = hash_add(digest, window->entries[slot].order);
        slot = slot + 1 == window->capacity ? 0 : slot + 1;
    }
    return digest;
}
