/* trigger.h - stops, orders if touched and trailing stops, while they wait. */
#ifndef TICKMESH_TRIGGER_H
#define TICKMESH_TRIGGER_H

#include "state.h"

/* Sets the trigger of a waiting order: it goes into its tree, or to the activation queue when the reference price
 * meets it already. A trailing stop starts from the reference price when `starts`. */
void trigger_arm(struct engine *engine, uint32_t slot, int starts);

/* Takes a waiting order out of its tree. */
void trigger_disarm(struct engine *engine, uint32_t slot);

/* Looks at a price: trailing stops move, and what triggers goes to the activation queue. Does nothing unless CONTINUOUS. */
void trigger_look(struct engine *engine, uint32_t instrument, int64_t price);

#endif
