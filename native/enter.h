/* enter.h - an accepted order goes where it belongs: to trade, to rest, to wait. */
#ifndef TICKMESH_ENTER_H
#define TICKMESH_ENTER_H

#include "state.h"

/* Lets an order enter that is nowhere, as docs/native-rules.md section 4 says for its type and the phase. It may be gone
 * afterwards. `slot` is SLOT_NONE for an order that can never stay and is not in the pool. */
void enter_order(struct engine *engine, struct order *order, uint32_t slot);

/* The same for an order that is a MARKET or LIMIT order by now. */
void enter_market(struct engine *engine, struct order *order, uint32_t slot);

/* Puts an order that is nowhere into its queue, or ends it (CAPACITY) when there is no page. */
void enter_rest(struct engine *engine, uint32_t slot);

/* Runs the activation queue until it is empty. */
void enter_activated(struct engine *engine);

/* Lets every book that is dirty settle: pegged and all-or-none orders. */
void enter_settle(struct engine *engine);

#endif
