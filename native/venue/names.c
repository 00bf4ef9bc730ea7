#include "names.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"

static uint64_t digest(const char *text, uint32_t length)
{
    uint64_t value = length, word = 0;
    for (; length >= 8; text += 8, length -= 8) {
        memcpy(&word, text, 8);
        value = hash_mix(value + word);
    }
    word = 0;
    memcpy(&word, text, length);
    return hash_mix(value + word);
}

int names_make(struct names *names, uint64_t capacity)
{
    uint64_t places = 16;
    while (places < 2 * capacity)
        places *= 2;
    names->entries = calloc(places, sizeof *names->entries);
    names->mask = places - 1;
    names->capacity = places / 2;
    names->count = 0;
    return names->entries != NULL;
}

void names_free(struct names *names)
{
    free(names->entries);
}

/* The place of a text, or the empty one where it would be. */
static struct names_entry *place_of(const struct names *names, const char *text, uint32_t length)
{
    uint64_t place = digest(text, length) & names->mask;
    for (;; place = (place + 1) & names->mask) {
        struct names_entry *entry = &names->entries[place];
        if (entry->length == 0 || (entry->length == length && memcmp(entry->text, text, length) == 0))
            return entry;
    }
}

uint32_t names_find(const struct names *names, const char *text, uint32_t length)
{
    if (length == 0 || length > NAMES_TEXT_MAX)
        return UINT32_MAX;
    const struct names_entry *entry = place_of(names, text, length);
    return entry->length != 0 ? entry->index : UINT32_MAX;
}

int names_add(struct names *names, const char *text, uint32_t length, uint32_t index)
{
    if (length == 0 || length > NAMES_TEXT_MAX || names->count == names->capacity)
        return 0;
    struct names_entry *entry = place_of(names, text, length);
    if (entry->length != 0)
        return 1;
    memcpy(entry->text, text, length);
    entry->length = length;
    entry->index = index;
    names->count++;
    return 1;
}
