/* nodes.h - the tree firm > desk > portfolio > strategy, with what stands on a whole node. */
#ifndef TICKMESH_NODES_H
#define TICKMESH_NODES_H

#include <stdint.h>

#include "bucket.h"
#include "engine.h"
#include "limit.h"
#include "value.h"

/* The first cache line is what an order changes. */
struct node {
    int64_t room;          /* micro-units that the exposure, the sum over its pairs, lacks to `exposure_max`; */
    int64_t room_far;      /* and what is more than that, in units of NODE_FAR; negative when the exposure is above its limit */
    wide exposure_max;     /* LIMIT_GROSS_EXPOSURE, or NODE_UNLIMITED */
    int64_t rate;          /* LIMIT_ORDER_RATE; -1 where not set */
    int64_t burst;         /* what the bucket of the rate holds when it is full */
    struct bucket bucket;
    uint32_t parent;       /* ENGINE_NONE at the firm */
    uint32_t group;        /* of self-trade prevention; 0 for none */
    int64_t notional_max;  /* LIMIT_ORDER_NOTIONAL; -1 where not set */
    uint32_t depth;        /* nodes on the way to the firm, both counted */
    uint32_t state;        /* enum trading_state */
    struct fees fees;
    uint32_t reserved[7];
};

/* More than all exposures together. */
#define NODE_UNLIMITED ((wide)1 << 100)

/* Exposures need more than 64 bits together, and nearly never at once. */
#define NODE_FAR ((wide)1 << 62)

struct nodes {
    struct node *items;
    uint32_t capacity;
    uint32_t count;
};

/* Makes an empty tree. Returns 0 when memory is short. Free with nodes_free(). */
int nodes_init(struct nodes *nodes, uint32_t capacity);
void nodes_free(struct nodes *nodes);

/* LIMIT_GROSS_EXPOSURE as it was set, or -1. */
static inline int64_t node_exposure_max(const struct node *node)
{
    return node->exposure_max == NODE_UNLIMITED ? -1 : (int64_t)node->exposure_max;
}

static inline wide node_room(const struct node *node)
{
    return node->room_far * NODE_FAR + node->room;
}

void node_set_room(struct node *node, wide room);

/* node_expose() where the near part of the room does not suffice. */
void node_carry(struct node *node, int64_t more);

/* Adds to the exposure, or takes off. */
static inline void node_expose(struct node *node, int64_t more)
{
    int64_t room;

    if (UNLIKELY(__builtin_sub_overflow(node->room, more, &room)))
        node_carry(node, more);
    else if (UNLIKELY(room < 0))
        node_carry(node, more);
    else
        node->room = room;
}

static inline wide node_exposure(const struct node *node)
{
    return node->exposure_max - node_room(node);
}

static inline void node_limit_exposure(struct node *node, int64_t limit)
{
    wide exposure = node_exposure(node);

    node->exposure_max = limit < 0 ? NODE_UNLIMITED : limit;
    node_set_room(node, node->exposure_max - exposure);
}

/* Sets the rate, -1 for none; what is used of it stays as it is. */
static inline void node_limit_rate(struct node *node, int64_t rate)
{
    node->rate = rate;
    node->burst = rate < 0 ? 0 : bucket_capacity(rate);
}

/* Adds the next node below `parent`; ENGINE_NONE for the first. There is room. */
void nodes_add(struct nodes *nodes, uint32_t parent);

/* Writes `node` and its ancestors to `path`, the firm last. Returns how many. */
uint32_t nodes_path(const struct nodes *nodes, uint32_t node, uint32_t path[ENGINE_DEPTH_MAX]);

/* Whether `node` is `root` or below it. */
int nodes_is_within(const struct nodes *nodes, uint32_t node, uint32_t root);

#endif
