/* told.h - an order as a report tells it. */
#ifndef TICKMESH_VENUE_TOLD_H
#define TICKMESH_VENUE_TOLD_H

#include <string.h>

#include "inside.h"

/* Fills a report with an order as it is; nothing has happened to it yet. */
static inline void told_order(struct report *report, const struct live *order)
{
    *report = (struct report){
        .order = order->id,
        .submit_time_ns = order->submit_time_ns,
        .quantity = order->quantity,
        .price = order->price,
        .leaves = order->leaves,
        .cumulative = order->cumulative,
        .value_low = order->value_low,
        .value_high = order->value_high,
        .key = order->key,
        .instrument = order->instrument,
        .node = order->node,
        .limit_node = ENGINE_NONE,
        .status = order->status,
        .side = order->side,
        .kind = order->kind,
        .time_in_force = order->time_in_force,
        .flags = order->flags,
        .text_length = order->text_length,
    };
    memcpy(report->text, order->text, sizeof report->text);
}

#endif
