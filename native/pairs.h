/* pairs.h - the position table: what each node holds and has open in each instrument.
 *
 * A pair exists while it has a position, an open order, a limit, a trading state or fees, or
 * while a pair below it exists. So a pair's parent (the same instrument one node up)
 * always exists too, and a walk up the tree needs one search only.
 *
 * What every trade changes is one cache line; what stands on the pair is another, which
 * also remembers what the limits of the whole path come to for a single order. */
#ifndef TICKMESH_PAIRS_H
#define TICKMESH_PAIRS_H

#include <stdint.h>

#include "engine.h"
#include "index.h"
#include "limit.h"

#define PAIR_NONE UINT32_MAX

struct pair {
    uint64_t key;         /* of node and instrument; 0 when the slot is free */
    int64_t position;     /* lots; negative is short */
    int64_t open[2];      /* lots of open orders: buy, sell */
    int64_t exposure;     /* micro-units, valued when the pair last changed */
    int64_t position_max; /* LIMIT_POSITION as set, or ENGINE_POSITION_MAX */
    uint32_t node;
    uint32_t parent;      /* slot, or PAIR_NONE at the firm; or the next free slot */
    uint32_t children;
    uint32_t stands;      /* bits of what is set in `terms`; bit 0: a trading state; bit 7: fees */
};

/* The most restrictive values of a path, for one order. */
struct ceiling {
    int64_t quantity;
    int64_t notional;
    int64_t collar;       /* basis points */
    uint32_t version;     /* of struct risk, when it was worked out */
    uint8_t state;        /* enum trading_state */
    uint8_t has_rate;     /* somewhere on the path */
    uint8_t reserved[2];
};

struct pair_terms {
    struct ceiling ceiling;
    int64_t quantity_max; /* LIMIT_ORDER_QUANTITY; the limits mean something where `stands` says so */
    int64_t notional_max;
    int64_t collar;
    struct fees fees;
    uint32_t state;
};

#define STANDS_STATE UINT32_C(1)
#define STANDS_FEES (UINT32_C(1) << 7)

struct pairs {
    struct pair *items;
    struct pair_terms *terms; /* by the same slot */
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

/* The slot of a pair, or PAIR_NONE. */
static inline uint32_t pairs_find(const struct pairs *pairs, uint32_t node, uint32_t instrument)
{
    uint64_t key = pair_key(node, instrument);

    return index_find(&pairs->index, index_far(key), key);
}

/* Fills in `path->pairs` for the nodes that stand there. */
void pairs_walk(const struct pairs *pairs, uint32_t instrument, struct path *path);

/* Whether the pairs that the path lacks would fit. */
int pairs_fit(const struct pairs *pairs, const struct path *path);

/* Makes the pairs that the path lacks. They fit. */
void pairs_complete(struct pairs *pairs, uint32_t instrument, struct path *path);

static inline int pair_is_empty(const struct pair *pair)
{
    return (pair->position | pair->open[0] | pair->open[1]) == 0 && (pair->children | pair->stands) == 0;
}

/* Frees a pair and its ancestors as far as they have become empty. */
void pairs_prune(struct pairs *pairs, uint32_t slot);

/* The larger of |a| and |b|, neither of which comes near 2^62. Signs of positions cannot be guessed, so no branch asks for them. */
static inline int64_t larger_magnitude(int64_t a, int64_t b)
{
    int64_t a_sign = a >> 63;
    int64_t b_sign = b >> 63;
    int64_t size = (a ^ a_sign) - a_sign;
    int64_t more = ((b ^ b_sign) - b_sign) - size;

    return size + (more & ~(more >> 63));
}

/* The largest |position| that the open orders of one side can lead to, in lots. */
static inline int64_t pair_worst(const struct pair *pair)
{
    return larger_magnitude(pair->position + pair->open[0], pair->position - pair->open[1]);
}

#endif
