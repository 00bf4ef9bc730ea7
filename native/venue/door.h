/* door.h - a plain action becomes a command that only wants its stamp.
 *
 * In two steps, so that the memory that the second needs is asked for by the first: between them the
 * action after it is read, which takes about as long as that memory. */
#ifndef TICKMESH_VENUE_DOOR_H
#define TICKMESH_VENUE_DOOR_H

#include "inside.h"
#include "scan.h"

/* What is known of an action before those in front of it have taken effect. Its texts lie in the message. */
struct draft {
    struct command command;
    uint64_t key;             /* of the client order id that names the order; 0: its own id does */
    struct text client_id;    /* of a new order */
    struct text quantity;     /* of a replace */
    struct text price;
};

/* Reads an OrderAction. Returns 1, or 0 when it is not plain. */
int door_read(const struct venue *venue, struct text action, struct draft *draft);

/* Fills in what a draft's command has from the orders that live or are on their way, and notes a new one as
 * `sequence`. Returns 1, or 0 when the action is not plain after all. */
int door_settle(struct venue *venue, uint64_t sequence, struct draft *draft);

/* The requests by themselves; a draft's command is zeros before, its key 0 and its client_id empty. */
int submit_read(const struct venue *venue, struct text request, struct draft *draft);
int cancel_read(const struct venue *venue, struct text request, struct draft *draft);
int replace_read(const struct venue *venue, struct text request, struct draft *draft);
int cancel_settle(const struct venue *venue, struct draft *draft);
int replace_settle(const struct venue *venue, struct draft *draft);

/* The node of a portfolio's strategy, or its own where that is empty; ENGINE_NONE when unknown. */
uint32_t door_node(const struct venue *venue, struct text portfolio, struct text strategy);

/* Whether so many lots are worth what an order must be. */
int door_is_worth_enough(const struct venue_instrument *instrument, int64_t ticks, int64_t lots);

#endif
