#include "tape/quotes.h"

#include <stdlib.h>
#include <string.h>

struct quotes {
    struct quote *items;
    uint8_t *changed;
    uint32_t count;
};

struct quotes *quotes_new(void)
{
    return calloc(1, sizeof(struct quotes));
}

void quotes_free(struct quotes *quotes)
{
    if (quotes == NULL)
        return;
    free(quotes->items);
    free(quotes->changed);
    free(quotes);
}

int quotes_reserve(struct quotes *quotes, uint32_t count)
{
    uint32_t added = count - quotes->count;
    struct quote *items;
    uint8_t *changed;

    if (count <= quotes->count)
        return 1;
    items = realloc(quotes->items, count * sizeof *items);
    if (items == NULL)
        return 0;
    quotes->items = items;
    changed = realloc(quotes->changed, count);
    if (changed == NULL)
        return 0;
    quotes->changed = changed;
    memset(items + quotes->count, 0, added * sizeof *items);
    memset(changed + quotes->count, 0, added);
    quotes->count = count;
    return 1;
}

static uint8_t set_side(struct quote *quote, int64_t *price, int64_t *lots, const struct ticks *ticks, uint32_t row)
{
    int64_t new_lots = ticks->lots[row];
    int64_t new_price = new_lots == 0 ? 0 : ticks->price[row];

    if (*price == new_price && *lots == new_lots)
        return 0;
    *price = new_price;
    *lots = new_lots;
    quote->quote_time_ns = ticks->time_ns[row];
    return 1;
}

static uint8_t set_last(struct quote *quote, const struct ticks *ticks, uint32_t row)
{
    if (ticks->time_ns[row] < quote->last_time_ns)
        return 0;
    quote->last_price = ticks->price[row];
    quote->last_lots = ticks->lots[row];
    quote->last_time_ns = ticks->time_ns[row];
    return 1;
}

static uint8_t apply_row(struct quote *quote, const struct ticks *ticks, uint32_t row)
{
    if (ticks->kind[row] == TICK_BID)
        return set_side(quote, &quote->bid_price, &quote->bid_lots, ticks, row);
    if (ticks->kind[row] == TICK_ASK)
        return set_side(quote, &quote->ask_price, &quote->ask_lots, ticks, row);
    return set_last(quote, ticks, row);
}

int quotes_apply(struct quotes *quotes, const struct ticks *ticks, uint8_t *changed)
{
    for (uint32_t row = 0; row < ticks->count; row++)
        if (ticks->instrument[row] >= quotes->count)
            return 0;
    for (uint32_t row = 0; row < ticks->count; row++) {
        uint32_t instrument = ticks->instrument[row];
        uint8_t is_new = apply_row(&quotes->items[instrument], ticks, row);

        quotes->changed[instrument] |= is_new;
        if (changed != NULL)
            changed[row] = is_new;
    }
    return 1;
}

const struct quote *quotes_at(const struct quotes *quotes, uint32_t instrument)
{
    return &quotes->items[instrument];
}

void quotes_touch(struct quotes *quotes, uint32_t instrument)
{
    quotes->changed[instrument] = 1;
}

uint32_t quotes_take_changed(struct quotes *quotes, uint32_t *instruments)
{
    uint32_t found = 0;

    for (uint32_t instrument = 0; instrument < quotes->count; instrument++) {
        instruments[found] = instrument;
        found += quotes->changed[instrument];
        quotes->changed[instrument] = 0;
    }
    return found;
}
