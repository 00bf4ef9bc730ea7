#include "orders.h"

#include "match.h"
#include "report.h"

static struct verdict refusal(enum reason reason)
{
    return (struct verdict){.reason = reason};
}

static int is_valid_time_in_force(uint8_t time_in_force)
{
    return time_in_force <= TIF_FOK && time_in_force != 2;
}

/* Whether what is left of an order stays in the book. */
static int may_rest(const struct command *command)
{
    return command->kind == ORDER_LIMIT && command->time_in_force <= TIF_GTC;
}

static int has_valid_fields(const struct command *command)
{
    if (command->side != SIDE_BUY && command->side != SIDE_SELL)
        return 0;
    if (command->kind != ORDER_MARKET && command->kind != ORDER_LIMIT)
        return 0;
    if (!is_valid_time_in_force(command->time_in_force) || command->client_key == 0)
        return 0;
    if ((command->flags & ~FLAG_POST_ONLY) != 0)
        return 0;
    return (command->flags & FLAG_POST_ONLY) == 0 || may_rest(command);
}

/* The first checks: whether this is an order at all, and a new one. Remembers its client key. */
static enum reason admit(struct engine *engine, const struct command *command)
{
    int price_is_valid = command->kind == ORDER_MARKET ? command->price == 0 : is_number(command->price);

    if (!has_valid_fields(command))
        return REASON_INVALID_COMMAND;
    if (!is_listed(engine, command->instrument))
        return REASON_UNKNOWN_INSTRUMENT;
    if (!is_node(engine, command->node))
        return REASON_UNKNOWN_NODE;
    if (keys_find(&engine->keys, command->client_key) != 0)
        return REASON_DUPLICATE_CLIENT_ORDER;
    keys_add(&engine->keys, command->client_key, command->sequence);
    if (!price_is_valid)
        return REASON_INVALID_PRICE;
    return is_number(command->quantity) ? REASON_NONE : REASON_INVALID_QUANTITY;
}

/* How far an order may trade: its own price, or the collar's for a MARKET order. */
static int64_t limit_price(const struct engine *engine, const struct command *command, const struct path *path)
{
    if (command->kind == ORDER_LIMIT)
        return command->price;
    return risk_collar(&engine->risk, path, &engine->listings[command->instrument], command->side);
}

static int would_trade(struct engine *engine, uint32_t instrument, uint8_t side, int64_t price)
{
    int64_t best = match_best_opposite(engine, instrument, side);

    return best != 0 && book_crosses(side, price, best);
}

/* The last checks: what the book and the pools say. */
static enum reason check_book(struct engine *engine, const struct command *command, const struct path *path)
{
    struct book *book = &engine->books[command->instrument];
    int64_t limit = limit_price(engine, command, path);

    if (command->flags & FLAG_POST_ONLY && would_trade(engine, command->instrument, command->side, limit))
        return REASON_POST_ONLY_WOULD_TRADE;
    if (command->time_in_force == TIF_FOK && !book_can_fill(book, command->side, limit, command->quantity))
        return REASON_FOK_NOT_FILLABLE;
    if (!pairs_fit(&engine->risk.pairs, path))
        return REASON_CAPACITY;
    if (!may_rest(command))
        return REASON_NONE;
    if (engine->pool.used == engine->pool.capacity)
        return REASON_CAPACITY;
    return match_has_level(engine, command->instrument, command->side, command->price, NULL) ? REASON_NONE
                                                                                           : REASON_CAPACITY;
}

static struct verdict check_new(struct engine *engine, const struct command *command, struct path *path)
{
    const struct listing *listing = &engine->listings[command->instrument];
    struct intent intent = {
        .price = command->kind == ORDER_MARKET ? listing->reference_price : command->price,
        .quantity = command->quantity,
        .leaves = command->quantity,
        .side = command->side,
        .kind = command->kind,
    };
    struct verdict verdict;

    risk_path(&engine->risk, command->node, command->instrument, path);
    verdict = risk_check(&engine->risk, path, listing, &intent, engine->time_ns);
    if (verdict.reason == REASON_NONE)
        verdict.reason = check_book(engine, command, path);
    return verdict;
}

/* Trades an order that passed all checks, then rests or cancels what is left of it. */
static void execute(struct engine *engine, const struct command *command, struct path *path)
{
    struct listing *listing = &engine->listings[command->instrument];
    int64_t limit = limit_price(engine, command, path);
    struct order order = {
        .id = command->sequence,
        .price = command->price,
        .quantity = command->quantity,
        .leaves = command->quantity,
        .instrument = command->instrument,
        .node = command->node,
        .side = command->side,
        .time_in_force = command->time_in_force,
        .flags = command->flags,
    };

    pairs_complete(&engine->risk.pairs, command->instrument, path);
    order.pair = path->pairs[0];
    risk_reserve(&engine->risk, listing, order.pair, order.side, order.leaves);
    report_order(engine, EVENT_ORDER_ACCEPTED, &order, order.quantity, 0);
    match_run(engine, &order, limit);
    if (order.leaves == 0)
        return;
    if (may_rest(command)) {
        match_rest(engine, pool_put(&engine->pool, &order));
        return;
    }
    risk_release(&engine->risk, listing, order.pair, order.side, order.leaves);
    report_end(engine, EVENT_ORDER_CANCELED, &order, REASON_NO_LIQUIDITY);
}

