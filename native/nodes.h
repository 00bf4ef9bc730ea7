/* nodes.h - the tree firm > desk > portfolio > strategy, with what stands on a whole node. */
#ifndef TICKMESH_NODES_H
#define TICKMESH_NODES_H

#include <stdint.h>

#include "bucket.h"
#include "engine.h"
#include "limit.h"
#include "value.h"

struct node {
    wide exposure;         /* micro-units: the sum over its pairs */
    int64_t exposure_max;  /* LIMIT_GROSS_EXPOSURE; -1 where not set */
    int64_t rate;          /* LIMIT_ORDER_RATE; -1 where not set */
    struct bucket bucket;  /* of the rate */
    uint32_t parent;       /* ENGINE_NONE at the firm */
    uint32_t group;        /* of self-trade prevention; 0 for none */
    int64_t notional_max;  /* LIMIT_ORDER_NOTIONAL; -1 where not set */
    uint32_t depth;        /* nodes on the way to the firm, both counted */
    uint32_t state;        /* enum trading_state */
    struct fees fees;
};

struct nodes {
    struct node *items;
    uint32_t capacity;
    uint32_t count;
};

/* Makes an empty tree. Returns 0 when memory is short. Free with nodes_free(). */
int nodes_init(struct nodes *nodes, uint32_t capacity);
void nodes_free(struct nodes *nodes);

/* Adds the next node below `parent`; ENGINE_NONE for the first. There is room. */
void nodes_add(struct nodes *nodes, uint32_t parent);

/* Writes `node` and its ancestors to `path`, the firm last. Returns how many. */
uint32_t nodes_path(const struct nodes *nodes, uint32_t node, uint32_t path[ENGINE_DEPTH_MAX]);

/* Whether `node` is `root` or below it. */
int nodes_is_within(const struct nodes *nodes, uint32_t node, uint32_t root);

#endif
