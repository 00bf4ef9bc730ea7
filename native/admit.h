/* admit.h - a new order on its way in: the checks, and its acceptance. */
#ifndef TICKMESH_ADMIT_H
#define TICKMESH_ADMIT_H

#include "state.h"

/* A new order while it is looked at. */
struct draft {
    const struct command *command;
    const struct terms *terms;
    int64_t price;    /* as it will be: a MARKET_TO_LIMIT's, a slid one's */
    uint32_t pair;    /* of the order's node, when there is one already */
    uint8_t role;     /* enum role, in a list */
    uint8_t is_slid;
    uint8_t is_path;  /* `path` is filled in */
    struct path path;
};

/* Looks at everything but the shape, in the order that decides which reason is given. Remembers the client key, charges the rate, changes nothing else. */
struct verdict admit_check(struct engine *engine, struct draft *draft);

/* Makes the order of a draft that passed, in the pool, reserved and nowhere; its extra with it. Returns its slot. */
uint32_t admit_store(struct engine *engine, struct draft *draft);

/* The same for an order that never stays: it is not in the pool. */
void admit_fleeting(struct engine *engine, struct draft *draft, struct order *order);

/* Whether a draft's order may stay, so that it needs a place. */
int admit_may_stay(const struct engine *engine, const struct draft *draft);

/* Says that the order is accepted, and that it slid. `order` is as it was stored. */
void admit_report(struct engine *engine, const struct draft *draft, const struct order *order);

#endif
