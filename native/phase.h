/* phase.h - what happens when an instrument goes from one phase to another. */
#ifndef TICKMESH_PHASE_H
#define TICKMESH_PHASE_H

#include "state.h"

/* Changes the phase of one instrument with all its consequences but those that wait for the end of the command. */
void phase_change(struct engine *engine, uint32_t instrument, uint8_t phase, enum reason reason);

#endif
