/* risk.h - the pre-trade risk gate: limits and trading states up the tree, and the
 * reservations that keep them true while orders are open.
 *
 * An accepted order is reserved at its node and at each ancestor, a trade commits its
 * part of the reservation to the position, a cancel releases the rest. */
#ifndef TICKMESH_RISK_H
#define TICKMESH_RISK_H

#include <stdint.h>

#include "engine.h"
#include "nodes.h"
#include "pairs.h"
#include "value.h"

struct risk {
    struct nodes nodes;
    struct pairs pairs;
};

/* What somebody wants to do: a new order, or a replace of one. */
struct intent {
    int64_t price;    /* ticks; the reference price for a MARKET order */
    int64_t quantity; /* lots of the whole order */
    int64_t leaves;   /* lots that may still trade */
    int64_t released; /* lots of the same side that are reserved now and would not be */
    uint8_t side;
    uint8_t kind;     /* enum order_type */
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

/* The path of (node, instrument) up to the firm. */
void risk_path(const struct risk *risk, uint32_t node, uint32_t instrument, struct path *path);

/* Whether trading states and limits allow the intent. Charges the order rate when it
 * gets as far as that; changes nothing else. */
struct verdict risk_check(struct risk *risk, const struct path *path, const struct listing *listing,
                          const struct intent *intent, int64_t now_ns);

/* The furthest price that the collars of the path allow, or a price that no order has
 * when there are none. */
int64_t risk_collar(const struct risk *risk, const struct path *path, const struct listing *listing,
                    uint8_t side);

/* Adds `quantity` lots, or takes them off when negative, to what a pair and its
 * ancestors have open. */
void risk_reserve(struct risk *risk, const struct listing *listing, uint32_t pair, uint8_t side,
                  int64_t quantity);

/* Moves `quantity` lots from open to the position. Frees pairs that become empty. */
void risk_commit(struct risk *risk, const struct listing *listing, uint32_t pair, uint8_t side,
                 int64_t quantity);

/* Takes `quantity` lots off what is open. Frees pairs that become empty. */
void risk_release(struct risk *risk, const struct listing *listing, uint32_t pair, uint8_t side,
                  int64_t quantity);

#endif
