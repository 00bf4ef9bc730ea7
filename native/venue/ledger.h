/* ledger.h - events become reports and answers. */
#ifndef TICKMESH_VENUE_LEDGER_H
#define TICKMESH_VENUE_LEDGER_H

#include "venue.h"

/* Takes in commands, their notes and the events that the engine gave for them: whole commands, in order.
 * The notes are a text for each command and a 0 behind it; only those of new orders are read. Writes an
 * answer a command and at most a report an event; returns how many reports. Returns -1 when something
 * cannot be: sequences that do not rise from call to call, an event of no command, an instrument, node or
 * order that is not known, notes that do not fit. The venue is to be thrown away then.
 *
 * An order of a list is answered (its report, its first order) if the list is decided within the same
 * call. */
int64_t venue_apply(struct venue *venue, const struct command *commands, uint32_t count, const char *notes,
                    uint64_t notes_length, const struct event *events, uint64_t event_count,
                    struct report *reports, struct answer *answers);

/* Fills `report` with a live order as it is and returns 1, or returns 0. Nothing has happened to it:
 * exec_type, sequence, command and time_ns are 0. */
int venue_order(const struct venue *venue, uint64_t order, struct report *report);

/* How many orders live. */
uint32_t venue_orders(const struct venue *venue);

/* Writes all live orders, those of a list that is not whole yet, and the last command, as bytes. Returns
 * how many bytes that takes; writes nothing when `size` is less. The same calls always lead to the same
 * bytes. Keys of orders that are on their way are left out: their commands are to be applied again. */
uint64_t venue_save(const struct venue *venue, void *bytes, uint64_t size);

/* Takes in what venue_save() wrote, into a venue without orders and keys whose instruments and nodes are
 * known. Returns 1, or 0 when the bytes say what cannot be: the venue is to be thrown away then. */
int venue_restore(struct venue *venue, const void *bytes, uint64_t size);

#endif
