/* audit_query.c - whether what an engine tells when it is asked is what it holds. */
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "invariants.h"

/* One side of one book, asked for in both ways. */
struct asked {
    struct level *levels;
    struct order_view *orders;
    uint32_t depth;
    uint32_t count;
    uint32_t room;
};

static int is_same(const struct order_view *a, const struct order_view *b)
{
    return a->id == b->id && a->price == b->price && a->quantity == b->quantity && a->leaves == b->leaves
        && a->shown == b->shown && a->trigger == b->trigger && a->expiry_ns == b->expiry_ns
        && a->instrument == b->instrument && a->node == b->node && a->side == b->side && a->kind == b->kind
        && a->time_in_force == b->time_in_force && a->flags == b->flags
        && a->resting == b->resting && a->held == b->held;
}

static void audit_view(struct audit *audit, const struct order_view *view, uint8_t is_resting)
{
    struct order_view again;
    uint32_t slot = pool_find(&audit->engine->pool, view->id);

    if (!must(audit, slot != SLOT_NONE && engine_order(audit->engine, view->id, &again),
              "an order in a queue can be looked up"))
        return;
    must(audit, is_same(view, &again), "an order in a queue looks as it does by itself");
    must(audit, view->resting == is_resting && (view->shown > 0) == is_resting,
         "an order shows lots while it rests");
    must(audit, view->leaves == audit->engine->pool.orders[slot].leaves, "an order shows what it has left");
}

/* Levels are sums of the queue, in its order. MARKET orders come before them. */
static void audit_levels(struct audit *audit, const struct asked *asked)
{
    uint32_t at = 0;

    while (at < asked->count && asked->orders[at].price == 0)
        audit_view(audit, &asked->orders[at++], 1);
    for (uint32_t i = 0; i < asked->depth && audit->broken == NULL; i++) {
        struct level level = {.price = asked->levels[i].price};

        for (; at < asked->count && asked->orders[at].price == level.price; at++) {
            audit_view(audit, &asked->orders[at], 1);
            level.quantity += asked->orders[at].shown;
            level.orders++;
        }
        must(audit, memcmp(&level, &asked->levels[i], sizeof level) == 0, "a level is the sum of its orders");
    }
    must(audit, at == asked->count, "levels and queue have the same orders");
}

static void audit_side(struct audit *audit, struct asked *asked, uint32_t instrument, uint8_t side)
{
    const struct engine *engine = audit->engine;

    asked->depth = engine_depth(engine, instrument, side, asked->levels, asked->room);
    asked->count = engine_queue(engine, instrument, side, asked->orders, asked->room);
    audit_levels(audit, asked);
    if (asked->depth > 1)
        must(audit, engine_depth(engine, instrument, side, asked->levels, 1) == 1,
             "depth gives no more than asked for");
    if (asked->count > 1)
        must(audit, engine_queue(engine, instrument, side, asked->orders, asked->count - 1) == asked->count - 1,
             "a queue gives no more than asked for");
}

static void audit_instrument(struct audit *audit, uint32_t instrument)
{
    const struct book *book = &audit->engine->books[instrument];
    struct instrument_view view;

    must(audit, engine_instrument(audit->engine, instrument, &view), "a listed instrument can be looked up");
    must(audit, view.phase == book->phase && view.waiting == book->waiting.count,
         "an instrument shows its phase and what waits");
    must(audit, view.reference_price == book->listing.reference_price && view.unit_value == book->listing.unit_value
                    && view.static_price == book->static_price,
         "an instrument shows its prices");
    must(audit, (view.auction_price == 0) == (view.auction_quantity == 0),
         "an auction has a price where it has lots");
    must(audit, book->phase != PHASE_CONTINUOUS || view.auction_price == 0, "nothing crosses while CONTINUOUS");
}

