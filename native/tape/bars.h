/* bars.h - the newest bars of many instruments and a few lengths, from columns of ticks in any order of time.
 *
 * A bar belongs to the interval that holds its trades' own times. Its open is the price of the earliest trade, its
 * close that of the latest; of two with the same time the one that arrived first counts as earlier. Of each
 * instrument and length the newest bar is kept whole. What else a caller must know passes through: the whole bar
 * that a later one ended, and the parts of bars that have come since they were last taken, to be added to what is
 * stored. Volume saturates at INT64_MAX.
 *
 * Memory is taken in bars_new() and bars_reserve() only. One thread owns one struct bars. */
#ifndef TICKMESH_TAPE_BARS_H
#define TICKMESH_TAPE_BARS_H

#include "tape/ticks.h"

/* Lengths of bars at once, and the longest. */
#define BARS_LENGTHS_MAX 8
#define BARS_LENGTH_MAX_NS ((int64_t)1 << 60)

/* Times are in -BARS_TIME_MAX_NS..BARS_TIME_MAX_NS, so that an interval never ends past 64 bits. */
#define BARS_TIME_MAX_NS ((int64_t)1 << 62)

/* What a bar that comes out stands for. */
enum bar_role {
    BAR_WHOLE = 1, /* everything that is known of the newest bar, or of one that a later one has just ended */
    BAR_PART = 2,  /* what came since the last part of it, when it was the newest */
    BAR_LATE = 3,  /* what came of a bar after a later one had begun */
};

struct bar {
    int64_t start_ns;
    int64_t open;
    int64_t high;
    int64_t low;
    int64_t close;
    int64_t volume;        /* lots */
    int64_t trade_count;   /* 0: there is no bar */
    int64_t first_time_ns;
    int64_t last_time_ns;
    uint32_t instrument;
    uint16_t length;       /* index in the lengths */
    uint16_t role;         /* enum bar_role */
};

enum bars_status {
    BARS_DONE,
    BARS_MORE,    /* there was no room for what comes out: call again for the rows that are left */
    BARS_REFUSED, /* a trade names an instrument without room, a negative quantity or a time out of bounds */
};

struct bars;

/* Returns bars of these lengths in nanoseconds and of no instruments, or NULL when memory is short or a length is
 * out of bounds. Free them with bars_free(). */
struct bars *bars_new(const int64_t *lengths_ns, uint32_t count);
void bars_free(struct bars *bars);

/* Makes room for the instruments 0..count-1. Returns 0 when memory is short; nothing has changed then. */
int bars_reserve(struct bars *bars, uint32_t count);

/* Sets the newest bar of its instrument and length, as it was stored. Returns 0 when there is no room for it. */
int bars_restore(struct bars *bars, const struct bar *bar);

/* Counts the trades among the rows from *next on and moves *next behind the last row taken. Whole bars that ended
 * and parts that are over come out, at most `room`, which is at least two a length; *made says how many. A refused
 * call changes nothing. */
enum bars_status bars_add(struct bars *bars, const struct ticks *ticks, uint32_t *next, struct bar *out,
                          uint32_t room, uint32_t *made);

/* Returns the newest bar, or NULL where there is none. */
const struct bar *bars_newest(const struct bars *bars, uint32_t instrument, uint32_t length);

/* Each of these writes bars to `out`, which has room for two for each instrument and length that there is room for
 * here, and returns how many. */

/* The newest bars that changed since the last call. */
uint32_t bars_take_changed(struct bars *bars, struct bar *out);

/* The parts since the last call, but for those that bars_add() gave away already. */
uint32_t bars_take_parts(struct bars *bars, struct bar *out);

/* The newest bars that ended at a moment or before and were not told by this call yet. They count as changed. */
uint32_t bars_close(struct bars *bars, int64_t moment_ns, struct bar *out);

#endif
