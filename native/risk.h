/* risk.h - the pre-trade risk gate: limits and trading states up the tree, and the
 * reservations that keep them true while orders are open.
 *
 * An accepted order is reserved at its node and at each ancestor, a trade commits its
 * part of the reservation to the position, a cancel releases the rest. */
#ifndef TICKMESH_RISK_H
#define TICKMESH_RISK_H

#include <assert.h>
#include <stdint.h>

#include "engine.h"
#include "expect.h"
#include "nodes.h"
#include "pairs.h"
#include "value.h"

struct risk {
    struct nodes nodes;
    struct pairs pairs;
    uint32_t version; /* of all limits and states; never 0 */
    uint32_t has_fees; /* places with fees */
};

/* What the gate looks at. A held order is looked at twice. */
enum scope {
    SCOPE_ORDER = 1,    /* state, quantity, notional, collar */
    SCOPE_RATE = 2,
    SCOPE_POSITION = 4, /* position, gross exposure */
    SCOPE_NEW = 7,
    SCOPE_HELD = 3,
    SCOPE_RELEASED = 5,
};

/* What somebody wants to do: a new order, or a replace of one. */
struct intent {
    int64_t price;      /* ticks that the order is valued at */
    int64_t collared;   /* ticks that the collar looks at; 0 for none */
    int64_t quantity;   /* lots of the whole order */
    int64_t leaves;     /* lots that may still trade */
    int64_t released;   /* lots of the same side that are reserved now and would not be */
    uint8_t side;
    uint8_t reduces;    /* FLAG_REDUCE_ONLY */
};

/* The gate's answer. The figures stand only where a limit was exceeded. */
struct verdict {
    enum reason reason; /* REASON_NONE when all is well */
    uint32_t node;      /* whose limit it was */
    int64_t limit;
    int64_t used;
    int64_t asked;
};

/* Makes an empty gate. Returns 0 when memory is short. Free with risk_free(). */
int risk_init(struct risk *risk, uint32_t nodes, uint32_t positions);
void risk_free(struct risk *risk);

/* Says that a limit or state has changed. */
void risk_touch(struct risk *risk);

/* The path of (node, instrument) up to the firm. */
void risk_path(const struct risk *risk, uint32_t node, uint32_t instrument, struct path *path);

/* Whether an intent of a pair that exists passes everything; charges the rate if so. When it
 * says no it has changed nothing, and risk_check() finds out why. */
int risk_passes(struct risk *risk, uint32_t pair, const struct listing *listing, const struct intent *intent,
                int64_t now_ns);

/* Whether trading states and limits allow the intent. Charges the order rate when it
 * gets as far as that; changes nothing else. */
struct verdict risk_check(struct risk *risk, const struct path *path, const struct listing *listing,
                          const struct intent *intent, enum scope scope, int64_t now_ns);

/* Whether an order that has its reservation may still trade: REASON_NONE, TRADING_HALTED, REDUCE_ONLY or PRICE_COLLAR. */
enum reason risk_recheck(const struct risk *risk, const struct path *path, const struct listing *listing,
                         const struct intent *intent);

/* The furthest price that the collars of the path allow, or a price that no order has
 * when there are none. */
int64_t risk_collar(const struct risk *risk, const struct path *path, const struct listing *listing,
                    uint8_t side);

/* How many lots an order of `side` may trade before the position of its pair is closed. */
static inline int64_t risk_reducible(const struct risk *risk, uint32_t pair, uint8_t side)
{
    int64_t position = risk->pairs.items[pair].position;
    int64_t lots = side == SIDE_BUY ? -position : position;

    return lots > 0 ? lots : 0;
}

/* Whether the limits on single orders allow one, by the ceiling of its pair, which is up to date. A doubt is a no. */
static inline int risk_is_below(const struct ceiling *ceiling, const struct listing *listing, uint8_t side,
                                int64_t quantity, int64_t price, int64_t collared)
{
    int64_t through = side == SIDE_BUY ? collared - listing->reference_price : listing->reference_price - collared;
    uint64_t worth;
    int64_t edge;

    if (UNLIKELY(__builtin_mul_overflow((uint64_t)quantity, (uint64_t)price, &worth)
                 || __builtin_mul_overflow(worth, (uint64_t)listing->unit_value, &worth)))
        return 0;
    if (UNLIKELY(quantity > ceiling->quantity || worth > ceiling->worth))
        return 0;
    if (LIKELY(through <= 0) || __builtin_mul_overflow(ceiling->collar, listing->reference_price, &edge))
        return 1;
    return through * 10000 <= edge;
}

/* Values a pair anew, at the reference price of this moment. */
static inline void risk_revalue(struct risk *risk, const struct listing *listing, struct pair *pair)
{
    int64_t exposure = listing_value(listing, pair_worst(pair));

    node_expose(&risk->nodes.items[pair->node], exposure - pair->exposure);
    pair->exposure = exposure;
}

/* Adds `lots` to the reach of a pair and its ancestors on a side; they may be negative. */
static inline void risk_reserve(struct risk *risk, const struct listing *listing, uint32_t slot, uint8_t side,
                                int64_t lots)
{
    for (uint32_t steps = 0; slot != PAIR_NONE && steps < ENGINE_DEPTH_MAX; steps++) {
        struct pair *pair = &risk->pairs.items[slot];

        pair->reach[side - 1] += lots;
        assert(pair_open(pair, side) >= 0);
        risk_revalue(risk, listing, pair);
        slot = pair->parent;
    }
}

/* Reserves lots of a side on a whole path, if its limits leave room and its rates have an order left, which is taken; or
 * nothing. A doubt is a no. Returns whether it did. */
int risk_reserve_within(struct risk *risk, uint32_t leaf, uint64_t lot_value, uint32_t side, int64_t lots,
                        int64_t now_ns);

/* Takes `lots` off what is open. Frees pairs that become empty. */
static inline void risk_release(struct risk *risk, const struct listing *listing, uint32_t leaf, uint8_t side,
                                int64_t lots)
{
    const struct listing now = *listing;
    uint32_t slot = leaf;

    do { /* no path is longer than ENGINE_DEPTH_MAX */
        struct pair *pair = &risk->pairs.items[slot];

        pair->reach[side - 1] -= lots;
        assert(pair_open(pair, side) >= 0);
        risk_revalue(risk, &now, pair);
        slot = pair->parent;
    } while (slot != PAIR_NONE);
    if (UNLIKELY(pair_is_empty(&risk->pairs.items[leaf])))
        pairs_prune(&risk->pairs, leaf);
}

/* Moves `lots` of a trade from open to the positions of who buys and who sells: how far the side of an order reaches
 * stays, the other side's falls. Frees pairs that become empty. */
void risk_trade(struct risk *risk, const struct listing *listing, uint32_t buyer, uint32_t seller, int64_t lots);

/* The fee rates that stand nearest to (node, instrument), or NULL. */
const struct fees *risk_fees(const struct risk *risk, uint32_t node, uint32_t instrument);

#endif
