#include "risk.h"

#include <assert.h>

static const struct pair NO_PAIR = {.parent = PAIR_NONE};

int risk_init(struct risk *risk, uint32_t nodes, uint32_t positions)
{
    return nodes_init(&risk->nodes, nodes) && pairs_init(&risk->pairs, positions);
}

void risk_free(struct risk *risk)
{
    nodes_free(&risk->nodes);
    pairs_free(&risk->pairs);
}

void risk_path(const struct risk *risk, uint32_t node, uint32_t instrument, struct path *path)
{
    path->count = nodes_path(&risk->nodes, node, path->nodes);
    pairs_walk(&risk->pairs, instrument, path);
}

static struct node *node_at(const struct risk *risk, const struct path *path, uint32_t step)
{
    return &risk->nodes.items[path->nodes[step]];
}

static const struct pair *pair_at(const struct risk *risk, const struct path *path, uint32_t step)
{
    return path->pairs[step] == PAIR_NONE ? &NO_PAIR : &risk->pairs.items[path->pairs[step]];
}

/* The position and the open lots that matter to an intent, seen from its side: long is good to sell. */
static int64_t held(const struct pair *pair, const struct intent *intent)
{
    return intent->side == SIDE_BUY ? pair->position : -pair->position;
}

static int64_t open_before(const struct pair *pair, const struct intent *intent)
{
    return pair->open[intent->side - 1] - intent->released;
}

/* Whether the intent can only bring a position nearer to zero. */
static int only_reduces(const struct pair *pair, const struct intent *intent)
{
    return held(pair, intent) < 0 && open_before(pair, intent) + intent->leaves <= -held(pair, intent);
}

static struct verdict exceeded(enum reason reason, uint32_t node, int64_t limit, int64_t used, int64_t asked)
{
    return (struct verdict){.reason = reason, .node = node, .limit = limit, .used = used, .asked = asked};
}

static struct verdict passed(void)
{
    return (struct verdict){.reason = REASON_NONE};
}

/* The most restrictive state of the path decides, and "reducing" is meant for the position of
 * the order's own node: so all strategies of a stopped firm can close what they hold. */
static struct verdict check_state(const struct risk *risk, const struct path *path, const struct intent *intent)
{
    uint8_t state = STATE_ACTIVE;

    for (uint32_t i = 0; i < path->count; i++) {
        const struct node *node = node_at(risk, path, i);
        const struct pair *pair = pair_at(risk, path, i);

        state = node->state > state ? node->state : state;
        state = pair->state > state ? pair->state : state;
    }
    if (state == STATE_HALTED)
        return exceeded(REASON_TRADING_HALTED, path->nodes[0], 0, 0, 0);
    if (state == STATE_REDUCING && !only_reduces(pair_at(risk, path, 0), intent))
        return exceeded(REASON_REDUCE_ONLY, path->nodes[0], 0, 0, 0);
    return passed();
}

static struct verdict check_quantity(const struct risk *risk, const struct path *path, const struct intent *intent)
{
    for (uint32_t i = 0; i < path->count; i++) {
        const struct limits *limits = &pair_at(risk, path, i)->limits;
        int64_t limit = limits_get(limits, LIMIT_ORDER_QUANTITY);

        if (limit >= 0 && intent->quantity > limit)
            return exceeded(REASON_ORDER_QUANTITY_LIMIT, path->nodes[i], limit, 0, intent->quantity);
    }
    return passed();
}

static struct verdict check_notional(const struct risk *risk, const struct path *path, const struct listing *listing,
                                     const struct intent *intent)
{
    int64_t notional = value_micro(intent->quantity, intent->price, listing->unit_value);

    for (uint32_t i = 0; i < path->count; i++) {
        int64_t of_pair = limits_get(&pair_at(risk, path, i)->limits, LIMIT_ORDER_NOTIONAL);
        int64_t of_node = limits_get(&node_at(risk, path, i)->limits, LIMIT_ORDER_NOTIONAL);

        if (of_pair >= 0 && notional > of_pair)
            return exceeded(REASON_ORDER_NOTIONAL_LIMIT, path->nodes[i], of_pair, 0, notional);
        if (of_node >= 0 && notional > of_node)
            return exceeded(REASON_ORDER_NOTIONAL_LIMIT, path->nodes[i], of_node, 0, notional);
    }
    return passed();
}

