/* generator.h - commands of all kinds by chance: most make sense, some nearly do, some are noise. */
#ifndef TICKMESH_GENERATOR_H
#define TICKMESH_GENERATOR_H

#include "engine.h"

/* A list of four, each with its terms. */
#define GENERATOR_PENDING 8

struct generator {
    uint64_t random;
    uint64_t sequence;  /* of the last command */
    int64_t time_ns;
    int64_t price_low;  /* where most prices are */
    uint64_t price_width;
    uint32_t instruments;
    uint32_t nodes;
    uint32_t steps;     /* commands so far */
    uint32_t pending_count;
    uint32_t pending_next;
    uint32_t is_calm;   /* no noise, and no new position limits after the first commands */
    struct command pending[GENERATOR_PENDING];
};

/* Begins anew: the same seed gives the same commands for an engine that does the same. */
void generator_init(struct generator *generator, uint64_t seed, uint32_t instruments, uint32_t nodes,
                    uint32_t is_calm);

/* The next command for `engine`, whose orders it looks at to name some that live. */
struct command generator_next(struct generator *generator, const struct engine *engine);

/* A number below `bound`. */
uint64_t generator_below(struct generator *generator, uint64_t bound);

#endif
