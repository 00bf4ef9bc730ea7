/* draw.h - chance, for the files that draw commands. */
#ifndef TICKMESH_DRAW_H
#define TICKMESH_DRAW_H

#include "generator.h"
#include "state.h"

#define SECOND_NS INT64_C(1000000000)

uint64_t draw_word(struct generator *generator);

static inline uint64_t below(struct generator *generator, uint64_t bound)
{
    return generator_below(generator, bound);
}

/* True once in `n` times. */
static inline int once_in(struct generator *generator, uint64_t n)
{
    return below(generator, n) == 0;
}

/* A number up to `bound`, and sometimes one at an edge. */
int64_t draw_number(struct generator *generator, uint64_t bound);

/* A price where most are, and sometimes elsewhere. */
int64_t draw_price(struct generator *generator);

/* An index below `bound`, and sometimes one of nothing. */
uint32_t draw_index(struct generator *generator, uint32_t bound);

/* Orders, with their terms and lists, go to the pending commands, of which there are none. */
void draw_order(struct generator *generator, const struct engine *engine);
void draw_list(struct generator *generator, const struct engine *engine);

/* A cancel or a replace. */
struct command draw_change(struct generator *generator, const struct engine *engine);

#endif
