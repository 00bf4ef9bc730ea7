#include "numbers.h"

#include "lines.h"

static uint64_t home(const struct numbers *numbers, uint64_t key)
{
    return hash_mix(key) & numbers->mask;
}

int numbers_make(struct numbers *numbers, uint64_t capacity)
{
    uint64_t places = 16;
    while (places < 2 * capacity)
        places *= 2;
    numbers->entries = lines_new(places, sizeof *numbers->entries);
    numbers->mask = places - 1;
    numbers->capacity = places / 2;
    numbers->count = 0;
    return numbers->entries != NULL;
}

void numbers_free(struct numbers *numbers)
{
    lines_free(numbers->entries);
}

/* The place of a key, or the empty one where it would be. */
static uint64_t place_of(const struct numbers *numbers, uint64_t key)
{
    uint64_t place = home(numbers, key);
    while (numbers->entries[place].key != 0 && numbers->entries[place].key != key)
        place = (place + 1) & numbers->mask;
    return place;
}

uint64_t numbers_find(const struct numbers *numbers, uint64_t key)
{
    return numbers->entries[place_of(numbers, key)].value;
}

int numbers_add(struct numbers *numbers, uint64_t key, uint64_t value)
{
    if (numbers->count == numbers->capacity)
        return 0;
    numbers->entries[place_of(numbers, key)] = (struct numbers_entry){key, value};
    numbers->count++;
    return 1;
}

/* Moves those back that stand further from home than the hole, so that no search ends too early. */
static void close_hole(struct numbers *numbers, uint64_t hole)
{
    uint64_t place = hole;
    for (;;) {
        place = (place + 1) & numbers->mask;
        struct numbers_entry entry = numbers->entries[place];
        if (entry.key == 0)
            break;
        uint64_t from_home = (place - home(numbers, entry.key)) & numbers->mask;
        uint64_t from_hole = (place - hole) & numbers->mask;
        if (from_home >= from_hole) {
            numbers->entries[hole] = entry;
            hole = place;
        }
    }
    numbers->entries[hole] = (struct numbers_entry){0, 0};
}

void numbers_remove(struct numbers *numbers, uint64_t key)
{
    uint64_t place = place_of(numbers, key);
    if (numbers->entries[place].key == 0)
        return;
    close_hole(numbers, place);
    numbers->count--;
}
