#include "undecided.h"

#include <string.h>

#include "legs.h"
#include "roster.h"
#include "sound.h"

/* Fills a slot with what a command says. */
static void fill(struct live *order, const struct command *command, const char *text, uint64_t length)
{
    order->id = command->sequence;
    order->key = command->client_key;
    order->submit_time_ns = command->time_ns;
    order->quantity = command->quantity;
    order->price = command->price;
    order->leaves = 0;
    order->cumulative = 0;
    order->value_low = 0;
    order->value_high = 0;
    order->instrument = command->instrument;
    order->node = command->node;
    order->side = command->side;
    order->kind = command->kind;
    order->time_in_force = command->time_in_force;
    order->flags = command->flags;
    order->status = 0;
    order->text_length = (uint8_t)length;
    memset(order->text, 0, sizeof order->text);
    memcpy(order->text, text, length);
}

int undecided_take(struct step *step, const char *text, uint64_t length)
{
    struct venue *venue = step->venue;
    const struct command *command = step->command;
    if (length > VENUE_TEXT_MAX || command->instrument >= venue->instrument_count ||
        command->node >= venue->node_count)
        return 0;
    step->ticket = roster_take(venue);
    if (step->ticket == NULL)
        return 0;
    fill(step->ticket, command, text, length);
    return command->client_key == 0 || venue_note_key(venue, command->client_key, command->sequence);
}

struct live *undecided_find(const struct step *step, uint64_t id)
{
    if (step->ticket != NULL && step->ticket->id == id)
        return step->ticket;
    return legs_find(step->venue, id);
}

struct live *undecided_seat(struct step *step, struct live *order)
{
    if (order == step->ticket) {
        step->ticket = NULL;
        return order;
    }
    struct live *slot = roster_take(step->venue);
    if (slot == NULL)
        return NULL;
    *slot = *order;
    legs_drop(step->venue, order);
    return slot;
}

void undecided_dismiss(struct step *step, struct live *order)
{
    if (order != step->ticket) {
        legs_drop(step->venue, order);
        return;
    }
    roster_return(step->venue, order);
    step->ticket = NULL;
}

int undecided_wait(struct step *step)
{
    if (step->command->contingency == CONTINGENCY_NONE || !is_ticket(step->ticket) ||
        !legs_keep(step->venue, step->ticket))
        return 0;
    undecided_dismiss(step, step->ticket);
    step->listed[step->listed_count++] = (struct listed){step->own, step->answer};
    return 1;
}
