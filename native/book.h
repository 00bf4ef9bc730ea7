/* book.h - everything that belongs to one instrument: its listing, its two ladders, the
 * orders that wait outside them, its phase and bands. */
#ifndef TICKMESH_BOOK_H
#define TICKMESH_BOOK_H

#include <stdint.h>

#include "engine.h"
#include "ladder.h"
#include "order.h"
#include "value.h"

/* Orders in the order in which they came, linked by slot or by extra. */
struct chain {
    uint32_t head;
    uint32_t tail;
    uint32_t count;
};

/* The best level of a side as FEED_TOP told it last. */
struct top {
    int64_t price;
    int64_t shown;
    uint32_t orders;
};

struct book {
    struct listing listing;
    uint8_t phase;              /* enum phase */
    uint8_t is_dirty;           /* settles at the end of the command */
    uint8_t has_bands;
    uint8_t reserved;
    uint32_t passing;           /* resting orders that end with an auction: three times in force, and MARKET */
    uint32_t doubtful;          /* resting orders that may end before they trade: reduce-only, or from a list */
    uint32_t up, down;          /* trigger trees: key = price, or minus the price */
    struct chain trailing;      /* extras of trailing stops that wait */
    struct chain pegged;        /* extras of pegged orders, wherever they are */
    struct chain all_or_none;   /* extras of all-or-none orders */
    struct chain waiting;       /* slots of orders outside the book */
    int64_t static_price;
    int64_t static_bps;         /* 0: none */
    int64_t dynamic_bps;
    int64_t static_low, static_high; /* ticks; 0 and INT64_MAX where there is no band */
    struct top told[2];
    struct queue market[2];     /* MARKET orders that wait for an auction */
    struct ladder sides[2];
};

static inline struct ladder *book_side(struct book *book, uint8_t side)
{
    return &book->sides[side - 1];
}

static inline uint8_t side_opposite(uint8_t side)
{
    return (uint8_t)(3 - side);
}

/* 1 for a buy, -1 for a sell: sides alternate as they like, and a product costs less than a wrong guess. */
static inline int64_t side_sign(uint8_t side)
{
    return 3 - 2 * (int64_t)side;
}

/* Whether an order of `side` that may pay up to `limit` trades at `price`. */
static inline int side_crosses(uint8_t side, int64_t limit, int64_t price)
{
    return side == SIDE_BUY ? price <= limit : price >= limit;
}

/* The price of the best level that an order of `side` would trade with, or 0. */
static inline int64_t book_opposite(const struct book *book, uint8_t side)
{
    return book->sides[side_opposite(side) - 1].best_price;
}

/* Whether an order of `side` at `limit` would trade at once. */
static inline int book_would_trade(const struct book *book, uint8_t side, int64_t limit)
{
    int64_t best = book_opposite(book, side);

    return best != 0 && side_crosses(side, limit, best);
}

/* The price one tick from the best opposite one, where an order that slides comes to rest; 0 when there is no such price. */
static inline int64_t book_beside(const struct book *book, uint8_t side)
{
    int64_t price = book_opposite(book, side) + (side == SIDE_BUY ? -1 : 1);

    return price > ENGINE_NUMBER_MAX ? 0 : price;
}

static inline int phase_is_auction(uint8_t phase)
{
    return phase == PHASE_OPENING_AUCTION || phase == PHASE_REOPENING_AUCTION || phase == PHASE_CLOSING_AUCTION;
}

/* Whether orders gather and nothing trades. */
static inline int phase_is_call(uint8_t phase)
{
    return phase == PHASE_PRE_OPEN || phase_is_auction(phase);
}

/* The edges of a band around a price, rounded towards it. */
static inline int64_t band_low(int64_t price, int64_t bps)
{
    return value_saturate(((wide)price * (10000 - bps) + 9999) / 10000);
}

static inline int64_t band_high(int64_t price, int64_t bps)
{
    return value_saturate((wide)price * (10000 + bps) / 10000);
}

#endif
