/* keys.h - the newest client keys and the order that each one made, so that a repeated
 * order is recognised. When the window is full the oldest key is forgotten. */
#ifndef TICKMESH_KEYS_H
#define TICKMESH_KEYS_H

#include <stdint.h>

#include "index.h"

struct key_entry {
    uint64_t key;
    uint64_t order;
};

struct key_window {
    struct key_entry *entries; /* a ring */
    uint32_t capacity;
    uint32_t count;
    uint32_t next;             /* where the next key goes: the oldest when full */
    struct index index;
};

/* Makes an empty window. Returns 0 when memory is short. Free with keys_free(). */
int keys_init(struct key_window *window, uint32_t capacity);
void keys_free(struct key_window *window);

/* The id of the order that came with `key`, or 0 when the key is not remembered. */
uint64_t keys_find(const struct key_window *window, uint64_t key);

/* Remembers a key that is not in the window. */
void keys_add(struct key_window *window, uint64_t key, uint64_t order);

/* Adds the window, oldest key first, to a digest. */
uint64_t keys_digest(const struct key_window *window, uint64_t digest);

#endif
