/* audit_pool.c - slots of orders, extras and pages; trees and indexes. */
#include "audit.h"

/* Whether the links of one element of a tree are returned. */
static int is_linked(const struct forest *forest, uint32_t root, uint32_t i)
{
    const struct tree_node *node = tree_at(forest, i);

    if ((node->parent == TREE_NONE) != (i == root))
        return 0;
    if (node->left != TREE_NONE && tree_at(forest, node->left)->parent != i)
        return 0;
    return node->right == TREE_NONE || tree_at(forest, node->right)->parent == i;
}

static int is_before(const struct tree_node *a, const struct tree_node *b)
{
    return a->key < b->key || (a->key == b->key && a->tie < b->tie);
}

uint32_t audit_tree(struct audit *audit, const struct forest *forest, uint32_t root, uint32_t most)
{
    uint32_t i = tree_first(forest, root);
    uint32_t before = TREE_NONE;
    uint32_t count = 0;

    while (i != TREE_NONE && audit->broken == NULL) {
        const struct tree_node *node = tree_at(forest, i);

        must(audit, ++count <= most, "a tree has no more elements than there are");
        must(audit, is_linked(forest, root, i), "a tree is linked both ways");
        must(audit, before == TREE_NONE || is_before(tree_at(forest, before), node), "a tree is sorted");
        must(audit, node->parent == TREE_NONE || tree_at(forest, node->parent)->priority >= node->priority,
             "priorities fall from the root down");
        before = i;
        i = tree_next(forest, i);
    }
    return count;
}

void audit_index(struct audit *audit, const struct index *index, uint32_t count)
{
    uint32_t found = 0;

    for (uint64_t i = 0; i <= index->mask; i++)
        found += index->table[i].place != 0;
    must(audit, found == count, "an index has an entry for each key and no other");
}

/* Ids stand in the ring, or in the index when a younger one has taken their place. */
static void audit_directory(struct audit *audit)
{
    const struct pool *pool = &audit->engine->pool;
    const struct directory *directory = &pool->directory;
    uint32_t in_ring = 0;

    for (uint64_t i = 0; i <= directory->mask; i++)
        in_ring += directory->ring[i] != 0;
    must(audit, in_ring + directory->old_count == pool->used, "the directory has every live order and no other");
    audit_index(audit, &directory->old, directory->old_count);
}

static void audit_orders(struct audit *audit)
{
    const struct pool *pool = &audit->engine->pool;
    uint32_t slot = pool->free;
    uint32_t free = 0;

    while (slot != SLOT_NONE && must(audit, slot < pool->fresh, "a free slot of an order was used once")) {
        must(audit, pool->orders[slot].id == 0 && ++audit->orders[slot] == 1,
             "a free slot of an order is free once");
        free++;
        slot = pool->links[slot].next;
    }
    must(audit, free + pool->used == pool->fresh, "every slot of an order is live or free");
    must(audit, audit->live == pool->used, "every live order is in a book, or beside it");
    for (slot = 0; slot < pool->fresh && audit->broken == NULL; slot++) {
        must(audit, audit->orders[slot] == 1, "no slot of an order is lost");
        must(audit, pool->orders[slot].id == 0 || pool_find(pool, pool->orders[slot].id) == slot,
             "the directory finds every live order");
    }
    audit_directory(audit);
}

static void audit_extras(struct audit *audit)
{
    const struct extras *extras = &audit->engine->extras;
    uint32_t i = extras->free;
    uint32_t free = 0;

    while (i != EXTRA_NONE && must(audit, i < extras->fresh, "a free extra was used once")) {
        must(audit, ++audit->extras[i] == 1, "a free extra is free once");
        free++;
        i = extras->items[i].slot;
    }
    must(audit, free + extras->used == extras->fresh, "every extra is used or free");
    must(audit, audit->with_extra == extras->used, "every extra has its order");
}

static void audit_expiries(struct audit *audit)
{
    const struct engine *engine = audit->engine;
    const struct extras *extras = &engine->extras;
    uint32_t count = audit_tree(audit, &extras->expiries, engine->expiries, extras->fresh);
    uint32_t i = TREE_NONE;
    int64_t earliest = INT64_MAX;

    if (audit->broken == NULL)
        i = tree_first(&extras->expiries, engine->expiries);
    if (i != TREE_NONE)
        earliest = extras->items[i].expiry_ns;
    must(audit, engine->next_expiry_ns == earliest, "the next expiry is the earliest one");
    must(audit, count == audit->expiring, "every order that expires is in the tree of expiries");
    for (uint32_t n = 0; n < count && audit->broken == NULL; n++) {
        const struct extra *extra = &extras->items[i];

        must(audit, audit->extras[i] == 1 && extra->expiry_node.key == extra->expiry_ns,
             "the tree of expiries is ordered by moment");
        must(audit, extra->expiry_node.tie == engine->pool.orders[extra->slot].id,
             "equal moments are ordered by id");
        i = tree_next(&extras->expiries, i);
    }
}

static void audit_pages(struct audit *audit)
{
    const struct pages *pages = &audit->engine->pages;
    uint32_t i = pages->free;
    uint32_t free = 0;

    while (i != PAGE_NONE && must(audit, i < pages->fresh, "a free page was used once")) {
        must(audit, ++audit->pages[i] == 1 && pages->items[i].occupied == 0,
             "a free page is free once, and empty");
        free++;
        i = pages->items[i].node.left;
    }
    must(audit, free + pages->used == pages->fresh && pages->fresh <= pages->capacity,
         "every page is used or free");
    must(audit, audit->pages_used == pages->used, "every page in use is in a ladder");
}

void audit_pools(struct audit *audit)
{
    audit_orders(audit);
    audit_extras(audit);
    audit_expiries(audit);
    audit_pages(audit);
    must(audit, audit->slices == audit->engine->slices, "the slices of all icebergs are counted");
    must(audit, audit->slices <= audit->engine->config.orders,
         "icebergs have no more slices than there are places");
}
