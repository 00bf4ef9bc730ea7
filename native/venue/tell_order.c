#include "tell_order.h"

/* Field numbers of Order. */
enum {
    ORDER_ID = 1,
    CLIENT_ORDER_ID = 2,
    PORTFOLIO_ID = 3,
    STRATEGY_ID = 4,
    SYMBOL = 5,
    SIDE = 6,
    ORDER_KIND = 7,
    TIME_IN_FORCE = 8,
    POST_ONLY = 9,
    QUANTITY = 10,
    PRICE = 11,
    STATUS = 12,
    CUM_QUANTITY = 13,
    LEAVES_QUANTITY = 14,
    AVERAGE_PRICE = 15,
    REASON = 16,
    SUBMIT_TIME = 17,
    UPDATE_TIME = 18,
    RISK_DECISION = 19,
};

/* The contract's number of the engine's time in force; 0 where the contract has none. */
static uint64_t contract_time_in_force(uint8_t engine)
{
    static const uint8_t NUMBERS[] = {[TIF_DAY] = 1, [TIF_GTC] = 2, [TIF_IOC] = 3, [TIF_FOK] = 4};
    return engine < sizeof NUMBERS ? NUMBERS[engine] : 0;
}

static uint8_t *tell_names(uint8_t *to, const struct venue *venue, const struct report *report)
{
    const struct place *place = &venue->places[report->node];
    const struct venue_instrument *instrument = tell_instrument(venue, report);
    to = tell_id(to, ORDER_ID, report->order);
    to = proto_text(to, CLIENT_ORDER_ID, report->text, report->text_length);
    to = proto_text(to, PORTFOLIO_ID, place->portfolio, place->portfolio_length);
    to = proto_text(to, STRATEGY_ID, place->strategy, place->strategy_length);
    return proto_text(to, SYMBOL, instrument->symbol, instrument->symbol_length);
}

static uint8_t *tell_terms(uint8_t *to, struct increment tick, struct increment lot,
                           const struct report *report)
{
    to = proto_number(to, SIDE, report->side);
    to = proto_number(to, ORDER_KIND, report->kind);
    to = proto_number(to, TIME_IN_FORCE, contract_time_in_force(report->time_in_force));
    to = proto_number(to, POST_ONLY, report->flags & FLAG_POST_ONLY);
    to = tell_units(to, QUANTITY, report->quantity, lot);
    return report->price == 0 ? to : tell_units(to, PRICE, report->price, tick);
}

static uint8_t *tell_average(uint8_t *to, struct increment tick, const struct report *report)
{
    if (report->cumulative == 0)
        return to;
    unsigned_wide value = (unsigned_wide)report->value_high << 64 | report->value_low;
    uint8_t *text = proto_open(to, AVERAGE_PRICE, PROTO_SHORT);
    return proto_close(text, decimal_average(text, value, (uint64_t)report->cumulative, tick), PROTO_SHORT);
}

static uint8_t *tell_state(uint8_t *to, struct increment tick, struct increment lot,
                           const struct report *report)
{
    to = proto_number(to, STATUS, report->status);
    to = tell_units(to, CUM_QUANTITY, report->cumulative, lot);
    to = tell_units(to, LEAVES_QUANTITY, report->leaves, lot);
    return tell_average(to, tick, report);
}

static uint8_t *tell_why(uint8_t *to, const struct venue *venue, const struct report *report)
{
    if (report->reason == REASON_NONE)
        return to;
    const struct word *word = &venue->words[report->reason];
    return proto_text(to, REASON, word->name, word->name_length);
}

uint8_t *tell_order(uint8_t *to, const struct venue *venue, const struct report *report)
{
    const struct venue_instrument *instrument = tell_instrument(venue, report);
    struct increment tick = tell_tick(instrument), lot = tell_lot(instrument);
    to = tell_names(to, venue, report);
    to = tell_terms(to, tick, lot, report);
    to = tell_state(to, tick, lot, report);
    to = tell_why(to, venue, report);
    to = proto_moment(to, SUBMIT_TIME, report->submit_time_ns);
    to = proto_moment(to, UPDATE_TIME, report->time_ns);
    if (report->limit_node == ENGINE_NONE)
        return to;
    uint8_t *decision = proto_open(to, RISK_DECISION, PROTO_SHORT);
    return proto_close(decision, tell_decision(decision, venue, report), PROTO_SHORT);
}
