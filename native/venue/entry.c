#include "entry.h"

#include <string.h>

#include "blake2b.h"
#include "door.h"

#define ACTIONS 1 /* the only field of SubmitOrdersRequest */

static struct text text_of(const uint8_t *bytes, uint32_t length)
{
    return (struct text){(const char *)bytes, length};
}

int64_t venue_count(const uint8_t *message, uint32_t length)
{
    struct text rest = text_of(message, length), action;
    int64_t count = 0;

    for (; rest.length != 0; count++)
        if (!scan_part(&rest, ACTIONS, &action))
            return -1;
    return count;
}

uint64_t venue_client_key(const char *portfolio, uint32_t portfolio_length, const char *id,
                          uint32_t id_length)
{
    uint8_t block[BLAKE2B_BLOCK] = {0};

    if (portfolio_length > VENUE_ID_MAX || id_length > VENUE_TEXT_MAX)
        return 0;
    memcpy(block, portfolio, portfolio_length);
    memcpy(block + portfolio_length + 1, id, id_length);
    uint64_t key = blake2b_64(block, portfolio_length + 1 + id_length);
    return key != 0 ? key : 1;
}

static int has_room(const struct venue_row *row)
{
    return row->count < row->capacity &&
           (uint64_t)row->notes_length + VENUE_TEXT_MAX + 1 <= row->notes_capacity;
}

static void stamp(struct venue_row *row, struct command *command, struct text note)
{
    command->sequence = ++row->sequence;
    command->time_ns = row->time_ns;
    row->commands[row->count++] = *command;
    memcpy(row->notes + row->notes_length, note.bytes, note.length);
    row->notes_length += note.length;
    row->notes[row->notes_length++] = 0;
}

/* An action, and what it seems to ask for. */
struct next {
    struct text action;
    struct draft draft;
    int is_plain;
};

/* Reads what begins at an offset that is not the end. */
static void read_next(const struct venue *venue, struct text message, uint32_t offset, struct next *next)
{
    struct text rest = {message.bytes + offset, message.length - offset};

    next->action = rest;
    next->is_plain = scan_part(&rest, ACTIONS, &next->action) && door_read(venue, next->action, &next->draft);
}

static void move(struct venue_cursor *cursor, struct text message, struct text action)
{
    cursor->start = (uint32_t)(action.bytes - message.bytes);
    cursor->end = cursor->offset = cursor->start + action.length;
    cursor->action++;
}

uint32_t venue_read(struct venue *venue, struct venue_row *row, const uint8_t *message, uint32_t length,
                    struct venue_cursor *cursor)
{
    struct text whole = text_of(message, length);
    struct next pair[2], *next = &pair[0], *after = &pair[1], *done;

    if (cursor->offset < length)
        read_next(venue, whole, cursor->offset, next);
    for (; cursor->offset < length; done = next, next = after, after = done) {
        if (!has_room(row))
            return VENUE_FULL;
        move(cursor, whole, next->action);
        if (cursor->offset < length)
            read_next(venue, whole, cursor->offset, after);
        if (!next->is_plain || !door_settle(venue, row->sequence + 1, &next->draft))
            return VENUE_ASIDE;
        stamp(row, &next->draft.command, next->draft.client_id);
    }
    return VENUE_DONE;
}
