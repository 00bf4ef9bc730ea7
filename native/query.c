/* query.c - what an engine tells without being changed: status, depth, orders, limits, positions. */
#include "auction.h"
#include "report.h"
#include "state.h"

static int is_side(uint8_t side)
{
    return side == SIDE_BUY || side == SIDE_SELL;
}

void engine_status(const struct engine *engine, struct engine_status *status)
{
    *status = (struct engine_status){
        .command_sequence = engine->sequence,
        .event_sequence = engine->log.sequence,
        .orders = engine->pool.used,
        .instruments = engine->instrument_count,
        .nodes = engine->risk.nodes.count,
        .positions = engine->risk.pairs.used,
        .pages = engine->pages.used,
        .extras = engine->extras.used,
        .time_ns = engine->time_ns,
    };
}

uint32_t engine_depth(const struct engine *engine, uint32_t instrument, uint8_t side, struct level *levels,
                      uint32_t depth)
{
    const struct ladder *ladder;
    uint32_t count = 0;

    if (!is_listed(engine, instrument) || !is_side(side))
        return 0;
    ladder = &engine->books[instrument].sides[side - 1];
    for (int64_t price = ladder->best_price; price != 0 && count < depth;
         price = ladder_worse(&engine->pages, ladder, price)) {
        const struct queue *queue = ladder_find(&engine->pages, ladder, price);

        levels[count++] = (struct level){.price = price, .quantity = queue->shown, .orders = queue->orders};
    }
    return count;
}

/* What an order has in its extra: its trigger as it is now, its end, its list. A trailing stop that is held follows
 * nothing yet: its distance is all there is. */
static void view_extra(const struct extra *extra, struct order_view *view)
{
    view->expiry_ns = extra->expiry_ns;
    view->held = extra->role == ROLE_HELD || extra->role == ROLE_HELD_BRACKET;
    if (is_trailing(view->kind) && view->held)
        view->trigger = extra->distance;
    else if (is_conditional(view->kind) || is_pegged(view->kind))
        view->trigger = extra->trigger;
}

static void view_order(const struct engine *engine, uint32_t slot, struct order_view *view)
{
    const struct order *order = &engine->pool.orders[slot];

    *view = (struct order_view){
        .id = order->id,
        .price = order->price,
        .quantity = order->quantity,
        .leaves = order->leaves,
        .instrument = order->instrument,
        .node = order->node,
        .side = order->side,
        .kind = order->kind,
        .time_in_force = order->time_in_force,
        .flags = order->flags,
        .resting = order->place == PLACE_BOOK,
    };
    if (view->resting)
        view->shown = order_shown(engine, order);
    if (order->extra != EXTRA_NONE)
        view_extra(extra_of(engine, order), view);
}

int engine_order(const struct engine *engine, uint64_t id, struct order_view *view)
{
    uint32_t slot = pool_find(&engine->pool, id);

    if (slot == SLOT_NONE)
        return 0;
    view_order(engine, slot, view);
    return 1;
}

/* Copies the orders of one queue, oldest first, while there is room. */
static uint32_t view_queue(const struct engine *engine, const struct queue *queue, struct order_view *orders,
                           uint32_t room)
{
    uint32_t count = queue->orders < room ? queue->orders : room;
    uint32_t slot = queue->head;

    for (uint32_t i = 0; i < count; i++) {
        view_order(engine, slot, &orders[i]);
        slot = engine->pool.links[slot].next;
    }
    return count;
}

uint32_t engine_queue(const struct engine *engine, uint32_t instrument, uint8_t side, struct order_view *orders,
                      uint32_t count)
{
    const struct ladder *ladder;
    uint32_t done;

    if (!is_listed(engine, instrument) || !is_side(side))
        return 0;
    ladder = &engine->books[instrument].sides[side - 1];
    done = view_queue(engine, &engine->books[instrument].market[side - 1], orders, count);
    for (int64_t price = ladder->best_price; price != 0 && done < count;
         price = ladder_worse(&engine->pages, ladder, price))
        done += view_queue(engine, ladder_find(&engine->pages, ladder, price), orders + done, count - done);
    return done;
}

int engine_instrument(const struct engine *engine, uint32_t instrument, struct instrument_view *view)
{
    const struct book *book;
    struct auction auction;

    if (!is_listed(engine, instrument))
        return 0;
    book = &engine->books[instrument];
    auction = auction_find((struct engine *)engine, instrument);
    *view = (struct instrument_view){
        .reference_price = book->listing.reference_price,
        .static_price = book->static_price,
        .unit_value = book->listing.unit_value,
        .static_bps = book->static_bps,
        .dynamic_bps = book->dynamic_bps,
        .auction_price = auction.price,
        .auction_quantity = auction.volume,
        .auction_imbalance = auction.imbalance,
        .waiting = book->waiting.count,
        .phase = book->phase,
    };
    return 1;
}

void engine_exposure(const struct engine *engine, uint32_t node, uint32_t instrument, struct exposure *exposure)
{
    uint32_t slot = PAIR_NONE;
    const struct pair *pair;

    *exposure = (struct exposure){0};
    if (is_node(engine, node) && is_listed(engine, instrument))
        slot = pairs_find(&engine->risk.pairs, node, instrument);
    if (slot == PAIR_NONE)
        return;
    pair = &engine->risk.pairs.items[slot];
    *exposure = (struct exposure){
        .position = pair->position,
        .open_buy = pair_open(pair, SIDE_BUY),
        .open_sell = pair_open(pair, SIDE_SELL),
    };
}

/* The value of a limit that stands on a pair. */
static int64_t limit_of_pair(const struct pair_terms *terms, uint8_t type)
{
    switch (type) {
    case LIMIT_ORDER_QUANTITY:
        return terms->quantity_max;
    case LIMIT_ORDER_NOTIONAL:
        return terms->notional_max;
    case LIMIT_PRICE_COLLAR:
        return terms->collar;
    default:
        return terms->position_max;
    }
}

static struct usage usage_of_pair(const struct engine *engine, uint32_t node, uint32_t instrument, uint8_t type)
{
    const struct pairs *pairs = &engine->risk.pairs;
    uint32_t slot = pairs_find(pairs, node, instrument);
    struct usage usage = {.limit = -1};

    if (slot == PAIR_NONE)
        return usage;
    if (pairs->items[slot].stands & STANDS(type))
        usage.limit = limit_of_pair(&pairs->terms[slot], type);
    if (type == LIMIT_POSITION)
        usage.used = pair_worst(&pairs->items[slot]);
    return usage;
}

/* Orders taken from a bucket and not refilled by now. */
static struct usage usage_of_rate(const struct engine *engine, const struct node *node)
{
    struct bucket bucket = node->bucket;
    struct usage usage = {.limit = node->rate};

    if (node->rate < 0)
        return usage;
    bucket_refill(&bucket, node->rate, engine->time_ns);
    usage.used = bucket_used(&bucket, node->rate);
    return usage;
}

static struct usage usage_of_node(const struct engine *engine, uint32_t index, uint8_t type)
{
    const struct node *node = &engine->risk.nodes.items[index];

    if (type == LIMIT_ORDER_RATE)
        return usage_of_rate(engine, node);
    if (type == LIMIT_ORDER_NOTIONAL)
        return (struct usage){.limit = node->notional_max};
    return (struct usage){.limit = node_exposure_max(node), .used = value_saturate(node_exposure(node))};
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
