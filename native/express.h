/* express.h - the short way for orders about which nothing is special.
 *
 * Nineteen of twenty new orders are plain: a LIMIT, good for the day or till cancelled, in a continuous market
 * without bands, by somebody who has a position there already and is within all limits. They are recognised with a few comparisons and
 * nothing done twice. As long as there is a doubt nothing has been changed, and the long way (admit.h, live.h) looks again;
 * both ways come to the same, which the comparison with the reference shows. */
#ifndef TICKMESH_EXPRESS_H
#define TICKMESH_EXPRESS_H

#include "state.h"

enum way {
    WAY_LONG = 0,  /* nothing was done: it has to go the long way */
    WAY_DONE = 1,
    WAY_OWING = 2, /* done, but for what follows at the end of a command */
};

/* Takes a NEW_ORDER, CANCEL_ORDER or REPLACE_ORDER the short way, if it may go there. */
enum way express_new(struct engine *engine, const struct command *command);
enum way express_cancel(struct engine *engine, const struct command *command);
enum way express_replace(struct engine *engine, const struct command *command);

#endif
