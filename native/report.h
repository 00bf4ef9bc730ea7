/* report.h - how the engine says what happened: events about orders, commands and levels. */
#ifndef TICKMESH_REPORT_H
#define TICKMESH_REPORT_H

#include "state.h"

/* An event about an order, with its price and leaves as they are now. */
void report_order(struct engine *engine, uint8_t type, const struct order *order, int64_t quantity, uint8_t flags);

/* The end of an order: its leaves die. */
void report_end(struct engine *engine, uint8_t type, const struct order *order, enum reason reason);

/* One side of a trade. */
void report_trade(struct engine *engine, const struct order *order, int64_t price, int64_t quantity, uint8_t flags);

/* The refusal of a new order, with the figures of a limit if one was exceeded. */
void report_rejected(struct engine *engine, const struct command *command, const struct verdict *verdict);

/* INVALID_COMMAND for a command that was not even looked at. It names no order: an id that does not rise may be
 * that of a live one. */
void report_refused(struct engine *engine, const struct command *command);

/* The refusal of a cancel or replace. `order` is the target, or NULL when there is none. */
void report_cancel_rejected(struct engine *engine, const struct command *command, const struct order *order,
                            const struct verdict *verdict);

/* The outcome of a control command; REASON_NONE says that it took effect. */
void report_control(struct engine *engine, const struct command *command, enum reason reason);

/* Notes that a level changed. A command never comes back to a level that it has gone on from (an order that trades
 * after a replace has a new price), so only the last one needs comparing. */
void report_touch(struct engine *engine, uint32_t instrument, uint8_t side, int64_t price);

/* Reports every touched level once, as it stands now, and forgets them. */
void report_levels(struct engine *engine);

#endif
