/* digest.c - one number for everything that later commands can observe.
 *
 * Slots depend on the past, so nothing here looks at them: orders are taken in the order in which they stand, what
 * stands in no order is summed. What follows from something else (trees, sums, counters) is left out, and so is the
 * chain of trailing stops: each moves by itself. */
#include "hash.h"
#include "state.h"

static uint64_t digest_extra(const struct engine *engine, const struct extra *extra, uint64_t digest)
{
    digest = hash_add_signed(digest, extra->expiry_ns);
    digest = hash_add_signed(digest, extra->trigger);
    digest = hash_add_signed(digest, extra->distance);
    digest = hash_add_signed(digest, extra->limit);
    digest = hash_add_signed(digest, extra->display);
    digest = hash_add_signed(digest, extra->display == 0 ? 0 : extra->shown);
    digest = hash_add(digest, extra->age);
    digest = hash_add(digest, extra->role);
    return hash_add(digest, engine->pool.orders[extra->ring].id);
}

static uint64_t digest_order(const struct engine *engine, const struct order *order, uint64_t digest)
{
    uint64_t words = (uint64_t)order->node << 32 | (uint64_t)order->side << 24 | (uint64_t)order->kind << 16
        | (uint64_t)order->time_in_force << 8 | order->flags;

    digest = hash_add(digest, order->id);
    digest = hash_add_signed(digest, order->price);
    digest = hash_add_signed(digest, order->leaves);
    digest = hash_add_signed(digest, order->quantity);
    digest = hash_add(digest, words);
    digest = hash_add(digest, (uint64_t)order->self_trade << 2 | (uint64_t)(order->is_listed != 0) << 1
                                  | (order->extra != EXTRA_NONE));
    return order->extra == EXTRA_NONE ? digest : digest_extra(engine, extra_of(engine, order), digest);
}

/* Orders that are linked one after another. */
static uint64_t digest_linked(const struct engine *engine, uint32_t slot, uint32_t count, uint64_t digest)
{
    digest = hash_add(digest, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct order *order = &engine->pool.orders[slot];

        digest = digest_order(engine, order, digest);
        slot = engine->pool.links[slot].next;
    }
    return digest;
}

static uint64_t digest_chain(const struct engine *engine, const struct chain *chain, uint64_t digest)
{
    uint32_t at = chain->head;

    digest = hash_add(digest, chain->count);
    for (uint32_t i = 0; i < chain->count; i++) {
        const struct extra *extra = &engine->extras.items[at];

        digest = hash_add(digest, engine->pool.orders[extra->slot].id);
        at = extra->next;
    }
    return digest;
}

static uint64_t digest_side(const struct engine *engine, const struct book *book, int side, uint64_t digest)
{
    const struct ladder *ladder = &book->sides[side];
    const struct queue *market = &book->market[side];

    if (engine->feeds & FEED_TOP) {
        digest = hash_add_signed(digest, book->told[side].price);
        digest = hash_add_signed(digest, book->told[side].shown);
        digest = hash_add(digest, book->told[side].orders);
    }
    digest = digest_linked(engine, market->head, market->orders, digest);
    for (int64_t price = ladder->best_price; price != 0; price = ladder_worse(&engine->pages, ladder, price)) {
        const struct queue *queue = ladder_find(&engine->pages, ladder, price);

        digest = digest_linked(engine, queue->head, queue->orders, digest);
    }
    return hash_add(digest, 0); /* so that no order can stand at another place unseen */
}

static uint64_t digest_book(const struct engine *engine, const struct book *book, uint64_t digest)
{
    digest = hash_add_signed(digest, book->listing.reference_price);
    digest = hash_add_signed(digest, book->listing.unit_value);
    digest = hash_add(digest, book->phase);
    digest = hash_add_signed(digest, book->static_price);
    digest = hash_add_signed(digest, book->static_bps);
    digest = hash_add_signed(digest, book->dynamic_bps);
    digest = digest_side(engine, book, 0, digest);
    digest = digest_side(engine, book, 1, digest);
    digest = digest_linked(engine, book->waiting.head, book->waiting.count, digest);
    digest = digest_chain(engine, &book->pegged, digest);
    return digest_chain(engine, &book->all_or_none, digest);
}

static uint64_t digest_fees(const struct fees *fees, uint64_t digest)
{
    if (!fees->is_set)
        return hash_add(digest, 0);
    return hash_add(hash_add(digest, 1), (uint64_t)(uint32_t)fees->maker << 32 | (uint32_t)fees->taker);
}

