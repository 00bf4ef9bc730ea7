#include "directory.h"

#include <assert.h>

#include "lines.h"

/* Places of the ring for each order that may live: how far ids may run on before one has to move. */
#define PLACES_AN_ORDER 8

int directory_init(struct directory *directory, uint32_t capacity, const struct order *orders)
{
    uint64_t places = 64;

    while (places < (uint64_t)capacity * PLACES_AN_ORDER)
        places *= 2;
    *directory = (struct directory){.orders = orders, .mask = places - 1};
    directory->ring = lines_new(places, sizeof *directory->ring);
    return directory->ring != NULL && index_init(&directory->old, capacity, &orders[0].id, sizeof *orders);
}

void directory_free(struct directory *directory)
{
    index_free(&directory->old);
    lines_free(directory->ring);
    directory->ring = NULL;
}

void directory_move_old(struct directory *directory, uint32_t slot)
{
    index_insert(&directory->old, index_near(directory->orders[slot].id), slot);
    directory->old_count++;
}

void directory_remove_old(struct directory *directory, uint32_t slot)
{
    assert(directory->old_count > 0);
    index_remove(&directory->old, index_near(directory->orders[slot].id), slot);
    directory->old_count--;
}

uint32_t directory_find_old(const struct directory *directory, uint64_t id)
{
    return id == 0 ? SLOT_NONE : index_find(&directory->old, index_near(id), id);
}
