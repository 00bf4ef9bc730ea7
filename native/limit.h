/* limit.h - which limits may stand where, and the fee rates of a place. */
#ifndef TICKMESH_LIMIT_H
#define TICKMESH_LIMIT_H

#include <stdint.h>

#include "engine.h"

/* Stands where there is no limit: everything is below it. */
#define LIMIT_NONE INT64_MAX

/* Whether a limit of this type stands on a pair, or on a node alone. Notional may do both. */
static inline int limits_may_have_instrument(unsigned type)
{
    return type != LIMIT_ORDER_RATE && type != LIMIT_GROSS_EXPOSURE;
}

static inline int limits_may_lack_instrument(unsigned type)
{
    return type == LIMIT_ORDER_NOTIONAL || !limits_may_have_instrument(type);
}

/* Maker and taker rates in millionths of the traded value. */
struct fees {
    int32_t maker;
    int32_t taker;
    int32_t is_set;
};

/* Which optional things stand on a pair, one bit each: a limit's bit is its enum limit_type. */
#define STANDS(type) (UINT32_C(1) << (type))

#endif