void orders_new(struct engine *engine, const struct command *command)
{
    struct verdict verdict = refusal(admit(engine, command));
    struct path path;

    if (verdict.reason == REASON_NONE)
        verdict = check_new(engine, command, &path);
    if (verdict.reason == REASON_NONE)
        execute(engine, command, &path);
    else
        report_rejected(engine, command, &verdict);
}

/* Whether `command` may change the order in `slot`. */
static enum reason check_owner(const struct engine *engine, const struct command *command, uint32_t slot)
{
    if (slot == POOL_NONE)
        return REASON_UNKNOWN_ORDER;
    if (!nodes_is_within(&engine->risk.nodes, engine->pool.orders[slot].node, command->node))
        return REASON_NOT_OWNER;
    return REASON_NONE;
}

void orders_cancel(struct engine *engine, const struct command *command)
{
    uint32_t slot = pool_find(&engine->pool, command->target);
    struct verdict verdict = refusal(check_owner(engine, command, slot));
    const struct order *order = slot == POOL_NONE ? NULL : &engine->pool.orders[slot];

    if (verdict.reason != REASON_NONE) {
        report_cancel_rejected(engine, command, order, &verdict);
        return;
    }
    report_end(engine, EVENT_ORDER_CANCELED, order, REASON_REQUESTED);
    match_remove(engine, slot);
}

/* What a replace makes of an order. */
struct change {
    int64_t price;
    int64_t quantity; /* in total */
    int64_t leaves;
    int keeps_priority;
};

static struct change change_of(const struct order *order, const struct command *command)
{
    int64_t price = command->price == 0 ? order->price : command->price;
    int64_t quantity = command->quantity == 0 ? order->quantity : command->quantity;

    return (struct change){
        .price = price,
        .quantity = quantity,
        .leaves = quantity - (order->quantity - order->leaves),
        .keeps_priority = price == order->price && quantity <= order->quantity,
    };
}

static enum reason check_change(const struct command *command, const struct order *order)
{
    if (command->price != 0 && !is_number(command->price))
        return REASON_INVALID_PRICE;
    if (command->quantity != 0 && !is_number(command->quantity))
        return REASON_INVALID_QUANTITY;
    return change_of(order, command).leaves <= 0 ? REASON_QUANTITY_BELOW_FILLED : REASON_NONE;
}

/* Whether an order may give up its place for another. Limits on one order see the whole of it, those on positions
 * the difference. */
static struct verdict check_move(struct engine *engine, const struct order *order, const struct change *change)
{
    struct intent intent = {
        .price = change->price,
        .quantity = change->quantity,
        .leaves = change->leaves,
        .released = order->leaves,
        .side = order->side,
        .kind = ORDER_LIMIT,
    };
    struct verdict verdict;
    struct path path;

    risk_path(&engine->risk, order->node, order->instrument, &path);
    verdict = risk_check(&engine->risk, &path, &engine->listings[order->instrument], &intent, engine->time_ns);
    if (verdict.reason != REASON_NONE)
        return verdict;
    if (order->flags & FLAG_POST_ONLY && would_trade(engine, order->instrument, order->side, change->price))
        return refusal(REASON_POST_ONLY_WOULD_TRADE);
    if (!match_has_level(engine, order->instrument, order->side, change->price, order))
        return refusal(REASON_CAPACITY);
    return verdict;
}

/* Makes an order smaller where it stands. */
static void shrink(struct engine *engine, uint32_t slot, const struct change *change)
{
    struct order *order = &engine->pool.orders[slot];
    int64_t less = order->leaves - change->leaves;

    order->quantity = change->quantity;
    if (less > 0) {
        report_touch(engine, order->instrument, order->side, order->price);
        book_reduce(&engine->books[order->instrument], &engine->pool, slot, less);
        risk_release(&engine->risk, &engine->listings[order->instrument], order->pair, order->side, less);
    }
    report_order(engine, EVENT_ORDER_REPLACED, order, order->quantity, FLAG_KEPT_PRIORITY);
}

/* Takes an order out of its book and enters it again as if it were new, under its old id. */
static void move(struct engine *engine, uint32_t slot, const struct change *change)
{
    struct order *order = &engine->pool.orders[slot];
    const struct listing *listing = &engine->listings[order->instrument];

    report_touch(engine, order->instrument, order->side, order->price);
    book_unlink(&engine->books[order->instrument], &engine->pool, slot);
    risk_reserve(&engine->risk, listing, order->pair, order->side, change->leaves - order->leaves);
    order->price = change->price;
    order->quantity = change->quantity;
    order->leaves = change->leaves;
    report_order(engine, EVENT_ORDER_REPLACED, order, order->quantity, 0);
    match_run(engine, order, order->price);
    if (order->leaves > 0)
        match_rest(engine, slot);
    else
        pool_remove(&engine->pool, slot);
}

void orders_replace(struct engine *engine, const struct command *command)
{
    uint32_t slot = pool_find(&engine->pool, command->target);
    const struct order *order = slot == POOL_NONE ? NULL : &engine->pool.orders[slot];
    struct verdict verdict = refusal(check_owner(engine, command, slot));
    struct change change = {0};

    if (verdict.reason == REASON_NONE)
        verdict.reason = check_change(command, order);
    if (verdict.reason == REASON_NONE)
        change = change_of(order, command);
    if (verdict.reason == REASON_NONE && !change.keeps_priority)
        verdict = check_move(engine, order, &change);
    if (verdict.reason != REASON_NONE)
        report_cancel_rejected(engine, command, order, &verdict);
    else if (change.keeps_priority)
        shrink(engine, slot, &change);
    else
        move(engine, slot, &change);
}
