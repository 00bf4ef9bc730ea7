/* quotes.h - the best bid and ask and the last trade of many instruments, from columns of ticks.
 *
 * The newest arrival wins, but for trades: one that is earlier than the last is passed over. Memory is taken in
 * quotes_new() and quotes_reserve() only. One thread owns one struct quotes. */
#ifndef TICKMESH_TAPE_QUOTES_H
#define TICKMESH_TAPE_QUOTES_H

#include "tape/ticks.h"

/* What is known of one instrument. Where lots are 0 there is no bid, no ask, or was no trade; its price is 0 then. */
struct quote {
    int64_t bid_price;
    int64_t bid_lots;
    int64_t ask_price;
    int64_t ask_lots;
    int64_t last_price;
    int64_t last_lots;
    int64_t last_time_ns;
    int64_t quote_time_ns; /* when bid or ask last became another */
};

struct quotes;

/* Returns quotes of no instruments, or NULL when memory is short. Free them with quotes_free(). */
struct quotes *quotes_new(void);
void quotes_free(struct quotes *quotes);

/* Makes room for the instruments 0..count-1. Returns 0 when memory is short; nothing has changed then. */
int quotes_reserve(struct quotes *quotes, uint32_t count);

/* Takes rows in order, all or, where one names an instrument without room, none: then it returns 0. Writes to
 * `changed`, unless it is NULL, for each row whether it made the quote another. */
int quotes_apply(struct quotes *quotes, const struct ticks *ticks, uint8_t *changed);

/* Returns the quote of an instrument that there is room for. */
const struct quote *quotes_at(const struct quotes *quotes, uint32_t instrument);

/* Counts the quote of an instrument that there is room for as changed. */
void quotes_touch(struct quotes *quotes, uint32_t instrument);

/* Writes the instruments whose quotes changed since the last call, in order of their numbers, to `instruments`,
 * which has room for all that there is room for here. Returns how many. */
uint32_t quotes_take_changed(struct quotes *quotes, uint32_t *instruments);

#endif
