/* tell.h - reports and answers become the bytes of the contract's messages. */
#ifndef TICKMESH_VENUE_TELL_H
#define TICKMESH_VENUE_TELL_H

#include "venue.h"

/* The bytes of one message with tag and length, at most. */
enum {
    VENUE_RESULT_MAX = 640,    /* an ActionResult */
    VENUE_REPORT_MAX = 1536,   /* an ExecutionReport, and more than its Order */
};

/* Both take reports and answers as venue_apply() and venue_order() of the same venue make them: what they name
 * by index is there, and the client order id is as long as they say. Any other number may be anything. A reason
 * that venue_word() never named is not told, nor is a time in force that the contract does not have. */

/* Writes the answers from..to-1 as field 1 of SubmitOrdersResponse. Stops before one that only the tables can
 * answer (it has a first_order) and stores in `*stopped` where; else `to`. Returns the bytes written; `bytes`
 * has room for (to - from) * VENUE_RESULT_MAX. */
uint64_t venue_results(const struct venue *venue, const struct answer *answers, const struct report *reports,
                       uint32_t from, uint32_t to, uint8_t *bytes, uint32_t *stopped);

/* Which reports are told. */
struct venue_filter {
    uint32_t exec_types;       /* bit 1 << exec_type; 0 is all */
    uint32_t portfolio;        /* node of the portfolio, strategies included; ENGINE_NONE for all */
};

/* Writes reports that the filter lets pass, from `*next` on and at most `limit`, as field 1 of
 * ExecutionReports; stores in `*next` where to go on and in `*written` how many. Returns the bytes written;
 * `bytes` has room for `limit` * VENUE_REPORT_MAX. */
uint64_t venue_reports(const struct venue *venue, const struct report *reports, uint64_t count,
                       const struct venue_filter *filter, uint32_t limit, uint64_t *next, uint32_t *written,
                       uint8_t *bytes);

/* Writes the order of a report, as it was after it, as the content of an Order. Returns the bytes written;
 * `bytes` has room for VENUE_REPORT_MAX. */
uint64_t venue_report_order(const struct venue *venue, const struct report *report, uint8_t *bytes);

#endif
