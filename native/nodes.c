#include "nodes.h"

#include <assert.h>

#include "lines.h"

_Static_assert(sizeof(struct node) == 128, "a node is two cache lines");

int nodes_init(struct nodes *nodes, uint32_t capacity)
{
    *nodes = (struct nodes){.capacity = capacity};
    nodes->items = lines_new(capacity, sizeof *nodes->items);
    return nodes->items != NULL;
}

void nodes_free(struct nodes *nodes)
{
    lines_free(nodes->items);
    nodes->items = NULL;
}

void nodes_add(struct nodes *nodes, uint32_t parent)
{
    uint32_t depth = parent == ENGINE_NONE ? 1 : nodes->items[parent].depth + 1;

    assert(nodes->count < nodes->capacity);
    assert(depth <= ENGINE_DEPTH_MAX && (parent == ENGINE_NONE) == (nodes->count == 0));
    nodes->items[nodes->count] = (struct node){
        .parent = parent,
        .depth = depth,
        .exposure_max = NODE_UNLIMITED,
        .rate = -1,
        .notional_max = -1,
    };
    node_set_room(&nodes->items[nodes->count++], NODE_UNLIMITED);
}

void node_set_room(struct node *node, wide room)
{
    node->room_far = (int64_t)(room >> 62);
    node->room = (int64_t)(room - node->room_far * NODE_FAR);
}

__attribute__((noinline)) void node_carry(struct node *node, int64_t more)
{
    node_set_room(node, node_room(node) - more);
}

uint32_t nodes_path(const struct nodes *nodes, uint32_t node, uint32_t path[ENGINE_DEPTH_MAX])
{
    uint32_t count = 0;

    while (node != ENGINE_NONE && count < ENGINE_DEPTH_MAX) {
        path[count++] = node;
        node = nodes->items[node].parent;
    }
    assert(node == ENGINE_NONE);
    return count;
}

int nodes_is_within(const struct nodes *nodes, uint32_t node, uint32_t root)
{
    for (uint32_t steps = 0; node != ENGINE_NONE && steps < ENGINE_DEPTH_MAX; steps++) {
        if (node == root)
            return 1;
        node = nodes->items[node].parent;
    }
    return 0;
}
