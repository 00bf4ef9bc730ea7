#include "engine.h"

#include <stdlib.h>

#include "control.h"
#include "enter.h"
#include "expect.h"
#include "express.h"
#include "lines.h"
#include "list.h"
#include "orders.h"
#include "prefetch.h"
#include "report.h"
#include "state.h"

#define CAPACITY_MAX (UINT32_C(1) << 28)
#define ORIGIN_MAX (UINT64_C(1) << 62)
#define EVENTS_SPARE 65536

/* So many live orders, with all that belongs to them, the second cache holds: asking for all of that in advance costs more than waiting. */
#define CACHED_ORDERS 16384

/* The most events that one order or slice can cause in a command: its trade (two events, two fees), its place in the book
 * (two, as the next slice), its level and its end, and the trigger, release or slide that brought it there. */
#define EVENTS_AN_ORDER 12

/* The most that orders which follow the market can add, and what a command says besides. */
#define EVENTS_A_FOLLOWER (ENGINE_ROUNDS_MAX * 6)
#define EVENTS_A_COMMAND 64

_Static_assert(sizeof(struct command) == 64, "a command is 64 bytes in the journal");
_Static_assert(sizeof(struct event) == 64, "an event is 64 bytes in its array");

static int is_capacity(uint32_t capacity)
{
    return capacity >= 1 && capacity <= CAPACITY_MAX;
}

static int is_config(const struct engine_config *config)
{
    return is_capacity(config->orders) && is_capacity(config->instruments) && is_capacity(config->pages)
        && is_capacity(config->nodes) && is_capacity(config->positions) && is_capacity(config->client_keys)
        && is_capacity(config->extras) && config->feeds <= (FEED_TOP | FEED_LEVELS | FEED_ORDERS)
        && config->origin <= ORIGIN_MAX;
}

/* The most events that one command can cause, as things are. */
static uint64_t events_max(const struct engine *engine)
{
    uint64_t orders = engine->pool.used + engine->slices + 1;
    uint64_t followers = engine->extras.used; /* at most: a command may settle every instrument */

    return orders * EVENTS_AN_ORDER + followers * EVENTS_A_FOLLOWER + engine->instrument_count * 8 + EVENTS_A_COMMAND;
}

/* A large block costs address space, not memory: pages come when they are first written. */
static int init_log(struct engine *engine)
{
    const struct engine_config *config = &engine->config;
    uint64_t capacity = (uint64_t)config->orders * 2 * EVENTS_AN_ORDER + (uint64_t)config->extras * EVENTS_A_FOLLOWER
        + (uint64_t)config->instruments * 8 + EVENTS_A_COMMAND + EVENTS_SPARE;

    if (capacity > UINT32_MAX)
        return 0;
    engine->log.capacity = (uint32_t)capacity;
    engine->log.items = lines_new(capacity, sizeof *engine->log.items);
    if (engine->log.items == NULL)
        return 0;
    engine->log.next = engine->log.items;
    engine->log.spare = engine->log.items + EVENTS_SPARE;
    return 1;
}

static int init_arrays(struct engine *engine)
{
    const struct engine_config *config = &engine->config;

    engine->books = lines_new(config->instruments, sizeof *engine->books);
    engine->found = lines_new(config->orders, sizeof *engine->found);
    engine->found_ids = lines_new(config->orders, sizeof *engine->found_ids);
    engine->activations.capacity = config->orders;
    engine->activations.items = lines_new(config->orders, sizeof *engine->activations.items);
    return engine->books && engine->found && engine->found_ids && engine->activations.items;
}

static int init_parts(struct engine *engine)
{
    const struct engine_config *config = &engine->config;

    return init_log(engine) && init_arrays(engine) && pages_init(&engine->pages, config->pages)
        && pool_init(&engine->pool, config->orders) && extras_init(&engine->extras, config->extras)
        && keys_init(&engine->keys, config->client_keys) && risk_init(&engine->risk, config->nodes, config->positions);
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
    engine->feeds = config->feeds;
    engine->expiries = TREE_NONE;
    engine->next_expiry_ns = INT64_MAX;
    engine->sequence = engine->log.sequence = config->origin;
    engine->owed = (struct owed){.instrument = ENGINE_NONE, .prices = {-1, -1}};
    if (init_parts(engine))
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
    extras_free(&engine->extras);
    pool_free(&engine->pool);
    pages_free(&engine->pages);
    lines_free(engine->activations.items);
    lines_free(engine->found_ids);
    lines_free(engine->found);
    lines_free(engine->books);
    lines_free(engine->log.items);
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
    case COMMAND_ADVANCE_TIME:
        return REASON_NONE;
    case COMMAND_ORDER_TERMS:
        return control_order_terms(engine, command);
    case COMMAND_SET_BANDS:
        return control_set_bands(engine, command);
    case COMMAND_SET_PHASE:
        return control_set_phase(engine, command);
    case COMMAND_SET_GROUP:
        return control_set_group(engine, command);
    case COMMAND_SET_FEES:
        return control_set_fees(engine, command);
    case COMMAND_SET_REFERENCE_PRICE:
        return control_set_reference_price(engine, command);
    default:
        return REASON_INVALID_COMMAND;
    }
}

/* What a command leads to: orders that trigger or are released, books that settle, levels that are owed. */
static __attribute__((noinline)) void finish(struct engine *engine)
{
    if (engine->activations.count > 0)
        enter_activated(engine);
    if (engine->dirty_count > 0)
        enter_settle(engine);
    if (engine->owed.instrument != ENGINE_NONE)
        report_owed(engine);
}

