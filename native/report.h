/* report.h - how the engine says what happened: events about orders, commands and books. */
#ifndef TICKMESH_REPORT_H
#define TICKMESH_REPORT_H

#include "state.h"

/* An event about an order, with its price and leaves as they are now. */
static inline void report_order(struct engine *engine, uint8_t type, const struct order *order, int64_t quantity,
                                enum reason reason, uint8_t flags)
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
        .reason = (uint8_t)reason,
        .flags = flags,
    });
}

/* The end of `quantity` lots of an order that has no others left. */
static inline void report_end(struct engine *engine, uint8_t type, const struct order *order, int64_t quantity,
                              enum reason reason)
{
    events_add(&engine->log, (struct event){
        .type = type,
        .order = order->id,
        .price = order->price,
        .quantity = quantity,
        .instrument = order->instrument,
        .node = order->node,
        .side = order->side,
        .reason = (uint8_t)reason,
    });
}

/* One side of a trade. */
static inline void report_trade(struct engine *engine, const struct order *order, int64_t price, int64_t quantity,
                                uint8_t flags)
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

/* The fee of one side of a trade, where a rate stands. `is_maker` chooses the rate. */
void report_fee(struct engine *engine, const struct order *order, int64_t price, int64_t quantity, uint8_t flags,
                int is_maker);

/* The refusal of a new order, with the figures of a limit if one was exceeded. */
void report_rejected(struct engine *engine, const struct command *command, const struct verdict *verdict);

/* INVALID_COMMAND for a command that was not even looked at. It names no order: an id that does not rise may be
 * that of a live one. */
void report_refused(struct engine *engine, const struct command *command);

/* The refusal of a cancel or replace. `order` is the target, or NULL when there is none. */
void report_cancel_rejected(struct engine *engine, const struct command *command, const struct order *order,
                            const struct verdict *verdict);

/* The outcome of a control command; REASON_NONE says that it took effect. */
void report_control(struct engine *engine, const struct command *command, enum reason reason);

/* An instrument has gone to another phase. */
void report_phase(struct engine *engine, uint32_t instrument, uint8_t from, uint8_t to, enum reason reason);

/* What an auction gave, or would give. */
void report_auction(struct engine *engine, uint32_t instrument, int64_t price, int64_t volume, int64_t imbalance,
                    uint8_t flags);

/* FEED_ORDERS: the lots that an order shows have changed. */
void report_shown(struct engine *engine, const struct order *order, int64_t shown, uint8_t flags);

static inline void report_book_order(struct engine *engine, const struct order *order, int64_t shown, uint8_t flags)
{
    if (engine->feeds & FEED_ORDERS)
        report_shown(engine, order, shown, flags);
}

/* Tells the level of an order at once. */
static inline __attribute__((always_inline)) void report_one_level(struct engine *engine, const struct order *order,
                                                                   struct level level)
{
    struct event *event = events_next(&engine->log);

    event->order = 0;
    event->price = level.price;
    event->quantity = level.quantity;
    event->leaves = level.orders;
    event->instrument = order->instrument;
    event->node = ENGINE_NONE;
    event_small(event, EVENT_BOOK_LEVEL, order->side, REASON_NONE, 0);
}

/* Tells all feeds of an order that has come, gone or shrunk while nothing is owed: what it shows, its level, the top. */
void report_feeds(struct engine *engine, const struct order *order, struct level level, int64_t shown, uint8_t flags);

/* Tells what is owed of one instrument's levels and top, and owes nothing any more. */
void report_owed(struct engine *engine);

/* Tells the level of one side that is owed. */
void report_level(struct engine *engine, uint8_t side);

/* Notes that a level, whose queue is `queue`, changes; tells the one of its side that was noted before. */
static inline void report_touch(struct engine *engine, uint32_t instrument, uint8_t side, int64_t price,
                                const struct queue *queue)
{
    struct owed *owed = &engine->owed;

    if (owed->instrument != instrument) {
        report_owed(engine);
        owed->instrument = instrument;
    }
    if (owed->prices[side - 1] != price) {
        report_level(engine, side);
        owed->prices[side - 1] = price;
    }
    owed->queues[side - 1] = queue;
}

/* A page is about to go: queues of it that are owed stand for empty levels from here on. */
void report_forget(struct engine *engine, const struct page *page);

#endif
