#include "legs.h"

#include <string.h>

int legs_keep(struct venue *venue, const struct live *order)
{
    if (venue->leg_count + 1 >= ENGINE_LEGS_MAX) /* the last one decides */
        return 0;
    venue->legs[venue->leg_count++] = *order;
    return 1;
}

struct live *legs_find(struct venue *venue, uint64_t order)
{
    for (uint32_t i = 0; i < venue->leg_count; i++) {
        if (venue->legs[i].id == order)
            return &venue->legs[i];
    }
    return NULL;
}

void legs_drop(struct venue *venue, const struct live *leg)
{
    size_t place = (size_t)(leg - venue->legs);
    venue->leg_count--;
    memmove(&venue->legs[place], &venue->legs[place + 1], (venue->leg_count - place) * sizeof *leg);
}