/* How far a price lies through the reference price, in basis points rounded up. */
static int64_t distance_bps(const struct listing *listing, const struct intent *intent)
{
    int64_t through = intent->price - listing->reference_price;

    if (intent->side == SIDE_SELL)
        through = -through;
    if (through <= 0)
        return 0;
    return value_saturate(((wide)through * 10000 + listing->reference_price - 1) / listing->reference_price);
}

static struct verdict check_collar(const struct risk *risk, const struct path *path, const struct listing *listing,
                                   const struct intent *intent)
{
    int64_t distance = distance_bps(listing, intent);

    for (uint32_t i = 0; i < path->count; i++) {
        int64_t limit = limits_get(&pair_at(risk, path, i)->limits, LIMIT_PRICE_COLLAR);

        if (limit >= 0 && distance > limit)
            return exceeded(REASON_PRICE_COLLAR, path->nodes[i], limit, 0, distance);
    }
    return passed();
}

/* Charges every node of the path, or none of them. */
static struct verdict check_rate(struct risk *risk, const struct path *path, int64_t now_ns)
{
    for (uint32_t i = 0; i < path->count; i++) {
        struct node *node = node_at(risk, path, i);
        int64_t rate = limits_get(&node->limits, LIMIT_ORDER_RATE);

        if (rate < 0)
            continue;
        bucket_refill(&node->bucket, rate, now_ns);
        if (node->bucket.tokens < BUCKET_ORDER)
            return exceeded(REASON_ORDER_RATE_LIMIT, path->nodes[i], rate, bucket_used(&node->bucket, rate), 1);
    }
    for (uint32_t i = 0; i < path->count; i++) {
        struct node *node = node_at(risk, path, i);

        if (limits_has(&node->limits, LIMIT_ORDER_RATE))
            node->bucket.tokens -= BUCKET_ORDER;
    }
    return passed();
}

static struct verdict check_position(const struct risk *risk, const struct path *path, const struct intent *intent)
{
    for (uint32_t i = 0; i < path->count; i++) {
        const struct pair *pair = pair_at(risk, path, i);
        int64_t limit = limits_get(&pair->limits, LIMIT_POSITION);
        int64_t used = held(pair, intent) + open_before(pair, intent);

        if (limit < 0 || limit > ENGINE_POSITION_MAX)
            limit = ENGINE_POSITION_MAX;
        if (used + intent->leaves > limit && !only_reduces(pair, intent))
            return exceeded(REASON_POSITION_LIMIT, path->nodes[i], limit, used, intent->leaves);
    }
    return passed();
}

/* What a pair would add to its node's exposure once the intent is reserved. */
static int64_t exposure_after(const struct pair *pair, const struct listing *listing, const struct intent *intent)
{
    struct pair after = *pair;

    after.open[intent->side - 1] += intent->leaves - intent->released;
    return value_micro(pair_worst(&after), listing->reference_price, listing->unit_value);
}

static struct verdict check_exposure(const struct risk *risk, const struct path *path, const struct listing *listing,
                                     const struct intent *intent)
{
    for (uint32_t i = 0; i < path->count; i++) {
        const struct node *node = node_at(risk, path, i);
        const struct pair *pair = pair_at(risk, path, i);
        int64_t limit = limits_get(&node->limits, LIMIT_GROSS_EXPOSURE);
        int64_t asked;

        if (limit < 0 || only_reduces(pair, intent))
            continue;
        asked = exposure_after(pair, listing, intent) - pair->exposure;
        if (node->exposure + asked > limit)
            return exceeded(REASON_GROSS_EXPOSURE_LIMIT, path->nodes[i], limit, value_saturate(node->exposure), asked);
    }
    return passed();
}

