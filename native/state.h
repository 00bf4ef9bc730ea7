/* state.h - what an engine consists of. For the files behind engine.h only. */
#ifndef TICKMESH_STATE_H
#define TICKMESH_STATE_H

#include "book.h"
#include "engine.h"
#include "events.h"
#include "keys.h"
#include "pool.h"
#include "risk.h"

/* More of the NEW_ORDER to come; all zeros is none. */
struct terms {
    int64_t expiry_ns;
    int64_t display;
    int64_t minimum;
    uint32_t is_set;
};

/* Orders of a list that is not whole yet. */
struct staged {
    uint32_t count;
    struct command commands[ENGINE_LEGS_MAX];
    struct terms terms[ENGINE_LEGS_MAX];
};

/* Orders that enter or leave the activation queue; one that has ended has another id, or none, in its slot. */
struct activation {
    uint64_t id;
    uint32_t slot;
    uint32_t unused;
};

/* A ring of `capacity` places. It is empty between commands. */
struct activations {
    struct activation *items;
    uint32_t capacity;
    uint32_t head;
    uint32_t count;
};

/* The levels that were touched last, not told yet. A queue whose page has gone is replaced by an empty one. */
struct owed {
    uint32_t instrument;           /* ENGINE_NONE when nothing is owed */
    int64_t prices[2];             /* by side; -1 when none is owed */
    const struct queue *queues[2];
};

struct engine {
    struct engine_config config;
    uint64_t sequence; /* of the last command taken */
    int64_t time_ns;   /* the highest so far */
    int64_t next_expiry_ns; /* INT64_MAX when none is due ever */
    int64_t short_until_ns; /* from when on a command has to go the long way: something is due, or waits for it */
    struct event_log log;
    struct owed owed;
    uint32_t instrument_count;
    uint32_t feeds;
    uint32_t dirty_count;
    uint32_t expiries; /* tree of extras by (expiry, id) */
    uint64_t slices;   /* of all icebergs: ceil(leaves / display) each, as they were when they came to rest */
    struct book *books; /* by instrument */
    uint32_t *found;    /* slots and ids that a mass command has found: config.orders of each */
    uint64_t *found_ids;
    struct pages pages;
    struct pool pool;
    struct extras extras;
    struct key_window keys;
    struct risk risk;
    struct activations activations;
    struct terms terms;
    struct staged staged;
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

static inline struct book *book_of(struct engine *engine, const struct order *order)
{
    return &engine->books[order->instrument];
}

/* The extra of an order, or NULL. */
static inline struct extra *extra_of(const struct engine *engine, const struct order *order)
{
    return order->extra == EXTRA_NONE ? NULL : &engine->extras.items[order->extra];
}

/* The lots of a resting order that the book shows. */
static inline int64_t order_shown(const struct engine *engine, const struct order *order)
{
    const struct extra *extra = extra_of(engine, order);

    return extra != NULL && extra->display != 0 ? extra->shown : order->leaves;
}

static inline int is_pegged(uint8_t kind)
{
    return kind >= ORDER_PEG_PRIMARY;
}

static inline int is_conditional(uint8_t kind)
{
    return kind >= ORDER_STOP && kind <= ORDER_TRAILING_STOP_LIMIT;
}

static inline int is_trailing(uint8_t kind)
{
    return kind == ORDER_TRAILING_STOP || kind == ORDER_TRAILING_STOP_LIMIT;
}

/* Whether a resting order may end before it trades: what an order counts on that must be filled. */
static inline uint32_t is_doubtful(const struct order *order)
{
    return (order->flags & FLAG_REDUCE_ONLY) != 0 || order->is_listed;
}

/* Notes that a book has changed, or something that follows it. */
static inline void book_changed(struct engine *engine, struct book *book)
{
    if (book->pegged.count + book->all_or_none.count == 0 || book->is_dirty)
        return;
    book->is_dirty = 1;
    engine->dirty_count++;
}

#endif
