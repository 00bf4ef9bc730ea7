#include "match.h"

#include <assert.h>

#include "expect.h"
#include "live.h"
#include "place.h"
#include "trigger.h"

/* One order on its way through the book. */
struct sweep {
    struct engine *engine;
    struct book *book;
    struct order *taker;
    uint32_t slot;    /* of the taker, or SLOT_NONE */
    int is_plain;     /* nothing is special about the taker, and nothing but trades and levels is told */
    int64_t first;    /* prices of the first and the last trade; 0 before */
    int64_t last;
};

/* What became of one step. */
enum step { STEP_ON = 0, STEP_ENDED = 1 };

int64_t match_limit(const struct engine *engine, const struct order *order)
{
    struct path path;

    if (order->kind != ORDER_MARKET)
        return order->price;
    risk_path(&engine->risk, order->node, order->instrument, &path);
    return risk_collar(&engine->risk, &path, &engine->books[order->instrument].listing, order->side);
}

/* Whether two orders belong together, as the incoming one asks. */
static inline int is_self_trade(const struct engine *engine, const struct order *taker, const struct order *maker)
{
    const struct node *nodes = engine->risk.nodes.items;

    if (taker->self_trade == SELF_TRADE_ALLOW)
        return 0;
    if (taker->node == maker->node)
        return 1;
    return taker->self_trade & SELF_TRADE_BY_GROUP && nodes[taker->node].group != 0
        && nodes[taker->node].group == nodes[maker->node].group;
}

/* Ends the incoming order. */
static enum step end_taker(struct sweep *sweep, enum reason reason)
{
    struct engine *engine = sweep->engine;
    struct order *taker = sweep->taker;

    if (sweep->slot != SLOT_NONE) {
        live_end(engine, sweep->slot, EVENT_ORDER_CANCELED, reason);
        return STEP_ENDED;
    }
    report_end(engine, EVENT_ORDER_CANCELED, taker, taker->leaves, reason);
    risk_release(&engine->risk, &sweep->book->listing, taker->pair, taker->side, taker->leaves);
    taker->leaves = 0;
    return STEP_ENDED;
}

static void report_decremented(struct engine *engine, const struct order *order, uint8_t flags)
{
    report_order(engine, EVENT_ORDER_REPLACED, order, order->quantity, REASON_SELF_TRADE, flags);
}

/* Both lose the smaller of both leaves; who has none left ends. */
static enum step decrement(struct sweep *sweep, uint32_t slot)
{
    struct engine *engine = sweep->engine;
    struct order *taker = sweep->taker;
    struct order *maker = &engine->pool.orders[slot];
    int64_t lots = maker->leaves < taker->leaves ? maker->leaves : taker->leaves;

    if (lots == maker->leaves) {
        live_end(engine, slot, EVENT_ORDER_CANCELED, REASON_SELF_TRADE);
    } else {
        maker->quantity -= lots;
        maker->leaves -= lots; /* as the event is to show it; place_reduce() takes it off */
        report_decremented(engine, maker, FLAG_KEPT_PRIORITY);
        maker->leaves += lots;
        place_reduce(engine, slot, lots);
        risk_release(&engine->risk, &sweep->book->listing, maker->pair, maker->side, lots);
    }
    if (lots == taker->leaves)
        return end_taker(sweep, REASON_SELF_TRADE);
    taker->quantity -= lots;
    place_lose(engine, taker, lots);
    report_decremented(engine, taker, 0);
    risk_release(&engine->risk, &sweep->book->listing, taker->pair, taker->side, lots);
    return STEP_ON;
}

static enum step prevent(struct sweep *sweep, uint32_t slot)
{
    uint8_t mode = sweep->taker->self_trade & (uint8_t)~SELF_TRADE_BY_GROUP;

    if (mode == SELF_TRADE_DECREMENT)
        return decrement(sweep, slot);
    if (mode != SELF_TRADE_CANCEL_NEWEST)
        live_end(sweep->engine, slot, EVENT_ORDER_CANCELED, REASON_SELF_TRADE);
    return mode == SELF_TRADE_CANCEL_OLDEST ? STEP_ON : end_taker(sweep, REASON_SELF_TRADE);
}

/* The lots of so many that an order may trade, as FLAG_REDUCE_ONLY has it. */
static int64_t allowed(const struct engine *engine, const struct order *order, int64_t lots)
{
    int64_t reducible;

    if ((order->flags & FLAG_REDUCE_ONLY) == 0)
        return lots;
    reducible = risk_reducible(&engine->risk, order->pair, order->side);
    return reducible < lots ? reducible : lots;
}

/* The trade itself: the price, the gate, and what is told. Both orders have lost their lots already. */
static inline void exchange(struct engine *engine, struct book *book, const struct order *first,
                            const struct order *second, int64_t price, int64_t lots, uint8_t first_flags,
                            uint8_t second_flags)
{
    struct listing *listing = &book->listing;
    int is_buy = first->side == SIDE_BUY;

    if (listing->reference_price != price)
        listing_price(listing, price);
    risk_trade(&engine->risk, listing, is_buy ? first->pair : second->pair, is_buy ? second->pair : first->pair, lots);
    report_trade(engine, first, price, lots, first_flags);
    report_trade(engine, second, price, lots, second_flags);
}

