/* pairs.h - the position table: what each node holds and has open in each instrument.
 *
 * A pair exists while it has a position, an open order, a limit, a trading state or fees, or
 * while a pair below it exists. So a pair's parent (the same instrument one node up)
 * always exists too, and a walk up the tree needs one search only.
 *
 * What every trade changes is one cache line; what the limits of the whole path come to for a single order is half a
 * line; what stands on the pair, which an order does not look at, is elsewhere. */
#ifndef TICKMESH_PAIRS_H
#define TICKMESH_PAIRS_H

#include <stdint.h>

#include "engine.h"
#include "expect.h"
#include "index.h"
#include "limit.h"

#define PAIR_NONE UINT32_MAX

struct pair {
    uint64_t key;         /* of node and instrument; 0 when the slot is free */
    int64_t position;     /* lots; negative is short */
    int64_t reach[2];     /* lots: the position if all open orders to buy trade; minus the position if all to sell do */
    int64_t exposure;     /* micro-units, valued when the pair last changed */
    int64_t reach_max;    /* LIMIT_POSITION, or ENGINE_POSITION_MAX if that is less or there is none */
    uint32_t node;
    uint32_t parent;      /* slot, or PAIR_NONE at the firm; or the next free slot */
    uint32_t children;
    uint32_t stands;      /* bits of what is set in `terms`; bit 0: a trading state; bit 7: fees */
};

/* The most restrictive values of a path, for one order: half a cache line. */
struct ceiling {
    int64_t quantity;     /* 0 where a trading state stands: nothing is below that */
    uint64_t worth;       /* quantity times price times unit value: what LIMIT_ORDER_NOTIONAL allows before it is rounded */
    int64_t collar;       /* basis points */
    uint32_t version;     /* of struct risk, when it was worked out */
    uint32_t has_rate;    /* somewhere on the path */
};

struct pair_terms {
    int64_t position_max; /* LIMIT_POSITION; the limits mean something where `stands` says so */
    int64_t quantity_max; /* LIMIT_ORDER_QUANTITY */
    int64_t notional_max;
    int64_t collar;
    struct fees fees;
    uint32_t state;
};

#define STANDS_STATE UINT32_C(1)
#define STANDS_FEES (UINT32_C(1) << 7)

struct pairs {
    struct pair *items;
    struct ceiling *ceilings; /* by the same slot; so are the terms */
    struct pair_terms *terms;
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

static inline uint64_t pair_key(uint32_t node, uint32_t instrument)
{
    return ((uint64_t)node << 32 | instrument) + 1;
}

static inline uint32_t pair_instrument(const struct pair *pair)
{
    return (uint32_t)(pair->key - 1);
}

/* The slot that a pair has if its place in the index is its own; that of another, or PAIR_NONE, otherwise. */
static inline uint32_t pairs_guess(const struct pairs *pairs, uint32_t node, uint32_t instrument)
{
    return pairs->index.table[index_far(pair_key(node, instrument)) & pairs->index.mask].place - 1;
}

/* The slot of a pair, or PAIR_NONE. */
static inline __attribute__((always_inline)) uint32_t pairs_find(const struct pairs *pairs, uint32_t node, uint32_t instrument)
{
    uint64_t key = pair_key(node, instrument);

    uint32_t hash = index_far(key);
    struct index_entry first = pairs->index.table[hash & pairs->index.mask];

    if (UNLIKELY(first.place == 0 || pairs->items[first.place - 1].key != key))
        return index_find(&pairs->index, hash, key);
    return first.place - 1;
}

/* Fills in `path->pairs` for the nodes that stand there. */
void pairs_walk(const struct pairs *pairs, uint32_t instrument, struct path *path);

/* Whether the pairs that the path lacks would fit. */
int pairs_fit(const struct pairs *pairs, const struct path *path);

/* Makes the pairs that the path lacks. They fit. */
void pairs_complete(struct pairs *pairs, uint32_t instrument, struct path *path);

/* Whether a pair exists for nothing. One that was freed is none: a trade may end a pair with the one below it. */
static inline int pair_is_empty(const struct pair *pair)
{
    return (pair->reach[0] | pair->reach[1]) == 0 && (pair->children | pair->stands) == 0 && pair->key != 0;
}

/* Sets LIMIT_POSITION; ENGINE_POSITION_MAX for none. */
static inline void pair_limit_position(struct pair *pair, struct pair_terms *terms, int64_t limit)
{
    terms->position_max = limit;
    pair->reach_max = limit < ENGINE_POSITION_MAX ? limit : ENGINE_POSITION_MAX;
}

/* Lots of open orders of a side. */
static inline int64_t pair_open(const struct pair *pair, uint8_t side)
{
    return side == SIDE_BUY ? pair->reach[0] - pair->position : pair->reach[1] + pair->position;
}

/* Frees a pair and its ancestors as far as they have become empty. */
void pairs_prune(struct pairs *pairs, uint32_t slot);

/* The largest |position| that the open orders of one side can lead to, in lots. A position that all purchases lead to is not
 * below the one that all sales lead to: so the larger of both reaches is the larger magnitude, and not negative. */
static inline int64_t pair_worst(const struct pair *pair)
{
    return pair->reach[0] > pair->reach[1] ? pair->reach[0] : pair->reach[1];
}

#endif
