#include "tell.h"
#include "tell_order.h"

/* Field numbers of ExecutionReport. */
enum {
    EXECUTION_ID = 1,
    EXEC_TYPE = 2,
    ORDER = 3,
    LAST_QUANTITY = 4,
    LAST_PRICE = 5,
    LIQUIDITY = 6,
    TRADE_ID = 7,
    TRANSACT_TIME = 8,
};

#define REPORTS 1 /* of ExecutionReports */

/* What traded, who was there first, and the trade: the first and the last only where there was one. */
static uint8_t *tell_trade(uint8_t *to, const struct venue_instrument *instrument,
                           const struct report *report)
{
    int is_trade = report->last_lots != 0;
    if (is_trade) {
        to = tell_units(to, LAST_QUANTITY, report->last_lots, tell_lot(instrument));
        to = tell_units(to, LAST_PRICE, report->last_ticks, tell_tick(instrument));
    }
    to = proto_number(to, LIQUIDITY, report->liquidity);
    return is_trade ? tell_id(to, TRADE_ID, report->trade) : to;
}

static uint8_t *tell_report(uint8_t *to, const struct venue *venue, const struct report *report)
{
    uint8_t *content = proto_open(to, REPORTS, PROTO_LONG);
    uint8_t *end = tell_id(content, EXECUTION_ID, report->sequence);
    end = proto_number(end, EXEC_TYPE, report->exec_type);
    uint8_t *order = proto_open(end, ORDER, PROTO_LONG);
    end = proto_close(order, tell_order(order, venue, report), PROTO_LONG);
    end = tell_trade(end, tell_instrument(venue, report), report);
    return proto_close(content, proto_moment(end, TRANSACT_TIME, report->time_ns), PROTO_LONG);
}

static int passes_kind(const struct venue_filter *filter, uint8_t exec_type)
{
    return filter->exec_types == 0 || (exec_type < 32 && (filter->exec_types >> exec_type & 1));
}

static int passes_portfolio(const struct venue_filter *filter, const struct place *place)
{
    return filter->portfolio == ENGINE_NONE || place->portfolio_node == filter->portfolio;
}

uint64_t venue_reports(const struct venue *venue, const struct report *reports, uint64_t count,
                       const struct venue_filter *filter, uint32_t limit, uint64_t *next, uint32_t *written,
                       uint8_t *bytes)
{
    uint8_t *end = bytes;
    uint64_t index = *next;
    uint32_t told = 0;
    for (; index < count && told < limit; index++) {
        const struct report *report = &reports[index];
        if (!passes_kind(filter, report->exec_type) ||
            !passes_portfolio(filter, &venue->places[report->node]))
            continue;
        end = tell_report(end, venue, report);
        told++;
    }
    *next = index;
    *written = told;
    return (uint64_t)(end - bytes);
}

uint64_t venue_report_order(const struct venue *venue, const struct report *report, uint8_t *bytes)
{
    return (uint64_t)(tell_order(bytes, venue, report) - bytes);
}
