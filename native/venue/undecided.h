/* undecided.h - new orders until the engine has taken or refused them: the command's own, and those of a list
 * that wait since earlier commands. */
#ifndef TICKMESH_VENUE_UNDECIDED_H
#define TICKMESH_VENUE_UNDECIDED_H

#include "step.h"

/* Makes the order of a NEW_ORDER and notes its key. Returns 1, or 0 when it names what is not known. */
int undecided_take(struct step *step, const char *text, uint64_t length);

/* The undecided order of an id, or NULL. */
struct live *undecided_find(const struct step *step, uint64_t id);

/* Returns the slot in which an undecided order is to live, or NULL when none is free. */
struct live *undecided_seat(struct step *step, struct live *order);

/* Lets an undecided order go. */
void undecided_dismiss(struct step *step, struct live *order);

/* Lets the command's own order, of which no event spoke, wait. Returns 1, or 0 when it is of no list. */
int undecided_wait(struct step *step);

#endif
