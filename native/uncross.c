/* uncross.c - what an auction gives is traded, and what does not outlive an auction ends. */
#include <assert.h>

#include "auction.h"
#include "band.h"
#include "collect.h"
#include "live.h"
#include "match.h"
#include "place.h"

/* The order of a side that trades next at `price`: MARKET orders, then the best level. SLOT_NONE when there is none. */
static uint32_t front_of(struct engine *engine, const struct book *book, uint8_t side, int64_t price)
{
    const struct queue *market = &book->market[side - 1];
    const struct ladder *ladder = &book->sides[side - 1];

    if (market->orders != 0)
        return market->head;
    if (ladder->best_price == 0 || !side_crosses(side, ladder->best_price, price))
        return SLOT_NONE;
    return page_queue(&engine->pages, ladder->best_page, ladder->best_price)->head;
}

/* The lots that an order may trade now. */
static int64_t lots_of(const struct engine *engine, uint32_t slot)
{
    const struct order *order = &engine->pool.orders[slot];
    int64_t allowed;

    if ((order->flags & FLAG_REDUCE_ONLY) == 0)
        return order->leaves;
    allowed = risk_reducible(&engine->risk, order->pair, order->side);
    return allowed < order->leaves ? allowed : order->leaves;
}

/* The consequences of a trade for the list of one side, unless the other side's have ended it. */
static void follow(struct engine *engine, uint32_t slot, uint64_t id)
{
    const struct order *order = &engine->pool.orders[slot];

    if (order->id != id)
        return;
    live_traded(engine, slot);
    if (order->id == id && order->leaves == 0)
        live_free(engine, slot);
}

static void trade(struct engine *engine, uint32_t buy, uint32_t sell, int64_t price, int64_t lots)
{
    struct order *buyer = &engine->pool.orders[buy];
    struct order *seller = &engine->pool.orders[sell];
    uint64_t buy_id = buyer->id;
    uint64_t sell_id = seller->id;

    pool_prefetch_after(&engine->pool, buy);
    pool_prefetch_after(&engine->pool, sell);
    match_trade(engine, buyer, seller, price, lots, FLAG_AUCTION, FLAG_AUCTION);
    place_auctioned(engine, buy, lots);
    place_auctioned(engine, sell, lots);
    follow(engine, buy, buy_id);
    follow(engine, sell, sell_id);
}

/* Ends an order, if it lives, that could have traded more but for its position. */
static void end_cut(struct engine *engine, uint32_t slot, uint64_t id)
{
    if (engine->pool.orders[slot].id == id)
        live_end(engine, slot, EVENT_ORDER_CANCELED, REASON_REDUCE_ONLY);
}

/* Trades what both may; `bought` and `sold` are the lots that each is allowed. Returns the lots. */
static int64_t meet(struct engine *engine, uint32_t buy, uint32_t sell, int64_t price, int64_t bought, int64_t sold)
{
    uint64_t buy_id = engine->pool.orders[buy].id;
    uint64_t sell_id = engine->pool.orders[sell].id;
    int64_t buyer_leaves = engine->pool.orders[buy].leaves;
    int64_t seller_leaves = engine->pool.orders[sell].leaves;
    int64_t wanted = buyer_leaves < seller_leaves ? buyer_leaves : seller_leaves;
    int64_t lots = sold < bought ? sold : bought;

    trade(engine, buy, sell, price, lots);
    if (lots < wanted && bought == lots)
        end_cut(engine, buy, buy_id);
    if (lots < wanted && sold == lots)
        end_cut(engine, sell, sell_id);
    return lots;
}

/* Lets the first of both sides meet until one side has none left. Each look ends an order or fills one. */
static void cross(struct engine *engine, const struct book *book, const struct auction *auction)
{
    uint64_t looks_max = 2 * (uint64_t)engine->pool.used;
    int64_t left = auction->volume;

    for (uint64_t looks = 0; left > 0 && looks < looks_max; looks++) {
        uint32_t buy = front_of(engine, book, SIDE_BUY, auction->price);
        uint32_t sell = front_of(engine, book, SIDE_SELL, auction->price);
        int64_t bought, sold;

        if (buy == SLOT_NONE || sell == SLOT_NONE)
            return;
        bought = lots_of(engine, buy);
        sold = lots_of(engine, sell);
        if (bought == 0 || sold == 0) {
            live_end(engine, bought == 0 ? buy : sell, EVENT_ORDER_CANCELED, REASON_REDUCE_ONLY);
            continue;
        }
        left -= meet(engine, buy, sell, auction->price, bought, sold);
    }
    assert(left >= 0);
}

static int is_for_an_auction(const struct order *order)
{
    uint8_t time_in_force = order->time_in_force;

    return time_in_force == TIF_AT_THE_OPENING || time_in_force == TIF_AT_THE_CLOSE
        || time_in_force == TIF_GOOD_FOR_AUCTION;
}

static int passes_away(const struct engine *engine, const struct collection *collection, const struct order *order)
{
    (void)engine;
    (void)collection;
    return order->kind == ORDER_MARKET || is_for_an_auction(order);
}

static void end_passing(struct engine *engine, const struct book *book)
{
    struct collection collection = {.wants = passes_away};

    if (book->passing == 0)
        return;
    collect_side(engine, &collection, book, SIDE_BUY);
    collect_side(engine, &collection, book, SIDE_SELL);
    for (uint32_t i = 0; i < collection.count; i++) {
        uint32_t slot = collected(engine, i);

        if (slot == SLOT_NONE)
            continue;
        if (is_for_an_auction(&engine->pool.orders[slot]))
            live_end(engine, slot, EVENT_ORDER_EXPIRED, REASON_NONE);
        else
            live_end(engine, slot, EVENT_ORDER_CANCELED, REASON_NO_LIQUIDITY);
    }
}

void auction_uncross(struct engine *engine, uint32_t instrument, int is_announced)
{
    struct book *book = &engine->books[instrument];
    struct auction auction = auction_find(engine, instrument);

    if (auction.volume != 0 || is_announced)
        report_auction(engine, instrument, auction.price, auction.volume, auction.imbalance, 0);
    while (auction.volume != 0) { /* each round trades: more than one if orders ended that had been counted */
        band_price(book, auction.price);
        cross(engine, book, &auction);
        auction = auction_find(engine, instrument);
        if (auction.volume != 0)
            report_auction(engine, instrument, auction.price, auction.volume, auction.imbalance, 0);
    }
    end_passing(engine, book);
}
