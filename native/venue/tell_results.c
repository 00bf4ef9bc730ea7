#include "tell.h"
#include "tell_order.h"

/* Field numbers of ActionResult. */
enum {
    ORDER_ID = 1,
    STATUS = 2,
    CUM_QUANTITY = 3,
    LEAVES_QUANTITY = 4,
    REASON = 5,
    MESSAGE = 6,
    COMMAND = 7,
};

#define RESULTS 1 /* of SubmitOrdersResponse */

static uint8_t *tell_refusal(uint8_t *to, const struct venue *venue, uint8_t reason)
{
    if (reason == REASON_NONE)
        return to;
    const struct word *word = &venue->words[reason];
    to = proto_text(to, REASON, word->name, word->name_length);
    return proto_text(to, MESSAGE, word->sentence, word->sentence_length);
}

/* What became of the order of an action. It says why only when it was refused: what ended later was not. */
static uint8_t *tell_outcome(uint8_t *to, const struct venue *venue, const struct report *report)
{
    struct increment lot = tell_lot(tell_instrument(venue, report));
    to = tell_id(to, ORDER_ID, report->order);
    to = proto_number(to, STATUS, report->status);
    to = tell_units(to, CUM_QUANTITY, report->cumulative, lot);
    to = tell_units(to, LEAVES_QUANTITY, report->leaves, lot);
    return report->status == STATUS_REJECTED ? tell_refusal(to, venue, report->reason) : to;
}

static uint8_t *tell_result(uint8_t *to, const struct venue *venue, const struct answer *answer,
                            const struct report *reports)
{
    uint8_t *result = proto_open(to, RESULTS, PROTO_SHORT);
    uint8_t *end = answer->report >= 0 ? tell_outcome(result, venue, &reports[answer->report])
                                       : tell_refusal(result, venue, answer->reason);
    return proto_close(result, proto_number(end, COMMAND, answer->command), PROTO_SHORT);
}

uint64_t venue_results(const struct venue *venue, const struct answer *answers, const struct report *reports,
                       uint32_t from, uint32_t to, uint8_t *bytes, uint32_t *stopped)
{
    uint8_t *end = bytes;
    for (; from < to && answers[from].first_order == 0; from++)
        end = tell_result(end, venue, &answers[from], reports);
    *stopped = from;
    return (uint64_t)(end - bytes);
}
