/* events.h - the array that the events of one engine_process() go to. */
#ifndef TICKMESH_EVENTS_H
#define TICKMESH_EVENTS_H

#include <assert.h>
#include <stdint.h>

#include "engine.h"

struct event_log {
    struct event *items;
    uint32_t capacity;
    uint32_t count;
    uint64_t sequence; /* of the last event ever given */
    uint64_t command;  /* sequence of the command that runs */
};

/* Numbers an event and appends it. The engine has made sure of the room before the command began. */
static inline void events_add(struct event_log *log, struct event event)
{
    assert(log->count < log->capacity);
    event.sequence = ++log->sequence;
    event.command = log->command;
    log->items[log->count++] = event;
}

#endif
