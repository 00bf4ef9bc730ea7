/* roster.h - the orders that live: found by id, kept in slots. */
#ifndef TICKMESH_VENUE_ROSTER_H
#define TICKMESH_VENUE_ROSTER_H

#include "inside.h"

/* The order of an id, or NULL. */
struct live *roster_find(const struct venue *venue, uint64_t order);

/* Takes in a copy of an order. It is shadowed when its key does not lead to it. Returns the copy, or NULL when its
 * id lives already or no slot is free. */
struct live *roster_add(struct venue *venue, const struct live *order);

/* Lets an order go, and its key if that leads to it. */
void roster_remove(struct venue *venue, struct live *order);

/* Lets a key go if it leads to this order. */
void roster_free_key(struct venue *venue, uint64_t key, uint64_t order);

#endif
