#include "list.h"

#include <assert.h>

#include "admit.h"
#include "expiry.h"
#include "live.h"
#include "place.h"
#include "report.h"

int list_continues(const struct engine *engine, const struct command *command)
{
    const struct staged *staged = &engine->staged;
    const struct command *last = &staged->commands[staged->count - 1];

    assert(staged->count > 0);
    return command->type == COMMAND_NEW_ORDER && command->contingency == last->contingency
        && command->more + 1 == last->more;
}

static void reject_one(struct engine *engine, const struct command *command, enum reason reason)
{
    struct verdict verdict = {.reason = reason};

    report_rejected(engine, command, &verdict);
}

void list_reject(struct engine *engine, enum reason reason)
{
    for (uint32_t i = 0; i < engine->staged.count; i++)
        reject_one(engine, &engine->staged.commands[i], reason);
    engine->staged.count = 0;
}

/* Whether a first order may begin a list: whether so many may follow it. */
static int may_begin(const struct command *command)
{
    if (command->contingency == CONTINGENCY_BRACKET)
        return command->more == 2 || command->more == 3;
    return command->more >= 1 && command->more <= 3;
}

static uint8_t role_of(const struct command *command, uint32_t place)
{
    if (command->contingency == CONTINGENCY_OCO)
        return ROLE_OCO;
    if (place == 0)
        return ROLE_PARENT;
    return command->contingency == CONTINGENCY_OTO ? ROLE_HELD : ROLE_HELD_BRACKET;
}

/* Whether an order fits those of the list that came before it. */
static int fits(const struct staged *staged, const struct command *command)
{
    uint8_t role = role_of(command, staged->count);
    const struct command *before;

    if ((role == ROLE_OCO || role == ROLE_HELD_BRACKET) && command->kind == ORDER_MARKET)
        return 0;
    if (staged->count == 0)
        return may_begin(command);
    before = &staged->commands[staged->count - 1];
    if (command->instrument != before->instrument || command->node != before->node)
        return 0;
    if (role == ROLE_OCO || (role == ROLE_HELD_BRACKET && staged->count > 1))
        return command->side == before->side;
    return 1;
}

/* Takes back an order that was stored on the way to a decision. */
static void take_back(struct engine *engine, uint32_t slot)
{
    struct order *order = &engine->pool.orders[slot];
    struct extra *extra = extra_of(engine, order);
    int64_t lots = order->leaves;

    extra->ring = slot;
    extra->role = ROLE_NONE;
    place_lose(engine, order, lots);
    if (order->pair != PAIR_NONE)
        risk_release(&engine->risk, &book_of(engine, order)->listing, order->pair, order->side, lots);
    live_free(engine, slot);
}

/* One order after the other is looked at and stored, until one is refused. Returns how many were stored. */
static uint32_t store_all(struct engine *engine, struct draft *drafts, uint32_t *slots, struct verdict *verdict)
{
    struct staged *staged = &engine->staged;

    for (uint32_t i = 0; i < staged->count; i++) {
        drafts[i] = (struct draft){
            .command = &staged->commands[i],
            .terms = &staged->terms[i],
            .price = staged->commands[i].price,
            .pair = PAIR_NONE,
            .role = role_of(&staged->commands[i], i),
        };
        *verdict = admit_check(engine, &drafts[i]);
        if (verdict->reason != REASON_NONE)
            return i;
        slots[i] = admit_store(engine, &drafts[i]);
    }
    return staged->count;
}

static void reject_all(struct engine *engine, uint32_t refused, const struct verdict *verdict)
{
    for (uint32_t i = 0; i < engine->staged.count; i++) {
        if (i == refused)
            report_rejected(engine, &engine->staged.commands[i], verdict);
        else
            reject_one(engine, &engine->staged.commands[i], REASON_LIST_REJECTED);
    }
}

static void accept_all(struct engine *engine, const struct draft *drafts, const uint32_t *slots)
{
    uint32_t count = engine->staged.count;

    for (uint32_t i = 0; i < count; i++) {
        const struct order *order = &engine->pool.orders[slots[i]];

        extra_of(engine, order)->ring = slots[i + 1 == count ? 0 : i + 1];
        admit_report(engine, &drafts[i], order);
        place_wait(engine, slots[i]);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (drafts[i].role == ROLE_OCO || drafts[i].role == ROLE_PARENT)
            live_activate(engine, slots[i], CAUSE_ENTERING);
    }
}

static void decide(struct engine *engine)
{
    struct draft drafts[ENGINE_LEGS_MAX];
    uint32_t slots[ENGINE_LEGS_MAX];
    struct verdict verdict = {.reason = REASON_NONE};
    uint32_t stored = store_all(engine, drafts, slots, &verdict);

    if (stored == engine->staged.count) {
        accept_all(engine, drafts, slots);
    } else {
        for (uint32_t i = stored; i > 0; i--)
            take_back(engine, slots[i - 1]);
        reject_all(engine, stored, &verdict);
    }
    engine->staged.count = 0;
}

void list_add(struct engine *engine, const struct command *command, const struct terms *terms)
{
    struct staged *staged = &engine->staged;

    if (!fits(staged, command)) {
        list_reject(engine, REASON_LIST_INCOMPLETE);
        reject_one(engine, command, REASON_INVALID_COMMAND);
        return;
    }
    staged->commands[staged->count] = *command;
    staged->terms[staged->count] = *terms;
    staged->count++;
    if (command->more == 0)
        decide(engine);
}
