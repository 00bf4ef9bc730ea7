/* audit_risk.c - nodes, pairs, and what their orders have open. */
#include <stdlib.h>

#include "audit.h"

/* What the pairs of the nodes come to. */
struct sums {
    wide *exposure;     /* by node */
    uint32_t *children; /* by pair */
    uint32_t used;
    uint32_t fees;
};

static void audit_stands(struct audit *audit, const struct pair *pair, const struct pair_terms *terms)
{
    must(audit, terms->state <= STATE_HALTED, "a pair has a trading state");
    must(audit, ((pair->stands & STANDS_STATE) != 0) == (terms->state != STATE_ACTIVE),
         "a pair knows whether a trading state stands on it");
    must(audit, ((pair->stands & STANDS_FEES) != 0) == (terms->fees.is_set == 1),
         "a pair knows whether fees stand on it");
    must(audit, (pair->stands & STANDS(LIMIT_POSITION)) != 0 || terms->position_max == ENGINE_POSITION_MAX,
         "a pair without a position limit has the widest");
}

static void audit_pair(struct audit *audit, uint32_t slot, struct sums *sums)
{
    const struct risk *risk = &audit->engine->risk;
    const struct pair *pair = &risk->pairs.items[slot];
    uint32_t instrument = pair_instrument(pair);
    uint32_t above = ENGINE_NONE;

    must(audit, pair->key == pair_key(pair->node, instrument), "a pair's key is its node and instrument");
    if (!must(audit, is_node(audit->engine, pair->node) && is_listed(audit->engine, instrument),
              "a pair's node and instrument exist"))
        return;
    above = risk->nodes.items[pair->node].parent;
    must(audit, pairs_find(&risk->pairs, pair->node, instrument) == slot, "the index finds every pair");
    must(audit, pair->parent == (above == ENGINE_NONE ? PAIR_NONE : pairs_find(&risk->pairs, above, instrument)),
         "a pair's parent is the same instrument one node up");
    must(audit, above == ENGINE_NONE || pair->parent != PAIR_NONE, "a pair's parent exists");
    must(audit, pair_open(pair, SIDE_BUY) == audit->open[slot][0] && pair_open(pair, SIDE_SELL) == audit->open[slot][1],
         "what a pair has open is what its orders have left");
    must(audit, !pair_is_empty(pair), "a pair has a reason to exist");
    must(audit, pair->node != 0 || pair->position == 0, "every lot bought was sold");
    must(audit, pair_worst(pair) <= ENGINE_POSITION_MAX && pair_worst(pair) >= 0,
         "no position can grow beyond the widest limit");
    must(audit, pair->exposure >= 0 && (pair->exposure == 0 || pair_worst(pair) != 0), "nothing has no exposure");
    audit_stands(audit, pair, &risk->pairs.terms[slot]);
    sums->exposure[pair->node] += pair->exposure;
    sums->fees += (uint32_t)risk->pairs.terms[slot].fees.is_set;
    if (pair->parent != PAIR_NONE && audit->broken == NULL)
        sums->children[pair->parent]++;
    sums->used++;
}

static void audit_free_pairs(struct audit *audit, const struct sums *sums)
{
    const struct pairs *pairs = &audit->engine->risk.pairs;
    uint32_t slot = pairs->free;
    uint32_t free = 0;

    while (slot != PAIR_NONE && free <= pairs->fresh && audit->broken == NULL) {
        must(audit, slot < pairs->fresh && pairs->items[slot].key == 0, "a free pair is free");
        free++;
        slot = pairs->items[slot].parent;
    }
    must(audit, sums->used == pairs->used && free + pairs->used == pairs->fresh, "every pair is used or free");
    audit_index(audit, &pairs->index, pairs->used);
}

static void audit_node(struct audit *audit, uint32_t i, struct sums *sums)
{
    const struct nodes *nodes = &audit->engine->risk.nodes;
    const struct node *node = &nodes->items[i];
    int64_t now = audit->engine->time_ns;
    uint32_t depth = 1;

    must(audit, i == 0 ? node->parent == ENGINE_NONE : node->parent < i, "a node's parent came before it");
    if (audit->broken == NULL && i != 0)
        depth = nodes->items[node->parent].depth + 1;
    must(audit, node->depth == depth && depth <= ENGINE_DEPTH_MAX, "a node's depth is that of its parent and one");
    must(audit, node_exposure(node) == sums->exposure[i], "a node's exposure is the sum over its pairs");
    must(audit, node->state <= STATE_HALTED, "a node has a trading state");
    must(audit, node->rate < 0 || (node->bucket.tokens >= 0 && node->bucket.time_ns <= now
                                   && node->bucket.tokens <= value_saturate((wide)node->rate * BUCKET_ORDER)),
         "a bucket is neither overdrawn nor fuller than full");
    sums->fees += (uint32_t)node->fees.is_set;
}

static void audit_all(struct audit *audit, struct sums *sums)
{
    const struct risk *risk = &audit->engine->risk;

    for (uint32_t slot = 0; slot < risk->pairs.fresh && audit->broken == NULL; slot++)
        if (risk->pairs.items[slot].key != 0)
            audit_pair(audit, slot, sums);
    for (uint32_t slot = 0; slot < risk->pairs.fresh && audit->broken == NULL; slot++)
        must(audit, risk->pairs.items[slot].key == 0 || risk->pairs.items[slot].children == sums->children[slot],
             "a pair counts those below it");
    audit_free_pairs(audit, sums);
    for (uint32_t i = 0; i < risk->nodes.count && audit->broken == NULL; i++)
        audit_node(audit, i, sums);
    must(audit, sums->fees == risk->has_fees, "the places with fees are counted");
}

void audit_risk(struct audit *audit)
{
    const struct risk *risk = &audit->engine->risk;
    struct sums sums = {
        .exposure = calloc((size_t)risk->nodes.count + 1, sizeof *sums.exposure),
        .children = calloc((size_t)risk->pairs.fresh + 1, sizeof *sums.children),
    };

    if (must(audit, sums.exposure != NULL && sums.children != NULL, "there is memory for an audit"))
        audit_all(audit, &sums);
    free(sums.exposure);
    free(sums.children);
}
