#include "trigger.h"

#include <assert.h>

#include "live.h"

/* Whether an order triggers at prices at or above its trigger, not at or below. */
static int goes_up(const struct order *order)
{
    int is_touched = order->kind == ORDER_MARKET_IF_TOUCHED || order->kind == ORDER_LIMIT_IF_TOUCHED;

    return (order->side == SIDE_BUY) != is_touched;
}

static int is_met(const struct order *order, int64_t trigger, int64_t price)
{
    return goes_up(order) ? price >= trigger : price <= trigger;
}

static uint32_t *tree_of(struct engine *engine, const struct order *order)
{
    struct book *book = book_of(engine, order);

    return goes_up(order) ? &book->up : &book->down;
}

/* The stop price that a trailing stop has at a price, were it new. */
static int64_t trailed(const struct order *order, const struct extra *extra, int64_t price)
{
    int64_t distance = extra->distance;
    int64_t stop;

    if (order->flags & FLAG_BASIS_POINTS) {
        distance = (int64_t)((wide)price * extra->distance / 10000);
        distance = distance < 1 ? 1 : distance;
    }
    if (order->side == SIDE_BUY) {
        stop = price + distance;
        return stop > ENGINE_NUMBER_MAX ? ENGINE_NUMBER_MAX : stop;
    }
    stop = price - distance;
    return stop < 1 ? 1 : stop;
}

static void insert(struct engine *engine, uint32_t slot)
{
    const struct order *order = &engine->pool.orders[slot];
    struct extra *extra = extra_of(engine, order);
    int64_t key = goes_up(order) ? extra->trigger : -extra->trigger;

    tree_insert(&engine->extras.triggers, tree_of(engine, order), order->extra, key, extra->age);
    extra->armed = 1;
}

void trigger_arm(struct engine *engine, uint32_t slot, int starts)
{
    const struct order *order = &engine->pool.orders[slot];
    struct extra *extra = extra_of(engine, order);
    struct book *book = book_of(engine, order);

    if (is_trailing(order->kind) && starts)
        extra->trigger = trailed(order, extra, book->listing.reference_price);
    if (book->phase == PHASE_CONTINUOUS && is_met(order, extra->trigger, book->listing.reference_price)) {
        live_activate(engine, slot, CAUSE_TRIGGERED);
        return;
    }
    insert(engine, slot);
    if (is_trailing(order->kind))
        chain_add(engine, &book->trailing, order->extra);
}

void trigger_disarm(struct engine *engine, uint32_t slot)
{
    const struct order *order = &engine->pool.orders[slot];
    struct extra *extra = extra_of(engine, order);

    if (!extra->armed)
        return;
    tree_remove(&engine->extras.triggers, tree_of(engine, order), order->extra);
    extra->armed = 0;
    if (is_trailing(order->kind))
        chain_remove(engine, &book_of(engine, order)->trailing, order->extra);
}

/* Moves the trailing stops that a price moves. */
static void trail(struct engine *engine, struct book *book, int64_t price)
{
    uint32_t i = book->trailing.head;

    for (uint32_t n = book->trailing.count; n > 0; n--) {
        struct extra *extra = &engine->extras.items[i];
        uint32_t slot = extra->slot;
        const struct order *order = &engine->pool.orders[slot];
        int64_t stop = trailed(order, extra, price);

        if (order->side == SIDE_BUY ? stop < extra->trigger : stop > extra->trigger) {
            tree_remove(&engine->extras.triggers, tree_of(engine, order), i);
            extra->trigger = stop;
            insert(engine, slot);
        }
        i = extra->next;
    }
}

/* Sends all orders of a tree to the activation queue whose key is at most `key`. */
static void take(struct engine *engine, const uint32_t *root, int64_t key)
{
    uint32_t i = tree_first(&engine->extras.triggers, *root);

    for (uint32_t n = engine->extras.used; i != TREE_NONE && n > 0; n--) {
        uint32_t slot = engine->extras.items[i].slot;

        if (engine->extras.items[i].trigger_node.key > key)
            return;
        trigger_disarm(engine, slot);
        live_activate(engine, slot, CAUSE_TRIGGERED);
        i = tree_first(&engine->extras.triggers, *root);
    }
}

void trigger_look(struct engine *engine, uint32_t instrument, int64_t price)
{
    struct book *book = &engine->books[instrument];

    if (book->phase != PHASE_CONTINUOUS)
        return;
    if (book->trailing.count > 0)
        trail(engine, book, price);
    if (book->up != TREE_NONE)
        take(engine, &book->up, price);
    if (book->down != TREE_NONE)
        take(engine, &book->down, -price);
}
