/* invariants.h - what must be true of an engine between two commands, whatever it was told. */
#ifndef TICKMESH_INVARIANTS_H
#define TICKMESH_INVARIANTS_H

#include "engine.h"

/* Walks everything that an engine consists of. Returns NULL, or a sentence about the first thing that is not as it
 * must be. Linear in what the engine holds and in its capacities. */
const char *engine_check(const struct engine *engine);

/* The same for position limits, which are kept as long as none is lowered below what is used already. */
const char *engine_check_headroom(const struct engine *engine);

/* Whether every question that can be asked of an engine is answered by what it holds. */
const char *engine_check_queries(const struct engine *engine);

#endif
