/* script.h - an array of commands in the making, and a small generator of numbers. */
#ifndef TICKMESH_BENCH_SCRIPT_H
#define TICKMESH_BENCH_SCRIPT_H

#include <assert.h>
#include <stdint.h>

#include "engine.h"

#define COMMAND_NS 1000 /* of command time between two commands */

/* splitmix64: the same numbers everywhere. */
static inline uint64_t mix(uint64_t value)
{
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31);
}

static inline uint64_t random_next(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15U;
    return mix(*state);
}

/* 0 to bound - 1. */
static inline uint32_t random_below(uint64_t *state, uint32_t bound)
{
    return (uint32_t)(((random_next(state) >> 32) * bound) >> 32);
}

struct script {
    struct command *items;
    uint64_t count;
    uint64_t capacity;
    uint64_t sequence; /* of the last command */
};

void script_init(struct script *script, uint64_t capacity);
void script_free(struct script *script);

/* Starts over with an empty array; sequence and time go on. */
void script_clear(struct script *script);

/* Stamps a command with sequence, time and (a new order) client key, and keeps it. */
struct command *script_add(struct script *script, struct command command);

/* Gives a whole script to an engine, `batch` commands a call, and returns the events. */
uint64_t script_run(struct engine *engine, const struct command *commands, uint64_t count, uint32_t batch);

/* A tree of `depth` levels: 1, 2, 4, 8 nodes wide, the last one `accounts` wide. Returns the first account. */
uint32_t script_tree(struct script *script, uint32_t depth, uint32_t accounts);

void script_limit(struct script *script, uint32_t node, uint32_t instrument, uint8_t type, int64_t value);

#endif
