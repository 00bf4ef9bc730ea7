#include "tell_order.h"

/* Field numbers of RiskDecision. */
enum { CHECK = 1, SCOPE = 2, LIMIT = 3, USED = 4, ASKED = 5, HEADROOM = 6 };

/* Writes a figure in the unit of the limit that refused with this reason. */
static uint8_t *put_figure(uint8_t *to, uint8_t reason, wide figure, struct increment lot)
{
    switch (reason) {
    case REASON_ORDER_QUANTITY_LIMIT:
    case REASON_POSITION_LIMIT:
        return decimal_units(to, figure, lot);
    case REASON_ORDER_NOTIONAL_LIMIT:
    case REASON_GROSS_EXPOSURE_LIMIT:
        return decimal_micro(to, figure);
    default: /* basis points, orders a second */
        return decimal_units(to, figure, (struct increment){.factor = 1, .places = 0});
    }
}

static uint8_t *tell_figure(uint8_t *to, uint32_t field, uint8_t reason, wide figure, struct increment lot)
{
    uint8_t *text = proto_open(to, field, PROTO_SHORT);
    return proto_close(text, put_figure(text, reason, figure, lot), PROTO_SHORT);
}

uint8_t *tell_decision(uint8_t *to, const struct venue *venue, const struct report *report)
{
    const struct word *word = &venue->words[report->reason];
    const struct place *place = &venue->places[report->limit_node];
    struct increment lot = tell_lot(tell_instrument(venue, report));
    wide left = (wide)report->limit - report->used;
    to = proto_text(to, CHECK, word->name, word->name_length);
    to = proto_text(to, SCOPE, place->name, place->name_length);
    to = tell_figure(to, LIMIT, report->reason, report->limit, lot);
    to = tell_figure(to, USED, report->reason, report->used, lot);
    to = tell_figure(to, ASKED, report->reason, report->asked, lot);
    return tell_figure(to, HEADROOM, report->reason, left > 0 ? left : 0, lot);
}