/* Everything that is not about one order. */
static void run_other(struct engine *engine, const struct command *command)
{
    enum reason reason;

    switch (command->type) {
    case COMMAND_MASS_CANCEL:
        sweep_mass_cancel(engine, command);
        break;
    case COMMAND_DISCONNECT:
        sweep_disconnect(engine, command);
        break;
    case COMMAND_END_OF_DAY:
        sweep_end_of_day(engine, command);
        break;
    case COMMAND_INDICATE:
        reason = control_indicate(engine, command);
        if (reason != REASON_NONE)
            report_control(engine, command, reason);
        break;
    default:
        reason = run_control(engine, command);
        finish(engine);
        report_control(engine, command, reason);
    }
}

/* Whatever a command demands of the list and the terms that wait. */
static void settle_waiting(struct engine *engine, const struct command *command)
{
    if (engine->staged.count > 0 && command->type != COMMAND_ORDER_TERMS && !list_continues(engine, command))
        list_reject(engine, REASON_LIST_INCOMPLETE);
    if (engine->terms.is_set && command->type != COMMAND_NEW_ORDER)
        engine->terms = (struct terms){0};
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
    default:
        run_other(engine, command);
    }
}

/* Whether a command says what only a NEW_ORDER may. */
static int has_foreign_fields(const struct command *command)
{
    return command->type != COMMAND_NEW_ORDER && word_of(&command->type) >> 40 != 0;
}

/* Takes a command about which something may be special; or only what follows from one that has gone the short way. */
static __attribute__((noinline)) void take_long(struct engine *engine, const struct command *command, enum way way)
{
    if (way == WAY_OWING) {
        finish(engine);
        return;
    }
    if (engine->next_expiry_ns <= engine->time_ns)
        sweep_expired(engine);
    settle_waiting(engine, command);
    if (has_foreign_fields(command))
        report_refused(engine, command);
    else
        run(engine, command);
    finish(engine);
    engine->short_until_ns = engine->staged.count == 0 && !engine->terms.is_set ? engine->next_expiry_ns : 0;
}

/* Takes a command the short way, if it may go there. */
static inline enum way express(struct engine *engine, const struct command *command)
{
    if (command->type == COMMAND_NEW_ORDER)
        return express_new(engine, command);
    if (LIKELY(command->type == COMMAND_CANCEL_ORDER))
        return express_cancel(engine, command);
    return command->type == COMMAND_REPLACE_ORDER ? express_replace(engine, command) : WAY_LONG;
}

/* Takes a command in its turn; refuses one that comes again or late. */
static inline void take(struct engine *engine, const struct command *command)
{
    enum way way;

    engine->log.command = command->sequence;
    if (UNLIKELY(command->sequence <= engine->sequence)) {
        report_refused(engine, command);
        return;
    }
    engine->sequence = command->sequence;
    engine->time_ns = command->time_ns > engine->time_ns ? command->time_ns : engine->time_ns;
    way = LIKELY(engine->time_ns < engine->short_until_ns) ? express(engine, command) : WAY_LONG;
    if (UNLIKELY(way != WAY_DONE))
        take_long(engine, command, way);
}

/* Whether the array holds the worst that the next command can do. The spare part always does. */
static inline int has_room(const struct engine *engine)
{
    return LIKELY(engine->log.next <= engine->log.spare)
        || events_count(&engine->log) + events_max(engine) <= engine->log.capacity;
}

/* Asks for what a command will touch: little of it where the second cache holds all orders, for what costs nothing to fetch
 * costs something to ask for. */
static inline __attribute__((always_inline)) void look_ahead(const struct engine *engine, const struct command *commands,
                                                             uint32_t left, int is_far)
{
    if (LIKELY(left > PREFETCH_PLACE))
        prefetch_place(engine, commands + PREFETCH_PLACE);
    if (LIKELY(left > PREFETCH_ORDER)) {
        prefetch_order(engine, commands + PREFETCH_ORDER);
        if (is_far)
            prefetch_queue(engine, commands + PREFETCH_ORDER);
    }
    if (is_far && left > PREFETCH_NEIGHBOURS)
        prefetch_neighbours(engine, commands + PREFETCH_NEIGHBOURS);
}

/* Runs commands until the array of events may be full. Returns how many. */
static inline __attribute__((always_inline)) uint32_t take_ahead(struct engine *engine, const struct command *commands,
                                                                 uint32_t count, int is_far)
{
    uint32_t taken = 0;

    for (uint32_t i = 1; i < count && i <= PREFETCH_PLACE; i++)
        prefetch_place(engine, commands + i);
    while (taken < count && has_room(engine)) {
        look_ahead(engine, commands + taken, count - taken, is_far);
        take(engine, &commands[taken++]);
    }
    return taken;
}

uint32_t engine_process(struct engine *engine, const struct command *commands, uint32_t count, uint32_t *consumed)
{
    int is_far = engine->pool.used > CACHED_ORDERS;

    engine->log.next = engine->log.items;
    *consumed = is_far ? take_ahead(engine, commands, count, 1) : take_ahead(engine, commands, count, 0);
    return events_count(&engine->log);
}

uint32_t engine_step(struct engine *engine, const struct command *commands, uint32_t index)
{
    engine->log.next = engine->log.items;
    take(engine, &commands[index]);
    return events_count(&engine->log);
}

const struct event *engine_events(const struct engine *engine)
{
    return engine->log.items;
}

uint32_t engine_events_capacity(const struct engine *engine)
{
    return engine->log.capacity;
}
