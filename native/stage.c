/* stage.c - what stands on nodes and on their pairs: limits, trading states, groups, fees. */
#include "control.h"

#define RATE_MAX 1000000 /* millionths: the whole value of a trade */

enum reason control_add_node(struct engine *engine, const struct command *command)
{
    struct nodes *nodes = &engine->risk.nodes;
    int is_firm = nodes->count == 0;

    if (command->node != nodes->count)
        return REASON_ALREADY_EXISTS;
    if (nodes->count == nodes->capacity)
        return REASON_CAPACITY;
    if (is_firm ? command->target != ENGINE_NONE : command->target >= nodes->count)
        return REASON_UNKNOWN_NODE;
    if (!is_firm && nodes->items[command->target].depth == ENGINE_DEPTH_MAX)
        return REASON_CAPACITY;
    nodes_add(nodes, (uint32_t)command->target);
    return REASON_NONE;
}

enum reason control_set_group(struct engine *engine, const struct command *command)
{
    if (!is_node(engine, command->node))
        return REASON_UNKNOWN_NODE;
    if (command->quantity < 0 || command->quantity > UINT32_MAX)
        return REASON_INVALID_QUANTITY;
    engine->risk.nodes.items[command->node].group = (uint32_t)command->quantity;
    return REASON_NONE;
}

/* UNKNOWN_INSTRUMENT or UNKNOWN_NODE where a command names what is not there. */
static enum reason check_place(const struct engine *engine, const struct command *command)
{
    if (!is_listed_or_none(engine, command->instrument))
        return REASON_UNKNOWN_INSTRUMENT;
    return is_node(engine, command->node) ? REASON_NONE : REASON_UNKNOWN_NODE;
}

/* Stores the slot of the pair that a command names, made if need be, in `*slot`: PAIR_NONE when something is to be
 * removed of a pair that does not exist. Fails with CAPACITY. */
static enum reason open_pair(struct engine *engine, const struct command *command, int removes, uint32_t *slot)
{
    struct pairs *pairs = &engine->risk.pairs;
    struct path path;

    *slot = pairs_find(pairs, command->node, command->instrument);
    if (*slot != PAIR_NONE || removes)
        return REASON_NONE;
    risk_path(&engine->risk, command->node, command->instrument, &path);
    if (!pairs_fit(pairs, &path))
        return REASON_CAPACITY;
    pairs_complete(pairs, command->instrument, &path);
    *slot = path.pairs[0];
    return REASON_NONE;
}

/* Notes whether something stands on a pair, and frees the pair if nothing keeps it any more. */
static void set_stands(struct pairs *pairs, uint32_t slot, uint32_t bit, int stands)
{
    if (stands)
        pairs->items[slot].stands |= bit;
    else
        pairs->items[slot].stands &= ~bit;
    pairs_prune(pairs, slot);
}

static enum reason limit_pair(struct engine *engine, const struct command *command)
{
    struct pairs *pairs = &engine->risk.pairs;
    int removes = command->quantity < 0;
    int64_t value = removes ? 0 : command->quantity;
    uint32_t slot;
    enum reason reason = open_pair(engine, command, removes, &slot);

    if (reason != REASON_NONE || slot == PAIR_NONE)
        return reason;
    if (command->kind == LIMIT_ORDER_QUANTITY)
        pairs->terms[slot].quantity_max = value;
    if (command->kind == LIMIT_ORDER_NOTIONAL)
        pairs->terms[slot].notional_max = value;
    if (command->kind == LIMIT_PRICE_COLLAR)
        pairs->terms[slot].collar = value;
    if (command->kind == LIMIT_POSITION)
        pair_limit_position(&pairs->items[slot], &pairs->terms[slot], removes ? ENGINE_POSITION_MAX : value);
    set_stands(pairs, slot, STANDS(command->kind), !removes);
    return REASON_NONE;
}

