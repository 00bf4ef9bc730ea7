/* sweep.c - the commands that end many orders at once, and time, which does so too. */
#include <assert.h>

#include "collect.h"
#include "expiry.h"
#include "live.h"
#include "orders.h"

#define ENDS_AHEAD 8

/* Which orders a sweep ends, how it calls that, and what it checks. */
struct sweep {
    int (*wants)(const struct engine *engine, const struct collection *collection, const struct order *order);
    uint8_t type; /* of the event that ends an order */
    enum reason reason;
    uint8_t side_max;
    int has_node;
};

static int is_asked(const struct engine *engine, const struct command *command, const struct order *order)
{
    return (command->side == 0 || command->side == order->side)
        && nodes_is_within(&engine->risk.nodes, order->node, command->node);
}

static int wants_any(const struct engine *engine, const struct collection *collection, const struct order *order)
{
    return is_asked(engine, collection->command, order);
}

static int wants_connected(const struct engine *engine, const struct collection *collection, const struct order *order)
{
    return (order->flags & FLAG_CANCEL_ON_DISCONNECT) != 0 && is_asked(engine, collection->command, order);
}

static int wants_of_today(const struct engine *engine, const struct collection *collection, const struct order *order)
{
    uint8_t time_in_force = order->time_in_force;

    (void)engine;
    (void)collection;
    return time_in_force == TIF_DAY || time_in_force == TIF_AT_THE_OPENING || time_in_force == TIF_AT_THE_CLOSE
        || time_in_force == TIF_GOOD_FOR_AUCTION;
}

static void find(struct engine *engine, struct collection *collection)
{
    const struct command *command = collection->command;
    int is_all = command->instrument == ENGINE_NONE;
    uint32_t first = is_all ? 0 : command->instrument;
    uint32_t end = is_all ? engine->instrument_count : command->instrument + 1;

    for (uint32_t instrument = first; instrument < end; instrument++) {
        const struct book *book = &engine->books[instrument];

        if (command->side != SIDE_SELL)
            collect_side(engine, collection, book, SIDE_BUY);
        if (command->side != SIDE_BUY)
            collect_side(engine, collection, book, SIDE_SELL);
        collect_waiting(engine, collection, book);
    }
}

/* Asks for an order that comes to its end some orders later. */
static inline __attribute__((always_inline)) void prefetch_found(const struct engine *engine, uint32_t i)
{
    uint32_t slot = engine->found[i];

    __builtin_prefetch(&engine->pool.orders[slot], 1);
    __builtin_prefetch(&engine->pool.links[slot], 1);
    directory_prefetch(&engine->pool.directory, engine->found_ids[i]);
}

/* Returns how many orders it ended itself. */
static int64_t end_all(struct engine *engine, const struct sweep *sweep, const struct collection *collection)
{
    int64_t ended = 0;

    for (uint32_t i = 0; i < collection->count; i++) {
        uint32_t slot = collected(engine, i);

        if (i + ENDS_AHEAD < collection->count)
            prefetch_found(engine, i + ENDS_AHEAD);
        if (slot == SLOT_NONE)
            continue;
        live_end(engine, slot, sweep->type, sweep->reason);
        ended++;
    }
    return ended;
}

static void run(struct engine *engine, const struct sweep *sweep, const struct command *command)
{
    struct collection collection = {.wants = sweep->wants, .command = command};
    int64_t ended;

    find(engine, &collection);
    ended = end_all(engine, sweep, &collection);
    report_owed(engine);
    events_add(&engine->log, (struct event){
        .type = EVENT_MASS_CANCELED,
        .quantity = ended,
        .instrument = command->instrument,
        .node = sweep->has_node ? command->node : ENGINE_NONE,
        .side = command->side,
    });
}

static void check_and_run(struct engine *engine, const struct sweep *sweep, const struct command *command)
{
    if (command->side > sweep->side_max)
        report_control(engine, command, REASON_INVALID_COMMAND);
    else if (!is_listed_or_none(engine, command->instrument))
        report_control(engine, command, REASON_UNKNOWN_INSTRUMENT);
    else if (sweep->has_node && !is_node(engine, command->node))
        report_control(engine, command, REASON_UNKNOWN_NODE);
    else
        run(engine, sweep, command);
}

void sweep_mass_cancel(struct engine *engine, const struct command *command)
{
    static const struct sweep SWEEP = {
        .wants = wants_any,
        .type = EVENT_ORDER_CANCELED,
        .reason = REASON_MASS_CANCEL,
        .side_max = SIDE_SELL,
        .has_node = 1,
    };

    check_and_run(engine, &SWEEP, command);
}

void sweep_disconnect(struct engine *engine, const struct command *command)
{
    static const struct sweep SWEEP = {
        .wants = wants_connected,
        .type = EVENT_ORDER_CANCELED,
        .reason = REASON_DISCONNECTED,
        .side_max = SIDE_SELL,
        .has_node = 1,
    };

    check_and_run(engine, &SWEEP, command);
}

void sweep_end_of_day(struct engine *engine, const struct command *command)
{
    static const struct sweep SWEEP = {.wants = wants_of_today, .type = EVENT_ORDER_EXPIRED};

    check_and_run(engine, &SWEEP, command);
}

void sweep_expired(struct engine *engine)
{
    uint32_t slot = expiry_due(engine);

    for (uint32_t left = engine->extras.used; slot != SLOT_NONE && left > 0; left--) {
        live_end(engine, slot, EVENT_ORDER_EXPIRED, REASON_NONE);
        slot = expiry_due(engine);
    }
    assert(slot == SLOT_NONE);
}
