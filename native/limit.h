/* limit.h - the limits of one node or of one (node, instrument) pair. All zeros is none. */
#ifndef TICKMESH_LIMIT_H
#define TICKMESH_LIMIT_H

#include <stdint.h>

#include "engine.h"

#define LIMIT_TYPES (LIMIT_GROSS_EXPOSURE + 1)

struct limits {
    int64_t values[LIMIT_TYPES]; /* by enum limit_type; zero where not set */
    uint32_t set;                /* one bit a type */
};

static inline int limits_has(const struct limits *limits, unsigned type)
{
    return (int)((limits->set >> type) & 1);
}

/* The limit, or -1 when there is none. */
static inline int64_t limits_get(const struct limits *limits, unsigned type)
{
    return limits_has(limits, type) ? limits->values[type] : -1;
}

/* Sets a limit; a negative value removes it. */
static inline void limits_put(struct limits *limits, unsigned type, int64_t value)
{
    limits->values[type] = value < 0 ? 0 : value;
    if (value < 0)
        limits->set &= ~(UINT32_C(1) << type);
    else
        limits->set |= UINT32_C(1) << type;
}

/* Whether a limit of this type stands on a pair, or on a node alone. Notional may do both. */
static inline int limits_may_have_instrument(unsigned type)
{
    return type != LIMIT_ORDER_RATE && type != LIMIT_GROSS_EXPOSURE;
}

static inline int limits_may_lack_instrument(unsigned type)
{
    return type == LIMIT_ORDER_NOTIONAL || !limits_may_have_instrument(type);
}

#endif
