/* events.h - the array that the events of one engine_process() go to. */
#ifndef TICKMESH_EVENTS_H
#define TICKMESH_EVENTS_H

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "engine.h"

struct event_log {
    struct event *items;
    struct event *next;    /* where the next event goes */
    struct event *spare;   /* as long as that is not behind here, there is room for whatever a command may do */
    uint64_t sequence;     /* of the last event ever given */
    uint64_t command;      /* sequence of the command that runs */
    uint32_t capacity;
};

static inline uint32_t events_count(const struct event_log *log)
{
    return (uint32_t)(log->next - log->items);
}

/* The place of the next event, numbered. The engine has made sure of the room before the command began. Whoever calls fills
 * in the rest: each field goes straight to its place, for copying a whole event would wait until it has arrived in memory. */
static inline __attribute__((always_inline)) struct event *events_next(struct event_log *log)
{
    struct event *place = log->next++;

    assert(events_count(log) <= log->capacity);
    place->sequence = ++log->sequence;
    place->command = log->command;
    return place;
}

/* Type, side, reason and flags of an event, and zeros behind them, as one word. */
static inline __attribute__((always_inline)) void event_small(struct event *event, uint8_t type, uint8_t side,
                                                              uint8_t reason, uint8_t flags)
{
    uint64_t small = type | (uint64_t)side << 8 | (uint64_t)reason << 16 | (uint64_t)flags << 24;

    memcpy(&event->type, &small, sizeof small);
}

/* Numbers an event and appends it. */
static inline __attribute__((always_inline)) void events_add(struct event_log *log, struct event event)
{
    struct event *place = events_next(log);

    place->order = event.order;
    place->price = event.price;
    place->quantity = event.quantity;
    place->leaves = event.leaves;
    place->instrument = event.instrument;
    place->node = event.node;
    event_small(place, event.type, event.side, event.reason, event.flags);
}

#endif
