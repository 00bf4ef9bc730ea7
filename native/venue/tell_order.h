/* tell_order.h - the parts of what is told about an order. Each writes at `to` and returns where it ends. */
#ifndef TICKMESH_VENUE_TELL_ORDER_H
#define TICKMESH_VENUE_TELL_ORDER_H

#include "decimal.h"
#include "inside.h"
#include "proto.h"

/* The fields of Order: the order of a report, as it was after it. */
uint8_t *tell_order(uint8_t *to, const struct venue *venue, const struct report *report);

/* The fields of RiskDecision: the limit that refused the order of a report, which has a `limit_node`. */
uint8_t *tell_decision(uint8_t *to, const struct venue *venue, const struct report *report);

static inline const struct venue_instrument *tell_instrument(const struct venue *venue,
                                                             const struct report *report)
{
    return &venue->instruments[report->instrument];
}

static inline struct increment tell_lot(const struct venue_instrument *instrument)
{
    return (struct increment){instrument->quantity_factor, instrument->quantity_places};
}

static inline struct increment tell_tick(const struct venue_instrument *instrument)
{
    return (struct increment){instrument->price_factor, instrument->price_places};
}

/* A field with a whole number as text. */
static inline uint8_t *tell_id(uint8_t *to, uint32_t field, uint64_t id)
{
    uint8_t *text = proto_open(to, field, PROTO_SHORT);
    return proto_close(text, decimal_whole(text, id), PROTO_SHORT);
}

/* A field with so many increments as decimal text. */
static inline uint8_t *tell_units(uint8_t *to, uint32_t field, int64_t units, struct increment increment)
{
    uint8_t *text = proto_open(to, field, PROTO_SHORT);
    return proto_close(text, decimal_units(text, units, increment), PROTO_SHORT);
}

#endif
