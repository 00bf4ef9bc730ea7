/* audit.h - one walk through an engine, for the files behind invariants.h. */
#ifndef TICKMESH_AUDIT_H
#define TICKMESH_AUDIT_H

#include "state.h"

struct audit {
    const struct engine *engine;
    const char *broken;    /* the first sentence that is not true, or NULL */
    uint8_t *orders;       /* how often the walk came to each slot */
    uint8_t *extras;
    uint8_t *pages;
    int64_t (*open)[2];    /* lots that orders have open in each pair */
    uint32_t live;         /* orders found */
    uint32_t with_extra;
    uint32_t pages_used;
    uint32_t expiring;
    uint64_t slices;
};

/* Notes a sentence unless it is true; the first one stands. Returns whether all is well so far. */
static inline int must(struct audit *audit, int is_true, const char *sentence)
{
    if (!is_true && audit->broken == NULL)
        audit->broken = sentence;
    return audit->broken == NULL;
}

/* Whether the orders of one book are where they must be, and what it says about them is so. */
void audit_book(struct audit *audit, const struct book *book);

/* One order that was found in a book; what stands in its extra. */
void audit_order(struct audit *audit, const struct order *order);

/* The triggers of one book, and the orders that follow its market. */
void audit_followers(struct audit *audit, const struct book *book);

/* Whether a tree is one: sorted, linked both ways, its priorities falling. Returns how many elements it has. */
uint32_t audit_tree(struct audit *audit, const struct forest *forest, uint32_t root, uint32_t most);

/* Whether every slot of orders, extras and pages is used once, or free. */
void audit_pools(struct audit *audit);

/* Whether an index finds `count` keys. */
void audit_index(struct audit *audit, const struct index *index, uint32_t count);

/* Nodes and pairs. */
void audit_risk(struct audit *audit);

#endif
