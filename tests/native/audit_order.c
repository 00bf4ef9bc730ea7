/* audit_order.c - orders one by one: their extras, lists, triggers, chains. */
#include "audit.h"
#include "live.h"
#include "place.h"
#include "shape.h"

static int is_held(const struct extra *extra)
{
    return extra->role == ROLE_HELD || extra->role == ROLE_HELD_BRACKET;
}

/* Whether an order's list closes, and its roles agree. */
static int is_list(const struct engine *engine, uint32_t slot)
{
    const struct order *first = &engine->pool.orders[slot];
    uint32_t of[ROLE_HELD_BRACKET + 1] = {0};
    uint32_t count = 0;
    uint32_t at = slot;

    do {
        const struct order *order = &engine->pool.orders[at];

        if (at >= engine->pool.fresh || order->id == 0 || order->extra == EXTRA_NONE || count == ENGINE_LEGS_MAX)
            return 0;
        if (order->instrument != first->instrument || order->node != first->node)
            return 0;
        of[extra_of(engine, order)->role]++;
        count++;
        at = extra_of(engine, order)->ring;
    } while (at != slot);
    if (of[ROLE_NONE] != 0)
        return count == 1;
    if (of[ROLE_OCO] != 0)
        return of[ROLE_OCO] == count;
    return of[ROLE_PARENT] == 1 && (of[ROLE_HELD] + 1 == count || of[ROLE_HELD_BRACKET] + 1 == count);
}

static void audit_extra(struct audit *audit, const struct order *order, const struct extra *extra)
{
    const struct engine *engine = audit->engine;
    uint32_t slot = (uint32_t)(order - engine->pool.orders);

    must(audit, ++audit->extras[order->extra] == 1 && extra->slot == slot,
         "an extra and its order know each other");
    must(audit, extra->queued == 0, "no order is in the activation queue between commands");
    must(audit, extra->role <= ROLE_HELD_BRACKET && is_list(engine, slot), "the roles of a list agree");
    must(audit, (order->time_in_force == TIF_GTD) == (extra->expiry_ns != 0), "GTD orders alone expire by time");
    must(audit, extra->expiry_ns == 0 || extra->expiry_ns > engine->time_ns, "what has expired is gone");
    must(audit, extra->age >= order->id && extra->age <= engine->sequence, "an age is that of a command");
    must(audit, !extra->armed || is_conditional(order->kind), "orders with a trigger alone are armed");
    must(audit, extra->display >= 0 && (extra->display == 0 || order->kind == ORDER_LIMIT),
         "icebergs are LIMIT orders");
    audit->with_extra++;
    audit->expiring += extra->expiry_ns != 0;
    audit->slices += (uint64_t)place_slices(extra, order->leaves);
}

/* Adds an order's lots to its pair and those above it. */
static void open_lots(struct audit *audit, const struct order *order)
{
    const struct pairs *pairs = &audit->engine->risk.pairs;
    uint32_t slot = order->pair;

    must(audit, slot == pairs_find(pairs, order->node, order->instrument), "an order knows its pair");
    for (uint32_t steps = 0; slot != PAIR_NONE && steps < ENGINE_DEPTH_MAX && audit->broken == NULL; steps++) {
        audit->open[slot][order->side - 1] += order->leaves;
        slot = pairs->items[slot].parent;
    }
}

void audit_order(struct audit *audit, const struct order *order)
{
    const struct engine *engine = audit->engine;
    const struct extra *extra;

    audit->live++;
    must(audit, order->id <= engine->sequence, "an order's id is the sequence of a command");
    must(audit, order->leaves > 0 && order->leaves <= order->quantity && is_number(order->quantity),
         "an order has lots left, no more than it asked for");
    must(audit, order->side == SIDE_BUY || order->side == SIDE_SELL, "an order has a side");
    must(audit, order->node < engine->risk.nodes.count, "an order has a node");
    if (audit->broken != NULL)
        return;
    if (order->pair != PAIR_NONE)
        open_lots(audit, order);
    if (order->extra == EXTRA_NONE) {
        must(audit, order->kind <= ORDER_LIMIT || order->kind == ORDER_MARKET_TO_LIMIT,
             "more than a plain order has an extra");
        return;
    }
    if (!must(audit, order->extra < engine->extras.fresh, "an order's extra is one"))
        return;
    extra = extra_of(engine, order);
    must(audit, (order->pair == PAIR_NONE) == is_held(extra), "held orders alone have no reservation");
    audit_extra(audit, order, extra);
}

