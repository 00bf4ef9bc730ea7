/* verdict.c - the gate's checks one by one, in the order that decides which reason is given.
 *
 * risk_passes() has seen that something is wrong, or could not look; this finds out what. */
#include <assert.h>

#include "risk.h"

#define BPS 10000

static const struct pair NO_PAIR = {.parent = PAIR_NONE, .reach_max = ENGINE_POSITION_MAX};
static const struct pair_terms NO_TERMS = {.state = STATE_ACTIVE};

static struct node *node_at(const struct risk *risk, const struct path *path, uint32_t step)
{
    return &risk->nodes.items[path->nodes[step]];
}

static const struct pair *pair_at(const struct risk *risk, const struct path *path, uint32_t step)
{
    return path->pairs[step] == PAIR_NONE ? &NO_PAIR : &risk->pairs.items[path->pairs[step]];
}

static const struct pair_terms *terms_at(const struct risk *risk, const struct path *path, uint32_t step)
{
    return path->pairs[step] == PAIR_NONE ? &NO_TERMS : &risk->pairs.terms[path->pairs[step]];
}

/* The value of a pair's limit, or -1 where it is not set. */
static int64_t limit_at(const struct risk *risk, const struct path *path, uint32_t step, unsigned type)
{
    const struct pair_terms *terms = terms_at(risk, path, step);

    if ((pair_at(risk, path, step)->stands & STANDS(type)) == 0)
        return -1;
    if (type == LIMIT_ORDER_QUANTITY)
        return terms->quantity_max;
    return type == LIMIT_ORDER_NOTIONAL ? terms->notional_max : terms->collar;
}

/* The position and the open lots that matter to an intent, seen from its side: long is good to sell. */
static int64_t held(const struct pair *pair, const struct intent *intent)
{
    return intent->side == SIDE_BUY ? pair->position : -pair->position;
}

static int64_t open_before(const struct pair *pair, const struct intent *intent)
{
    return pair_open(pair, intent->side) - intent->released;
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
    uint32_t state = STATE_ACTIVE;

    for (uint32_t i = 0; i < path->count; i++) {
        uint32_t of_node = node_at(risk, path, i)->state;
        uint32_t of_pair = terms_at(risk, path, i)->state;

        state = of_node > state ? of_node : state;
        state = of_pair > state ? of_pair : state;
    }
    if (state == STATE_HALTED)
        return exceeded(REASON_TRADING_HALTED, path->nodes[0], 0, 0, 0);
    if ((state == STATE_REDUCING || intent->reduces) && !only_reduces(pair_at(risk, path, 0), intent))
        return exceeded(REASON_REDUCE_ONLY, path->nodes[0], 0, 0, 0);
    return passed();
}

