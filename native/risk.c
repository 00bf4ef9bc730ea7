#include "risk.h"

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
        risk->pairs.ceilings[slot].version = 0;
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

/* Takes a limit in micro-units into a ceiling: a thousandth of the product, rounded down, has to be below it. */
static void lower_worth(struct ceiling *ceiling, int64_t notional)
{
    uint64_t worth;

    if (!__builtin_mul_overflow((uint64_t)notional, 1000, &worth) && worth <= UINT64_MAX - 999
        && worth + 999 < ceiling->worth)
        ceiling->worth = worth + 999;
}

/* Takes what stands on one pair and its node into a ceiling. */
static void lower(struct ceiling *ceiling, const struct pair *pair, const struct pair_terms *terms,
                  const struct node *node)
{
    if (terms->state != STATE_ACTIVE || node->state != STATE_ACTIVE)
        ceiling->quantity = 0;
    if (stands(pair, LIMIT_ORDER_QUANTITY))
        ceiling->quantity = min_of(ceiling->quantity, terms->quantity_max);
    if (stands(pair, LIMIT_ORDER_NOTIONAL))
        lower_worth(ceiling, terms->notional_max);
    if (node->notional_max >= 0)
        lower_worth(ceiling, node->notional_max);
    if (stands(pair, LIMIT_PRICE_COLLAR))
        ceiling->collar = min_of(ceiling->collar, terms->collar);
    ceiling->has_rate |= node->rate >= 0;
}

static void raise_ceiling(struct risk *risk, uint32_t leaf)
{
    struct ceiling ceiling = {
        .quantity = LIMIT_NONE,
        .worth = UINT64_MAX,
        .collar = LIMIT_NONE,
        .version = risk->version,
    };
    uint32_t slot = leaf;

    for (uint32_t steps = 0; slot != PAIR_NONE && steps < ENGINE_DEPTH_MAX; steps++) {
        const struct pair *pair = &risk->pairs.items[slot];

        lower(&ceiling, pair, &risk->pairs.terms[slot], &risk->nodes.items[pair->node]);
        slot = pair->parent;
    }
    risk->pairs.ceilings[leaf] = ceiling;
}

/* Whether an intent fits below the limits of one pair and its node. */
static inline int fits(const struct risk *risk, const struct pair *pair, const struct listing *listing,
                       const struct intent *intent)
{
    const struct node *node = &risk->nodes.items[pair->node];
    int64_t reached = pair->reach[intent->side - 1] - intent->released + intent->leaves;
    int64_t other = pair->reach[2 - intent->side];
    int64_t exposure = listing_value(listing, reached > other ? reached : other);

    return reached <= pair->reach_max && exposure - pair->exposure <= node_room(node);
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
    const struct ceiling *ceiling = &risk->pairs.ceilings[leaf];
    uint32_t slot = leaf;

    if (ceiling->version != risk->version)
        raise_ceiling(risk, leaf);
    if (intent->reduces
        || !risk_is_below(ceiling, listing, intent->side, intent->quantity, intent->price,
                          intent->collared == 0 ? listing->reference_price : intent->collared))
        return 0;
    for (uint32_t steps = 0; slot != PAIR_NONE && steps < ENGINE_DEPTH_MAX; steps++) {
        const struct pair *pair = &risk->pairs.items[slot];

        if (!fits(risk, pair, listing, intent))
            return 0;
        slot = pair->parent;
    }
    return !ceiling->has_rate || charge(risk, risk->pairs.items[leaf].node, now_ns);
}

/* Takes an order's token at a node. Returns 0, having done nothing that anybody can see, when there is none. */
static inline int take_token(struct node *node, int64_t now_ns)
{
    int64_t tokens = bucket_tokens(&node->bucket, node->rate, node->burst, now_ns);

    if (UNLIKELY(tokens < BUCKET_ORDER))
        return 0;
    node->bucket = (struct bucket){.tokens = tokens - BUCKET_ORDER, .time_ns = now_ns};
    return 1;
}

