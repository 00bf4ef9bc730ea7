/* follow.c - orders that follow the market: pegged ones, and those that wait for all of their lots. */
#include <assert.h>

#include "enter.h"
#include "live.h"
#include "match.h"
#include "place.h"

/* The best price of a side at which an order rests that is not pegged; 0 when there is none. */
static int64_t anchor(const struct engine *engine, const struct ladder *ladder)
{
    int64_t price = ladder->best_price;

    for (uint32_t n = ENGINE_FOLLOWERS_MAX + 1; price != 0 && n > 0; n--) {
        const struct queue *queue = ladder_find(&engine->pages, ladder, price);

        if (queue->orders > queue->pegged)
            return price;
        price = ladder_worse(&engine->pages, ladder, price);
    }
    return 0;
}

/* The price that a pegged order follows, before its offset; 0 when there is none. */
static int64_t followed(const struct engine *engine, const struct order *order, const struct book *book)
{
    int64_t own = anchor(engine, &book->sides[order->side - 1]);
    int64_t other = anchor(engine, &book->sides[side_opposite(order->side) - 1]);

    if (order->kind == ORDER_PEG_PRIMARY)
        return own;
    if (order->kind == ORDER_PEG_MARKET)
        return other;
    if (own == 0 || other == 0)
        return 0;
    return (own + other + (order->side == SIDE_SELL)) / 2;
}

/* Where a pegged order belongs now; 0 when it has to wait. */
static int64_t pegged_price(const struct engine *engine, const struct order *order, const struct book *book)
{
    const struct extra *extra = extra_of(engine, order);
    int64_t price = followed(engine, order, book);

    if (price == 0)
        return 0;
    price += extra->trigger;
    if (extra->limit != 0 && !side_crosses(order->side, extra->limit, price))
        price = extra->limit;
    price = price < 1 ? 1 : price;
    return price > ENGINE_NUMBER_MAX ? ENGINE_NUMBER_MAX : price;
}

/* Brings one pegged order to its price. Returns whether anything happened. */
static int repeg(struct engine *engine, struct book *book, uint32_t slot)
{
    struct order *order = &engine->pool.orders[slot];
    int64_t price = pegged_price(engine, order, book);
    int64_t before = order->place == PLACE_BOOK ? order->price : 0;

    if (price == before)
        return 0;
    order->price = price;
    report_order(engine, EVENT_ORDER_REPRICED, order, 0, REASON_NONE, 0);
    order->price = before;
    place_leave(engine, slot);
    order->price = price;
    if (price == 0)
        place_wait(engine, slot);
    else
        enter_market(engine, order, slot);
    enter_activated(engine);
    return 1;
}

/* Tries one all-or-none order. Returns whether it was filled. */
static int retry(struct engine *engine, uint32_t slot)
{
    struct order *order = &engine->pool.orders[slot];

    if (!match_can_fill(engine, order, order->price, order->leaves))
        return 0;
    place_leave(engine, slot);
    enter_market(engine, order, slot);
    enter_activated(engine);
    return 1;
}

/* Copies the slots of a chain, which may change while they are looked at. */
static uint32_t collect(const struct engine *engine, const struct chain *chain, uint32_t *slots, uint64_t *ids)
{
    uint32_t count = 0;
    uint32_t i = chain->head;

    while (count < chain->count && count < ENGINE_FOLLOWERS_MAX) {
        slots[count] = engine->extras.items[i].slot;
        ids[count] = engine->pool.orders[slots[count]].id;
        count++;
        i = engine->extras.items[i].next;
    }
    return count;
}

/* One round over a chain. Returns whether anything happened. */
static int round_of(struct engine *engine, struct book *book, const struct chain *chain)
{
    uint32_t count = collect(engine, chain, engine->found, engine->found_ids);
    int is_changed = 0;

    for (uint32_t i = 0; i < count && book->phase == PHASE_CONTINUOUS; i++) {
        uint32_t slot = engine->found[i];

        if (engine->pool.orders[slot].id != engine->found_ids[i])
            continue;
        if (chain == &book->pegged)
            is_changed |= repeg(engine, book, slot);
        else
            is_changed |= retry(engine, slot);
    }
    return is_changed;
}

static void settle(struct engine *engine, struct book *book)
{
    int is_changed = 1;

    for (int rounds = 0; is_changed && rounds < ENGINE_ROUNDS_MAX && book->phase == PHASE_CONTINUOUS; rounds++) {
        is_changed = round_of(engine, book, &book->pegged);
        is_changed |= round_of(engine, book, &book->all_or_none);
    }
}

void enter_settle(struct engine *engine)
{
    for (uint32_t i = 0; engine->dirty_count > 0 && i < engine->instrument_count; i++) {
        struct book *book = &engine->books[i];

        if (!book->is_dirty)
            continue;
        settle(engine, book);
        book->is_dirty = 0;
        engine->dirty_count--;
    }
}
