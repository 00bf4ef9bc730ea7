#include "report.h"

static const struct queue EMPTY = {.head = SLOT_NONE, .tail = SLOT_NONE};

/* Micro-units of `value` at a rate in millionths, rounded up. */
static int64_t fee_of(int64_t value, int32_t rate)
{
    wide product = (wide)value * rate;
    wide fee = product / 1000000;

    return value_saturate(product > 0 && product % 1000000 != 0 ? fee + 1 : fee);
}

void report_fee(struct engine *engine, const struct order *order, int64_t price, int64_t quantity, uint8_t flags,
                int is_maker)
{
    const struct fees *fees = risk_fees(&engine->risk, order->node, order->instrument);
    int64_t value = value_micro(quantity, price, engine->books[order->instrument].listing.unit_value);
    int32_t rate;

    if (fees == NULL)
        return;
    rate = is_maker ? fees->maker : fees->taker;
    events_add(&engine->log, (struct event){
        .type = EVENT_FEE,
        .order = order->id,
        .price = rate,
        .quantity = fee_of(value, rate),
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

void report_phase(struct engine *engine, uint32_t instrument, uint8_t from, uint8_t to, enum reason reason)
{
    events_add(&engine->log, (struct event){
        .type = EVENT_PHASE_CHANGED,
        .instrument = instrument,
        .node = ENGINE_NONE,
        .quantity = to,
        .leaves = from,
        .reason = (uint8_t)reason,
    });
}

void report_auction(struct engine *engine, uint32_t instrument, int64_t price, int64_t volume, int64_t imbalance,
                    uint8_t flags)
{
    events_add(&engine->log, (struct event){
        .type = EVENT_AUCTION,
        .instrument = instrument,
        .node = ENGINE_NONE,
        .price = price,
        .quantity = volume,
        .leaves = imbalance,
        .flags = flags,
    });
}

void report_shown(struct engine *engine, const struct order *order, int64_t shown, uint8_t flags)
{
    events_add(&engine->log, (struct event){
        .type = EVENT_BOOK_ORDER,
        .order = order->id,
        .price = order->price,
        .quantity = shown,
        .instrument = order->instrument,
        .node = ENGINE_NONE,
        .side = order->side,
        .flags = flags,
    });
}

void report_level(struct engine *engine, uint8_t side)
{
    struct owed *owed = &engine->owed;
    const struct queue *queue = owed->queues[side - 1];

    if (owed->prices[side - 1] < 0)
        return;
    if (engine->feeds & FEED_LEVELS) {
        events_add(&engine->log, (struct event){
            .type = EVENT_BOOK_LEVEL,
            .instrument = owed->instrument,
            .node = ENGINE_NONE,
            .side = side,
            .price = owed->prices[side - 1],
            .quantity = queue->shown,
            .leaves = queue->orders,
        });
    }
    owed->prices[side - 1] = -1;
}

/* The best level of a side as it is now. */
static struct top top_of(const struct engine *engine, const struct ladder *ladder)
{
    const struct queue *queue;

    if (ladder->best_price == 0)
        return (struct top){0};
    queue = page_queue(&engine->pages, ladder->best_page, ladder->best_price);
    return (struct top){.price = ladder->best_price, .shown = queue->shown, .orders = queue->orders};
}

static void report_top(struct engine *engine, uint32_t instrument, uint8_t side)
{
    struct book *book = &engine->books[instrument];
    struct top *told = &book->told[side - 1];
    struct top now = top_of(engine, book_side(book, side));

    if (told->price == now.price && told->shown == now.shown && told->orders == now.orders)
        return;
    *told = now;
    events_add(&engine->log, (struct event){
        .type = EVENT_BOOK_TOP,
        .instrument = instrument,
        .node = ENGINE_NONE,
        .side = side,
        .price = now.price,
        .quantity = now.shown,
        .leaves = now.orders,
    });
}

void report_owed(struct engine *engine)
{
    if (engine->owed.instrument == ENGINE_NONE)
        return;
    report_level(engine, SIDE_BUY);
    report_level(engine, SIDE_SELL);
    if (engine->feeds & FEED_TOP) {
        report_top(engine, engine->owed.instrument, SIDE_BUY);
        report_top(engine, engine->owed.instrument, SIDE_SELL);
    }
    engine->owed.instrument = ENGINE_NONE;
}

void report_feeds(struct engine *engine, const struct order *order, struct level level, int64_t shown, uint8_t flags)
{
    report_book_order(engine, order, shown, flags);
    if (engine->feeds & FEED_LEVELS)
        report_one_level(engine, order, level);
    if (engine->feeds & FEED_TOP) {
        report_top(engine, order->instrument, SIDE_BUY);
        report_top(engine, order->instrument, SIDE_SELL);
    }
}

void report_forget(struct engine *engine, const struct page *page)
{
    const struct queue *first = page->queues;

    for (int i = 0; i < 2; i++) {
        const struct queue *queue = engine->owed.queues[i];

        if (engine->owed.prices[i] >= 0 && queue >= first && queue < first + PAGE_LEVELS)
            engine->owed.queues[i] = &EMPTY;
    }
}
