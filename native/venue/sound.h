/* sound.h - what can be said of an order. What an event or a file says beyond that is not believed. */
#ifndef TICKMESH_VENUE_SOUND_H
#define TICKMESH_VENUE_SOUND_H

#include "inside.h"

#define FLAGS_ALL (2 * FLAG_CANCEL_ON_DISCONNECT - 1)

__extension__ typedef unsigned __int128 unsigned_wide;

/* Whether a number may be a price, none included, or lots. */
static inline int is_amount(int64_t number)
{
    return number >= 0 && number <= ENGINE_NUMBER_MAX;
}

/* Whether an engine can have let an order in, or wait, by what never changes about it. */
static inline int is_ticket(const struct live *order)
{
    return order->key != 0 && (order->side == SIDE_BUY || order->side == SIDE_SELL) &&
           order->kind >= ORDER_MARKET && order->kind <= ORDER_PEG_MARKET &&
           order->time_in_force <= TIF_GOOD_FOR_AUCTION && order->flags <= FLAGS_ALL;
}

/* Whether an order can live with these numbers. Lots trade at 1 to 2^46 ticks. */
static inline int is_living(const struct live *order)
{
    unsigned_wide value = (unsigned_wide)order->value_high << 64 | order->value_low;
    return is_amount(order->price) && is_amount(order->quantity) && order->leaves >= 1 &&
           order->leaves <= order->quantity && is_amount(order->cumulative) &&
           value >= (unsigned_wide)order->cumulative &&
           value <= (unsigned_wide)order->cumulative * (uint64_t)ENGINE_NUMBER_MAX;
}

#endif
