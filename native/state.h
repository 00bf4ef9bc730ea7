/* state.h - what an engine consists of. For the files behind engine.h only. */
#ifndef TICKMESH_STATE_H
#define TICKMESH_STATE_H

#include "book.h"
#include "engine.h"
#include "events.h"
#include "keys.h"
#include "pool.h"
#include "risk.h"

/* A price level that the running command has changed. */
struct touch {
    int64_t price;
    uint32_t instrument;
    uint8_t side;
};

struct engine {
    struct engine_config config;
    uint64_t sequence; /* of the last command taken */
    int64_t time_ns;   /* the highest so far */
    uint32_t instrument_count;
    uint32_t touch_count;
    struct listing *listings;  /* by instrument */
    struct book *books;        /* by instrument */
    struct book_level *levels; /* of all books, config.levels a side */
    struct touch *touches;
    struct pool pool;
    struct key_window keys;
    struct risk risk;
    struct event_log log;
};

/* Whether a number may be a price, a quantity or a unit value. */
static inline int is_number(int64_t value)
{
    return value >= 1 && value <= ENGINE_NUMBER_MAX;
}

/* Whether `instrument` is listed; and whether it is, or stands for all of them. */
static inline int is_listed(const struct engine *engine, uint32_t instrument)
{
    return instrument < engine->instrument_count;
}

static inline int is_listed_or_none(const struct engine *engine, uint32_t instrument)
{
    return instrument == ENGINE_NONE || is_listed(engine, instrument);
}

static inline int is_node(const struct engine *engine, uint32_t node)
{
    return node < engine->risk.nodes.count;
}

#endif
