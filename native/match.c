#include "match.h"

#include <assert.h>

#include "report.h"

int64_t match_best_opposite(struct engine *engine, uint32_t instrument, uint8_t side)
{
    const struct book_level *level = book_best(&engine->books[instrument], book_opposite(side));

    return level == NULL ? 0 : level->price;
}

int match_has_level(struct engine *engine, uint32_t instrument, uint8_t side, int64_t price,
                    const struct order *leaving)
{
    struct book *book = &engine->books[instrument];

    if (book_side(book, side)->count < engine->config.levels || book_find(book, side, price) != NULL)
        return 1;
    return leaving != NULL && book_find(book, side, leaving->price)->orders == 1;
}

/* Trades with the oldest order of the best opposite level, which crosses. Both sides are valued at the new
 * reference price, the maker's first. */
static void trade(struct engine *engine, struct order *taker, const struct book_level *level)
{
    struct listing *listing = &engine->listings[taker->instrument];
    uint32_t slot = level->head;
    struct order *maker = &engine->pool.orders[slot];
    int64_t quantity = maker->leaves < taker->leaves ? maker->leaves : taker->leaves;
    int64_t price = level->price;

    assert(quantity > 0 && maker->side != taker->side);
    listing->reference_price = price;
    report_touch(engine, maker->instrument, maker->side, price);
    taker->leaves -= quantity;
    book_fill_best(&engine->books[maker->instrument], &engine->pool, maker->side, quantity);
    risk_commit(&engine->risk, listing, maker->pair, maker->side, quantity);
    risk_commit(&engine->risk, listing, taker->pair, taker->side, quantity);
    report_trade(engine, maker, price, quantity, FLAG_MAKER);
    report_trade(engine, taker, price, quantity, 0);
    if (maker->leaves == 0)
        pool_remove(&engine->pool, slot);
}

void match_run(struct engine *engine, struct order *taker, int64_t limit)
{
    struct book *book = &engine->books[taker->instrument];
    uint32_t trades_max = engine->pool.used;

    for (uint32_t trades = 0; taker->leaves > 0 && trades < trades_max; trades++) {
        const struct book_level *level = book_best(book, book_opposite(taker->side));

        if (level == NULL || !book_crosses(taker->side, limit, level->price))
            return;
        trade(engine, taker, level);
    }
}

void match_rest(struct engine *engine, uint32_t slot)
{
    const struct order *order = &engine->pool.orders[slot];

    book_push(&engine->books[order->instrument], &engine->pool, slot);
    report_touch(engine, order->instrument, order->side, order->price);
}

void match_remove(struct engine *engine, uint32_t slot)
{
    const struct order *order = &engine->pool.orders[slot];

    report_touch(engine, order->instrument, order->side, order->price);
    book_unlink(&engine->books[order->instrument], &engine->pool, slot);
    risk_release(&engine->risk, &engine->listings[order->instrument], order->pair, order->side, order->leaves);
    pool_remove(&engine->pool, slot);
}
