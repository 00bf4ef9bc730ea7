/* auction.c - the price that an auction gives.
 *
 * Demand and supply change at the prices of orders only. Between two such prices both stay as they are, so a walk
 * up both ladders at once sees every case, and of a stretch of equal prices the one nearest to the reference price
 * is the only one that can win. */
#include "auction.h"

/* The levels of a ladder, from the lowest price up. */
struct climb {
    const struct pages *pages;
    uint32_t page;    /* PAGE_NONE at the end */
    uint32_t unused;
    uint64_t left;    /* prices of the page, from the present one up */
    int64_t price;    /* INT64_MAX at the end */
};

static void climb_settle(struct climb *climb)
{
    const struct pages *pages = climb->pages;

    while (climb->left == 0 && climb->page != PAGE_NONE) { /* a page without prices does not stay: one step */
        climb->page = tree_next(&pages->forest, climb->page);
        climb->left = climb->page == PAGE_NONE ? 0 : pages->items[climb->page].occupied;
    }
    climb->price = INT64_MAX;
    if (climb->page != PAGE_NONE)
        climb->price = pages->items[climb->page].node.key * PAGE_LEVELS + __builtin_ctzll(climb->left);
}

static struct climb climb_first(const struct pages *pages, const struct ladder *ladder)
{
    struct climb climb = {.pages = pages, .page = tree_first(&pages->forest, ladder->root)};

    if (climb.page != PAGE_NONE)
        climb.left = pages->items[climb.page].occupied;
    climb_settle(&climb);
    return climb;
}

/* Goes up to the next level. Returns the lots of the one it leaves, hidden ones included. */
static int64_t climb_next(struct climb *climb)
{
    int64_t lots = page_queue(climb->pages, climb->page, climb->price)->total;

    climb->left &= climb->left - 1;
    climb_settle(climb);
    return lots;
}

static int64_t lots_of(const struct pages *pages, const struct ladder *ladder)
{
    struct climb climb = climb_first(pages, ladder);
    int64_t lots = 0;

    while (climb.price != INT64_MAX) /* climbs */
        lots += climb_next(&climb);
    return lots;
}

static int64_t distance(int64_t a, int64_t b)
{
    return a > b ? a - b : b - a;
}

/* Takes the best of the prices `low` to `high`, which all give the same, if it is better than what was found below. */
static void consider(struct auction *best, int64_t reference, int64_t low, int64_t high, int64_t demand, int64_t supply)
{
    struct auction here = {
        .price = reference < low ? low : (reference > high ? high : reference),
        .volume = demand < supply ? demand : supply,
        .imbalance = demand - supply,
    };
    int64_t before = distance(best->imbalance, 0);
    int64_t now = distance(here.imbalance, 0);

    if (here.volume != best->volume) {
        if (here.volume > best->volume)
            *best = here;
        return;
    }
    if (here.volume == 0 || now > before)
        return;
    if (now < before || distance(here.price, reference) < distance(best->price, reference))
        *best = here;
}

static int can_cross(const struct book *book)
{
    int64_t bid = book->sides[0].best_price;
    int64_t ask = book->sides[1].best_price;

    return (book->market[0].orders | book->market[1].orders) != 0 || (ask != 0 && bid >= ask);
}

/* Where demand or supply changes next: a buy is no longer there one tick above its price, a sell is at its own. */
static int64_t edge_of(const struct climb *buys, const struct climb *sells)
{
    int64_t of_buys = buys->price == INT64_MAX ? INT64_MAX : buys->price + 1;

    return of_buys < sells->price ? of_buys : sells->price;
}

struct auction auction_find(struct engine *engine, uint32_t instrument)
{
    const struct book *book = &engine->books[instrument];
    struct climb buys = climb_first(&engine->pages, &book->sides[0]);
    struct climb sells = climb_first(&engine->pages, &book->sides[1]);
    int64_t demand = book->market[0].total;
    int64_t supply = book->market[1].total;
    struct auction best = {0};
    int64_t low = 1;

    if (!can_cross(book))
        return best;
    demand += lots_of(&engine->pages, &book->sides[0]);
    while (low <= ENGINE_NUMBER_MAX) { /* climbs */
        int64_t edge = edge_of(&buys, &sells);
        int64_t high = edge > ENGINE_NUMBER_MAX ? ENGINE_NUMBER_MAX : edge - 1;

        if (high >= low)
            consider(&best, book->listing.reference_price, low, high, demand, supply);
        if (sells.price == edge && edge != INT64_MAX)
            supply += climb_next(&sells);
        if (buys.price == edge - 1)
            demand -= climb_next(&buys);
        low = edge;
    }
    return best;
}