static int goes_up(const struct order *order)
{
    int is_touched = order->kind == ORDER_MARKET_IF_TOUCHED || order->kind == ORDER_LIMIT_IF_TOUCHED;

    return (order->side == SIDE_BUY) != is_touched;
}

/* One tree of triggers: the armed orders of one direction. Returns how many. */
static uint32_t audit_triggers(struct audit *audit, const struct book *book, uint32_t root, int is_up,
                               uint32_t *trailing)
{
    const struct extras *extras = &audit->engine->extras;
    uint32_t count = audit_tree(audit, &extras->triggers, root, extras->fresh);
    uint32_t i = TREE_NONE;

    if (audit->broken == NULL)
        i = tree_first(&extras->triggers, root);
    for (uint32_t n = 0; n < count && audit->broken == NULL; n++) {
        const struct extra *extra = &extras->items[i];
        const struct order *order = &audit->engine->pool.orders[extra->slot];

        must(audit, order->extra == i && extra->armed && order->id != 0,
             "a tree of triggers has armed orders only");
        must(audit, book == &audit->engine->books[order->instrument] && goes_up(order) == is_up,
             "a trigger is in the tree of its book and direction");
        must(audit, extra->trigger_node.key == (is_up ? extra->trigger : -extra->trigger),
             "a tree is ordered by trigger");
        must(audit, extra->trigger_node.tie == extra->age, "equal triggers are ordered by age");
        must(audit, is_number(extra->trigger), "a trigger is a price");
        *trailing += (uint32_t)is_trailing(order->kind);
        i = tree_next(&extras->triggers, i);
    }
    return count;
}

/* One chain. Returns how many orders it has. */
static uint32_t audit_chain(struct audit *audit, const struct book *book, const struct chain *chain, int is_by_age)
{
    const struct engine *engine = audit->engine;
    uint32_t before = EXTRA_NONE;
    uint32_t i = chain->head;
    uint32_t count = 0;

    while (i != EXTRA_NONE && count < chain->count && must(audit, i < engine->extras.fresh, "a chain links extras")) {
        const struct extra *extra = &engine->extras.items[i];
        const struct order *order = &engine->pool.orders[extra->slot];

        must(audit, order->extra == i && order->id != 0 && extra->chained,
             "a chain has live orders that know of it");
        must(audit, extra->previous == before, "a chain is linked both ways");
        must(audit, live_chain((struct book *)book, order) == chain, "an order is in the chain of its type");
        must(audit, !is_by_age || before == EXTRA_NONE || engine->extras.items[before].age < extra->age,
             "a chain is ordered by age");
        count++;
        before = i;
        i = extra->next;
    }
    must(audit, count == chain->count && i == EXTRA_NONE && chain->tail == before, "a chain ends where it says");
    return count;
}

/* What the extras of a book's orders say. */
struct expected {
    uint32_t armed;
    uint32_t pegged;
    uint32_t all_or_none;
    uint32_t chained;
};

static struct expected expected_of(const struct engine *engine, const struct book *book)
{
    struct expected expected = {0};

    for (uint32_t i = 0; i < engine->pool.fresh; i++) {
        const struct order *order = &engine->pool.orders[i];
        const struct extra *extra = extra_of(engine, order);

        if (order->id == 0 || extra == NULL || &engine->books[order->instrument] != book)
            continue;
        expected.armed += extra->armed;
        expected.chained += extra->chained;
        expected.pegged += (uint32_t)is_pegged(order->kind);
        expected.all_or_none += (order->flags & FLAG_ALL_OR_NONE) != 0;
    }
    return expected;
}

void audit_followers(struct audit *audit, const struct book *book)
{
    struct expected expected = expected_of(audit->engine, book);
    uint32_t trailing = 0;
    uint32_t armed = audit_triggers(audit, book, book->up, 1, &trailing);
    uint32_t chained;

    armed += audit_triggers(audit, book, book->down, 0, &trailing);
    must(audit, armed == expected.armed, "every armed order is in a tree of triggers");
    chained = audit_chain(audit, book, &book->trailing, 0);
    must(audit, chained == trailing, "every trailing stop that waits is in its chain");
    must(audit, audit_chain(audit, book, &book->pegged, 1) == expected.pegged,
         "every pegged order is in its chain");
    must(audit, audit_chain(audit, book, &book->all_or_none, 1) == expected.all_or_none,
         "every all-or-none order is in its chain");
    must(audit, chained + expected.pegged + expected.all_or_none == expected.chained,
         "a chained order is in a chain");
    must(audit, expected.pegged + expected.all_or_none <= ENGINE_FOLLOWERS_MAX, "few orders follow one market");
}
