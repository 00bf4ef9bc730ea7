#include "book.h"

#include <assert.h>
#include <string.h>

/* Prices as the book sorts them: higher is better. */
static int64_t rank_of(uint8_t side, int64_t price)
{
    return side == 1 ? price : -price;
}

/* How many levels are worse than `price`: its place in the array, if it is there at all. */
static uint32_t place_of(const struct book_side *levels, uint8_t side, int64_t price)
{
    int64_t rank = rank_of(side, price);
    uint32_t low = 0;
    uint32_t high = levels->count;

    while (low < high) { /* halves each time */
        uint32_t middle = low + (high - low) / 2;

        if (rank_of(side, levels->levels[middle].price) < rank)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct book_level *book_best(struct book *book, uint8_t side)
{
    struct book_side *levels = book_side(book, side);

    return levels->count == 0 ? NULL : &levels->levels[levels->count - 1];
}

struct book_level *book_find(struct book *book, uint8_t side, int64_t price)
{
    struct book_side *levels = book_side(book, side);
    uint32_t place = place_of(levels, side, price);

    if (place == levels->count || levels->levels[place].price != price)
        return NULL;
    return &levels->levels[place];
}

static struct book_level *open_level(struct book_side *levels, uint32_t place, int64_t price)
{
    struct book_level *level = &levels->levels[place];

    memmove(level + 1, level, (levels->count - place) * sizeof *level);
    levels->count++;
    *level = (struct book_level){.price = price, .head = POOL_NONE, .tail = POOL_NONE};
    return level;
}

static void close_level(struct book_side *levels, struct book_level *level)
{
    size_t place = (size_t)(level - levels->levels);

    assert(level->quantity == 0 && level->head == POOL_NONE);
    levels->count--;
    memmove(level, level + 1, (levels->count - place) * sizeof *level);
}

void book_push(struct book *book, struct pool *pool, uint32_t slot)
{
    struct order *order = &pool->orders[slot];
    struct book_side *levels = book_side(book, order->side);
    uint32_t place = place_of(levels, order->side, order->price);
    struct book_level *level = &levels->levels[place];

    assert(order->leaves > 0);
    if (place == levels->count || level->price != order->price)
        level = open_level(levels, place, order->price);
    order->previous = level->tail;
    order->next = POOL_NONE;
    if (level->tail == POOL_NONE)
        level->head = slot;
    else
        pool->orders[level->tail].next = slot;
    level->tail = slot;
    level->quantity += order->leaves;
    level->orders++;
}

static void unlink_from(struct book_side *levels, struct book_level *level, struct pool *pool, uint32_t slot)
{
    const struct order *order = &pool->orders[slot];

    if (order->previous == POOL_NONE)
        level->head = order->next;
    else
        pool->orders[order->previous].next = order->next;
    if (order->next == POOL_NONE)
        level->tail = order->previous;
    else
        pool->orders[order->next].previous = order->previous;
    level->quantity -= order->leaves;
    level->orders--;
    assert(level->quantity >= 0);
    if (level->orders == 0)
        close_level(levels, level);
}

void book_unlink(struct book *book, struct pool *pool, uint32_t slot)
{
    const struct order *order = &pool->orders[slot];
    struct book_level *level = book_find(book, order->side, order->price);

    assert(level != NULL);
    unlink_from(book_side(book, order->side), level, pool, slot);
}

static void reduce_at(struct book_side *levels, struct book_level *level, struct pool *pool, uint32_t slot,
                      int64_t quantity)
{
    struct order *order = &pool->orders[slot];

    assert(quantity > 0 && quantity <= order->leaves);
    order->leaves -= quantity;
    level->quantity -= quantity;
    if (order->leaves == 0)
        unlink_from(levels, level, pool, slot);
}

void book_reduce(struct book *book, struct pool *pool, uint32_t slot, int64_t quantity)
{
    const struct order *order = &pool->orders[slot];
    struct book_level *level = book_find(book, order->side, order->price);

    assert(level != NULL);
    reduce_at(book_side(book, order->side), level, pool, slot, quantity);
}

void book_fill_best(struct book *book, struct pool *pool, uint8_t side, int64_t quantity)
{
    struct book_level *level = book_best(book, side);

    assert(level != NULL);
    reduce_at(book_side(book, side), level, pool, level->head, quantity);
}

int book_can_fill(struct book *book, uint8_t side, int64_t limit, int64_t quantity)
{
    const struct book_side *levels = book_side(book, book_opposite(side));

    for (uint32_t i = levels->count; i > 0 && quantity > 0; i--) {
        const struct book_level *level = &levels->levels[i - 1];

        if (!book_crosses(side, limit, level->price))
            return 0;
        quantity -= level->quantity < quantity ? level->quantity : quantity;
    }
    return quantity == 0;
}