static void limit_node(struct engine *engine, const struct command *command)
{
    struct node *node = &engine->risk.nodes.items[command->node];
    int64_t value = command->quantity < 0 ? -1 : command->quantity;

    if (command->kind == LIMIT_ORDER_NOTIONAL)
        node->notional_max = value;
    if (command->kind == LIMIT_GROSS_EXPOSURE)
        node_limit_exposure(node, value);
    if (command->kind != LIMIT_ORDER_RATE)
        return;
    if (value >= 0)
        bucket_change(&node->bucket, node->rate, value, engine->time_ns);
    else
        node->bucket = (struct bucket){0};
    node_limit_rate(node, value);
}

enum reason control_set_limit(struct engine *engine, const struct command *command)
{
    int has_instrument = command->instrument != ENGINE_NONE;
    enum reason reason;

    if (command->kind < LIMIT_ORDER_QUANTITY || command->kind > LIMIT_GROSS_EXPOSURE)
        return REASON_INVALID_COMMAND;
    if (has_instrument ? !limits_may_have_instrument(command->kind) : !limits_may_lack_instrument(command->kind))
        return REASON_INVALID_COMMAND;
    reason = check_place(engine, command);
    if (reason != REASON_NONE)
        return reason;
    if (has_instrument)
        reason = limit_pair(engine, command);
    else
        limit_node(engine, command);
    risk_touch(&engine->risk);
    return reason;
}

static enum reason state_of_pair(struct engine *engine, const struct command *command)
{
    uint32_t slot;
    enum reason reason = open_pair(engine, command, command->kind == STATE_ACTIVE, &slot);

    if (reason != REASON_NONE || slot == PAIR_NONE)
        return reason;
    engine->risk.pairs.terms[slot].state = command->kind;
    set_stands(&engine->risk.pairs, slot, STANDS_STATE, command->kind != STATE_ACTIVE);
    return REASON_NONE;
}

enum reason control_set_trading_state(struct engine *engine, const struct command *command)
{
    enum reason reason;

    if (command->kind > STATE_HALTED)
        return REASON_INVALID_COMMAND;
    reason = check_place(engine, command);
    if (reason != REASON_NONE)
        return reason;
    if (command->instrument != ENGINE_NONE)
        reason = state_of_pair(engine, command);
    else
        engine->risk.nodes.items[command->node].state = command->kind;
    risk_touch(&engine->risk);
    return reason;
}

/* Sets or removes the fees of one place, and counts the places that have some. */
static void put_fees(struct risk *risk, struct fees *fees, const struct command *command)
{
    int sets = command->kind == 0;

    risk->has_fees += (uint32_t)sets - (uint32_t)fees->is_set;
    *fees = (struct fees){0};
    if (sets)
        *fees = (struct fees){.maker = (int32_t)command->price, .taker = (int32_t)command->quantity, .is_set = 1};
}

static enum reason fees_of_pair(struct engine *engine, const struct command *command)
{
    struct risk *risk = &engine->risk;
    uint32_t slot;
    enum reason reason = open_pair(engine, command, command->kind == 1, &slot);

    if (reason != REASON_NONE || slot == PAIR_NONE)
        return reason;
    put_fees(risk, &risk->pairs.terms[slot].fees, command);
    set_stands(&risk->pairs, slot, STANDS_FEES, command->kind == 0);
    return REASON_NONE;
}

static int is_rate(int64_t rate)
{
    return rate >= -RATE_MAX && rate <= RATE_MAX;
}

enum reason control_set_fees(struct engine *engine, const struct command *command)
{
    enum reason reason;

    if (command->kind > 1)
        return REASON_INVALID_COMMAND;
    reason = check_place(engine, command);
    if (reason != REASON_NONE)
        return reason;
    if (command->kind == 0 && !is_rate(command->price))
        return REASON_INVALID_PRICE;
    if (command->kind == 0 && !is_rate(command->quantity))
        return REASON_INVALID_QUANTITY;
    if (command->instrument != ENGINE_NONE)
        return fees_of_pair(engine, command);
    put_fees(&engine->risk, &engine->risk.nodes.items[command->node].fees, command);
    return REASON_NONE;
}
