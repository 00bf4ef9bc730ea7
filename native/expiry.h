/* expiry.h - when orders with an expiry end: earliest first, then lowest id. */
#ifndef TICKMESH_EXPIRY_H
#define TICKMESH_EXPIRY_H

#include "state.h"

/* Takes the order in `slot` into the expiries, and out of them; neither does anything to an order without expiry. */
void expiry_add(struct engine *engine, uint32_t slot);
void expiry_remove(struct engine *engine, uint32_t slot);

/* The slot of the order that is due first, or SLOT_NONE when none is due at the engine's time. */
uint32_t expiry_due(const struct engine *engine);

#endif