void match_trade(struct engine *engine, struct order *first, struct order *second, int64_t price, int64_t lots,
                 uint8_t first_flags, uint8_t second_flags)
{
    place_lose(engine, first, lots);
    place_lose(engine, second, lots);
    exchange(engine, book_of(engine, first), first, second, price, lots, first_flags, second_flags);
    if (engine->risk.has_fees == 0)
        return;
    report_fee(engine, first, price, lots, first_flags, (first_flags & FLAG_MAKER) != 0);
    report_fee(engine, second, price, lots, second_flags, 0);
}

/* Trades with one resting order, and does what follows for both. */
static void trade(struct sweep *sweep, uint32_t slot, int64_t lots)
{
    struct engine *engine = sweep->engine;
    struct order *taker = sweep->taker;
    struct order *maker = &engine->pool.orders[slot];
    int64_t price = maker->price;

    match_trade(engine, maker, taker, price, lots, FLAG_MAKER, 0);
    place_filled(engine, slot, lots);
    sweep->first = sweep->first == 0 ? price : sweep->first;
    sweep->last = price;
    if (maker->extra != EXTRA_NONE)
        live_traded(engine, slot);
    if (maker->leaves == 0)
        live_free(engine, slot);
    if (taker->extra != EXTRA_NONE)
        live_traded(engine, sweep->slot);
}

/* Takes the oldest order, which has been filled, out of the queue of the best price. */
static inline void remove_filled(struct sweep *sweep, struct queue *queue, uint32_t slot)
{
    struct engine *engine = sweep->engine;
    struct ladder *ladder = book_side(sweep->book, side_opposite(sweep->taker->side));

    queue->head = engine->pool.links[slot].next;
    if (queue->head == SLOT_NONE)
        queue->tail = SLOT_NONE;
    else
        engine->pool.links[queue->head].previous = SLOT_NONE;
    if (--queue->orders == 0)
        place_drain(engine, ladder, ladder->best_page, ladder->best_price);
    pool_remove(&engine->pool, slot);
}

/* The same as trade() for two orders about which nothing is special: one that rests plainly, and a plain sweep's. */
static inline void trade_plainly(struct sweep *sweep, struct queue *queue, uint32_t slot)
{
    struct engine *engine = sweep->engine;
    struct order *taker = sweep->taker;
    struct order *maker = &engine->pool.orders[slot];
    int64_t lots = maker->leaves < taker->leaves ? maker->leaves : taker->leaves;
    int64_t price = maker->price;

    pool_prefetch_after(&engine->pool, slot);
    maker->leaves -= lots;
    taker->leaves -= lots;
    exchange(engine, sweep->book, maker, taker, price, lots, FLAG_MAKER, 0);
    report_touch(engine, maker->instrument, maker->side, price, queue);
    queue->shown -= lots;
    queue->total -= lots;
    book_changed(engine, sweep->book);
    if (maker->leaves == 0)
        remove_filled(sweep, queue, slot);
    sweep->first = sweep->first == 0 ? price : sweep->first;
    sweep->last = price;
}

/* One of both may only reduce its position: it trades what that allows, and ends if that was less than it could have traded. */
static enum step step_reducing(struct sweep *sweep, uint32_t slot, int64_t wanted)
{
    struct engine *engine = sweep->engine;
    struct order *taker = sweep->taker;
    uint64_t id = engine->pool.orders[slot].id;
    int64_t of_maker = allowed(engine, &engine->pool.orders[slot], wanted);
    int64_t of_taker = allowed(engine, taker, wanted);
    int64_t lots = of_maker < of_taker ? of_maker : of_taker;

    if (of_maker == 0) {
        live_end(engine, slot, EVENT_ORDER_CANCELED, REASON_REDUCE_ONLY);
        return STEP_ON;
    }
    if (of_taker == 0)
        return end_taker(sweep, REASON_REDUCE_ONLY);
    trade(sweep, slot, lots);
    if (lots == wanted)
        return STEP_ON;
    if (of_maker == lots && engine->pool.orders[slot].id == id)
        live_end(engine, slot, EVENT_ORDER_CANCELED, REASON_REDUCE_ONLY);
    return of_taker == lots ? end_taker(sweep, REASON_REDUCE_ONLY) : STEP_ON;
}

/* The incoming order and the oldest of the best level: self-trade, reduce-only, the trade, and what follows. */
static enum step step(struct sweep *sweep, struct queue *queue)
{
    struct engine *engine = sweep->engine;
    struct order *taker = sweep->taker;
    uint32_t slot = queue->head;
    const struct order *maker = &engine->pool.orders[slot];
    int64_t lots;

