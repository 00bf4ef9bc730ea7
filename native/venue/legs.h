/* legs.h - orders of a list that the engine has not decided yet. It does so when the last of them has
 * come, or something else in its place: under that command, not under theirs. */
#ifndef TICKMESH_VENUE_LEGS_H
#define TICKMESH_VENUE_LEGS_H

#include "inside.h"

/* Keeps an order. Returns 1, or 0 when a list cannot have so many. */
int legs_keep(struct venue *venue, const struct live *order);

/* The order of an id that waits, or NULL. */
struct live *legs_find(struct venue *venue, uint64_t order);

/* Lets an order that waits go; those behind it move up. */
void legs_drop(struct venue *venue, const struct live *leg);

#endif
