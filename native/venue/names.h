/* names.h - a table from short texts to indices. Nothing is ever removed. */
#ifndef TICKMESH_VENUE_NAMES_H
#define TICKMESH_VENUE_NAMES_H

#include <stdint.h>

#define NAMES_TEXT_MAX 104 /* a portfolio, a 0 and a strategy, and some */

struct names_entry {
    char text[NAMES_TEXT_MAX];
    uint32_t length;          /* 0 is an empty place */
    uint32_t index;
};

struct names {
    struct names_entry *entries;
    uint64_t mask;
    uint64_t count;
    uint64_t capacity;
};

/* Makes room for `capacity` texts. Returns 1, or 0 when memory is short. */
int names_make(struct names *names, uint64_t capacity);
void names_free(struct names *names);

/* Returns the index of a text, or UINT32_MAX. */
uint32_t names_find(const struct names *names, const char *text, uint32_t length);

/* Adds a text; one that is there keeps its index. Returns 1, or 0 for a text that is empty or too long, or a full table. */
int names_add(struct names *names, const char *text, uint32_t length, uint32_t index);

#endif
