#include "risk.h"

#define BPS 10000

int risk_init(struct risk *risk, uint32_t nodes, uint32_t positions)
{
    risk->version = 1;
    return nodes_init(&risk->nodes, nodes) && pairs_init(&risk->pairs, positions);
}

void risk_free(struct risk *risk)
{
    nodes_free(&risk->nodes);
    pairs_free(&risk->pairs);
}

void risk_touch(struct risk *risk)
{
    if (++risk->version != 0)
        return;
    for (uint32_t slot = 0; slot < risk->pairs.fresh; slot++)
        risk->pairs.terms[slot].ceiling.version = 0;
    risk->version = 1;
}

void risk_path(const struct risk *risk, uint32_t node, uint32_t instrument, struct path *path)
{
    path->count = nodes_path(&risk->nodes, node, path->nodes);
    pairs_walk(&risk->pairs, instrument, path);
}

static int64_t min_of(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int stands(const struct pair *pair, unsigned type)
{
    return (pair->stands & STANDS(type)) != 0;
}

/* Takes what stands on one pair and its node into a ceiling. */
static void lower(struct ceiling *ceiling, const struct pair *pair, const struct pair_terms *terms,
                  const struct node *node)
{
    uint32_t state = terms->state > node->state ? terms->state : node->state;

    if (state > ceiling->state)
        ceiling->state = (uint8_t)state;
    if (stands(pair, LIMIT_ORDER_QUANTITY))
        ceiling->quantity = min_of(ceiling->quantity, terms->quantity_max);
    if (stands(pair, LIMIT_ORDER_NOTIONAL))
        ceiling->notional = min_of(ceiling->notional, terms->notional_max);
    if (node->notional_max >= 0)
        ceiling->notional = min_of(ceiling->notional, node->notional_max);
    if (stands(pair, LIMIT_PRICE_COLLAR))
        ceiling->collar = min_of(ceiling->collar, terms->collar);
    ceiling->has_rate |= node->rate >= 0;
}

static void raise_ceiling(struct risk *risk, uint32_t leaf)
{
    struct ceiling ceiling = {
        .quantity = LIMIT_NONE,
        .notional = LIMIT_NONE,
        .collar = LIMIT_NONE,
        .version = risk->version,
    };
    uint32_t slot = leaf;

    for (uint32_t steps = 0; slot != PAIR_NONE && steps < ENGINE_DEPTH_MAX; steps++) {
        const struct pair *pair = &risk->pairs.items[slot];

        lower(&ceiling, pair, &risk->pairs.terms[slot], &risk->nodes.items[pair->node]);
        slot = pair->parent;
    }
    risk->pairs.terms[leaf].ceiling = ceiling;
}

/* How far a price lies through the reference price, in ticks. */
static int64_t through(const struct listing *listing, const struct intent *intent)
{
    int64_t distance = intent->collared - listing->reference_price;

    return intent->side == SIDE_SELL ? -distance : distance;
}

static int is_collared(const struct listing *listing, const struct intent *intent, int64_t collar)
{
    int64_t distance;

    if (intent->collared == 0 || collar == LIMIT_NONE)
        return 0;
    distance = through(listing, intent);
    return distance > 0 && (wide)distance * BPS > (wide)collar * listing->reference_price;
}

/* The position and the open lots that matter to an intent, seen from its side: long is good to sell. */
static inline int64_t held(const struct pair *pair, const struct intent *intent)
{
    return intent->side == SIDE_BUY ? pair->position : -pair->position;
}

static inline int64_t open_before(const struct pair *pair, const struct intent *intent)
{
    return pair->open[intent->side - 1] - intent->released;
}


/* What a pair would add to its node's exposure once the intent is reserved. */
static int64_t exposure_after(const struct pair *pair, const struct listing *listing, const struct intent *intent)
{
    int64_t more = intent->leaves - intent->released;
    int64_t bought = pair->position + pair->open[0] + (intent->side == SIDE_BUY ? more : 0);
    int64_t sold = pair->position - pair->open[1] - (intent->side == SIDE_SELL ? more : 0);

    return listing_value(listing, larger_magnitude(bought, sold));
}

static inline int fits(const struct risk *risk, const struct pair *pair, const struct listing *listing,
                       const struct intent *intent)
{
    const struct node *node = &risk->nodes.items[pair->node];
    int64_t limit = min_of(pair->position_max, ENGINE_POSITION_MAX);

    if (held(pair, intent) + open_before(pair, intent) + intent->leaves > limit)
        return 0;
    if (node->exposure_max < 0)
        return 1;
    return node->exposure + exposure_after(pair, listing, intent) - pair->exposure <= node->exposure_max;
}

static int has_token(struct node *node, int64_t now_ns)
{
    if (node->rate < 0)
        return 1;
    bucket_refill(&node->bucket, node->rate, now_ns);
    return node->bucket.tokens >= BUCKET_ORDER;
}

/* Charges every node up to the firm, or none of them. */
static int charge(struct risk *risk, uint32_t leaf, int64_t now_ns)
{
    uint32_t node = leaf;

    for (uint32_t steps = 0; node != ENGINE_NONE && steps < ENGINE_DEPTH_MAX; steps++) {
        if (!has_token(&risk->nodes.items[node], now_ns))
            return 0;
        node = risk->nodes.items[node].parent;
    }
    node = leaf;
    for (uint32_t steps = 0; node != ENGINE_NONE && steps < ENGINE_DEPTH_MAX; steps++) {
        if (risk->nodes.items[node].rate >= 0)
            risk->nodes.items[node].bucket.tokens -= BUCKET_ORDER;
        node = risk->nodes.items[node].parent;
    }
    return 1;
}

int risk_passes(struct risk *risk, uint32_t leaf, const struct listing *listing, const struct intent *intent,
                int64_t now_ns)
{
    const struct ceiling *ceiling = &risk->pairs.terms[leaf].ceiling;
    uint32_t slot = leaf;

    if (ceiling->version != risk->version)
        raise_ceiling(risk, leaf);
    if (ceiling->state != STATE_ACTIVE || intent->reduces || intent->quantity > ceiling->quantity)
        return 0;
    if (ceiling->notional != LIMIT_NONE
        && value_micro(intent->quantity, intent->price, listing->unit_value) > ceiling->notional)
        return 0;
    if (is_collared(listing, intent, ceiling->collar))
        return 0;
    for (uint32_t steps = 0; slot != PAIR_NONE && steps < ENGINE_DEPTH_MAX; steps++) {
        const struct pair *pair = &risk->pairs.items[slot];

        if (!fits(risk, pair, listing, intent))
            return 0;
        slot = pair->parent;
    }
    return !ceiling->has_rate || charge(risk, risk->pairs.items[leaf].node, now_ns);
}

const struct fees *risk_fees(const struct risk *risk, uint32_t node, uint32_t instrument)
{
    uint32_t slot = pairs_find(&risk->pairs, node, instrument);

    for (uint32_t steps = 0; node != ENGINE_NONE && steps < ENGINE_DEPTH_MAX; steps++) {
        if (slot != PAIR_NONE && risk->pairs.terms[slot].fees.is_set)
            return &risk->pairs.terms[slot].fees;
        if (risk->nodes.items[node].fees.is_set)
            return &risk->nodes.items[node].fees;
        node = risk->nodes.items[node].parent;
        if (slot != PAIR_NONE)
            slot = risk->pairs.items[slot].parent;
        else if (node != ENGINE_NONE)
            slot = pairs_find(&risk->pairs, node, instrument);
    }
    return NULL;
}
