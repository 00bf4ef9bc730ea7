/* forge.h - one known state as a snapshot, and numbers of it that are changed. */
#ifndef TICKMESH_FORGE_H
#define TICKMESH_FORGE_H

#include <stddef.h>
#include <stdint.h>

#include "snapshot.h"

/* The ids of the orders that are there, and the last sequence. */
struct forge_ids {
    uint64_t buy, sell, iceberg, dated, stop, other_stop, trailing, peg, other_peg, whole, at_close;
    uint64_t parent, held, held_stop, leg, other_leg, market, early_buy, early_sell;
};
extern struct forge_ids ids;
extern uint64_t sequence;

/* One number that is changed: `width` bytes at `offset` of a record. */
struct forgery {
    uint32_t section;
    uint32_t offset;
    uint32_t width;
    uint64_t key;
    uint64_t value;
    const char *what;
};

/* Writes the snapshot that is changed from here on; forgets it. */
void forge_begin(void);
void forge_end(void);

/* Makes one change after the other, each to be refused (RESTORE_CONTENT) and taken back. A record is named by its
 * number, or, of orders, extras and chains, by the id that it begins with. Aborts when one is not refused. */
void forge_all(const struct forgery *forgeries, size_t count);

/* Overwrites a section's tag, record size and number of records: refused and taken back as well. */
void forge_section(uint32_t section, uint32_t tag, uint32_t record_size, uint64_t count, const char *what);

/* The same for a section whose bytes are cut into shorter records. */
void forge_narrow(uint32_t section, uint32_t record_size, const char *what);

/* Instead of forge_begin(): changes the snapshot of another engine of this configuration, which is freed. */
void forge_from(struct engine *engine, const struct engine_config *config);

/* Changes the number at `offset` in every record of a section, for good. */
void forge_all_records(uint32_t section, uint32_t offset, uint32_t width, uint64_t value);

/* Aborts unless the snapshot as it is now gives this enum restore_error. */
void forge_must_give(uint32_t wanted, const char *what);

#endif
