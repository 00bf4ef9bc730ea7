/* door.h - a plain request becomes a command that only wants its stamp. */
#ifndef TICKMESH_VENUE_DOOR_H
#define TICKMESH_VENUE_DOOR_H

#include "inside.h"
#include "scan.h"

/* These take the bytes of a SubmitOrderRequest, CancelOrderRequest or ReplaceOrderRequest, and a command of zeros. They
 * fill in all of it but sequence and time and return 1, or return 0 when the request is not plain. */

/* Stores in `*id` the client order id, which lies in the request. */
int door_submit(const struct venue *venue, struct text request, struct command *command, struct text *id);
int door_cancel(const struct venue *venue, struct text request, struct command *command);
int door_replace(const struct venue *venue, struct text request, struct command *command);

/* The node of a portfolio's strategy, or its own where that is empty; ENGINE_NONE when unknown. */
uint32_t door_node(const struct venue *venue, struct text portfolio, struct text strategy);

/* Whether so many lots are worth what an order must be. */
int door_is_worth_enough(const struct venue_instrument *instrument, int64_t ticks, int64_t lots);

#endif
