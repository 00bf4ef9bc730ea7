/* control.h - commands that set the stage: instruments, nodes, limits, states, bands, fees, phases.
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
enum reason control_order_terms(struct engine *engine, const struct command *command);
enum reason control_set_bands(struct engine *engine, const struct command *command);
enum reason control_set_phase(struct engine *engine, const struct command *command);
enum reason control_set_group(struct engine *engine, const struct command *command);
enum reason control_set_fees(struct engine *engine, const struct command *command);
enum reason control_set_reference_price(struct engine *engine, const struct command *command);

/* Answers with an AUCTION event itself; returns why not otherwise. */
enum reason control_indicate(struct engine *engine, const struct command *command);

#endif
