#include "door.h"

/* What an OrderAction may be. */
enum { SUBMIT = 1, CANCEL = 2, REPLACE = 3 };

__extension__ typedef unsigned __int128 unsigned_wide;

static int read_request(const struct venue *venue, uint32_t kind, struct text request, struct draft *draft)
{
    switch (kind) {
    case SUBMIT:
        return submit_read(venue, request, draft);
    case CANCEL:
        return cancel_read(venue, request, draft);
    case REPLACE:
        return replace_read(venue, request, draft);
    default:
        return 0;
    }
}

int door_read(const struct venue *venue, struct text action, struct draft *draft)
{
    struct text request;
    uint32_t kind = action.length != 0 ? (uint32_t)action.bytes[0] >> 3 : 0;

    if (!scan_part(&action, kind, &request) || action.length != 0)
        return 0;
    draft->command = (struct command){0};
    draft->key = 0;
    draft->client_id = (struct text){"", 0};
    if (!read_request(venue, kind, request, draft))
        return 0;
    if (draft->key != 0)
        numbers_prefetch(&venue->keys, draft->key);
    if (kind == REPLACE && draft->key == 0)
        numbers_prefetch(&venue->slots, draft->command.target);
    return 1;
}

int door_settle(struct venue *venue, uint64_t sequence, struct draft *draft)
{
    switch (draft->command.type) {
    case COMMAND_NEW_ORDER:
        return venue_note_key(venue, draft->key, sequence);
    case COMMAND_CANCEL_ORDER:
        return cancel_settle(venue, draft);
    default:
        return replace_settle(venue, draft);
    }
}

uint32_t door_node(const struct venue *venue, struct text portfolio, struct text strategy)
{
    return venue_find_node(venue, portfolio.bytes, portfolio.length, strategy.bytes, strategy.length);
}

int door_is_worth_enough(const struct venue_instrument *instrument, int64_t ticks, int64_t lots)
{
    unsigned_wide least = (unsigned_wide)instrument->notional_high << 64 | instrument->notional_low;

    if (least == 0)
        return 1;
    return ticks > 0 && lots > 0 && (unsigned_wide)ticks * (unsigned_wide)lots >= least;
}
