/* orders.h - the commands about orders. Each says by events what became of it. */
#ifndef TICKMESH_ORDERS_H
#define TICKMESH_ORDERS_H

#include "state.h"

void orders_new(struct engine *engine, const struct command *command);
void orders_cancel(struct engine *engine, const struct command *command);
void orders_replace(struct engine *engine, const struct command *command);

/* Cancels all orders of a subtree, or expires all DAY orders, in book order: instrument by instrument, buys before
 * sells, best price first, oldest first. */
void orders_mass_cancel(struct engine *engine, const struct command *command);
void orders_end_day(struct engine *engine, const struct command *command);

#endif
