#include "entry.h"

#include <string.h>

#include "blake2b.h"
#include "door.h"
#include "expect.h"

#define ACTIONS 1 /* the only field of SubmitOrdersRequest */

/* What an OrderAction may be. */
enum { SUBMIT = 1, CANCEL = 2, REPLACE = 3 };

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

/* Fills in what an action asks for. Returns 1, or 0 when it is not plain. */
static int read_action(const struct venue *venue, struct text action, struct command *command,
                       struct text *note)
{
    struct text request;
    uint32_t kind = action.length != 0 ? (uint32_t)action.bytes[0] >> 3 : 0;

    if (!scan_part(&action, kind, &request) || action.length != 0)
        return 0;
    switch (kind) {
    case SUBMIT:
        return door_submit(venue, request, command, note);
    case CANCEL:
        return door_cancel(venue, request, command);
    case REPLACE:
        return door_replace(venue, request, command);
    default:
        return 0;
    }
}

/* Stamps an action, unless it is not plain. */
static int take(struct venue *venue, struct venue_row *row, struct text action)
{
    struct command command = {0};
    struct text note = {"", 0};

    if (!read_action(venue, action, &command, &note))
        return 0;
    if (command.type == COMMAND_NEW_ORDER && !venue_note_key(venue, command.client_key, row->sequence + 1))
        return 0;
    stamp(row, &command, note);
    return 1;
}

uint32_t venue_read(struct venue *venue, struct venue_row *row, const uint8_t *message, uint32_t length,
                    struct venue_cursor *cursor)
{
    while (cursor->offset < length) {
        struct text rest = text_of(message + cursor->offset, length - cursor->offset), action = rest;

        if (!has_room(row))
            return VENUE_FULL;
        int is_whole = scan_part(&rest, ACTIONS, &action);
        cursor->start = (uint32_t)(action.bytes - (const char *)message);
        cursor->end = cursor->start + action.length;
        cursor->offset = cursor->end;
        cursor->action++;
        if (!is_whole || !take(venue, row, action))
            return VENUE_ASIDE;
    }
    return VENUE_DONE;
}
