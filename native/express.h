/* express.h - the short way for orders about which nothing is special.
 *
 * Nineteen of twenty new orders are plain: a LIMIT, good for the day or till cancelled, in a continuous market
 * without bands, by somebody who has a position there already and is within all limits. They are recognised with a few comparisons and
 * nothing done twice. As long as there is a doubt nothing has been changed, and the long way (admit.h, live.h) looks again;
 * both ways come to the same, which the comparison with the reference shows. */
#ifndef TICKMESH_EXPRESS_H
#define TICKMESH_EXPRESS_H

#include "state.h"

/* Takes a NEW_ORDER or a CANCEL_ORDER the short way. Returns 0, having done nothing, when it has to go the long way. */
int express_new(struct engine *engine, const struct command *command);
int express_cancel(struct engine *engine, const struct command *command);

#endif
