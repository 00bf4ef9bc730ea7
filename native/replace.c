/* replace.c - a live order becomes another, under its old id. */
#include <assert.h>

#include "enter.h"
#include "live.h"
#include "orders.h"
#include "place.h"
#include "report.h"
#include "shape.h"
#include "trigger.h"

/* What a replace makes of an order. */
struct change {
    int64_t price;     /* of a pegged order its limit */
    int64_t trigger;   /* distance of a trailing stop; of others that have none any more 0 */
    int64_t quantity;  /* in total */
    int64_t leaves;
    int keeps_priority;
    int is_slid;
};

static int64_t present_price(const struct order *order, const struct extra *extra)
{
    return is_pegged(order->kind) ? extra->limit : order->price;
}

static int64_t present_trigger(const struct order *order, const struct extra *extra)
{
    if (!is_conditional(order->kind))
        return 0;
    return is_trailing(order->kind) ? extra->distance : extra->trigger;
}

static struct change change_of(const struct engine *engine, const struct order *order, const struct command *command)
{
    const struct extra *extra = extra_of(engine, order);
    int64_t price = present_price(order, extra);
    int64_t trigger = present_trigger(order, extra);
    struct change change = {
        .price = command->price == 0 ? price : command->price,
        .trigger = command->client_key == 0 ? trigger : (int64_t)command->client_key,
        .quantity = command->quantity == 0 ? order->quantity : command->quantity,
    };

    change.leaves = change.quantity - (order->quantity - order->leaves);
    change.keeps_priority = change.price == price && change.trigger == trigger && change.quantity <= order->quantity;
    return change;
}

static enum reason check_numbers(const struct engine *engine, const struct order *order,
                                 const struct command *command)
{
    int64_t trigger = (int64_t)command->client_key;

    if ((command->price != 0 && !shape_has_price(order->kind)) || (trigger != 0 && !shape_has_trigger(order->kind)))
        return REASON_INVALID_COMMAND;
    if (command->price != 0 && !is_number(command->price))
        return REASON_INVALID_PRICE;
    if (trigger != 0 && !shape_is_trigger(order->kind, order->flags, trigger))
        return REASON_INVALID_PRICE;
    if (command->quantity != 0 && !is_number(command->quantity))
        return REASON_INVALID_QUANTITY;
    return change_of(engine, order, command).leaves <= 0 ? REASON_QUANTITY_BELOW_FILLED : REASON_NONE;
}

static int has_band_price(const struct order *order)
{
    uint8_t kind = order->kind;

    return kind == ORDER_LIMIT || kind == ORDER_STOP_LIMIT || kind == ORDER_LIMIT_IF_TOUCHED
        || kind == ORDER_MARKET_TO_LIMIT;
}

static struct intent intent_of(const struct book *book, const struct order *order, const struct change *change,
                               int is_held)
{
    uint8_t kind = order->kind;
    struct intent intent = {
        .price = book->listing.reference_price,
        .quantity = change->quantity,
        .leaves = change->leaves,
        .released = is_held ? 0 : order->leaves,
        .side = order->side,
        .reduces = (order->flags & FLAG_REDUCE_ONLY) != 0,
    };

    if (has_band_price(order) || (is_pegged(kind) && change->price != 0))
        intent.price = change->price;
    else if (kind == ORDER_STOP || kind == ORDER_MARKET_IF_TOUCHED)
        intent.price = change->trigger;
    if (kind == ORDER_LIMIT || kind == ORDER_MARKET_TO_LIMIT)
        intent.collared = change->price;
    return intent;
}

static int is_held_order(const struct engine *engine, const struct order *order)
{
    return order->pair == PAIR_NONE && extra_of(engine, order) != NULL;
}

static struct verdict check_gate(struct engine *engine, const struct order *order, const struct change *change)
{
    struct book *book = book_of(engine, order);
    int is_held = is_held_order(engine, order);
    struct intent intent = intent_of(book, order, change, is_held);
    struct path path;

    if (!is_held && risk_passes(&engine->risk, order->pair, &book->listing, &intent, engine->time_ns))
        return (struct verdict){.reason = REASON_NONE};
    risk_path(&engine->risk, order->node, order->instrument, &path);
    return risk_check(&engine->risk, &path, &book->listing, &intent, is_held ? SCOPE_HELD : SCOPE_NEW,
                      engine->time_ns);
}

