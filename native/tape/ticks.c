#include "tape/ticks.h"

static enum tick_fault number_fault(const struct ticks *ticks, const struct tick_rules *rules, uint32_t row)
{
    int64_t is_trade = ticks->kind[row] >= TICK_TRADE_BUY, lots = ticks->lots[row];
    int64_t price_min = is_trade || lots > 0;

    if (ticks->price[row] < price_min || ticks->price[row] > rules->units_max)
        return TICK_PRICE;
    return lots < is_trade || lots > rules->units_max ? TICK_LOTS : TICK_FINE;
}

static enum tick_fault row_fault(const struct ticks *ticks, const struct tick_rules *rules, uint32_t row,
                                 int64_t before_ns)
{
    uint32_t index = ticks->instrument[row];
    enum tick_fault fault;

    if (index >= rules->ours_count || rules->ours[index] < 0)
        return TICK_INSTRUMENT;
    if (ticks->kind[row] < TICK_BID || ticks->kind[row] > TICK_TRADE_SELL)
        return TICK_KIND;
    fault = number_fault(ticks, rules, row);
    if (fault != TICK_FINE)
        return fault;
    if (ticks->time_ns[row] < before_ns)
        return TICK_TIME_FALLS;
    return ticks->time_ns[row] > rules->latest_ns ? TICK_TIME_AHEAD : TICK_FINE;
}

uint32_t ticks_admit(const struct ticks *ticks, const struct tick_rules *rules, uint32_t *ours,
                     enum tick_fault *fault)
{
    int64_t before_ns = rules->earliest_ns;

    *fault = TICK_FINE;
    for (uint32_t row = 0; row < ticks->count; row++) {
        *fault = row_fault(ticks, rules, row, before_ns);
        if (*fault != TICK_FINE)
            return row;
        ours[row] = (uint32_t)rules->ours[ticks->instrument[row]];
        before_ns = ticks->time_ns[row];
    }
    return ticks->count;
}
