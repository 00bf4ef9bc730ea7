/* restore_orders.c - reads the orders of a snapshot into their books, each where it was. */
#include "expiry.h"
#include "place.h"
#include "restore.h"
#include "shape.h"
#include "trigger.h"

/* No pair can have more open: see restore_stage.c. */
#define OPEN_MAX (2 * ENGINE_POSITION_MAX)

/* An order as the snapshot has it. */
struct found {
    struct order order;
    struct extra extra;
    int has_extra;
};

static int is_held(const struct extra *extra)
{
    return extra->role == ROLE_HELD || extra->role == ROLE_HELD_BRACKET;
}

static int is_for_an_auction(const struct order *order)
{
    return order->time_in_force == TIF_AT_THE_OPENING || order->time_in_force == TIF_AT_THE_CLOSE
        || order->time_in_force == TIF_GOOD_FOR_AUCTION;
}

/* Whether a NEW_ORDER could have asked for such an order. Basis points stay when a trailing stop has triggered. */
static int has_shape(const struct found *found)
{
    const struct order *order = &found->order;
    struct command command = {
        .client_key = 1,
        .side = order->side,
        .kind = order->kind,
        .time_in_force = order->time_in_force,
        .flags = order->flags & (uint8_t)~FLAG_BASIS_POINTS,
        .self_trade = order->self_trade,
        .contingency = order->is_listed ? CONTINGENCY_OCO : CONTINGENCY_NONE,
    };
    struct terms terms = {.expiry_ns = found->extra.expiry_ns, .display = found->extra.display};

    if (order->is_listed > 1 || order->is_listed < (found->extra.role != ROLE_NONE))
        return 0;
    if (shape_check(&command, &terms) != REASON_NONE)
        return 0;
    return found->has_extra || !shape_is_extra(&command, &terms);
}

static int is_order(const struct engine *engine, const struct order *order)
{
    if (order->id == 0 || order->id > engine->sequence || pool_find(&engine->pool, order->id) != SLOT_NONE)
        return 0;
    if (!is_listed(engine, order->instrument) || !is_node(engine, order->node))
        return 0;
    return is_number(order->quantity) && order->leaves >= 1 && order->leaves <= order->quantity;
}

/* Whether the numbers of an extra can stand beside those of its order. */
static int is_extra(const struct engine *engine, const struct order *order, const struct extra *extra)
{
    if (extra->role > ROLE_HELD_BRACKET || extra->age < order->id || extra->age > engine->sequence)
        return 0;
    if (extra->expiry_ns != 0 && extra->expiry_ns <= engine->time_ns)
        return 0;
    if (extra->display < 0 || extra->display > ENGINE_NUMBER_MAX || (extra->display == 0 && extra->shown != 0))
        return 0;
    if (is_pegged(order->kind))
        return shape_is_trigger(order->kind, 0, extra->trigger) && shape_is_price(order->kind, extra->limit);
    if (is_trailing(order->kind) && !shape_is_trigger(order->kind, order->flags, extra->distance))
        return 0;
    return is_conditional(order->kind) ? is_number(extra->trigger) : 1;
}

static int may_rest(const struct engine *engine, const struct found *found)
{
    const struct order *order = &found->order;
    const struct extra *extra = &found->extra;
    int is_continuous = engine->books[order->instrument].phase == PHASE_CONTINUOUS;

    if (is_conditional(order->kind) || order->flags & FLAG_ALL_OR_NONE || is_held(extra))
        return 0;
    if (order->time_in_force == TIF_IOC || order->time_in_force == TIF_FOK)
        return 0;
    if (is_continuous && (order->kind == ORDER_MARKET || is_for_an_auction(order)))
        return 0;
    if (extra->display != 0
        && (extra->shown < 1 || extra->shown > extra->display || extra->shown > order->leaves))
        return 0;
    return order->kind == ORDER_MARKET ? order->price == 0 : is_number(order->price);
}

static int may_wait(const struct engine *engine, const struct found *found)
{
    const struct order *order = &found->order;

    if (is_pegged(order->kind))
        return order->price == 0;
    if (!shape_is_price(order->kind, order->price) || order->kind == ORDER_MARKET_TO_LIMIT)
        return 0;
    if (is_held(&found->extra))
        return order->leaves == order->quantity;
    if (is_conditional(order->kind) || order->flags & FLAG_ALL_OR_NONE)
        return 1;
    return order->time_in_force == TIF_AT_THE_CLOSE
        && engine->books[order->instrument].phase != PHASE_CLOSING_AUCTION;
}

static int is_placed(const struct engine *engine, const struct found *found)
{
    if (found->order.place == PLACE_BOOK)
        return may_rest(engine, found);
    return found->order.place == PLACE_WAITING && may_wait(engine, found);
}

/* Counts the order as open in its pair and those above. Returns 0 when they are not there, or would overflow. */
static int open_lots(struct engine *engine, struct order *order)
{
    struct pairs *pairs = &engine->risk.pairs;
    uint32_t slot = pairs_find(pairs, order->node, order->instrument);

    order->pair = slot;
    if (slot == PAIR_NONE)
        return 0;
    for (uint32_t steps = 0; slot != PAIR_NONE && steps < ENGINE_DEPTH_MAX; steps++) {
        struct pair *pair = &pairs->items[slot];

        if (pair_open(pair, order->side) > OPEN_MAX - order->leaves)
            return 0;
        pair->reach[order->side - 1] += order->leaves;
        slot = pairs->items[slot].parent;
    }
    return 1;
}

