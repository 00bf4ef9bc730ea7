#include "orders.h"

#include "admit.h"
#include "enter.h"
#include "list.h"
#include "live.h"
#include "report.h"
#include "shape.h"

static void enter_accepted(struct engine *engine, struct draft *draft)
{
    if (admit_may_stay(engine, draft)) {
        uint32_t slot = admit_store(engine, draft);

        admit_report(engine, draft, &engine->pool.orders[slot]);
        enter_order(engine, &engine->pool.orders[slot], slot);
    } else {
        struct order order;

        admit_fleeting(engine, draft, &order);
        admit_report(engine, draft, &order);
        enter_order(engine, &order, SLOT_NONE);
    }
}

void orders_new(struct engine *engine, const struct command *command)
{
    struct terms terms = engine->terms;
    struct draft draft = {.command = command, .terms = &terms, .price = command->price, .pair = PAIR_NONE};
    struct verdict verdict = {.reason = REASON_NONE};

    if (terms.is_set)
        engine->terms = (struct terms){0};
    verdict.reason = shape_check(command, &terms);
    if (verdict.reason == REASON_NONE && command->contingency != CONTINGENCY_NONE) {
        list_add(engine, command, &terms);
        return;
    }
    if (verdict.reason == REASON_NONE)
        verdict = admit_check(engine, &draft);
    else
        list_reject(engine, REASON_LIST_INCOMPLETE);
    if (verdict.reason == REASON_NONE)
        enter_accepted(engine, &draft);
    else
        report_rejected(engine, command, &verdict);
}

enum reason orders_check_owner(const struct engine *engine, const struct command *command, uint32_t slot)
{
    if (slot == SLOT_NONE)
        return REASON_UNKNOWN_ORDER;
    if (engine->pool.orders[slot].node == command->node)
        return REASON_NONE;
    if (!nodes_is_within(&engine->risk.nodes, engine->pool.orders[slot].node, command->node))
        return REASON_NOT_OWNER;
    return REASON_NONE;
}

void orders_cancel(struct engine *engine, const struct command *command)
{
    uint32_t slot = pool_find(&engine->pool, command->target);
    struct verdict verdict = {.reason = orders_check_owner(engine, command, slot)};

    if (verdict.reason == REASON_NONE)
        live_end(engine, slot, EVENT_ORDER_CANCELED, REASON_REQUESTED);
    else
        report_cancel_rejected(engine, command, slot == SLOT_NONE ? NULL : &engine->pool.orders[slot], &verdict);
}
