/* ledger.h - events become reports and answers. */
#ifndef TICKMESH_VENUE_LEDGER_H
#define TICKMESH_VENUE_LEDGER_H

#include "venue.h"

/* Takes in commands, their notes and the events that the engine gave for them: whole commands, in order. Writes an answer a
 * command and at most a report an event; returns how many reports. Instruments and nodes that they name must be known:
 * returns -1 when a command or an event does not fit what is known. */
int64_t venue_apply(struct venue *venue, const struct command *commands, uint32_t count, const char *notes,
                    uint64_t notes_length, const struct event *events, uint64_t event_count,
                    struct report *reports, struct answer *answers);

/* Fills `report` with a live order as it is (exec_type 0) and returns 1, or returns 0. */
int venue_order(const struct venue *venue, uint64_t order, struct report *report);
uint32_t venue_orders(const struct venue *venue); /* how many live */

/* Writes all live orders as bytes, at most `size` of them, and returns how many it takes; 0 for `size` only asks. Take
 * it when nothing is on its way, or what is on its way will be applied again. */
uint64_t venue_save(const struct venue *venue, void *bytes, uint64_t size);

/* Takes in what venue_save() wrote into a venue without orders whose instruments and nodes are known. Returns 1, or 0 when
 * the bytes say what cannot be. */
int venue_restore(struct venue *venue, const void *bytes, uint64_t size);

#endif
