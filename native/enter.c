#include "enter.h"

#include <assert.h>

#include "live.h"
#include "match.h"
#include "phase.h"
#include "place.h"
#include "trigger.h"

/* Ends an order that is nowhere. */
static void end(struct engine *engine, struct order *order, uint32_t slot, enum reason reason)
{
    if (slot != SLOT_NONE) {
        live_end(engine, slot, EVENT_ORDER_CANCELED, reason);
        return;
    }
    report_end(engine, EVENT_ORDER_CANCELED, order, order->leaves, reason);
    risk_release(&engine->risk, &book_of(engine, order)->listing, order->pair, order->side, order->leaves);
}

void enter_rest(struct engine *engine, uint32_t slot)
{
    if (!place_rest(engine, slot))
        end(engine, &engine->pool.orders[slot], slot, REASON_CAPACITY);
}

/* Whether what is left of an order stays in the book while CONTINUOUS. */
static int outlives_a_run(const struct order *order)
{
    return order->kind != ORDER_MARKET && order->time_in_force != TIF_IOC && order->time_in_force != TIF_FOK;
}

/* An order comes while nothing trades: to rest, or, if it cannot wait, to end. */
static void gather(struct engine *engine, struct order *order, uint32_t slot)
{
    if (order->time_in_force == TIF_IOC || order->time_in_force == TIF_FOK)
        end(engine, order, slot, REASON_PHASE);
    else
        enter_rest(engine, slot);
}

/* A run has stopped at a band: an auction follows, which what can rest waits for. */
static void interrupt(struct engine *engine, struct order *order, uint32_t slot)
{
    phase_change(engine, order->instrument, PHASE_REOPENING_AUCTION, REASON_VOLATILITY);
    if (outlives_a_run(order))
        enter_rest(engine, slot);
    else
        end(engine, order, slot, REASON_VOLATILITY);
}

void enter_market(struct engine *engine, struct order *order, uint32_t slot)
{
    enum run run;

    if (book_of(engine, order)->phase != PHASE_CONTINUOUS) {
        gather(engine, order, slot);
        return;
    }
    run = match_run(engine, order, slot, match_limit(engine, order));
    if (run == RUN_ENDED)
        return;
    if (order->leaves == 0) {
        if (slot != SLOT_NONE)
            live_free(engine, slot);
    } else if (run == RUN_VOLATILE) {
        interrupt(engine, order, slot);
    } else if (outlives_a_run(order)) {
        enter_rest(engine, slot);
    } else {
        end(engine, order, slot, REASON_NO_LIQUIDITY);
    }
}

/* Lets an order wait until its instrument settles. */
static void follow(struct engine *engine, struct order *order, uint32_t slot, struct chain *chain)
{
    place_wait(engine, slot);
    chain_add(engine, chain, order->extra);
    book_changed(engine, book_of(engine, order));
}

void enter_order(struct engine *engine, struct order *order, uint32_t slot)
{
    struct book *book = book_of(engine, order);
    struct chain *chain;

    if (order->kind <= ORDER_LIMIT && order->extra == EXTRA_NONE && order->time_in_force != TIF_AT_THE_CLOSE) {
        enter_market(engine, order, slot); /* the common case */
        return;
    }
    if (is_conditional(order->kind)) {
        place_wait(engine, slot);
        trigger_arm(engine, slot, 1);
        return;
    }
    chain = live_chain(book, order);
    if (chain != NULL)
        follow(engine, order, slot, chain);
    else if (order->time_in_force == TIF_AT_THE_CLOSE && book->phase != PHASE_CLOSING_AUCTION)
        place_wait(engine, slot);
    else if (order->kind == ORDER_MARKET_TO_LIMIT && order->price == 0)
        end(engine, order, slot, REASON_NO_LIQUIDITY);
    else
        enter_market(engine, order, slot);
}

static int is_outside_static(const struct book *book, int64_t price)
{
    return price < book->static_low || price > book->static_high;
}

/* What an order that has its reservation, or will have it, wants of the gate. */
static struct intent intent_of(const struct engine *engine, const struct order *order, int64_t released)
{
    int64_t reference = engine->books[order->instrument].listing.reference_price;
    const struct extra *extra = extra_of(engine, order);
    struct intent intent = {
        .price = reference,
        .quantity = order->quantity,
        .leaves = order->leaves,
        .released = released,
        .side = order->side,
        .reduces = (order->flags & FLAG_REDUCE_ONLY) != 0,
    };

    if (order->kind == ORDER_LIMIT || order->kind == ORDER_STOP_LIMIT || order->kind == ORDER_LIMIT_IF_TOUCHED)
        intent.price = order->price;
    else if (order->kind == ORDER_STOP || order->kind == ORDER_MARKET_IF_TOUCHED)
        intent.price = extra->trigger;
    if (order->kind == ORDER_LIMIT)
        intent.collared = order->price;
    return intent;
}

/* An order becomes what it was waiting to be. */
static void transform(struct order *order, struct extra *extra)
{
    int64_t beyond = order->side == SIDE_BUY ? order->price : -order->price;

    if (order->kind == ORDER_TRAILING_STOP_LIMIT) {
        order->price = extra->trigger + beyond;
        order->price = order->price < 1 ? 1 : order->price;
        order->price = order->price > ENGINE_NUMBER_MAX ? ENGINE_NUMBER_MAX : order->price;
    }
    order->kind = order->price == 0 ? ORDER_MARKET : ORDER_LIMIT;
    extra->trigger = 0;
}