/* Reserves lots of a side at one pair, if its limits leave room. */
static inline int reserve(struct node *node, struct pair *pair, uint64_t lot_value, uint32_t side, int64_t lots,
                          int64_t now_ns)
{
    int64_t reached = pair->reach[side] + lots;
    int64_t other = pair->reach[side ^ 1];
    uint64_t product;
    int64_t exposure, room;

    if (UNLIKELY(reached > pair->reach_max
                 || __builtin_mul_overflow((uint64_t)(reached > other ? reached : other), lot_value, &product)))
        return 0;
    exposure = (int64_t)(product / 1000);
    if (UNLIKELY(__builtin_sub_overflow(node->room, exposure - pair->exposure, &room) || (room | node->room_far) < 0
                 || (node->rate >= 0 && !take_token(node, now_ns))))
        return 0;
    pair->reach[side] = reached;
    pair->exposure = exposure;
    node->room = room;
    return 1;
}

/* Takes back what was reserved from `slot` on below `end`. */
static __attribute__((noinline)) void take_back(struct risk *risk, uint32_t slot, uint32_t end, uint32_t side,
                                                int64_t lots, const int64_t *exposures)
{
    for (; slot != end; slot = risk->pairs.items[slot].parent) {
        struct pair *pair = &risk->pairs.items[slot];
        struct node *node = &risk->nodes.items[pair->node];

        pair->reach[side] -= lots;
        node_expose(node, *exposures - pair->exposure);
        pair->exposure = *exposures++;
        if (node->rate >= 0)
            node->bucket.tokens += BUCKET_ORDER;
    }
}

__attribute__((noinline)) int risk_reserve_within(struct risk *risk, uint32_t leaf, uint64_t lot_value, uint32_t side,
                                                  int64_t lots, int64_t now_ns)
{
    int64_t exposures[ENGINE_DEPTH_MAX]; /* as they were */
    int64_t *before = exposures;
    uint32_t slot = leaf;

    do { /* no path is longer than ENGINE_DEPTH_MAX */
        struct pair *pair = &risk->pairs.items[slot];

        *before++ = pair->exposure;
        if (UNLIKELY(!reserve(&risk->nodes.items[pair->node], pair, lot_value, side, lots, now_ns))) {
            take_back(risk, leaf, slot, side, lots, exposures);
            return 0;
        }
        slot = pair->parent;
    } while (slot != PAIR_NONE);
    return 1;
}

/* One step up the path of one side of a trade. */
static inline uint32_t commit(struct risk *risk, const struct listing *listing, uint32_t slot, int64_t bought,
                              int64_t off_buys, int64_t off_sales)
{
    struct pair *pair = &risk->pairs.items[slot];

    pair->position += bought;
    pair->reach[0] -= off_buys;
    pair->reach[1] -= off_sales;
    risk_revalue(risk, listing, pair);
    return pair->parent;
}

/* Where both paths have met, what one buys the other sells, and one look is enough. */
__attribute__((noinline)) void risk_trade(struct risk *risk, const struct listing *listing, uint32_t buyer, uint32_t seller,
                                          int64_t lots)
{
    const struct listing now = *listing;
    uint32_t up = buyer;
    uint32_t down = seller;

    while (up != down) {
        if (LIKELY(up != PAIR_NONE))
            up = commit(risk, &now, up, lots, 0, lots);
        if (LIKELY(down != PAIR_NONE))
            down = commit(risk, &now, down, -lots, lots, 0);
    }
    while (up != PAIR_NONE)
        up = commit(risk, &now, up, 0, lots, lots);
    if (UNLIKELY(pair_is_empty(&risk->pairs.items[buyer])))
        pairs_prune(&risk->pairs, buyer);
    if (UNLIKELY(pair_is_empty(&risk->pairs.items[seller])))
        pairs_prune(&risk->pairs, seller);
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
