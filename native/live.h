/* live.h - the end of orders, and what follows for the others of their list. */
#ifndef TICKMESH_LIVE_H
#define TICKMESH_LIVE_H

#include "report.h"
#include "state.h"

/* Ends an order, wherever it is: says so, takes it out, releases its reservation, frees it, and then does what its list
 * demands. `type` is EVENT_ORDER_CANCELED or EVENT_ORDER_EXPIRED. */
void live_end(struct engine *engine, uint32_t slot, uint8_t type, enum reason reason);

/* The order in `slot` has traded, and is in no queue any more if nothing is left of it: its list's consequences. */
void live_traded(struct engine *engine, uint32_t slot);

/* The order in `slot` has triggered: the others of its OCO end. */
void live_triggered(struct engine *engine, uint32_t slot);

/* Frees an order that is nowhere and has no leaves. */
void live_free(struct engine *engine, uint32_t slot);

/* Puts an order at the end of the activation queue. */
enum cause { CAUSE_NONE = 0, CAUSE_TRIGGERED = 1, CAUSE_RELEASED = 2, CAUSE_ENTERING = 3 };
void live_activate(struct engine *engine, uint32_t slot, enum cause cause);

/* Chains of extras. */
void chain_add(struct engine *engine, struct chain *chain, uint32_t extra);
void chain_remove(struct engine *engine, struct chain *chain, uint32_t extra);

/* The chain that an order of this kind and flags belongs to, or NULL. */
struct chain *live_chain(struct book *book, const struct order *order);

#endif