/* Puts what was found into the pool, nowhere yet. Returns its slot. */
static uint32_t put(struct engine *engine, const struct found *found)
{
    struct order order = found->order;
    uint32_t slot;
    struct extra *extra;

    order.place = PLACE_NOWHERE;
    order.extra = EXTRA_NONE;
    slot = pool_put(&engine->pool, order);
    if (!found->has_extra)
        return slot;
    engine->pool.orders[slot].extra = extras_put(&engine->extras, slot);
    extra = extra_of(engine, &engine->pool.orders[slot]);
    *extra = found->extra;
    extra->slot = slot;
    extra->ring = slot;
    expiry_add(engine, slot);
    return slot;
}

/* Puts an order at the end of its queue. An iceberg shows what it did. */
static enum restore_error rest(struct engine *engine, uint32_t slot, int64_t shown)
{
    const struct order *order = &engine->pool.orders[slot];
    struct extra *extra = extra_of(engine, order);
    struct queue *queue;
    uint32_t page;

    if (!place_rest(engine, slot))
        return RESTORE_CAPACITY;
    if (extra == NULL || extra->display == 0)
        return RESTORE_OK;
    queue = place_queue(engine, order, &page);
    queue->shown += shown - extra->shown;
    extra->shown = shown;
    return RESTORE_OK;
}

static int are_equal(const struct forest *forest, uint32_t a, uint32_t b)
{
    return b != TREE_NONE && tree_at(forest, a)->key == tree_at(forest, b)->key
        && tree_at(forest, a)->tie == tree_at(forest, b)->tie;
}

/* Sets a trigger that is not looked at now, whatever the price. No two of a price are of the same age. */
static enum restore_error arm(struct engine *engine, uint32_t slot)
{
    const struct order *order = &engine->pool.orders[slot];
    const struct forest *forest = &engine->extras.triggers;
    struct book *book = book_of(engine, order);
    uint8_t phase = book->phase;
    uint32_t i = order->extra;

    book->phase = PHASE_HALT;
    trigger_arm(engine, slot, 0);
    book->phase = phase;
    if (are_equal(forest, i, tree_previous(forest, i)) || are_equal(forest, i, tree_next(forest, i)))
        return RESTORE_CONTENT;
    return RESTORE_OK;
}

static enum restore_error place(struct engine *engine, uint32_t slot, const struct found *found)
{
    if (found->order.place == PLACE_BOOK)
        return rest(engine, slot, found->extra.shown);
    place_wait(engine, slot);
    return is_conditional(found->order.kind) && !is_held(&found->extra) ? arm(engine, slot) : RESTORE_OK;
}

static enum restore_error read_order(struct engine *engine, struct found *found)
{
    struct order *order = &found->order;

    if (!is_order(engine, order) || !has_shape(found) || !is_placed(engine, found))
        return RESTORE_CONTENT;
    if (found->has_extra && !is_extra(engine, order, &found->extra))
        return RESTORE_CONTENT;
    order->pair = PAIR_NONE;
    if (!is_held(&found->extra) && !open_lots(engine, order))
        return RESTORE_CONTENT;
    engine->slices += (uint64_t)place_slices(&found->extra, order->leaves);
    if (engine->slices > engine->config.orders)
        return RESTORE_CAPACITY;
    return place(engine, put(engine, found), found);
}

/* Takes the next extra if it is this order's: extras come in the order of their orders. */
static void read_extra(const struct span *span, uint64_t *next, struct found *found)
{
    struct extra extra = {0};
    struct record record;
    struct codec codec;
    uint64_t id = 0;
    uint64_t after = 0;

    if (*next == span->count)
        return;
    codec = record_read(span, *next, &record);
    code_extra(&codec, &extra, &id, &after);
    if (id != found->order.id)
        return;
    found->extra = extra;
    found->has_extra = 1;
    ++*next;
}

static enum restore_error read_all(struct reader *reader)
{
    const struct span *span = &reader->spans[SECTION_ORDERS];
    const struct span *extras = &reader->spans[SECTION_EXTRAS];
    enum restore_error error = RESTORE_OK;
    uint64_t next = 0;

    for (uint64_t i = 0; i < span->count && error == RESTORE_OK; i++) {
        struct found found = {0};
        struct record record;
        struct codec codec = record_read(span, i, &record);

        directory_prefetch(&reader->engine->pool.directory, record_ahead(span, i + RECORDS_AHEAD));
        code_order(&codec, &found.order);
        read_extra(extras, &next, &found);
        error = read_order(reader->engine, &found);
    }
    return error == RESTORE_OK && next != extras->count ? RESTORE_CONTENT : error;
}

/* Placing an order tells about its book; here nobody listens. */
enum restore_error restore_orders(struct reader *reader)
{
    struct engine *engine = reader->engine;
    uint32_t feeds = engine->feeds;
    enum restore_error error;

    engine->feeds = 0;
    error = read_all(reader);
    engine->feeds = feeds;
    engine->owed.instrument = ENGINE_NONE;
    engine->owed.prices[0] = engine->owed.prices[1] = -1;
    return error;
}