/* A bucket is what it would be if it were looked at now. */
static uint64_t digest_node(const struct engine *engine, const struct node *node, uint64_t digest)
{
    struct bucket bucket = {0};

    if (node->rate >= 0) {
        bucket = node->bucket;
        bucket_refill(&bucket, node->rate, engine->time_ns);
    }
    digest = hash_add(digest, (uint64_t)node_exposure(node));
    digest = hash_add(digest, (uint64_t)(node_exposure(node) >> 64));
    digest = hash_add_signed(digest, node_exposure_max(node));
    digest = hash_add_signed(digest, node->rate);
    digest = hash_add_signed(digest, bucket.tokens);
    digest = hash_add_signed(digest, node->notional_max);
    digest = hash_add(digest, (uint64_t)node->parent << 32 | node->group);
    digest = hash_add(digest, node->state);
    return digest_fees(&node->fees, digest);
}

static uint64_t digest_limit(const struct pair *pair, unsigned type, int64_t limit, uint64_t digest)
{
    return hash_add_signed(digest, pair->stands & STANDS(type) ? limit : -1);
}

static uint64_t digest_pair(const struct pair *pair, const struct pair_terms *terms)
{
    uint64_t digest = hash_add(0, pair->key);

    digest = hash_add_signed(digest, pair->position);
    digest = hash_add_signed(digest, pair_open(pair, SIDE_BUY));
    digest = hash_add_signed(digest, pair_open(pair, SIDE_SELL));
    digest = hash_add_signed(digest, pair->exposure);
    digest = digest_limit(pair, LIMIT_POSITION, terms->position_max, digest);
    digest = digest_limit(pair, LIMIT_ORDER_QUANTITY, terms->quantity_max, digest);
    digest = digest_limit(pair, LIMIT_ORDER_NOTIONAL, terms->notional_max, digest);
    digest = digest_limit(pair, LIMIT_PRICE_COLLAR, terms->collar, digest);
    digest = hash_add(digest, terms->state);
    return digest_fees(&terms->fees, digest);
}

static uint64_t digest_risk(const struct engine *engine, uint64_t digest)
{
    const struct nodes *nodes = &engine->risk.nodes;
    const struct pairs *pairs = &engine->risk.pairs;
    uint64_t sum = 0;

    digest = hash_add(digest, nodes->count);
    for (uint32_t i = 0; i < nodes->count; i++)
        digest = digest_node(engine, &nodes->items[i], digest);
    for (uint32_t slot = 0; slot < pairs->fresh; slot++)
        sum += pairs->items[slot].key == 0 ? 0 : digest_pair(&pairs->items[slot], &pairs->terms[slot]);
    return hash_add(hash_add(digest, pairs->used), sum);
}

static uint64_t digest_terms(const struct terms *terms, uint64_t digest)
{
    if (!terms->is_set)
        return hash_add(digest, 0);
    digest = hash_add_signed(digest, terms->expiry_ns);
    digest = hash_add_signed(digest, terms->display);
    digest = hash_add_signed(digest, terms->minimum);
    return hash_add(digest, 1);
}

/* An order that waits for the rest of its list. */
static uint64_t digest_command(const struct command *command, uint64_t digest)
{
    uint64_t bytes = (uint64_t)command->side << 48 | (uint64_t)command->kind << 40
        | (uint64_t)command->time_in_force << 32 | (uint64_t)command->flags << 24 | (uint64_t)command->self_trade << 16
        | (uint64_t)command->contingency << 8 | command->more;

    digest = hash_add(digest, command->sequence);
    digest = hash_add_signed(digest, command->time_ns);
    digest = hash_add(digest, command->client_key);
    digest = hash_add(digest, command->target);
    digest = hash_add_signed(digest, command->price);
    digest = hash_add_signed(digest, command->quantity);
    digest = hash_add(digest, (uint64_t)command->instrument << 32 | command->node);
    return hash_add(digest, bytes);
}

static uint64_t digest_staged(const struct engine *engine, uint64_t digest)
{
    digest = digest_terms(&engine->terms, digest);
    digest = hash_add(digest, engine->staged.count);
    for (uint32_t i = 0; i < engine->staged.count; i++) {
        digest = digest_command(&engine->staged.commands[i], digest);
        digest = digest_terms(&engine->staged.terms[i], digest);
    }
    return digest;
}

uint64_t engine_state_hash(const struct engine *engine)
{
    uint64_t digest = hash_add(0, engine->sequence);

    digest = hash_add_signed(digest, engine->time_ns);
    digest = hash_add(digest, engine->log.sequence);
    digest = hash_add(digest, engine->instrument_count);
    for (uint32_t i = 0; i < engine->instrument_count; i++)
        digest = digest_book(engine, &engine->books[i], digest);
    digest = digest_risk(engine, digest);
    digest = digest_staged(engine, digest);
    return keys_digest(&engine->keys, digest);
}