/* Moves an order that slides away from the other side. */
static void slide(const struct book *book, const struct order *order, struct change *change)
{
    if ((order->flags & FLAG_POST_ONLY_SLIDE) == 0 || book->phase != PHASE_CONTINUOUS)
        return;
    if (!book_would_trade(book, order->side, change->price) || book_beside(book, order->side) == 0)
        return;
    change->price = book_beside(book, order->side);
    change->is_slid = 1;
}

/* Whether a page is free for an order that leaves its own. */
static int has_page(struct engine *engine, const struct order *order, int64_t price)
{
    const struct ladder *ladder = book_side(book_of(engine, order), order->side);
    uint32_t page;

    if (order->place != PLACE_BOOK || order->price == 0 || is_pegged(order->kind))
        return 1;
    if (ladder_has_room(&engine->pages, ladder, price))
        return 1;
    page = ladder_page(&engine->pages, ladder, order->price);
    return (engine->pages.items[page].occupied & (engine->pages.items[page].occupied - 1)) == 0
        && page_queue(&engine->pages, page, order->price)->orders == 1;
}

static int has_slices(const struct engine *engine, const struct order *order, const struct change *change)
{
    const struct extra *extra = extra_of(engine, order);
    uint64_t before = (uint64_t)place_slices(extra, order->leaves);
    uint64_t after = (uint64_t)place_slices(extra, change->leaves);

    return after == 0 || engine->slices - before + after <= engine->config.orders;
}

/* Whether an order may give up its place for another. */
static struct verdict check_move(struct engine *engine, const struct order *order, struct change *change)
{
    const struct book *book = book_of(engine, order);
    int is_active = !is_held_order(engine, order);
    struct verdict verdict = {.reason = REASON_NONE};

    if (book->phase == PHASE_HALT || book->phase == PHASE_CLOSED)
        return (struct verdict){.reason = REASON_PHASE};
    if (is_active)
        slide(book, order, change);
    if (has_band_price(order) && (change->price < book->static_low || change->price > book->static_high))
        return (struct verdict){.reason = REASON_PRICE_BAND};
    verdict = check_gate(engine, order, change);
    if (verdict.reason != REASON_NONE)
        return verdict;
    if (is_active && book->phase == PHASE_CONTINUOUS && order->flags & (FLAG_POST_ONLY | FLAG_POST_ONLY_SLIDE)
        && book_would_trade(book, order->side, change->price))
        return (struct verdict){.reason = REASON_POST_ONLY_WOULD_TRADE};
    if (!has_slices(engine, order, change) || !has_page(engine, order, change->price))
        return (struct verdict){.reason = REASON_CAPACITY};
    return verdict;
}

/* Makes an order smaller where it stands. */
static void shrink(struct engine *engine, uint32_t slot, const struct change *change)
{
    struct order *order = &engine->pool.orders[slot];
    int64_t less = order->leaves - change->leaves;
    struct order told = *order;

    order->quantity = change->quantity;
    told.quantity = change->quantity;
    told.leaves = change->leaves;
    told.price = present_price(order, extra_of(engine, order));
    report_order(engine, EVENT_ORDER_REPLACED, &told, told.quantity, REASON_NONE, FLAG_KEPT_PRIORITY);
    if (is_pegged(order->kind) || order->flags & FLAG_ALL_OR_NONE)
        book_changed(engine, book_of(engine, order));
    if (less == 0)
        return;
    place_reduce(engine, slot, less);
    if (order->pair != PAIR_NONE)
        risk_release(&engine->risk, &book_of(engine, order)->listing, order->pair, order->side, less);
}

/* Whether an order stays where it is, changed: one that does not take part yet. */
static int stays(const struct engine *engine, const struct order *order)
{
    const struct book *book = &engine->books[order->instrument];

    if (is_held_order(engine, order) || (order->place == PLACE_BOOK && order->price == 0))
        return 1;
    return order->place == PLACE_WAITING && order->time_in_force == TIF_AT_THE_CLOSE
        && book->phase != PHASE_CLOSING_AUCTION;
}