struct verdict risk_check(struct risk *risk, const struct path *path, const struct listing *listing,
                          const struct intent *intent, int64_t now_ns)
{
    struct verdict verdict = check_state(risk, path, intent);

    if (verdict.reason == REASON_NONE)
        verdict = check_quantity(risk, path, intent);
    if (verdict.reason == REASON_NONE)
        verdict = check_notional(risk, path, listing, intent);
    if (verdict.reason == REASON_NONE && intent->kind == ORDER_LIMIT)
        verdict = check_collar(risk, path, listing, intent);
    if (verdict.reason == REASON_NONE)
        verdict = check_rate(risk, path, now_ns);
    if (verdict.reason == REASON_NONE)
        verdict = check_position(risk, path, intent);
    if (verdict.reason == REASON_NONE)
        verdict = check_exposure(risk, path, listing, intent);
    return verdict;
}

/* The edge of one collar: rounded towards the reference price, so that it is never passed. */
static int64_t collar_edge(const struct listing *listing, int64_t collar, uint8_t side)
{
    wide reference = listing->reference_price;

    if (side == SIDE_BUY)
        return value_saturate(reference * ((wide)10000 + collar) / 10000);
    if (collar >= 10000)
        return 0;
    return value_saturate((reference * (10000 - collar) + 9999) / 10000);
}

int64_t risk_collar(const struct risk *risk, const struct path *path, const struct listing *listing,
                    uint8_t side)
{
    int64_t edge = side == SIDE_BUY ? INT64_MAX : 0;

    for (uint32_t i = 0; i < path->count; i++) {
        int64_t collar = limits_get(&pair_at(risk, path, i)->limits, LIMIT_PRICE_COLLAR);
        int64_t price;

        if (collar < 0)
            continue;
        price = collar_edge(listing, collar, side);
        if (side == SIDE_BUY ? price < edge : price > edge)
            edge = price;
    }
    return edge;
}

/* Values a pair anew, at the reference price of this moment. */
static void revalue(struct risk *risk, const struct listing *listing, struct pair *pair)
{
    int64_t exposure = value_micro(pair_worst(pair), listing->reference_price, listing->unit_value);

    risk->nodes.items[pair->node].exposure += (wide)exposure - pair->exposure;
    pair->exposure = exposure;
}

void risk_reserve(struct risk *risk, const struct listing *listing, uint32_t slot, uint8_t side,
                  int64_t quantity)
{
    for (uint32_t steps = 0; slot != PAIR_NONE && steps < ENGINE_DEPTH_MAX; steps++) {
        struct pair *pair = &risk->pairs.items[slot];

        pair->open[side - 1] += quantity;
        assert(pair->open[side - 1] >= 0);
        revalue(risk, listing, pair);
        slot = pair->parent;
    }
}

void risk_commit(struct risk *risk, const struct listing *listing, uint32_t leaf, uint8_t side,
                 int64_t quantity)
{
    uint32_t slot = leaf;

    for (uint32_t steps = 0; slot != PAIR_NONE && steps < ENGINE_DEPTH_MAX; steps++) {
        struct pair *pair = &risk->pairs.items[slot];

        pair->open[side - 1] -= quantity;
        pair->position += side == SIDE_BUY ? quantity : -quantity;
        assert(pair->open[side - 1] >= 0);
        revalue(risk, listing, pair);
        slot = pair->parent;
    }
    pairs_prune(&risk->pairs, leaf);
}

void risk_release(struct risk *risk, const struct listing *listing, uint32_t pair, uint8_t side,
                  int64_t quantity)
{
    risk_reserve(risk, listing, pair, side, -quantity);
    pairs_prune(&risk->pairs, pair);
}
