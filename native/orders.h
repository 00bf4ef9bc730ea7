/* orders.h - the commands about orders. Each says by events what became of it. */
#ifndef TICKMESH_ORDERS_H
#define TICKMESH_ORDERS_H

#include "state.h"

void orders_new(struct engine *engine, const struct command *command);
void orders_cancel(struct engine *engine, const struct command *command);
void orders_replace(struct engine *engine, const struct command *command);

/* Whether `command` may change the order in `slot`, which may be SLOT_NONE. */
enum reason orders_check_owner(const struct engine *engine, const struct command *command, uint32_t slot);

/* The commands that end many orders at once; each is checked, and ends with MASS_CANCELED or CONTROL_REJECTED. */
void sweep_mass_cancel(struct engine *engine, const struct command *command);
void sweep_disconnect(struct engine *engine, const struct command *command);
void sweep_end_of_day(struct engine *engine, const struct command *command);

/* Expires what is due at the engine's time. */
void sweep_expired(struct engine *engine);

#endif
