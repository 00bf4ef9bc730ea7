/* audit_book.c - ladders, queues, and the orders in them and beside them. */
#include "audit.h"
#include "place.h"

/* What the orders of a queue come to. */
struct sums {
    int64_t shown;
    int64_t total;
    uint32_t orders;
    uint32_t pegged;
};

/* Of one book. */
struct tally {
    uint32_t passing;
    uint32_t doubtful;
};

static int is_for_an_auction(const struct order *order)
{
    return order->time_in_force == TIF_AT_THE_OPENING || order->time_in_force == TIF_AT_THE_CLOSE
        || order->time_in_force == TIF_GOOD_FOR_AUCTION;
}

static uint32_t index_of(const struct audit *audit, const struct book *book)
{
    return (uint32_t)(book - audit->engine->books);
}

/* The slot as an order of this book that was not met before; NULL when it is none. */
static const struct order *meet(struct audit *audit, const struct book *book, uint32_t slot, uint8_t place)
{
    const struct pool *pool = &audit->engine->pool;

    if (!must(audit, slot < pool->fresh, "a link leads to a slot that was used once"))
        return NULL;
    must(audit, pool->orders[slot].id != 0, "a link leads to a live order");
    must(audit, ++audit->orders[slot] == 1, "an order is in one place only");
    must(audit, pool->orders[slot].place == place, "an order knows where it is");
    must(audit, pool->orders[slot].instrument == index_of(audit, book), "an order is in its own book");
    return audit->broken == NULL ? &pool->orders[slot] : NULL;
}

static void audit_resting(struct audit *audit, const struct book *book, const struct order *order)
{
    const struct extra *extra = extra_of(audit->engine, order);
    int is_continuous = book->phase == PHASE_CONTINUOUS;

    must(audit, !is_conditional(order->kind), "an order with a trigger rests in no book");
    must(audit, (order->flags & FLAG_ALL_OR_NONE) == 0, "an all-or-none order rests in no book");
    must(audit, order->time_in_force != TIF_IOC && order->time_in_force != TIF_FOK, "IOC and FOK do not rest");
    must(audit, !is_continuous || !is_for_an_auction(order), "an order for an auction does not rest beyond it");
    must(audit, order->pair != PAIR_NONE, "a resting order has its reservation");
    if (extra == NULL)
        return;
    must(audit, extra->role != ROLE_HELD && extra->role != ROLE_HELD_BRACKET, "a held order rests in no book");
    if (extra->display != 0)
        must(audit, extra->shown >= 1 && extra->shown <= extra->display && extra->shown <= order->leaves,
             "an iceberg shows a slice");
}

/* Walks a queue of one price. */
static struct sums audit_row(struct audit *audit, const struct book *book, const struct queue *queue, uint8_t side,
                             int64_t price, struct tally *tally)
{
    struct sums sums = {0};
    uint32_t before = SLOT_NONE;
    uint32_t slot = queue->head;

    while (slot != SLOT_NONE && sums.orders < queue->orders) {
        const struct order *order = meet(audit, book, slot, PLACE_BOOK);

        if (order == NULL)
            return sums;
        must(audit, audit->engine->pool.links[slot].previous == before, "a queue is linked both ways");
        must(audit, order->side == side && order->price == price, "an order rests at its side and price");
        must(audit, (order->kind == ORDER_MARKET) == (price == 0), "MARKET orders have a queue of their own");
        audit_resting(audit, book, order);
        audit_order(audit, order);
        sums.shown += order_shown(audit->engine, order);
        sums.total += order->leaves;
        sums.orders++;
        sums.pegged += (uint32_t)is_pegged(order->kind);
        tally->passing += order->kind == ORDER_MARKET || is_for_an_auction(order);
        tally->doubtful += is_doubtful(order);
        before = slot;
        slot = audit->engine->pool.links[slot].next;
    }
    must(audit, slot == SLOT_NONE && queue->tail == before, "a queue ends at its tail");
    return sums;
}

static void audit_queue(struct audit *audit, const struct book *book, const struct queue *queue, uint8_t side,
                        int64_t price, struct tally *tally)
{
    struct sums sums = audit_row(audit, book, queue, side, price, tally);

    must(audit, sums.orders == queue->orders, "a level counts its orders");
    must(audit, sums.shown == queue->shown, "a level shows what its orders show");
    must(audit, sums.total == queue->total, "a level has the lots of its orders");
    must(audit, sums.pegged == queue->pegged, "a level counts its pegged orders");
}

static void audit_page(struct audit *audit, const struct book *book, uint8_t side, const struct page *page,
                       struct tally *tally)
{
    must(audit, page->occupied != 0, "a page in use has an order");
    for (int64_t i = 0; i < PAGE_LEVELS && audit->broken == NULL; i++) {
        const struct queue *queue = &page->queues[i];

        if ((page->occupied >> i & 1) == 0)
            continue;
        must(audit, queue->orders > 0, "a price that is marked as used has an order");
        audit_queue(audit, book, queue, side, page->node.key * PAGE_LEVELS + i, tally);
    }
}

static int64_t best_of(const struct page *page, uint8_t side)
{
    int bit = side == SIDE_BUY ? 63 - __builtin_clzll(page->occupied) : __builtin_ctzll(page->occupied);

    return page->node.key * PAGE_LEVELS + bit;
}

