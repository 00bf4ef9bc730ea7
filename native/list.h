/* list.h - OCO, OTO and bracket orders on their way in: several NEW_ORDER commands, one decision. */
#ifndef TICKMESH_LIST_H
#define TICKMESH_LIST_H

#include "state.h"

/* Takes an order whose shape is right into the list that waits, or begins one; decides when it is whole. */
void list_add(struct engine *engine, const struct command *command, const struct terms *terms);

/* Whether a NEW_ORDER is the next of the list that waits. */
int list_continues(const struct engine *engine, const struct command *command);

/* Rejects the orders that wait, if there are any. */
void list_reject(struct engine *engine, enum reason reason);

#endif
