#include "tree.h"

#include <assert.h>

#include "hash.h"

/* No treap of 2^28 nodes with hashed priorities comes near this depth. */
#define TREE_DEPTH_MAX 4096

static int is_before(int64_t key, uint64_t tie, const struct tree_node *node)
{
    return key < node->key || (key == node->key && tie < node->tie);
}

/* Puts `fresh` where `old` hung below `parent`. */
static void hang(const struct forest *forest, uint32_t *root, uint32_t parent, uint32_t old, uint32_t fresh)
{
    if (parent == TREE_NONE)
        *root = fresh;
    else if (tree_at(forest, parent)->left == old)
        tree_at(forest, parent)->left = fresh;
    else
        tree_at(forest, parent)->right = fresh;
    if (fresh != TREE_NONE)
        tree_at(forest, fresh)->parent = parent;
}

/* Lifts `i` above its parent. */
static void rotate(const struct forest *forest, uint32_t *root, uint32_t i)
{
    struct tree_node *node = tree_at(forest, i);
    uint32_t above = node->parent;
    struct tree_node *parent = tree_at(forest, above);
    uint32_t inner = parent->left == i ? node->right : node->left;

    hang(forest, root, parent->parent, above, i);
    if (parent->left == i) {
        parent->left = inner;
        node->right = above;
    } else {
        parent->right = inner;
        node->left = above;
    }
    parent->parent = i;
    if (inner != TREE_NONE)
        tree_at(forest, inner)->parent = above;
}

void tree_insert(const struct forest *forest, uint32_t *root, uint32_t i, int64_t key, uint64_t tie)
{
    struct tree_node *node = tree_at(forest, i);
    uint32_t at = *root;
    uint32_t parent = TREE_NONE;
    int goes_left = 0;

    for (uint32_t steps = 0; at != TREE_NONE && steps < TREE_DEPTH_MAX; steps++) {
        parent = at;
        goes_left = is_before(key, tie, tree_at(forest, at));
        at = goes_left ? tree_at(forest, at)->left : tree_at(forest, at)->right;
    }
    assert(at == TREE_NONE);
    *node = (struct tree_node){
        .key = key,
        .tie = tie,
        .left = TREE_NONE,
        .right = TREE_NONE,
        .parent = parent,
        .priority = (uint32_t)hash_mix((uint64_t)key * UINT64_C(0x9e3779b97f4a7c15) + tie + 1),
    };
    if (parent == TREE_NONE)
        *root = i;
    else if (goes_left)
        tree_at(forest, parent)->left = i;
    else
        tree_at(forest, parent)->right = i;
    while (node->parent != TREE_NONE && tree_at(forest, node->parent)->priority < node->priority)
        rotate(forest, root, i);
}

void tree_remove(const struct forest *forest, uint32_t *root, uint32_t i)
{
    struct tree_node *node = tree_at(forest, i);

    while (node->left != TREE_NONE && node->right != TREE_NONE) { /* sinks by one level each time */
        uint32_t left = node->left;
        uint32_t right = node->right;

        rotate(forest, root, tree_at(forest, left)->priority > tree_at(forest, right)->priority ? left : right);
    }
    hang(forest, root, node->parent, i, node->left != TREE_NONE ? node->left : node->right);
}

uint32_t tree_find(const struct forest *forest, uint32_t root, int64_t key, uint64_t tie)
{
    uint32_t at = root;

    for (uint32_t steps = 0; at != TREE_NONE && steps < TREE_DEPTH_MAX; steps++) {
        const struct tree_node *node = tree_at(forest, at);

        if (node->key == key && node->tie == tie)
            return at;
        at = is_before(key, tie, node) ? node->left : node->right;
    }
    return TREE_NONE;
}

static uint32_t leftmost(const struct forest *forest, uint32_t at)
{
    while (at != TREE_NONE && tree_at(forest, at)->left != TREE_NONE)
        at = tree_at(forest, at)->left;
    return at;
}

static uint32_t rightmost(const struct forest *forest, uint32_t at)
{
    while (at != TREE_NONE && tree_at(forest, at)->right != TREE_NONE)
        at = tree_at(forest, at)->right;
    return at;
}

uint32_t tree_first(const struct forest *forest, uint32_t root)
{
    return leftmost(forest, root);
}

uint32_t tree_last(const struct forest *forest, uint32_t root)
{
    return rightmost(forest, root);
}

uint32_t tree_next(const struct forest *forest, uint32_t i)
{
    uint32_t parent = tree_at(forest, i)->parent;

    if (tree_at(forest, i)->right != TREE_NONE)
        return leftmost(forest, tree_at(forest, i)->right);
    while (parent != TREE_NONE && tree_at(forest, parent)->right == i) {
        i = parent;
        parent = tree_at(forest, i)->parent;
    }
    return parent;
}

uint32_t tree_previous(const struct forest *forest, uint32_t i)
{
    uint32_t parent = tree_at(forest, i)->parent;

    if (tree_at(forest, i)->left != TREE_NONE)
        return rightmost(forest, tree_at(forest, i)->left);
    while (parent != TREE_NONE && tree_at(forest, parent)->left == i) {
        i = parent;
        parent = tree_at(forest, i)->parent;
    }
    return parent;
}
