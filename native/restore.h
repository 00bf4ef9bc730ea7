/* restore.h - a snapshot while it is read. For the files that read it only.
 *
 * The bytes may come from anywhere: a right checksum says that they are whole, not that they are honest. So every
 * number is checked before it is used, and what no engine can have written is refused. */
#ifndef TICKMESH_RESTORE_H
#define TICKMESH_RESTORE_H

#include "snapshot.h"

#define RECORD_KNOWN 96 /* the longest record that this build knows */

/* Where the records of a section lie; all zeros when the snapshot has none. */
struct span {
    const unsigned char *records;
    uint32_t size;
    uint32_t is_there;
    uint64_t count;
};

struct reader {
    struct engine *engine;
    struct span spans[SECTION_COUNT];
};

/* What this build knows of one record; zeros where the record is shorter. */
struct record {
    unsigned char bytes[RECORD_KNOWN];
};

static inline struct codec record_read(const struct span *span, uint64_t i, struct record *record)
{
    const unsigned char *from = span->records + i * span->size;

    assert(i < span->count);
    if (span->size < RECORD_KNOWN)
        memset(record, 0, sizeof *record);
    memcpy(record->bytes, from, span->size < RECORD_KNOWN ? span->size : RECORD_KNOWN);
    return (struct codec){.bytes = record->bytes, .reads = 1};
}

/* The number that record `i` begins with, or 0 beyond the end: what will be looked for soon can be asked for early. */
static inline uint64_t record_ahead(const struct span *span, uint64_t i)
{
    return i < span->count && span->size >= 8 ? load_64(span->records + i * span->size) : 0;
}

#define RECORDS_AHEAD 8

/* Instruments; nodes; and pairs, with nothing open yet. */
enum restore_error restore_stage(struct reader *reader);

/* Orders and extras, into their books, lists and chains, counted as open in their pairs. */
enum restore_error restore_orders(struct reader *reader);

/* The lists that orders form, and the chains of those that follow the market. */
enum restore_error restore_lists(struct reader *reader);

/* Whether what the orders have open is what the pairs say, and each pair has a reason to exist. */
enum restore_error restore_open(const struct reader *reader);


#endif
