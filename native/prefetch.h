/* prefetch.h - asks for the memory of commands that come later in a batch, while earlier ones run.
 *
 * A command waits for three things that the processor cannot foresee: where its key or its order is found, the order
 * itself, and the queue and neighbours of that. Each is asked for some commands ahead of the one before it.
 *
 * Nothing here depends on what a command is: what comes next cannot be guessed, and a wrong guess costs more than a line that
 * is asked for in vain. What a command does not name is 0, and leads to a line that is at hand.
 *
 * All of it is inlined by force: a compiler takes a function that only prefetches for one without effect, and drops its calls. */
#ifndef TICKMESH_PREFETCH_H
#define TICKMESH_PREFETCH_H

#include "state.h"

#define PREFETCH static inline __attribute__((always_inline)) void
#define PREFETCH_PLACE 16
#define PREFETCH_ORDER 8
#define PREFETCH_NEIGHBOURS 4

/* Where a key and a target are looked up. */
PREFETCH prefetch_place(const struct engine *engine, const struct command *command)
{
    keys_prefetch(&engine->keys, command->client_key);
    directory_prefetch(&engine->pool.directory, command->target);
}

/* The order that is the target. */
PREFETCH prefetch_order(const struct engine *engine, const struct command *command)
{
    __builtin_prefetch(&engine->pool.orders[directory_guess(&engine->pool.directory, command->target)], 1);
}

/* The queue at the price of a new order, if its page is one in use, or some queue. */
PREFETCH prefetch_queue(const struct engine *engine, const struct command *command)
{
    uint32_t instrument = is_listed(engine, command->instrument) ? command->instrument : 0;
    int64_t number = page_number(command->price);
    const struct ladder_entry *entry = &engine->books[instrument].sides[(command->side + 1) % 2]
                                            .table[(uint64_t)number % LADDER_TABLE];

    __builtin_prefetch(page_queue(&engine->pages, entry->number == number ? entry->page : 0, command->price), 1);
}

/* The queue and the links of the target; what its owner, or a new order's, holds. */
PREFETCH prefetch_neighbours(const struct engine *engine, const struct command *command)
{
    const struct pairs *pairs = &engine->risk.pairs;
    uint32_t slot = directory_guess(&engine->pool.directory, command->target);
    const struct order *order = &engine->pool.orders[slot];
    uint32_t page = order->page < engine->pages.capacity ? order->page : 0;
    uint32_t pair = pairs_guess(pairs, command->node, command->instrument);

    __builtin_prefetch(&engine->pool.links[slot], 1);
    __builtin_prefetch(page_queue(&engine->pages, page, order->price), 1);
    __builtin_prefetch(&pairs->items[order->pair < pairs->capacity ? order->pair : 0], 1);
    __builtin_prefetch(&pairs->items[pair < pairs->capacity ? pair : 0], 1);
}

#endif
