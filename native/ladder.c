#include "ladder.h"

#include <assert.h>

#include "lines.h"

_Static_assert(sizeof(struct queue) == 32, "two queues share a cache line");
_Static_assert(sizeof(struct page) == 64 + PAGE_LEVELS * 32, "queues begin on a cache line");

int pages_init(struct pages *pages, uint32_t capacity)
{
    *pages = (struct pages){.capacity = capacity, .free = PAGE_NONE};
    pages->items = lines_new(capacity, sizeof *pages->items);
    pages->forest = (struct forest){.first = (unsigned char *)pages->items, .stride = sizeof *pages->items};
    return pages->items != NULL;
}

void pages_free(struct pages *pages)
{
    lines_free(pages->items);
    pages->items = NULL;
}

void ladder_init(struct ladder *ladder, uint8_t side)
{
    *ladder = (struct ladder){.best_page = PAGE_NONE, .root = TREE_NONE, .side = side};
    for (uint32_t i = 0; i < LADDER_TABLE; i++)
        ladder->table[i].number = -1;
}

int ladder_has_room(const struct pages *pages, const struct ladder *ladder, int64_t price)
{
    return pages->used < pages->capacity || ladder_page(pages, ladder, price) != PAGE_NONE;
}

uint32_t ladder_search(const struct pages *pages, const struct ladder *ladder, int64_t number)
{
    uint32_t page = tree_find(&pages->forest, ladder->root, number, 0);
    struct ladder_entry *entry = (struct ladder_entry *)&ladder->table[(uint64_t)number % LADDER_TABLE];

    if (page != PAGE_NONE)
        *entry = (struct ladder_entry){.number = number, .page = page};
    return page;
}

uint32_t ladder_grow(struct pages *pages, struct ladder *ladder, int64_t number)
{
    uint32_t page = pages->free;

    assert(pages->used < pages->capacity);
    if (page == PAGE_NONE)
        page = pages->fresh++;
    else
        pages->free = pages->items[page].node.left;
    pages->used++;
    tree_insert(&pages->forest, &ladder->root, page, number, 0);
    ladder->table[(uint64_t)number % LADDER_TABLE] = (struct ladder_entry){.number = number, .page = page};
    return page;
}

static void shrink(struct pages *pages, struct ladder *ladder, uint32_t page)
{
    int64_t number = pages->items[page].node.key;
    struct ladder_entry *entry = &ladder->table[(uint64_t)number % LADDER_TABLE];

    tree_remove(&pages->forest, &ladder->root, page);
    if (entry->number == number)
        entry->number = -1;
    pages->items[page].node.left = pages->free;
    pages->free = page;
    pages->used--;
}

static int is_better(const struct ladder *ladder, int64_t price, int64_t other)
{
    return ladder->side == 1 ? price > other : price < other;
}

void ladder_fill(struct pages *pages, struct ladder *ladder, uint32_t page, int64_t price)
{
    pages->items[page].occupied |= UINT64_C(1) << ((uint64_t)price % PAGE_LEVELS);
    if (ladder->best_price == 0 || is_better(ladder, price, ladder->best_price)) {
        ladder->best_price = price;
        ladder->best_page = page;
    }
}

/* The best price of a page that has one. */
static int64_t best_of(const struct ladder *ladder, const struct page *page)
{
    int bit = ladder->side == 1 ? 63 - __builtin_clzll(page->occupied) : __builtin_ctzll(page->occupied);

    return page->node.key * PAGE_LEVELS + bit;
}

/* The page with the next worse prices. */
static uint32_t worse_page(const struct pages *pages, const struct ladder *ladder, uint32_t page)
{
    return ladder->side == 1 ? tree_previous(&pages->forest, page) : tree_next(&pages->forest, page);
}

static void move_best(struct pages *pages, struct ladder *ladder, uint32_t page)
{
    if (pages->items[page].occupied == 0)
        page = worse_page(pages, ladder, page);
    ladder->best_page = page;
    ladder->best_price = page == PAGE_NONE ? 0 : best_of(ladder, &pages->items[page]);
}

void ladder_drain(struct pages *pages, struct ladder *ladder, uint32_t page, int64_t price)
{
    pages->items[page].occupied &= ~(UINT64_C(1) << ((uint64_t)price % PAGE_LEVELS));
    if (price == ladder->best_price)
        move_best(pages, ladder, page);
    if (pages->items[page].occupied == 0)
        shrink(pages, ladder, page);
}

int64_t ladder_worse(const struct pages *pages, const struct ladder *ladder, int64_t price)
{
    uint32_t page = ladder_page(pages, ladder, price);
    uint64_t bit = UINT64_C(1) << ((uint64_t)price % PAGE_LEVELS);
    uint64_t worse;

    assert(page != PAGE_NONE);
    worse = pages->items[page].occupied & (ladder->side == 1 ? bit - 1 : ~(bit | (bit - 1)));
    if (worse != 0)
        return pages->items[page].node.key * PAGE_LEVELS
            + (ladder->side == 1 ? 63 - __builtin_clzll(worse) : __builtin_ctzll(worse));
    page = worse_page(pages, ladder, page);
    return page == PAGE_NONE ? 0 : best_of(ladder, &pages->items[page]);
}
