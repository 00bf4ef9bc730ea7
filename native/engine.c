#include "engine.h"

#include <stdlib.h>

#include "control.h"
#include "orders.h"
#include "report.h"
#include "state.h"

#define PREFETCH_AHEAD 6
#define CAPACITY_MAX (UINT32_C(1) << 28)

_Static_assert(sizeof(struct command) == 64, "a command is 64 bytes in the journal");
_Static_assert(sizeof(struct event) == 64, "an event is 64 bytes in its array");

static int is_capacity(uint32_t capacity)
{
    return capacity >= 1 && capacity <= CAPACITY_MAX;
}

static int is_config(const struct engine_config *config)
{
    return is_capacity(config->orders) && is_capacity(config->instruments) && is_capacity(config->levels)
        && is_capacity(config->nodes) && is_capacity(config->positions) && is_capacity(config->client_keys);
}

/* The most events that one command can cause while `orders` are live: two a trade, or one a cancel, and a level for
 * each of them; the first event, the last one, and the levels that a replace leaves and enters. */
static uint64_t events_max(uint64_t orders)
{
    return 3 * orders + 8;
}

/* calloc() of a large block costs address space, not memory: pages come when they are first written. */
static int init_arrays(struct engine *engine)
{
    const struct engine_config *config = &engine->config;
    size_t levels = 2 * (size_t)config->levels;

    engine->log.capacity = (uint32_t)events_max(config->orders) + 65536;
    engine->log.items = calloc(engine->log.capacity, sizeof *engine->log.items);
    engine->touches = calloc((size_t)config->orders + 2, sizeof *engine->touches);
    engine->listings = calloc(config->instruments, sizeof *engine->listings);
    engine->books = calloc(config->instruments, sizeof *engine->books);
    engine->levels = calloc(config->instruments, levels * sizeof *engine->levels);
    return engine->log.items && engine->touches && engine->listings && engine->books && engine->levels;
}

struct engine *engine_new(const struct engine_config *config)
{
    struct engine *engine;

    if (!is_config(config))
        return NULL;
    engine = calloc(1, sizeof *engine);
    if (engine == NULL)
        return NULL;
    engine->config = *config;
    if (init_arrays(engine) && pool_init(&engine->pool, config->orders) && keys_init(&engine->keys, config->client_keys)
        && risk_init(&engine->risk, config->nodes, config->positions))
        return engine;
    engine_free(engine);
    return NULL;
}

void engine_free(struct engine *engine)
{
    if (engine == NULL)
        return;
    risk_free(&engine->risk);
    keys_free(&engine->keys);
    pool_free(&engine->pool);
    free(engine->levels);
    free(engine->books);
    free(engine->listings);
    free(engine->touches);
    free(engine->log.items);
    free(engine);
}

static enum reason run_control(struct engine *engine, const struct command *command)
{
    switch (command->type) {
    case COMMAND_LIST_INSTRUMENT:
        return control_list_instrument(engine, command);
    case COMMAND_SET_UNIT_VALUE:
        return control_set_unit_value(engine, command);
    case COMMAND_ADD_NODE:
        return control_add_node(engine, command);
    case COMMAND_SET_LIMIT:
        return control_set_limit(engine, command);
    case COMMAND_SET_TRADING_STATE:
        return control_set_trading_state(engine, command);
    default:
        return REASON_INVALID_COMMAND;
    }
}

static void run(struct engine *engine, const struct command *command)
{
    switch (command->type) {
    case COMMAND_NEW_ORDER:
        orders_new(engine, command);
        break;
    case COMMAND_CANCEL_ORDER:
        orders_cancel(engine, command);
        break;
    case COMMAND_REPLACE_ORDER:
        orders_replace(engine, command);
        break;
    case COMMAND_MASS_CANCEL:
        orders_mass_cancel(engine, command);
        break;
    case COMMAND_END_OF_DAY:
        orders_end_day(engine, command);
        break;
    default:
        report_control(engine, command, run_control(engine, command));
    }
    report_levels(engine);
}

/* Takes a command in its turn; refuses one that comes again or late, or that says what this engine cannot know. */
static void take(struct engine *engine, const struct command *command)
{
    int reserved = command->reserved[0] | command->reserved[1] | command->reserved[2];

    engine->log.command = command->sequence;
    if (command->sequence <= engine->sequence) {
        report_refused(engine, command);
        return;
    }
    engine->sequence = command->sequence;
    if (command->time_ns > engine->time_ns)
        engine->time_ns = command->time_ns;
    if (reserved != 0)
        report_refused(engine, command);
    else
        run(engine, command);
}

/* Starts the two memory reads that a command would wait for longest, while the ones before it run. */
static void prefetch(const struct engine *engine, const struct command *command)
{
    if (command->type == COMMAND_NEW_ORDER)
        index_prefetch(&engine->keys.index, command->client_key);
    else
        index_prefetch(&engine->pool.index, command->target);
}

static int has_room(const struct engine *engine)
{
    return engine->log.count + events_max(engine->pool.used) <= engine->log.capacity;
}

uint32_t engine_process(struct engine *engine, const struct command *commands, uint32_t count, uint32_t *consumed)
{
    uint32_t taken = 0;

    engine->log.count = 0;
    while (taken < count && has_room(engine)) {
        if (count - taken > PREFETCH_AHEAD)
            prefetch(engine, &commands[taken + PREFETCH_AHEAD]);
        take(engine, &commands[taken++]);
    }
    *consumed = taken;
    return engine->log.count;
}

const struct event *engine_events(const struct engine *engine)
{
    return engine->log.items;
}
