/* roster.h - the orders that live: found by id, kept in slots. */
#ifndef TICKMESH_VENUE_ROSTER_H
#define TICKMESH_VENUE_ROSTER_H

#include "inside.h"

/* The order of an id, or NULL. */
struct live *roster_find(const struct venue *venue, uint64_t order);

/* A slot for an order that may come to live, with an old order's fields, or NULL when none is free. */
struct live *roster_take(struct venue *venue);

/* Gives a slot back that roster_take() gave. */
void roster_return(struct venue *venue, struct live *slot);

/* Lets the order in a slot live. It is shadowed when its key does not lead to it. Returns 1, or 0 when
 * its id lives already. */
int roster_add(struct venue *venue, struct live *slot);

/* Lets an order that lives go, its slot, and its key if that leads to it. */
void roster_remove(struct venue *venue, struct live *order);

/* Lets a key go if it leads to this order. */
void roster_free_key(struct venue *venue, uint64_t key, uint64_t order);

#endif