static struct verdict check_quantity(const struct risk *risk, const struct path *path, const struct intent *intent)
{
    for (uint32_t i = 0; i < path->count; i++) {
        int64_t limit = limit_at(risk, path, i, LIMIT_ORDER_QUANTITY);

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
        int64_t of_pair = limit_at(risk, path, i, LIMIT_ORDER_NOTIONAL);
        int64_t of_node = node_at(risk, path, i)->notional_max;

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
    int64_t through = intent->collared - listing->reference_price;

    if (intent->side == SIDE_SELL)
        through = -through;
    if (intent->collared == 0 || through <= 0)
        return 0;
    return value_saturate(((wide)through * BPS + listing->reference_price - 1) / listing->reference_price);
}

static struct verdict check_collar(const struct risk *risk, const struct path *path, const struct listing *listing,
                                   const struct intent *intent)
{
    int64_t distance = distance_bps(listing, intent);

    for (uint32_t i = 0; i < path->count; i++) {
        int64_t limit = limit_at(risk, path, i, LIMIT_PRICE_COLLAR);

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

        if (node->rate < 0)
            continue;
        bucket_refill(&node->bucket, node->rate, now_ns);
        if (node->bucket.tokens < BUCKET_ORDER)
            return exceeded(REASON_ORDER_RATE_LIMIT, path->nodes[i], node->rate,
                            bucket_used(&node->bucket, node->rate), 1);
    }
    for (uint32_t i = 0; i < path->count; i++) {
        if (node_at(risk, path, i)->rate >= 0)
            node_at(risk, path, i)->bucket.tokens -= BUCKET_ORDER;
    }
    return passed();
}

static struct verdict check_position(const struct risk *risk, const struct path *path, const struct intent *intent)
{
    for (uint32_t i = 0; i < path->count; i++) {
        const struct pair *pair = pair_at(risk, path, i);
        int64_t limit = pair->reach_max;
        int64_t used = pair->reach[intent->side - 1] - intent->released;

        if (used + intent->leaves > limit && !only_reduces(pair, intent))
            return exceeded(REASON_POSITION_LIMIT, path->nodes[i], limit, used, intent->leaves);
    }
    return passed();
}

/* What a pair would add to its node's exposure once the intent is reserved. */
static int64_t exposure_after(const struct pair *pair, const struct listing *listing, const struct intent *intent)
{
    struct pair after = *pair;

    after.reach[intent->side - 1] += intent->leaves - intent->released;
    return value_micro(pair_worst(&after), listing->reference_price, listing->unit_value);
}

static struct verdict check_exposure(const struct risk *risk, const struct path *path, const struct listing *listing,
                                     const struct intent *intent)
{
    for (uint32_t i = 0; i < path->count; i++) {
        const struct node *node = node_at(risk, path, i);
        const struct pair *pair = pair_at(risk, path, i);
        int64_t limit = node_exposure_max(node);
        int64_t asked;

        if (limit < 0 || only_reduces(pair, intent))
            continue;
        asked = exposure_after(pair, listing, intent) - pair->exposure;
        if (asked > node_room(node))
            return exceeded(REASON_GROSS_EXPOSURE_LIMIT, path->nodes[i], limit, value_saturate(node_exposure(node)), asked);
    }
    return passed();
}

struct verdict risk_check(struct risk *risk, const struct path *path, const struct listing *listing,
                          const struct intent *intent, enum scope scope, int64_t now_ns)
{
    struct verdict verdict = passed();

    if (scope & SCOPE_ORDER)
        verdict = check_state(risk, path, intent);
    if (scope & SCOPE_ORDER && verdict.reason == REASON_NONE)
        verdict = check_quantity(risk, path, intent);
    if (scope & SCOPE_ORDER && verdict.reason == REASON_NONE)
        verdict = check_notional(risk, path, listing, intent);
    if (scope & SCOPE_ORDER && verdict.reason == REASON_NONE)
        verdict = check_collar(risk, path, listing, intent);
    if (scope & SCOPE_RATE && verdict.reason == REASON_NONE)
        verdict = check_rate(risk, path, now_ns);
    if (scope & SCOPE_POSITION && verdict.reason == REASON_NONE)
        verdict = check_position(risk, path, intent);
    if (scope & SCOPE_POSITION && verdict.reason == REASON_NONE)
        verdict = check_exposure(risk, path, listing, intent);
    return verdict;
}

enum reason risk_recheck(const struct risk *risk, const struct path *path, const struct listing *listing,
                         const struct intent *intent)
{
    enum reason reason = check_state(risk, path, intent).reason;

    return reason == REASON_NONE ? check_collar(risk, path, listing, intent).reason : reason;
}

/* The edge of one collar: rounded towards the reference price, so that it is never passed. */
static int64_t collar_edge(const struct listing *listing, int64_t collar, uint8_t side)
{
    wide reference = listing->reference_price;

    if (side == SIDE_BUY)
        return value_saturate(reference * ((wide)BPS + collar) / BPS);
    if (collar >= BPS)
        return 0;
    return value_saturate((reference * (BPS - collar) + BPS - 1) / BPS);
}

int64_t risk_collar(const struct risk *risk, const struct path *path, const struct listing *listing,
                    uint8_t side)
{
    int64_t edge = side == SIDE_BUY ? INT64_MAX : 0;

    for (uint32_t i = 0; i < path->count; i++) {
        int64_t collar = limit_at(risk, path, i, LIMIT_PRICE_COLLAR);
        int64_t price;

        if (collar < 0)
            continue;
        price = collar_edge(listing, collar, side);
        if (side == SIDE_BUY ? price < edge : price > edge)
            edge = price;
    }
    return edge;
}