    if (is_self_trade(engine, taker, maker))
        return prevent(sweep, slot);
    if (LIKELY(sweep->is_plain && order_rests_plainly(maker))) {
        trade_plainly(sweep, queue, slot);
        return STEP_ON;
    }
    lots = order_shown(engine, maker);
    lots = lots < taker->leaves ? lots : taker->leaves;
    if ((maker->flags | taker->flags) & FLAG_REDUCE_ONLY)
        return step_reducing(sweep, slot, lots);
    trade(sweep, slot, lots);
    return STEP_ON;
}

static int64_t nearer(uint8_t side, int64_t limit, int64_t low, int64_t high)
{
    if (side == SIDE_BUY)
        return limit < high ? limit : high;
    return limit > low ? limit : low;
}

/* How far the bands let an order go that may go to `limit`. */
static int64_t reach_of(const struct book *book, uint8_t side, int64_t limit)
{
    int64_t last = book->listing.reference_price;

    if (!book->has_bands)
        return limit;
    limit = nearer(side, limit, book->static_low, book->static_high);
    if (book->dynamic_bps == 0)
        return limit;
    return nearer(side, limit, band_low(last, book->dynamic_bps), band_high(last, book->dynamic_bps));
}

static enum run sweep_book(struct sweep *sweep, int64_t limit)
{
    struct engine *engine = sweep->engine;
    struct order *taker = sweep->taker;
    struct ladder *opposite = book_side(sweep->book, side_opposite(taker->side));
    int64_t reach = reach_of(sweep->book, taker->side, limit);
    enum step end = STEP_ON;

    while (taker->leaves > 0 && opposite->best_price != 0 /* each step ends an order, a slice or the sweep */
           && side_crosses(taker->side, reach, opposite->best_price)) {
        end = step(sweep, page_queue(&engine->pages, opposite->best_page, opposite->best_price));
        if (end == STEP_ENDED)
            break;
    }
    if (sweep->first != 0) {
        uint32_t instrument = (uint32_t)(sweep->book - engine->books);

        trigger_look(engine, instrument, sweep->first);
        if (sweep->last != sweep->first)
            trigger_look(engine, instrument, sweep->last);
    }
    if (end == STEP_ENDED)
        return RUN_ENDED;
    return taker->leaves > 0 && book_would_trade(sweep->book, taker->side, limit) ? RUN_VOLATILE : RUN_OVER;
}

enum run match_run(struct engine *engine, struct order *taker, uint32_t slot, int64_t limit)
{
    struct book *book = book_of(engine, taker);
    struct sweep sweep = {.engine = engine, .book = book, .taker = taker, .slot = slot};

    sweep.is_plain = taker->extra == EXTRA_NONE && (taker->flags & FLAG_REDUCE_ONLY) == 0
        && (engine->feeds & FEED_ORDERS) == 0 && engine->risk.has_fees == 0;
    assert(taker->place == PLACE_NOWHERE);
    return book_would_trade(book, taker->side, limit) ? sweep_book(&sweep, limit) : RUN_OVER;
}

/* Lots of one level that count; `is_over` when an own order ends the counting. Before that order only what is shown comes. */
static int64_t count_level(const struct engine *engine, const struct order *order, const struct queue *queue,
                           int *is_over)
{
    int goes_on = (order->self_trade & (uint8_t)~SELF_TRADE_BY_GROUP) == SELF_TRADE_CANCEL_OLDEST;
    int64_t total = 0;
    int64_t shown = 0;
    uint32_t slot = queue->head;

    for (uint32_t n = queue->orders; n > 0; n--) {
        const struct order *maker = &engine->pool.orders[slot];
        int is_own = is_self_trade(engine, order, maker);

        if (is_own && !goes_on) {
            *is_over = 1;
            return shown;
        }
        if (!is_own && !is_doubtful(maker)) {
            total += maker->leaves;
            shown += order_shown(engine, maker);
        }
        slot = engine->pool.links[slot].next;
    }
    return total;
}

/* Whether the position of a reduce-only order allows so many lots. */
static int may_reduce(const struct engine *engine, const struct order *order, int64_t quantity)
{
    if ((order->flags & FLAG_REDUCE_ONLY) == 0)
        return 1;
    return order->pair != PAIR_NONE && risk_reducible(&engine->risk, order->pair, order->side) >= quantity;
}

int match_can_fill(struct engine *engine, const struct order *order, int64_t limit, int64_t quantity)
{
    struct book *book = book_of(engine, order);
    const struct ladder *opposite = book_side(book, side_opposite(order->side));
    int64_t reach = reach_of(book, order->side, limit);
    int is_plain = order->self_trade == SELF_TRADE_ALLOW && book->doubtful == 0;
    int64_t price = opposite->best_price;
    int is_over = !may_reduce(engine, order, quantity);

    while (price != 0 && quantity > 0 && !is_over && side_crosses(order->side, reach, price)) {
        const struct queue *queue = ladder_find(&engine->pages, opposite, price);

        quantity -= is_plain ? queue->total : count_level(engine, order, queue, &is_over);
        price = ladder_worse(&engine->pages, opposite, price);
    }
    return quantity <= 0;
}