/* Gives an order its new numbers. It is nowhere, or stays. */
static void assign(struct engine *engine, struct order *order, const struct change *change)
{
    struct extra *extra = extra_of(engine, order);

    if (extra != NULL)
        engine->slices -= (uint64_t)place_slices(extra, order->leaves);
    order->quantity = change->quantity;
    order->leaves = change->leaves;
    if (extra != NULL)
        engine->slices += (uint64_t)place_slices(extra, order->leaves);
    if (is_pegged(order->kind))
        extra->limit = change->price;
    else
        order->price = change->price;
    if (is_trailing(order->kind))
        extra->distance = change->trigger;
    if (is_conditional(order->kind) && (!is_trailing(order->kind) || order->pair == PAIR_NONE))
        extra->trigger = change->trigger; /* a held trailing stop has no stop price yet */
}

static void report_replaced(struct engine *engine, const struct order *order, const struct change *change)
{
    struct order told = *order;

    told.price = change->price;
    told.leaves = change->leaves;
    report_order(engine, EVENT_ORDER_REPLACED, &told, change->quantity, REASON_NONE, 0);
    if (change->is_slid)
        report_order(engine, EVENT_ORDER_REPRICED, &told, 0, REASON_NONE, 0);
}

/* Changes an order that does not take part yet, where it is. */
static void change_in_place(struct engine *engine, uint32_t slot, const struct change *change)
{
    struct order *order = &engine->pool.orders[slot];
    int64_t more = change->leaves - order->leaves;

    report_replaced(engine, order, change);
    if (order->place == PLACE_BOOK)
        place_grow(engine, slot, more);
    if (order->pair != PAIR_NONE)
        risk_reserve(&engine->risk, &book_of(engine, order)->listing, order->pair, order->side, more);
    assign(engine, order, change);
}

/* Lets an order that was taken out wait again, as the youngest of its kind. */
static void wait_again(struct engine *engine, uint32_t slot, int starts)
{
    struct order *order = &engine->pool.orders[slot];
    struct book *book = book_of(engine, order);
    struct chain *chain = live_chain(book, order);

    extra_of(engine, order)->age = engine->sequence;
    place_wait(engine, slot);
    if (is_conditional(order->kind)) {
        trigger_arm(engine, slot, starts);
        return;
    }
    chain_remove(engine, chain, order->extra);
    chain_add(engine, chain, order->extra);
    book_changed(engine, book);
}

/* Takes an order out of its place and enters it again as if it were new, under its old id. */
static void move(struct engine *engine, uint32_t slot, const struct change *change, int starts)
{
    struct order *order = &engine->pool.orders[slot];
    struct book *book = book_of(engine, order);

    report_replaced(engine, order, change);
    if (is_conditional(order->kind))
        trigger_disarm(engine, slot);
    place_leave(engine, slot);
    risk_reserve(&engine->risk, &book->listing, order->pair, order->side, change->leaves - order->leaves);
    assign(engine, order, change);
    if (is_pegged(order->kind))
        order->price = 0;
    if (is_conditional(order->kind) || live_chain(book, order) != NULL)
        wait_again(engine, slot, starts);
    else
        enter_market(engine, order, slot);
}

void orders_replace(struct engine *engine, const struct command *command)
{
    uint32_t slot = pool_find(&engine->pool, command->target);
    const struct order *order = slot == SLOT_NONE ? NULL : &engine->pool.orders[slot];
    struct verdict verdict = {.reason = orders_check_owner(engine, command, slot)};
    struct change change = {0};

    if (verdict.reason == REASON_NONE)
        verdict.reason = check_numbers(engine, order, command);
    if (verdict.reason == REASON_NONE)
        change = change_of(engine, order, command);
    if (verdict.reason == REASON_NONE && !change.keeps_priority)
        verdict = check_move(engine, order, &change);
    if (verdict.reason != REASON_NONE)
        report_cancel_rejected(engine, command, order, &verdict);
    else if (change.keeps_priority)
        shrink(engine, slot, &change);
    else if (stays(engine, order))
        change_in_place(engine, slot, &change);
    else
        move(engine, slot, &change, command->client_key != 0);
}