static void audit_usage(struct audit *audit, uint32_t node, uint32_t instrument)
{
    struct exposure exposure;
    struct usage usage;

    engine_exposure(audit->engine, node, instrument, &exposure);
    must(audit, exposure.open_buy >= 0 && exposure.open_sell >= 0, "nothing less than nothing is open");
    for (uint8_t type = 0; type < 9; type++) {
        int is_known = engine_usage(audit->engine, node, instrument, type, &usage);

        must(audit, usage.limit >= -1 && usage.used >= 0, "a limit is used from nothing upwards");
        must(audit, is_known || (usage.limit == -1 && usage.used == 0), "an unknown limit is none");
        if (is_known && type == LIMIT_POSITION)
            must(audit, usage.used >= llabs(exposure.position), "a position limit is used by the position");
        if (is_known && type == LIMIT_ORDER_RATE && usage.limit >= 0)
            must(audit, usage.used <= usage.limit, "no more orders are taken from a bucket than it has");
    }
}

static void audit_unknown(struct audit *audit)
{
    const struct engine *engine = audit->engine;
    struct exposure exposure;
    struct order_view view;
    struct level level;

    must(audit, engine_depth(engine, ENGINE_NONE, SIDE_BUY, &level, 1) == 0, "an unknown instrument has no depth");
    must(audit, engine_depth(engine, 0, 0, &level, 1) == 0 && engine_depth(engine, 0, 3, &level, 1) == 0,
         "an unknown side has no depth");
    must(audit, engine_queue(engine, ENGINE_NONE, SIDE_BUY, &view, 1) == 0, "an unknown instrument has no queue");
    must(audit, engine_queue(engine, 0, 0, &view, 1) == 0, "an unknown side has no queue");
    must(audit, !engine_order(engine, 0, &view) && !engine_order(engine, UINT64_MAX, &view),
         "an unknown order is none");
    engine_exposure(engine, ENGINE_NONE, 0, &exposure);
    must(audit, exposure.position == 0, "an unknown node has no position");
}

static void audit_status(struct audit *audit)
{
    const struct engine *engine = audit->engine;
    struct engine_status status;

    engine_status(engine, &status);
    must(audit, status.command_sequence == engine->sequence && status.event_sequence == engine->log.sequence
                    && status.time_ns == engine->time_ns,
         "a status says how far an engine is");
    must(audit, status.orders == engine->pool.used && status.extras == engine->extras.used
                    && status.pages == engine->pages.used && status.positions == engine->risk.pairs.used
                    && status.nodes == engine->risk.nodes.count && status.instruments == engine->instrument_count,
         "a status says what is in use");
}

static void audit_all(struct audit *audit, struct asked *asked)
{
    const struct engine *engine = audit->engine;

    audit_status(audit);
    audit_unknown(audit);
    for (uint32_t i = 0; i < engine->instrument_count && audit->broken == NULL; i++) {
        audit_side(audit, asked, i, SIDE_BUY);
        audit_side(audit, asked, i, SIDE_SELL);
        audit_instrument(audit, i);
    }
    for (uint32_t node = 0; node <= engine->risk.nodes.count && audit->broken == NULL; node++) {
        for (uint32_t i = 0; i <= engine->instrument_count && audit->broken == NULL; i++)
            audit_usage(audit, node, i);
        audit_usage(audit, node, ENGINE_NONE);
    }
    for (uint32_t slot = 0; slot < engine->pool.fresh && audit->broken == NULL; slot++) {
        struct order_view view;
        const struct order *order = &engine->pool.orders[slot];

        if (order->place == PLACE_WAITING && engine_order(engine, order->id, &view))
            audit_view(audit, &view, 0);
    }
}

const char *engine_check_queries(const struct engine *engine)
{
    struct audit audit = {.engine = engine};
    struct asked asked = {
        .levels = calloc((size_t)engine->pool.used + 1, sizeof *asked.levels),
        .orders = calloc((size_t)engine->pool.used + 1, sizeof *asked.orders),
        .room = engine->pool.used + 1,
    };

    if (must(&audit, asked.levels != NULL && asked.orders != NULL, "there is memory for an audit"))
        audit_all(&audit, &asked);
    free(asked.levels);
    free(asked.orders);
    return audit.broken;
}
