/* directory.h - finds the slot of a live order by its id.
 *
 * Ids rise, and most orders that live are young: so slots stand in a ring at the lowest bits of the
 * id, where a burst of new orders fills one cache line after the other. An order that still lives
 * when its place comes round again moves to an index. */
#ifndef TICKMESH_DIRECTORY_H
#define TICKMESH_DIRECTORY_H

#include <stdint.h>

#include "expect.h"
#include "index.h"
#include "order.h"

struct directory {
    const struct order *orders; /* by slot */
    uint32_t *ring;             /* slot + 1, or 0 */
    uint64_t mask;              /* places of the ring - 1 */
    struct index old;
    uint32_t old_count;
    uint32_t unused;
};

/* Makes room for `capacity` orders. Returns 0 when memory is short. Free with directory_free(). */
int directory_init(struct directory *directory, uint32_t capacity, const struct order *orders);
void directory_free(struct directory *directory);

/* Moves the order that stands in the place of another's id to the index; takes one out of there. */
void directory_move_old(struct directory *directory, uint32_t slot);
void directory_remove_old(struct directory *directory, uint32_t slot);

/* Adds the order in `slot`, whose id is not there yet; removes it. */
static inline void directory_add(struct directory *directory, uint32_t slot)
{
    uint32_t *place = &directory->ring[directory->orders[slot].id & directory->mask];

    if (UNLIKELY(*place != 0)) /* whoever stands there lives: it would have been removed */
        directory_move_old(directory, *place - 1);
    *place = slot + 1;
}

static inline void directory_remove(struct directory *directory, uint32_t slot)
{
    uint32_t *place = &directory->ring[directory->orders[slot].id & directory->mask];

    if (UNLIKELY(*place != slot + 1))
        directory_remove_old(directory, slot);
    else
        *place = 0;
}

/* The slot in the index, or SLOT_NONE. */
uint32_t directory_find_old(const struct directory *directory, uint64_t id);

/* The slot of a live order, or SLOT_NONE when there is none of that id. */
static inline uint32_t directory_find(const struct directory *directory, uint64_t id)
{
    uint32_t place = directory->ring[id & directory->mask];

    if (UNLIKELY(place == 0 || directory->orders[place - 1].id != id))
        return directory->old_count == 0 ? SLOT_NONE : directory_find_old(directory, id);
    return place - 1;
}

/* The slot that an order of such an id has, if there is one and it is young; any slot otherwise. */
static inline uint32_t directory_guess(const struct directory *directory, uint64_t id)
{
    uint32_t place = directory->ring[id & directory->mask];

    return place - (place != 0);
}

static inline __attribute__((always_inline)) void directory_prefetch(const struct directory *directory, uint64_t id)
{
    __builtin_prefetch(&directory->ring[id & directory->mask]);
}

#endif
