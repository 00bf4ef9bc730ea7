#include "control.h"

static void open_book(struct engine *engine, uint32_t instrument)
{
    size_t levels = engine->config.levels;
    struct book_level *first = &engine->levels[2 * levels * instrument];

    engine->books[instrument].sides[0].levels = first;
    engine->books[instrument].sides[1].levels = first + levels;
}

enum reason control_list_instrument(struct engine *engine, const struct command *command)
{
    uint32_t instrument = engine->instrument_count;

    if (command->instrument != instrument)
        return REASON_ALREADY_EXISTS;
    if (instrument == engine->config.instruments)
        return REASON_CAPACITY;
    if (!is_number(command->price))
        return REASON_INVALID_PRICE;
    if (!is_number(command->quantity))
        return REASON_INVALID_QUANTITY;
    engine->listings[instrument] = (struct listing){
        .reference_price = command->price,
        .unit_value = command->quantity,
    };
    open_book(engine, instrument);
    engine->instrument_count++;
    return REASON_NONE;
}

enum reason control_set_unit_value(struct engine *engine, const struct command *command)
{
    if (!is_listed(engine, command->instrument))
        return REASON_UNKNOWN_INSTRUMENT;
    if (!is_number(command->quantity))
        return REASON_INVALID_QUANTITY;
    engine->listings[command->instrument].unit_value = command->quantity;
    return REASON_NONE;
}

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

/* The slot of the pair that a command names, made if need be; PAIR_NONE when the table is full. */
static uint32_t pair_of(struct engine *engine, const struct command *command)
{
    struct path path;

    risk_path(&engine->risk, command->node, command->instrument, &path);
    if (!pairs_fit(&engine->risk.pairs, &path))
        return PAIR_NONE;
    pairs_complete(&engine->risk.pairs, command->instrument, &path);
    return path.pairs[0];
}

static enum reason limit_pair(struct engine *engine, const struct command *command)
{
    struct pairs *pairs = &engine->risk.pairs;
    uint32_t slot = pairs_find(pairs, command->node, command->instrument);

    if (slot == PAIR_NONE && command->quantity < 0)
        return REASON_NONE;
    slot = pair_of(engine, command);
    if (slot == PAIR_NONE)
        return REASON_CAPACITY;
    limits_put(&pairs->items[slot].limits, command->kind, command->quantity);
    pairs_prune(pairs, slot);
    return REASON_NONE;
}

static enum reason limit_node(struct engine *engine, const struct command *command)
{
    struct node *node = &engine->risk.nodes.items[command->node];

    if (command->kind == LIMIT_ORDER_RATE && command->quantity >= 0) {
        int64_t old_rate = limits_get(&node->limits, LIMIT_ORDER_RATE);

        bucket_change(&node->bucket, old_rate, command->quantity, engine->time_ns);
    }
    limits_put(&node->limits, command->kind, command->quantity);
    return REASON_NONE;
}

enum reason control_set_limit(struct engine *engine, const struct command *command)
{
    int has_instrument = command->instrument != ENGINE_NONE;

    if (command->kind < LIMIT_ORDER_QUANTITY || command->kind > LIMIT_GROSS_EXPOSURE)
        return REASON_INVALID_COMMAND;
    if (has_instrument ? !limits_may_have_instrument(command->kind) : !limits_may_lack_instrument(command->kind))
        return REASON_INVALID_COMMAND;
    if (!is_listed_or_none(engine, command->instrument))
        return REASON_UNKNOWN_INSTRUMENT;
    if (!is_node(engine, command->node))
        return REASON_UNKNOWN_NODE;
    return has_instrument ? limit_pair(engine, command) : limit_node(engine, command);
}

static enum reason state_of_pair(struct engine *engine, const struct command *command)
{
    struct pairs *pairs = &engine->risk.pairs;
    uint32_t slot = pairs_find(pairs, command->node, command->instrument);

    if (slot == PAIR_NONE && command->kind == STATE_ACTIVE)
        return REASON_NONE;
    slot = pair_of(engine, command);
    if (slot == PAIR_NONE)
        return REASON_CAPACITY;
    pairs->items[slot].state = command->kind;
    pairs_prune(pairs, slot);
    return REASON_NONE;
}

enum reason control_set_trading_state(struct engine *engine, const struct command *command)
{
    if (command->kind > STATE_HALTED)
        return REASON_INVALID_COMMAND;
    if (!is_listed_or_none(engine, command->instrument))
        return REASON_UNKNOWN_INSTRUMENT;
    if (!is_node(engine, command->node))
        return REASON_UNKNOWN_NODE;
    if (command->instrument != ENGINE_NONE)
        return state_of_pair(engine, command);
    engine->risk.nodes.items[command->node].state = command->kind;
    return REASON_NONE;
}
