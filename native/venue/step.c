#include "step.h"

#include "roster.h"
#include "sound.h"
#include "told.h"
#include "undecided.h"

int step_begin(struct step *step, const struct command *command, struct answer *answer, const char *text,
               uint64_t text_length)
{
    if (command->sequence <= step->venue->last_command)
        return 0;
    step->venue->last_command = command->sequence;
    *answer = (struct answer){.command = command->sequence, .report = -1, .limit_node = ENGINE_NONE};
    step->command = command;
    step->answer = answer;
    step->own = 0;
    step->trade = 0;
    step->legs_before = step->venue->leg_count;
    if (command->type == COMMAND_CANCEL_ORDER || command->type == COMMAND_REPLACE_ORDER)
        step->own = command->target;
    if (command->type != COMMAND_NEW_ORDER)
        return 1;
    step->own = command->sequence;
    return undecided_take(step, text, text_length);
}

int step_end(struct step *step)
{
    struct venue *venue = step->venue;
    if (venue->leg_count == 0)
        step->listed_count = 0;
    else if (venue->leg_count != step->legs_before) /* a list is decided as a whole */
        return 0;
    return step->ticket == NULL || undecided_wait(step);
}

/* The answer to an order of a list that came with an earlier command of this call, or NULL. */
static struct answer *listed_answer(const struct step *step, uint64_t order)
{
    for (uint32_t i = 0; i < step->listed_count; i++) {
        if (step->listed[i].order == order)
            return step->listed[i].answer;
    }
    return NULL;
}

/* Answers whom the next report is about: who changes the order, and who ordered it. */
static void answer_report(const struct step *step, uint64_t order)
{
    struct answer *listed = listed_answer(step, order);
    if (order == step->own)
        step->answer->report = (int32_t)step->report_count;
    if (listed != NULL)
        listed->report = (int32_t)step->report_count;
}

static struct report *report(struct step *step, const struct event *event, const struct live *live,
                             uint8_t exec_type)
{
    answer_report(step, live->id);
    struct report *told = &step->reports[step->report_count++];
    told_order(told, live);
    told->sequence = event->sequence;
    told->command = event->command;
    told->time_ns = step->command->time_ns;
    told->exec_type = exec_type;
    return told;
}

static int is_limit(uint8_t reason)
{
    return reason >= REASON_ORDER_QUANTITY_LIMIT && reason <= REASON_GROSS_EXPOSURE_LIMIT;
}

static int accepted(struct step *step, const struct event *event)
{
    struct live *order = undecided_find(step, event->order);
    struct live *live = order == NULL || !is_ticket(order) ? NULL : undecided_seat(step, order);
    if (live == NULL)
        return 0;
    live->price = event->price;
    live->quantity = event->quantity;
    live->leaves = event->leaves;
    live->status = STATUS_NEW;
    if (!is_living(live) || !roster_add(step->venue, live))
        return 0;
    report(step, event, live, EXEC_NEW);
    return 1;
}

static void answer_duplicate(struct step *step, uint64_t order, uint64_t first)
{
    struct answer *answer = order == step->command->sequence ? step->answer : listed_answer(step, order);
    if (answer != NULL)
        answer->first_order = first;
}

static void report_rejected(struct step *step, const struct event *event, struct live *order)
{
    order->status = STATUS_REJECTED;
    struct report *told = report(step, event, order, EXEC_REJECTED);
    told->reason = event->reason;
    if (!is_limit(event->reason))
        return;
    told->limit = event->price;
    told->used = event->leaves;
    told->asked = event->quantity;
    told->limit_node = event->node;
}

static int rejected(struct step *step, const struct event *event)
{
    struct live *order = undecided_find(step, event->order);
    if (order == NULL || (is_limit(event->reason) && event->node >= step->venue->node_count))
        return 0;
    roster_free_key(step->venue, order->key, order->id);
    if (event->reason == REASON_DUPLICATE_CLIENT_ORDER)
        answer_duplicate(step, order->id, (uint64_t)event->leaves);
    else
        report_rejected(step, event, order);
    undecided_dismiss(step, order);
    return 1;
}

/* The value of all trades is below cumulative * 2^46: 92 bits. */
static void add_trade(struct live *live, const struct event *event)
{
    unsigned_wide value = (unsigned_wide)live->value_high << 64 | live->value_low;
    value += (unsigned_wide)(uint64_t)event->price * (uint64_t)event->quantity;
    live->value_low = (uint64_t)value;
    live->value_high = (uint64_t)(value >> 64);
    live->cumulative += event->quantity;
    live->leaves = event->leaves;
    live->status = live->leaves == 0 ? STATUS_FILLED : STATUS_PARTIALLY_FILLED;
}