/* Whether a triggered order may go on: the first check that fails. */
static enum reason recheck(const struct engine *engine, const struct order *order)
{
    const struct book *book = &engine->books[order->instrument];
    struct intent intent = intent_of(engine, order, order->leaves);
    enum reason reason;
    struct path path;

    risk_path(&engine->risk, order->node, order->instrument, &path);
    reason = risk_recheck(&engine->risk, &path, &book->listing, &intent);
    if (reason != REASON_NONE)
        return reason;
    if (order->kind == ORDER_LIMIT && is_outside_static(book, order->price))
        return REASON_PRICE_BAND;
    return REASON_NONE;
}

static enum reason recheck_fok(struct engine *engine, const struct order *order)
{
    if (order->time_in_force != TIF_FOK || book_of(engine, order)->phase != PHASE_CONTINUOUS)
        return REASON_NONE;
    return match_can_fill(engine, order, match_limit(engine, order), order->leaves) ? REASON_NONE
                                                                                   : REASON_FOK_NOT_FILLABLE;
}

static void activate_triggered(struct engine *engine, uint32_t slot)
{
    struct order *order = &engine->pool.orders[slot];
    enum reason reason;

    transform(order, extra_of(engine, order));
    report_order(engine, EVENT_ORDER_TRIGGERED, order, 0, REASON_NONE, 0);
    place_leave(engine, slot);
    live_triggered(engine, slot);
    reason = recheck(engine, order);
    if (reason == REASON_NONE)
        reason = recheck_fok(engine, order);
    if (reason == REASON_NONE)
        enter_market(engine, order, slot);
    else
        live_end(engine, slot, EVENT_ORDER_CANCELED, reason);
}

/* Whether a held order that is released passes the gate; reserves it if so. */
static enum reason admit_released(struct engine *engine, struct order *order)
{
    const struct listing *listing = &book_of(engine, order)->listing;
    struct intent intent = intent_of(engine, order, 0);
    struct verdict verdict;
    struct path path;

    risk_path(&engine->risk, order->node, order->instrument, &path);
    verdict = risk_check(&engine->risk, &path, listing, &intent, SCOPE_RELEASED, engine->time_ns);
    if (verdict.reason != REASON_NONE)
        return verdict.reason;
    if (!pairs_fit(&engine->risk.pairs, &path))
        return REASON_CAPACITY;
    pairs_complete(&engine->risk.pairs, order->instrument, &path);
    order->pair = path.pairs[0];
    risk_reserve(&engine->risk, listing, order->pair, order->side, order->leaves);
    return REASON_NONE;
}

/* Whether a post-only order of a list may enter: it must not trade, and moves out of the way if it is one that slides. */
static int keeps_out(struct engine *engine, struct order *order)
{
    const struct book *book = book_of(engine, order);

    if ((order->flags & (FLAG_POST_ONLY | FLAG_POST_ONLY_SLIDE)) == 0 || book->phase != PHASE_CONTINUOUS
        || !book_would_trade(book, order->side, order->price))
        return 1;
    if (order->flags & FLAG_POST_ONLY || book_beside(book, order->side) == 0)
        return 0;
    order->price = book_beside(book, order->side);
    report_order(engine, EVENT_ORDER_REPRICED, order, 0, REASON_NONE, 0);
    return 1;
}

/* Lets an order of a list into the market. */
static void enter_listed(struct engine *engine, struct order *order, uint32_t slot)
{
    if (keeps_out(engine, order))
        enter_order(engine, order, slot);
    else
        live_end(engine, slot, EVENT_ORDER_CANCELED, REASON_POST_ONLY_WOULD_TRADE);
}

static void activate_released(struct engine *engine, uint32_t slot)
{
    struct order *order = &engine->pool.orders[slot];
    enum reason reason;

    report_order(engine, EVENT_ORDER_TRIGGERED, order, 0, REASON_CONTINGENCY, 0);
    place_leave(engine, slot);
    reason = admit_released(engine, order);
    if (reason == REASON_NONE)
        enter_listed(engine, order, slot);
    else
        live_end(engine, slot, EVENT_ORDER_CANCELED, reason);
}

static void activate(struct engine *engine, uint32_t slot)
{
    struct order *order = &engine->pool.orders[slot];
    struct extra *extra = extra_of(engine, order);
    uint8_t cause = extra->queued;

    extra->queued = CAUSE_NONE;
    if (cause == CAUSE_TRIGGERED) {
        activate_triggered(engine, slot);
    } else if (cause == CAUSE_RELEASED) {
        activate_released(engine, slot);
    } else {
        place_leave(engine, slot);
        enter_listed(engine, order, slot);
    }
}

void enter_activated(struct engine *engine)
{
    struct activations *queue = &engine->activations;

    while (queue->count > 0) { /* each order comes here a few times in its life */
        struct activation next = queue->items[queue->head];

        queue->head = queue->head + 1 == queue->capacity ? 0 : queue->head + 1;
        queue->count--;
        if (engine->pool.orders[next.slot].id == next.id)
            activate(engine, next.slot);
    }
}
