#include "ledger.h"

#include <string.h>

#include "ahead.h"
#include "step.h"

/* What is left of the notes. */
struct notes {
    const char *at;
    uint64_t left;
};

/* Stores the next note in `*text` and its length in `*length`. Returns 1, or 0 when there is none. */
static int next_note(struct notes *notes, const char **text, uint64_t *length)
{
    const char *end = notes->left == 0 ? NULL : memchr(notes->at, 0, notes->left);
    if (end == NULL)
        return 0;
    *text = notes->at;
    *length = (uint64_t)(end - notes->at);
    notes->at = end + 1;
    notes->left -= *length + 1;
    return 1;
}

/* Takes in a command and its events, from the first on. Returns how many that were, or -1. */
static int64_t take_command(struct step *step, const struct event *events, uint64_t event_count)
{
    uint64_t taken = 0;
    while (taken < event_count && events[taken].command == step->command->sequence) {
        look_ahead(step->venue, events + taken, event_count - taken);
        if (!step_take(step, &events[taken]))
            return -1;
        taken++;
    }
    return step_end(step) ? (int64_t)taken : -1;
}

int64_t venue_apply(struct venue *venue, const struct command *commands, uint32_t count, const char *notes,
                    uint64_t notes_length, const struct event *events, uint64_t event_count,
                    struct report *reports, struct answer *answers)
{
    struct step step = {.venue = venue, .reports = reports};
    struct notes rest = {notes, notes_length};
    uint64_t taken = 0;
    if (event_count > INT32_MAX)
        return -1;
    for (uint32_t i = 0; i < count; i++) {
        const char *text;
        uint64_t length;
        if (i + AHEAD_KEY < count)
            numbers_prefetch(&venue->keys, commands[i + AHEAD_KEY].client_key);
        if (!next_note(&rest, &text, &length) || !step_begin(&step, &commands[i], &answers[i], text, length))
            return -1;
        int64_t more = take_command(&step, events + taken, event_count - taken);
        if (more < 0)
            return -1;
        taken += (uint64_t)more;
    }
    return taken == event_count && rest.left == 0 ? (int64_t)step.report_count : -1;
}
