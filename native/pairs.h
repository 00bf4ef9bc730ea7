/* pairs.h - the position table: what each node holds and has open in each instrument.
 *
 * A pair exists while it has a position, an open order, a limit or a trading state, or
 * while a pair below it exists. So a pair's parent (the same instrument one node up)
 * always exists too, and a walk up the tree needs one search only. */
#ifndef TICKMESH_PAIRS_H
#define TICKMESH_PAIRS_H

#include <stdint.h>

#include "engine.h"
#include "index.h"
#include "limit.h"
#include "value.h"

#define PAIR_NONE UINT32_MAX

struct pair {
    uint64_t key;     /* of node and instrument; 0 when the slot is free */
    int64_t position; /* lots; negative is short */
    int64_t open[2];  /* lots of open orders: buy, sell */
    int64_t exposure; /* micro-units, valued when the pair last changed */
    struct limits limits;
    uint32_t node;
    uint32_t parent;  /* slot, or PAIR_NONE at the firm; or the next free slot */
    uint32_t children;
    uint8_t state;    /* enum trading_state */
};

struct pairs {
    struct pair *items;
    uint32_t capacity;
    uint32_t used;
    uint32_t fresh; /* slots from here on were never used */
    uint32_t free;  /* first returned slot, or PAIR_NONE */
    struct index index;
};

/* A node, its ancestors up to the firm, and their pairs in one instrument. */
struct path {
    uint32_t count;
    uint32_t nodes[ENGINE_DEPTH_MAX];
    uint32_t pairs[ENGINE_DEPTH_MAX]; /* PAIR_NONE where there is none */
};

/* Makes an empty table. Returns 0 when memory is short. Free with pairs_free(). */
int pairs_init(struct pairs *pairs, uint32_t capacity);
void pairs_free(struct pairs *pairs);

/* The slot of a pair, or PAIR_NONE. */
uint32_t pairs_find(const struct pairs *pairs, uint32_t node, uint32_t instrument);

/* Fills in `path->pairs` for the nodes that stand there. */
void pairs_walk(const struct pairs *pairs, uint32_t instrument, struct path *path);

/* Whether the pairs that the path lacks would fit. */
int pairs_fit(const struct pairs *pairs, const struct path *path);

/* Makes the pairs that the path lacks. They fit. */
void pairs_complete(struct pairs *pairs, uint32_t instrument, struct path *path);

/* Frees a pair and its ancestors as far as they have become empty. */
void pairs_prune(struct pairs *pairs, uint32_t slot);

/* The largest |position| that the open orders of one side can lead to, in lots. */
int64_t pair_worst(const struct pair *pair);

/* Adds the table to a digest, whatever slots it uses. */
uint64_t pairs_digest(const struct pairs *pairs, uint64_t digest);

#endif
