#include "live.h"

#include <assert.h>

#include "expiry.h"
#include "place.h"
#include "trigger.h"

void chain_add(struct engine *engine, struct chain *chain, uint32_t i)
{
    struct extra *extra = &engine->extras.items[i];

    assert(!extra->chained);
    extra->previous = chain->tail;
    extra->next = EXTRA_NONE;
    if (chain->tail == EXTRA_NONE)
        chain->head = i;
    else
        engine->extras.items[chain->tail].next = i;
    chain->tail = i;
    chain->count++;
    extra->chained = 1;
}

void chain_remove(struct engine *engine, struct chain *chain, uint32_t i)
{
    struct extra *extra = &engine->extras.items[i];

    if (!extra->chained)
        return;
    if (extra->previous == EXTRA_NONE)
        chain->head = extra->next;
    else
        engine->extras.items[extra->previous].next = extra->next;
    if (extra->next == EXTRA_NONE)
        chain->tail = extra->previous;
    else
        engine->extras.items[extra->next].previous = extra->previous;
    chain->count--;
    extra->chained = 0;
}

struct chain *live_chain(struct book *book, const struct order *order)
{
    if (is_trailing(order->kind))
        return &book->trailing;
    if (is_pegged(order->kind))
        return &book->pegged;
    return order->flags & FLAG_ALL_OR_NONE ? &book->all_or_none : NULL;
}

void live_activate(struct engine *engine, uint32_t slot, enum cause cause)
{
    struct activations *queue = &engine->activations;
    uint32_t end = queue->head + queue->count;
    struct order *order = &engine->pool.orders[slot];

    assert(queue->count < queue->capacity && order->extra != EXTRA_NONE);
    if (end >= queue->capacity)
        end -= queue->capacity;
    queue->items[end] = (struct activation){.id = order->id, .slot = slot};
    queue->count++;
    extra_of(engine, order)->queued = (uint8_t)cause;
}

/* Takes an order out of everything that its extra is in. */
static void drop_extra(struct engine *engine, uint32_t slot)
{
    struct order *order = &engine->pool.orders[slot];
    struct extra *extra = extra_of(engine, order);
    struct chain *chain = live_chain(book_of(engine, order), order);

    if (extra == NULL)
        return;
    trigger_disarm(engine, slot);
    expiry_remove(engine, slot);
    if (chain != NULL && extra->chained) {
        book_changed(engine, book_of(engine, order));
        chain_remove(engine, chain, order->extra);
    }
    assert(extra->ring == slot);
    extras_remove(&engine->extras, order->extra);
    order->extra = EXTRA_NONE;
}

void live_free(struct engine *engine, uint32_t slot)
{
    assert(engine->pool.orders[slot].place == PLACE_NOWHERE);
    drop_extra(engine, slot);
    pool_remove(&engine->pool, slot);
}

/* The others of an order's list, in list order: that of their ids. */
struct others {
    uint32_t count;
    uint32_t slots[ENGINE_LEGS_MAX];
};

static void insert_by_id(const struct engine *engine, struct others *others, uint32_t slot)
{
    uint32_t at = others->count++;

    while (at > 0 && engine->pool.orders[others->slots[at - 1]].id > engine->pool.orders[slot].id) {
        others->slots[at] = others->slots[at - 1];
        at--;
    }
    others->slots[at] = slot;
}

static void find_others(const struct engine *engine, uint32_t slot, struct others *others)
{
    uint32_t at = extra_of(engine, &engine->pool.orders[slot])->ring;

    others->count = 0;
    while (at != slot && others->count < ENGINE_LEGS_MAX) {
        insert_by_id(engine, others, at);
        at = extra_of(engine, &engine->pool.orders[at])->ring;
    }
    assert(at == slot);
}

/* Takes an order out of its list. */
static void leave_list(struct engine *engine, uint32_t slot)
{
    struct extra *extra = extra_of(engine, &engine->pool.orders[slot]);
    uint32_t before = slot;

    for (uint32_t steps = 0; steps < ENGINE_LEGS_MAX; steps++) {
        struct extra *other = extra_of(engine, &engine->pool.orders[before]);

        if (other->ring == slot) {
            other->ring = extra->ring;
            break;
        }
        before = other->ring;
    }
    extra->ring = slot;
    extra->role = ROLE_NONE;
}

static void end_plain(struct engine *engine, uint32_t slot, uint8_t type, enum reason reason)
{
    struct order *order = &engine->pool.orders[slot];
    int64_t lots = order->leaves;

    report_end(engine, type, order, lots, reason);
    place_leave(engine, slot);
    place_lose(engine, order, lots);
    if (order->pair != PAIR_NONE)
        risk_release(&engine->risk, &book_of(engine, order)->listing, order->pair, order->side, lots);
    live_free(engine, slot);
}

static void end_others(struct engine *engine, const struct others *others)
{
    for (uint32_t i = 0; i < others->count; i++)
        leave_list(engine, others->slots[i]);
    for (uint32_t i = 0; i < others->count; i++)
        end_plain(engine, others->slots[i], EVENT_ORDER_CANCELED, REASON_CONTINGENCY);
}

/* Lets the orders that a parent held go: `traded` lots at most, or all of theirs when it is 0. */
static void release_others(struct engine *engine, const struct others *others, int64_t traded)
{
    for (uint32_t i = 0; i < others->count; i++) {
        uint32_t slot = others->slots[i];
        struct order *order = &engine->pool.orders[slot];
        struct extra *extra = extra_of(engine, order);

        if (traded > 0 && traded < order->quantity)
            order->quantity = order->leaves = traded;
        if (extra->role == ROLE_HELD_BRACKET)
            extra->role = ROLE_OCO;
        else
            leave_list(engine, slot);
        live_activate(engine, slot, CAUSE_RELEASED);
    }
}

void live_end(struct engine *engine, uint32_t slot, uint8_t type, enum reason reason)
{
    const struct order *order = &engine->pool.orders[slot];
    const struct extra *extra = extra_of(engine, order);
    uint8_t role = extra == NULL ? ROLE_NONE : extra->role;
    int64_t traded = order->quantity - order->leaves;
    struct others others = {0};

    if (role != ROLE_NONE) {
        find_others(engine, slot, &others);
        leave_list(engine, slot);
    }
    end_plain(engine, slot, type, reason);
    if (role == ROLE_OCO || (role == ROLE_PARENT && traded == 0))
        end_others(engine, &others);
    if (role == ROLE_PARENT && traded > 0)
        release_others(engine, &others, traded);
}

void live_triggered(struct engine *engine, uint32_t slot)
{
    struct others others;

    if (extra_of(engine, &engine->pool.orders[slot])->role != ROLE_OCO)
        return;
    find_others(engine, slot, &others);
    leave_list(engine, slot);
    end_others(engine, &others);
}

void live_traded(struct engine *engine, uint32_t slot)
{
    const struct order *order = &engine->pool.orders[slot];
    const struct extra *extra = extra_of(engine, order);
    struct others others;

    if (extra == NULL || extra->role == ROLE_NONE)
        return;
    if (extra->role == ROLE_OCO) {
        live_triggered(engine, slot);
        return;
    }
    if (order->leaves > 0)
        return;
    find_others(engine, slot, &others);
    leave_list(engine, slot);
    release_others(engine, &others, 0);
}
