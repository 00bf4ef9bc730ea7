/* sweep.c - the commands that end many orders at once. */
#include <assert.h>

#include "match.h"
#include "orders.h"
#include "report.h"

/* Which orders a sweep ends, and how. */
struct sweep {
    const struct command *command;
    uint8_t type;       /* of the event that ends an order */
    enum reason reason;
    int64_t ended;      /* orders so far */
};

static int matches(const struct engine *engine, const struct sweep *sweep, const struct order *order)
{
    if (sweep->type == EVENT_ORDER_EXPIRED)
        return order->time_in_force == TIF_DAY;
    return nodes_is_within(&engine->risk.nodes, order->node, sweep->command->node);
}

static void sweep_level(struct engine *engine, struct sweep *sweep, const struct book_level *level)
{
    uint32_t slot = level->head;
    uint32_t orders = level->orders;

    for (uint32_t i = 0; i < orders; i++) {
        const struct order *order = &engine->pool.orders[slot];
        uint32_t next = order->next;

        if (matches(engine, sweep, order)) {
            report_end(engine, sweep->type, order, sweep->reason);
            match_remove(engine, slot);
            sweep->ended++;
        }
        slot = next;
    }
    assert(slot == POOL_NONE);
}

/* From the best level at the end of the array to the worst: a level that goes moves better ones only. */
static void sweep_side(struct engine *engine, struct sweep *sweep, uint32_t instrument, uint8_t side)
{
    const struct book_side *levels = book_side(&engine->books[instrument], side);

    for (uint32_t i = levels->count; i > 0; i--)
        sweep_level(engine, sweep, &levels->levels[i - 1]);
}

static void sweep_books(struct engine *engine, struct sweep *sweep)
{
    const struct command *command = sweep->command;
    int is_all = command->instrument == ENGINE_NONE;
    uint32_t first = is_all ? 0 : command->instrument;
    uint32_t end = is_all ? engine->instrument_count : command->instrument + 1;

    for (uint32_t instrument = first; instrument < end; instrument++) {
        if (command->side != SIDE_SELL)
            sweep_side(engine, sweep, instrument, SIDE_BUY);
        if (command->side != SIDE_BUY)
            sweep_side(engine, sweep, instrument, SIDE_SELL);
    }
}

static void sweep_run(struct engine *engine, struct sweep *sweep, uint32_t node)
{
    sweep_books(engine, sweep);
    report_levels(engine);
    events_add(&engine->log, (struct event){
        .type = EVENT_MASS_CANCELED,
        .quantity = sweep->ended,
        .instrument = sweep->command->instrument,
        .node = node,
        .side = sweep->command->side,
    });
}

void orders_mass_cancel(struct engine *engine, const struct command *command)
{
    struct sweep sweep = {.command = command, .type = EVENT_ORDER_CANCELED, .reason = REASON_MASS_CANCEL};

    if (command->side > SIDE_SELL)
        report_control(engine, command, REASON_INVALID_COMMAND);
    else if (!is_listed_or_none(engine, command->instrument))
        report_control(engine, command, REASON_UNKNOWN_INSTRUMENT);
    else if (!is_node(engine, command->node))
        report_control(engine, command, REASON_UNKNOWN_NODE);
    else
        sweep_run(engine, &sweep, command->node);
}

void orders_end_day(struct engine *engine, const struct command *command)
{
    struct sweep sweep = {.command = command, .type = EVENT_ORDER_EXPIRED, .reason = REASON_NONE};

    if (command->side != 0)
        report_control(engine, command, REASON_INVALID_COMMAND);
    else if (!is_listed_or_none(engine, command->instrument))
        report_control(engine, command, REASON_UNKNOWN_INSTRUMENT);
    else
        sweep_run(engine, &sweep, ENGINE_NONE);
}
