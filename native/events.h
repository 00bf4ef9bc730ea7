/* events.h - the array that the events of one engine_process() go to. */
#ifndef TICKMESH_EVENTS_H
#define TICKMESH_EVENTS_H

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "engine.h"

struct event_log {
    struct event *items;
    uint32_t capacity;
    uint32_t count;
    uint64_t sequence; /* of the last event ever given */
    uint64_t command;  /* sequence of the command that runs */
};

/* Numbers an event and appends it. The engine has made sure of the room before the command began. Field by field, so that
 * each goes straight to its place: copying the whole would wait for the fields to arrive in memory first. */
static inline __attribute__((always_inline)) void events_add(struct event_log *log, struct event event)
{
    struct event *place = &log->items[log->count++];
    uint64_t small;

    assert(log->count <= log->capacity);
    place->sequence = ++log->sequence;
    place->command = log->command;
    place->order = event.order;
    place->price = event.price;
    place->quantity = event.quantity;
    place->leaves = event.leaves;
    place->instrument = event.instrument;
    place->node = event.node;
    small = event.type | (uint64_t)event.side << 8 | (uint64_t)event.reason << 16 | (uint64_t)event.flags << 24;
    memcpy(&place->type, &small, sizeof small); /* and the reserved bytes */
}

#endif
