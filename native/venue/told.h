/* told.h - an order as a report tells it. */
#ifndef TICKMESH_VENUE_TOLD_H
#define TICKMESH_VENUE_TOLD_H

#include <string.h>

#include "inside.h"

/* Fills a report with an order as it is; nothing has happened to it yet. Field by field: setting all to
 * zero first takes as long as the rest. */
static inline void told_order(struct report *report, const struct live *order)
{
    report->sequence = 0;
    report->command = 0;
    report->order = order->id;
    report->time_ns = 0;
    report->submit_time_ns = order->submit_time_ns;
    report->quantity = order->quantity;
    report->price = order->price;
    report->leaves = order->leaves;
    report->cumulative = order->cumulative;
    report->value_low = order->value_low;
    report->value_high = order->value_high;
    report->last_lots = 0;
    report->last_ticks = 0;
    report->trade = 0;
    report->limit = 0;
    report->used = 0;
    report->asked = 0;
    report->key = order->key;
    report->instrument = order->instrument;
    report->node = order->node;
    report->limit_node = ENGINE_NONE;
    report->exec_type = 0;
    report->status = order->status;
    report->liquidity = LIQUIDITY_NONE;
    report->reason = REASON_NONE;
    report->side = order->side;
    report->kind = order->kind;
    report->time_in_force = order->time_in_force;
    report->flags = order->flags;
    report->text_length = order->text_length;
    memset(report->reserved, 0, sizeof report->reserved);
    memcpy(report->text, order->text, sizeof report->text);
}

#endif
