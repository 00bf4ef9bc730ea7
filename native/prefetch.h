/* prefetch.h - asks for the memory of commands that come later in a batch, while earlier ones run.
 *
 * A command waits for three things that the processor cannot foresee: where its key or its order is found, the order
 * itself, and the queue and neighbours of that. Each is asked for some commands ahead of the one before it.
 *
 * All of it is inlined by force: a compiler takes a function that only prefetches for one without effect, and drops its calls. */
#ifndef TICKMESH_PREFETCH_H
#define TICKMESH_PREFETCH_H

#include "state.h"

#define PREFETCH_FAR 12
#define PREFETCH_NEAR 7
#define PREFETCH_NEXT 3

/* Where the key of a new order, and the id of another's target, is looked up. Both, whatever the command is: what comes next cannot
 * be guessed, and a wrong guess costs more than a line that is asked for in vain. */
static inline __attribute__((always_inline)) void prefetch_far(const struct engine *engine, const struct command *command)
{
    keys_prefetch(&engine->keys, command->client_key);
    directory_prefetch(&engine->pool.directory, command->target);
}

/* The order that a command is about; the first of all for a new one. */
static inline __attribute__((always_inline)) void prefetch_order(const struct engine *engine, const struct command *command)
{
    uint32_t place = engine->pool.directory.ring[command->target & engine->pool.directory.mask];

    __builtin_prefetch(&engine->pool.orders[place - (place != 0)], 1);
}

/* The queue at a price, if its page is one in use. */
static inline __attribute__((always_inline)) void prefetch_queue(const struct engine *engine, uint32_t instrument, uint8_t side, int64_t price)
{
    const struct ladder_entry *entry;
    const struct ladder *ladder;

    if (!is_listed(engine, instrument) || (uint8_t)(side - 1) > 1)
        return;
    ladder = &engine->books[instrument].sides[side - 1];
    entry = &ladder->table[(uint64_t)page_number(price) % LADDER_TABLE];
    if (entry->number == page_number(price))
        __builtin_prefetch(page_queue(&engine->pages, entry->page, price), 1);
}

/* The order that a command is about; the queue that a new one is for. */
static inline __attribute__((always_inline)) void prefetch_near(const struct engine *engine, const struct command *command)
{
    uint32_t place;

    if (command->type == COMMAND_NEW_ORDER) {
        prefetch_queue(engine, command->instrument, command->side, command->price);
        return;
    }
    place = engine->pool.directory.ring[command->target & engine->pool.directory.mask];
    if (place != 0)
        __builtin_prefetch(&engine->pool.orders[place - 1], 1);
}

/* The youngest order of the queue that a new one joins. */
static inline __attribute__((always_inline)) void prefetch_tail(const struct engine *engine, const struct command *command)
{
    const struct ladder_entry *entry;
    const struct queue *queue;

    if (!is_listed(engine, command->instrument) || (uint8_t)(command->side - 1) > 1)
        return;
    entry = &engine->books[command->instrument].sides[command->side - 1]
                 .table[(uint64_t)page_number(command->price) % LADDER_TABLE];
    if (entry->number != page_number(command->price))
        return;
    queue = page_queue(&engine->pages, entry->page, command->price);
    if (queue->orders > 0)
        __builtin_prefetch(&engine->pool.orders[queue->tail], 1);
}

/* The neighbours of the order that a command is about, and its queue; the youngest of a queue. */
static inline __attribute__((always_inline)) void prefetch_next(const struct engine *engine, const struct command *command)
{
    const struct order *order;
    uint32_t place;

    if (command->type == COMMAND_NEW_ORDER) {
        prefetch_tail(engine, command);
        return;
    }
    place = engine->pool.directory.ring[command->target & engine->pool.directory.mask];
    if (place == 0)
        return;
    order = &engine->pool.orders[place - 1];
    if (order->id != command->target || order->place != PLACE_BOOK)
        return;
    prefetch_queue(engine, order->instrument, order->side, order->price);
    __builtin_prefetch(&engine->pool.links[place - 1], 1);
}

#endif
