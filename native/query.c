/* query.c - what an engine tells without being changed: status, depth, limits, digest. */
#include "hash.h"
#include "state.h"

void engine_status(const struct engine *engine, struct engine_status *status)
{
    *status = (struct engine_status){
        .command_sequence = engine->sequence,
        .event_sequence = engine->log.sequence,
        .orders = engine->pool.used,
        .instruments = engine->instrument_count,
        .nodes = engine->risk.nodes.count,
        .positions = engine->risk.pairs.used,
    };
}

uint32_t engine_depth(const struct engine *engine, uint32_t instrument, uint8_t side, struct level *levels,
                      uint32_t depth)
{
    const struct book_side *source;
    uint32_t count;

    if (!is_listed(engine, instrument) || (side != SIDE_BUY && side != SIDE_SELL))
        return 0;
    source = book_side(&engine->books[instrument], side);
    count = source->count < depth ? source->count : depth;
    for (uint32_t i = 0; i < count; i++) {
        const struct book_level *level = &source->levels[source->count - 1 - i];

        levels[i] = (struct level){.price = level->price, .quantity = level->quantity, .orders = level->orders};
    }
    return count;
}

void engine_exposure(const struct engine *engine, uint32_t node, uint32_t instrument, struct exposure *exposure)
{
    uint32_t slot = is_node(engine, node) ? pairs_find(&engine->risk.pairs, node, instrument) : PAIR_NONE;
    const struct pair *pair;

    *exposure = (struct exposure){0};
    if (slot == PAIR_NONE)
        return;
    pair = &engine->risk.pairs.items[slot];
    *exposure = (struct exposure){
        .position = pair->position,
        .open_buy = pair->open[0],
        .open_sell = pair->open[1],
    };
}

static struct usage usage_of_pair(const struct engine *engine, uint32_t node, uint32_t instrument, uint8_t type)
{
    uint32_t slot = pairs_find(&engine->risk.pairs, node, instrument);
    const struct pair *pair;

    if (slot == PAIR_NONE)
        return (struct usage){.limit = -1};
    pair = &engine->risk.pairs.items[slot];
    return (struct usage){
        .limit = limits_get(&pair->limits, type),
        .used = type == LIMIT_POSITION ? pair_worst(pair) : 0,
    };
}

static struct usage usage_of_node(const struct engine *engine, uint32_t index, uint8_t type)
{
    const struct node *node = &engine->risk.nodes.items[index];
    struct usage usage = {.limit = limits_get(&node->limits, type)};

    if (type == LIMIT_GROSS_EXPOSURE)
        usage.used = value_saturate(node->exposure);
    if (type == LIMIT_ORDER_RATE && usage.limit >= 0) {
        struct bucket bucket = node->bucket;

        bucket_refill(&bucket, usage.limit, engine->time_ns);
        usage.used = bucket_used(&bucket, usage.limit);
    }
    return usage;
}

int engine_usage(const struct engine *engine, uint32_t node, uint32_t instrument, uint8_t limit_type,
                 struct usage *usage)
{
    int has_instrument = instrument != ENGINE_NONE;

    *usage = (struct usage){.limit = -1};
    if (limit_type < LIMIT_ORDER_QUANTITY || limit_type > LIMIT_GROSS_EXPOSURE)
        return 0;
    if (has_instrument ? !limits_may_have_instrument(limit_type) : !limits_may_lack_instrument(limit_type))
        return 0;
    if (!is_node(engine, node) || !is_listed_or_none(engine, instrument))
        return 0;
    *usage = has_instrument ? usage_of_pair(engine, node, instrument, limit_type)
                            : usage_of_node(engine, node, limit_type);
    return 1;
}

static uint64_t digest_order(const struct order *order, uint64_t digest)
{
    digest = hash_add(digest, order->id);
    digest = hash_add_signed(digest, order->price);
    digest = hash_add_signed(digest, order->quantity);
    digest = hash_add_signed(digest, order->leaves);
    digest = hash_add(digest, order->node);
    return hash_add(digest, (uint64_t)order->side << 16 | (uint64_t)order->time_in_force << 8 | order->flags);
}

static uint64_t digest_side(const struct engine *engine, const struct book_side *side, uint64_t digest)
{
    digest = hash_add(digest, side->count);
    for (uint32_t i = side->count; i > 0; i--) {
        const struct book_level *level = &side->levels[i - 1];
        uint32_t slot = level->head;

        for (uint32_t n = 0; n < level->orders; n++) {
            digest = digest_order(&engine->pool.orders[slot], digest);
            slot = engine->pool.orders[slot].next;
        }
    }
    return digest;
}

static uint64_t digest_instruments(const struct engine *engine, uint64_t digest)
{
    digest = hash_add(digest, engine->instrument_count);
    for (uint32_t i = 0; i < engine->instrument_count; i++) {
        digest = hash_add_signed(digest, engine->listings[i].reference_price);
        digest = hash_add_signed(digest, engine->listings[i].unit_value);
        digest = digest_side(engine, book_side(&engine->books[i], SIDE_BUY), digest);
        digest = digest_side(engine, book_side(&engine->books[i], SIDE_SELL), digest);
    }
    return digest;
}

uint64_t engine_state_hash(const struct engine *engine)
{
    uint64_t digest = hash_add(0, engine->sequence);

    digest = hash_add(digest, engine->log.sequence);
    digest = hash_add_signed(digest, engine->time_ns);
    digest = digest_instruments(engine, digest);
    digest = nodes_digest(&engine->risk.nodes, digest);
    digest = pairs_digest(&engine->risk.pairs, digest);
    return keys_digest(&engine->keys, digest);
}
