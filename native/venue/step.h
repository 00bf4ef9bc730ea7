/* step.h - one command and its events: what they change among the live orders, and what is told of it. */
#ifndef TICKMESH_VENUE_STEP_H
#define TICKMESH_VENUE_STEP_H

#include "inside.h"

/* The answer to an order of a list that waits since an earlier command of the same call. */
struct listed {
    uint64_t order;
    struct answer *answer;
};

/* The command that is being taken in. Begin with zeros but for venue and reports. */
struct step {
    struct venue *venue;
    struct report *reports;        /* of all commands */
    uint64_t report_count;
    const struct command *command;
    struct answer *answer;
    uint64_t own;                  /* the order that the answer is about, or 0 */
    uint64_t trade;                /* number of the last trade */
    uint32_t legs_before;          /* orders of a list that waited when the command came */
    uint32_t listed_count;
    struct listed listed[ENGINE_LEGS_MAX];
    struct live *ticket;           /* a new order that is not decided yet, in a slot; NULL: none */
};

/* Each returns 1, or 0 when a command or an event does not fit what is known. */
int step_begin(struct step *step, const struct command *command, struct answer *answer, const char *text,
               uint64_t text_length);
int step_take(struct step *step, const struct event *event);
int step_end(struct step *step);

#endif