static void audit_best(struct audit *audit, const struct ladder *ladder)
{
    const struct pages *pages = &audit->engine->pages;
    uint8_t side = (uint8_t)ladder->side;
    uint32_t last = tree_last(&pages->forest, ladder->root);
    uint32_t page = side == SIDE_BUY ? last : tree_first(&pages->forest, ladder->root);

    must(audit, (ladder->best_price == 0) == (page == PAGE_NONE), "an empty side has no best price");
    if (page == PAGE_NONE)
        return;
    must(audit, ladder->best_page == page, "the best page is the outermost one");
    must(audit, ladder->best_price == best_of(&pages->items[page], side), "the best price is the outermost one");
}

static void audit_table(struct audit *audit, const struct ladder *ladder)
{
    const struct pages *pages = &audit->engine->pages;

    for (uint32_t i = 0; i < LADDER_TABLE; i++) {
        const struct ladder_entry *entry = &ladder->table[i];

        if (entry->number < 0)
            continue;
        must(audit, (uint64_t)entry->number % LADDER_TABLE == i, "the table of pages is ordered by number");
        must(audit, entry->page == tree_find(&pages->forest, ladder->root, entry->number, 0),
             "the table of pages agrees with their tree");
    }
}

static void audit_ladder(struct audit *audit, const struct book *book, uint8_t side, struct tally *tally)
{
    const struct pages *pages = &audit->engine->pages;
    const struct ladder *ladder = &book->sides[side - 1];
    uint32_t count = audit_tree(audit, &pages->forest, ladder->root, pages->fresh);
    uint32_t i = ladder->root;

    must(audit, ladder->side == side, "a ladder knows its side");
    audit->pages_used += count;
    if (audit->broken == NULL)
        i = tree_first(&pages->forest, ladder->root);
    for (uint32_t n = 0; n < count && audit->broken == NULL; n++) {
        must(audit, ++audit->pages[i] == 1, "a page belongs to one ladder");
        audit_page(audit, book, side, &pages->items[i], tally);
        i = tree_next(&pages->forest, i);
    }
    if (audit->broken != NULL)
        return;
    audit_best(audit, ladder);
    audit_table(audit, ladder);
    audit_queue(audit, book, &book->market[side - 1], side, 0, tally);
}

/* Whether an order has a reason to wait outside its book. */
static int may_wait(const struct audit *audit, const struct book *book, const struct order *order)
{
    const struct extra *extra = extra_of(audit->engine, order);

    if (extra != NULL && (extra->role == ROLE_HELD || extra->role == ROLE_HELD_BRACKET))
        return order->pair == PAIR_NONE && order->leaves == order->quantity && !extra->armed && !extra->chained;
    if (order->pair == PAIR_NONE)
        return 0;
    if (is_conditional(order->kind))
        return extra->armed;
    if (is_pegged(order->kind))
        return extra->chained && order->price == 0;
    if (order->flags & FLAG_ALL_OR_NONE)
        return extra->chained;
    return order->time_in_force == TIF_AT_THE_CLOSE && book->phase != PHASE_CLOSING_AUCTION;
}

static void audit_waiting(struct audit *audit, const struct book *book)
{
    uint32_t before = SLOT_NONE;
    uint32_t slot = book->waiting.head;
    uint32_t count = 0;

    while (slot != SLOT_NONE && count < book->waiting.count) {
        const struct order *order = meet(audit, book, slot, PLACE_WAITING);

        if (order == NULL)
            return;
        must(audit, audit->engine->pool.links[slot].previous == before, "the list of waiting orders is linked both ways");
        must(audit, may_wait(audit, book, order), "an order that waits has a reason to wait");
        audit_order(audit, order);
        count++;
        before = slot;
        slot = audit->engine->pool.links[slot].next;
    }
    must(audit, count == book->waiting.count && slot == SLOT_NONE && book->waiting.tail == before,
         "the list of waiting orders ends where it says");
}

static void audit_listing(struct audit *audit, const struct book *book)
{
    struct listing listing = book->listing;

    listing_price(&listing, listing.reference_price);
    must(audit, is_number(listing.reference_price) && is_number(listing.unit_value) && is_number(book->static_price),
         "an instrument has its prices");
    must(audit, listing.lot_value == book->listing.lot_value, "the value of a lot is price times unit value");
    must(audit, book->has_bands == ((book->static_bps | book->dynamic_bps) != 0),
         "a book knows whether it has bands");
    if (book->static_bps == 0)
        must(audit, book->static_low == 0 && book->static_high == INT64_MAX, "no static band is the widest");
    else
        must(audit, book->static_low == band_low(book->static_price, book->static_bps)
                 && book->static_high == band_high(book->static_price, book->static_bps),
             "the static band stands around the static price");
}

void audit_book(struct audit *audit, const struct book *book)
{
    int64_t bid = book->sides[0].best_price;
    int64_t ask = book->sides[1].best_price;
    struct tally tally = {0};

    audit_listing(audit, book);
    audit_ladder(audit, book, SIDE_BUY, &tally);
    audit_ladder(audit, book, SIDE_SELL, &tally);
    audit_waiting(audit, book);
    must(audit, !book->is_dirty, "no book has to settle between commands");
    must(audit, book->phase <= PHASE_CLOSED, "a book is in a phase");
    must(audit, tally.passing == book->passing, "a book counts the orders that end with an auction");
    must(audit, tally.doubtful == book->doubtful, "a book counts the orders that may end before they trade");
    if (book->phase != PHASE_CONTINUOUS)
        return;
    must(audit, ask == 0 || bid < ask, "a book is not crossed while CONTINUOUS");
    must(audit, book->market[0].orders + book->market[1].orders == 0, "no MARKET order rests while CONTINUOUS");
}
