/* control.h - commands that set the stage: instruments, nodes, limits, trading states.
 *
 * Each returns REASON_NONE when it took effect, and changes nothing otherwise. */
#ifndef TICKMESH_CONTROL_H
#define TICKMESH_CONTROL_H

#include "state.h"

enum reason control_list_instrument(struct engine *engine, const struct command *command);
enum reason control_set_unit_value(struct engine *engine, const struct command *command);
enum reason control_add_node(struct engine *engine, const struct command *command);
enum reason control_set_limit(struct engine *engine, const struct command *command);
enum reason control_set_trading_state(struct engine *engine, const struct command *command);

#endif
