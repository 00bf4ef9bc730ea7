#include "report.h"

void report_order(struct engine *engine, uint8_t type, const struct order *order, int64_t quantity, uint8_t flags)
{
    events_add(&engine->log, (struct event){
        .type = type,
        .order = order->id,
        .price = order->price,
        .quantity = quantity,
        .leaves = order->leaves,
        .instrument = order->instrument,
        .node = order->node,
        .side = order->side,
        .flags = flags,
    });
}

void report_end(struct engine *engine, uint8_t type, const struct order *order, enum reason reason)
{
    events_add(&engine->log, (struct event){
        .type = type,
        .order = order->id,
        .price = order->price,
        .quantity = order->leaves,
        .instrument = order->instrument,
        .node = order->node,
        .side = order->side,
        .reason = (uint8_t)reason,
    });
}

void report_trade(struct engine *engine, const struct order *order, int64_t price, int64_t quantity, uint8_t flags)
{
    events_add(&engine->log, (struct event){
        .type = EVENT_TRADE,
        .order = order->id,
        .price = price,
        .quantity = quantity,
        .leaves = order->leaves,
        .instrument = order->instrument,
        .node = order->node,
        .side = order->side,
        .flags = flags,
    });
}

static int has_figures(enum reason reason)
{
    return reason >= REASON_ORDER_QUANTITY_LIMIT && reason <= REASON_GROSS_EXPOSURE_LIMIT;
}

/* Replaces what was asked for by the figures of the limit that forbids it. */
static void add_figures(struct event *event, const struct verdict *verdict)
{
    if (!has_figures(verdict->reason))
        return;
    event->node = verdict->node;
    event->price = verdict->limit;
    event->leaves = verdict->used;
    event->quantity = verdict->asked;
}

void report_rejected(struct engine *engine, const struct command *command, const struct verdict *verdict)
{
    struct event event = {
        .type = EVENT_ORDER_REJECTED,
        .order = command->sequence,
        .price = command->price,
        .quantity = command->quantity,
        .instrument = command->instrument,
        .node = command->node,
        .side = command->side,
        .reason = (uint8_t)verdict->reason,
    };

    if (verdict->reason == REASON_DUPLICATE_CLIENT_ORDER)
        event.leaves = (int64_t)keys_find(&engine->keys, command->client_key);
    add_figures(&event, verdict);
    events_add(&engine->log, event);
}

void report_cancel_rejected(struct engine *engine, const struct command *command, const struct order *order,
                            const struct verdict *verdict)
{
    struct event event = {
        .type = EVENT_CANCEL_REJECTED,
        .order = command->target,
        .price = command->price,
        .quantity = command->quantity,
        .instrument = order == NULL ? ENGINE_NONE : order->instrument,
        .node = command->node,
        .side = order == NULL ? 0 : order->side,
        .reason = (uint8_t)verdict->reason,
    };

    add_figures(&event, verdict);
    events_add(&engine->log, event);
}

void report_control(struct engine *engine, const struct command *command, enum reason reason)
{
    events_add(&engine->log, (struct event){
        .type = reason == REASON_NONE ? EVENT_CONTROL_APPLIED : EVENT_CONTROL_REJECTED,
        .instrument = command->instrument,
        .node = command->node,
        .reason = (uint8_t)reason,
    });
}

void report_refused(struct engine *engine, const struct command *command)
{
    uint8_t type = EVENT_CONTROL_REJECTED;

    if (command->type == COMMAND_NEW_ORDER)
        type = EVENT_ORDER_REJECTED;
    if (command->type == COMMAND_CANCEL_ORDER || command->type == COMMAND_REPLACE_ORDER)
        type = EVENT_CANCEL_REJECTED;
    events_add(&engine->log, (struct event){
        .type = type,
        .instrument = command->instrument,
        .node = command->node,
        .reason = REASON_INVALID_COMMAND,
    });
}

static int is_touch(const struct touch *touch, uint32_t instrument, uint8_t side, int64_t price)
{
    return touch->price == price && touch->side == side && touch->instrument == instrument;
}

void report_touch(struct engine *engine, uint32_t instrument, uint8_t side, int64_t price)
{
    uint32_t count = engine->touch_count;

    if (count > 0 && is_touch(&engine->touches[count - 1], instrument, side, price))
        return;
    engine->touches[count] = (struct touch){.price = price, .instrument = instrument, .side = side};
    engine->touch_count = count + 1;
}

void report_levels(struct engine *engine)
{
    for (uint32_t i = 0; i < engine->touch_count; i++) {
        const struct touch *touch = &engine->touches[i];
        const struct book_level *level = book_find(&engine->books[touch->instrument], touch->side, touch->price);

        events_add(&engine->log, (struct event){
            .type = EVENT_BOOK_LEVEL,
            .instrument = touch->instrument,
            .node = ENGINE_NONE,
            .side = touch->side,
            .price = touch->price,
            .quantity = level == NULL ? 0 : level->quantity,
            .leaves = level == NULL ? 0 : level->orders,
        });
    }
    engine->touch_count = 0;
}
