/* ladder.h - one side of one book: a queue of orders for each price.
 *
 * Prices are grouped into pages of 64 neighbours; a page is a bitmap of the prices in use
 * and 64 queues, half a cache line each. The pages of a ladder hang in a tree, and a small
 * direct table finds those in use now without it: a busy book touches the table, the bitmap
 * and the queue, however far its prices wander, and an idle one takes a page or two. */
#ifndef TICKMESH_LADDER_H
#define TICKMESH_LADDER_H

#include <stdint.h>

#include "tree.h"

#define PAGE_LEVELS 64
#define PAGE_NONE TREE_NONE
#define LADDER_TABLE 16

/* The orders at one price, oldest first. */
struct queue {
    int64_t shown;   /* lots that the book shows */
    int64_t total;   /* lots, with the hidden ones of icebergs */
    uint32_t head;   /* oldest order */
    uint32_t tail;
    uint32_t orders;
    uint32_t pegged; /* how many of them follow the market */
};

struct page {
    struct tree_node node; /* key: price / PAGE_LEVELS */
    uint64_t occupied;     /* one bit a price */
    uint64_t unused[3];
    struct queue queues[PAGE_LEVELS];
};

/* All pages of all books. */
struct pages {
    struct page *items;
    struct forest forest;
    uint32_t capacity;
    uint32_t used;
    uint32_t fresh; /* pages from here on were never used */
    uint32_t free;  /* first returned page, linked by `node.left`, or PAGE_NONE */
};

struct ladder_entry {
    int64_t number; /* of the page; -1 when empty */
    uint32_t page;
    uint32_t unused;
};

struct ladder {
    int64_t best_price; /* 0 when empty */
    uint32_t best_page;
    uint32_t root;
    uint32_t side;
    uint32_t unused;
    struct ladder_entry table[LADDER_TABLE]; /* by the lowest bits of the page's number */
};

/* Makes room for `capacity` pages. Returns 0 when memory is short. Free with pages_free(). */
int pages_init(struct pages *pages, uint32_t capacity);
void pages_free(struct pages *pages);

void ladder_init(struct ladder *ladder, uint8_t side);

/* Whether an order could rest at `price` with the pages that there are. */
int ladder_has_room(const struct pages *pages, const struct ladder *ladder, int64_t price);

/* Finds a page by its number; PAGE_NONE when there is none. */
uint32_t ladder_search(const struct pages *pages, const struct ladder *ladder, int64_t number);

/* Makes the page of a price that has none. There is room. */
uint32_t ladder_grow(struct pages *pages, struct ladder *ladder, int64_t number);

/* Says that the queue at `price` has got its first order, or lost its last. */
void ladder_fill(struct pages *pages, struct ladder *ladder, uint32_t page, int64_t price);
void ladder_drain(struct pages *pages, struct ladder *ladder, uint32_t page, int64_t price);

/* The next price with orders that is worse than `price`; 0 when there is none. */
int64_t ladder_worse(const struct pages *pages, const struct ladder *ladder, int64_t price);

static inline int64_t page_number(int64_t price)
{
    return (int64_t)((uint64_t)price / PAGE_LEVELS);
}

/* The page of a price, or PAGE_NONE. */
static inline uint32_t ladder_page(const struct pages *pages, const struct ladder *ladder, int64_t price)
{
    int64_t number = page_number(price);
    const struct ladder_entry *entry = &ladder->table[(uint64_t)number % LADDER_TABLE];

    return entry->number == number ? entry->page : ladder_search(pages, ladder, number);
}

static inline struct queue *page_queue(const struct pages *pages, uint32_t page, int64_t price)
{
    return &pages->items[page].queues[(uint64_t)price % PAGE_LEVELS];
}

/* The queue at a price, or NULL when no order rests there. */
static inline struct queue *ladder_find(const struct pages *pages, const struct ladder *ladder, int64_t price)
{
    uint32_t page = ladder_page(pages, ladder, price);

    if (page == PAGE_NONE || page_queue(pages, page, price)->orders == 0)
        return NULL;
    return page_queue(pages, page, price);
}

#endif