/* A trade is two events, and has the number of the first: the resting order's; in an auction the buy's. */
static int traded(struct step *step, const struct event *event)
{
    struct live *live = roster_find(step->venue, event->order);
    int is_auction = (event->flags & FLAG_AUCTION) != 0;
    int is_first = is_auction ? event->side == SIDE_BUY : (event->flags & FLAG_MAKER) != 0;
    if (live == NULL || event->price < 1 || !is_amount(event->price) || event->quantity < 1 ||
        !is_amount(event->quantity) || !is_amount(event->leaves) || event->leaves > live->quantity ||
        live->cumulative > ENGINE_NUMBER_MAX - event->quantity - event->leaves)
        return 0;
    add_trade(live, event);
    if (is_first)
        step->trade = event->sequence;
    struct report *told = report(step, event, live, EXEC_TRADE);
    told->last_lots = event->quantity;
    told->last_ticks = event->price;
    told->trade = step->trade;
    if (!is_auction)
        told->liquidity = is_first ? LIQUIDITY_ADDED : LIQUIDITY_REMOVED;
    if (live->leaves == 0)
        roster_remove(step->venue, live);
    return 1;
}

static int ended(struct step *step, const struct event *event, uint8_t status, uint8_t exec_type)
{
    struct live *live = roster_find(step->venue, event->order);
    if (live == NULL)
        return 0;
    live->leaves = 0;
    live->status = status;
    struct report *told = report(step, event, live, exec_type);
    told->reason = event->reason == REASON_NONE ? VENUE_END_OF_DAY : event->reason;
    roster_remove(step->venue, live);
    return 1;
}

/* Gives an order another price and other lots, as long as they can be. */
static int change(struct live *live, int64_t price, int64_t quantity, int64_t leaves)
{
    if (live == NULL || !is_amount(price) || !is_amount(quantity) || !is_amount(leaves) || leaves > quantity)
        return 0;
    live->price = price;
    live->quantity = quantity;
    live->leaves = leaves;
    return 1;
}

static int replaced(struct step *step, const struct event *event)
{
    struct live *live = roster_find(step->venue, event->order);
    if (!change(live, event->price, event->quantity, event->leaves))
        return 0;
    report(step, event, live, EXEC_REPLACED);
    if (live->leaves == 0)
        roster_remove(step->venue, live);
    return 1;
}

/* An order was triggered or repriced: no report says so yet. One that its list releases may be smaller
 * than it was ordered, which only its leaves show. */
static int moved(struct step *step, const struct event *event)
{
    struct live *live = roster_find(step->venue, event->order);
    return live != NULL && event->leaves >= 1 && is_amount(event->leaves) &&
           change(live, event->price, live->cumulative + event->leaves, event->leaves);
}

/* A cancel or replace was refused. The limit of one that is gone is nobody's business. */
static int refused(struct step *step, const struct event *event)
{
    struct answer *answer = step->answer;
    answer->reason = event->reason;
    if (!is_limit(event->reason) || roster_find(step->venue, step->own) == NULL)
        return 1;
    answer->limit = event->price;
    answer->used = event->leaves;
    answer->asked = event->quantity;
    answer->limit_node = event->node;
    return event->node < step->venue->node_count;
}

static int control_refused(struct step *step, const struct event *event)
{
    step->answer->reason = event->reason;
    return 1;
}

static int mass_canceled(struct step *step, const struct event *event)
{
    step->answer->canceled = (uint32_t)event->quantity;
    return event->quantity >= 0 && event->quantity <= UINT32_MAX;
}

int step_take(struct step *step, const struct event *event)
{
    switch (event->type) {
    case EVENT_ORDER_ACCEPTED:
        return accepted(step, event);
    case EVENT_ORDER_REJECTED:
        return rejected(step, event);
    case EVENT_TRADE:
        return traded(step, event);
    case EVENT_ORDER_CANCELED:
        return ended(step, event, STATUS_CANCELED, EXEC_CANCELED);
    case EVENT_ORDER_EXPIRED:
        return ended(step, event, STATUS_EXPIRED, EXEC_EXPIRED);
    case EVENT_ORDER_REPLACED:
        return replaced(step, event);
    case EVENT_ORDER_TRIGGERED:
    case EVENT_ORDER_REPRICED:
        return moved(step, event);
    case EVENT_CANCEL_REJECTED:
        return refused(step, event);
    case EVENT_CONTROL_REJECTED:
        return control_refused(step, event);
    case EVENT_MASS_CANCELED:
        return mass_canceled(step, event);
    default:
        return 1; /* books, fees and phases are read elsewhere */
    }
}
