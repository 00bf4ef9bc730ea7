/* shape.h - whether a NEW_ORDER makes sense by itself, before anything is known about the market. */
#ifndef TICKMESH_SHAPE_H
#define TICKMESH_SHAPE_H

#include "state.h"

/* INVALID_COMMAND for fields and combinations that no order has (docs/native-rules.md, section 2 a), else REASON_NONE. */
enum reason shape_check(const struct command *command, const struct terms *terms);

/* INVALID_PRICE or INVALID_QUANTITY for numbers that its type does not have (d and e), else REASON_NONE. */
enum reason shape_check_numbers(const struct command *command, const struct terms *terms);

/* Whether a price, or a trigger, is one that an order of this type and these flags may have. */
int shape_is_price(uint8_t kind, int64_t price);
int shape_is_trigger(uint8_t kind, uint8_t flags, int64_t trigger);

/* Whether an order of this type has a price of its own; a trigger that can be replaced. */
int shape_has_price(uint8_t kind);
int shape_has_trigger(uint8_t kind);

/* Whether the order needs an extra. */
int shape_is_extra(const struct command *command, const struct terms *terms);

#endif
