/* tree.h - ordered sets of things that live in somebody else's array.
 *
 * A treap: a binary tree ordered by (key, tie), kept flat by priorities that are hashes of
 * both, so that its shape depends on its content alone. A node is embedded in an element
 * of an array and named by the element's index. Every operation takes O(log n) steps. */
#ifndef TICKMESH_TREE_H
#define TICKMESH_TREE_H

#include <stddef.h>
#include <stdint.h>

#define TREE_NONE UINT32_MAX

struct tree_node {
    int64_t key;
    uint64_t tie;
    uint32_t left;
    uint32_t right;
    uint32_t parent;
    uint32_t priority;
};

/* Where nodes live: node `i` stands `stride` bytes after node `i - 1`. */
struct forest {
    unsigned char *first;
    size_t stride;
};

static inline struct tree_node *tree_at(const struct forest *forest, uint32_t i)
{
    return (struct tree_node *)(void *)(forest->first + (size_t)i * forest->stride);
}

/* Adds element `i` under (key, tie), which no other has. */
void tree_insert(const struct forest *forest, uint32_t *root, uint32_t i, int64_t key, uint64_t tie);
void tree_remove(const struct forest *forest, uint32_t *root, uint32_t i);

/* The element of (key, tie), or TREE_NONE. */
uint32_t tree_find(const struct forest *forest, uint32_t root, int64_t key, uint64_t tie);

/* The lowest and the highest element; the next one up and down. TREE_NONE when there is none. */
uint32_t tree_first(const struct forest *forest, uint32_t root);
uint32_t tree_last(const struct forest *forest, uint32_t root);
uint32_t tree_next(const struct forest *forest, uint32_t i);
uint32_t tree_previous(const struct forest *forest, uint32_t i);

#endif
