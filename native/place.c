#include "place.h"

#include <assert.h>

int64_t place_slices(const struct extra *extra, int64_t leaves)
{
    if (extra == NULL || extra->display == 0)
        return 0;
    return (leaves + extra->display - 1) / extra->display;
}

void place_lose(struct engine *engine, struct order *order, int64_t lots)
{
    const struct extra *extra = extra_of(engine, order);

    assert(lots >= 0 && lots <= order->leaves);
    if (extra != NULL && extra->display != 0) {
        engine->slices -= (uint64_t)place_slices(extra, order->leaves);
        engine->slices += (uint64_t)place_slices(extra, order->leaves - lots);
    }
    order->leaves -= lots;
}

struct queue *place_queue(struct engine *engine, const struct order *order, uint32_t *page)
{
    struct book *book = book_of(engine, order);

    *page = PAGE_NONE;
    if (order->price == 0)
        return &book->market[order->side - 1];
    *page = order->page;
    return page_queue(&engine->pages, *page, order->price);
}

/* The queue that an order is about to join, made if need be; NULL when there is no page left. */
static struct queue *open_queue(struct engine *engine, struct book *book, struct order *order)
{
    struct ladder *ladder = book_side(book, order->side);
    struct queue *queue;
    uint32_t page;

    order->page = PAGE_NONE;
    if (order->price == 0)
        return &book->market[order->side - 1];
    page = ladder_page(&engine->pages, ladder, order->price);
    if (page == PAGE_NONE) {
        if (engine->pages.used == engine->pages.capacity)
            return NULL;
        page = ladder_grow(&engine->pages, ladder, page_number(order->price));
    }
    order->page = page;
    queue = page_queue(&engine->pages, page, order->price);
    if (queue->orders == 0) {
        *queue = (struct queue){.head = SLOT_NONE, .tail = SLOT_NONE};
        ladder_fill(&engine->pages, ladder, page, order->price);
    }
    return queue;
}

void place_drain(struct engine *engine, struct ladder *ladder, uint32_t page, int64_t price)
{
    uint64_t occupied = engine->pages.items[page].occupied;

    if ((occupied & (occupied - 1)) == 0)
        report_forget(engine, &engine->pages.items[page]);
    ladder_drain(&engine->pages, ladder, page, price);
}

/* Whether an order ends with an auction, if it rests until then. */
static int is_passing(const struct order *order)
{
    return order->kind == ORDER_MARKET || order->time_in_force == TIF_AT_THE_OPENING
        || order->time_in_force == TIF_AT_THE_CLOSE || order->time_in_force == TIF_GOOD_FOR_AUCTION;
}

/* Makes the next slice of an iceberg the one that is shown. Returns the lots that an order shows. */
static int64_t show(struct engine *engine, const struct order *order)
{
    struct extra *extra = extra_of(engine, order);

    if (extra == NULL || extra->display == 0)
        return order->leaves;
    extra->shown = extra->display < order->leaves ? extra->display : order->leaves;
    return extra->shown;
}

int place_rest(struct engine *engine, uint32_t slot)
{
    struct order *order = &engine->pool.orders[slot];
    struct book *book = book_of(engine, order);
    struct queue *queue = open_queue(engine, book, order);
    int64_t shown;

    assert(order->leaves > 0 && order->place == PLACE_NOWHERE);
    if (queue == NULL)
        return 0;
    report_touch(engine, order->instrument, order->side, order->price, queue);
    queue_append(&engine->pool, queue, slot);
    shown = show(engine, order);
    queue->shown += shown;
    queue->total += order->leaves;
    queue->orders++;
    queue->pegged += (uint32_t)is_pegged(order->kind);
    book->passing += (uint32_t)is_passing(order);
    book->doubtful += is_doubtful(order);
    order->place = PLACE_BOOK;
    book_changed(engine, book);
    report_book_order(engine, order, shown, FLAG_ADDED);
    return 1;
}

void place_wait(struct engine *engine, uint32_t slot)
{
    struct order *order = &engine->pool.orders[slot];
    struct link *links = engine->pool.links;
    struct chain *waiting = &book_of(engine, order)->waiting;

    assert(order->place == PLACE_NOWHERE);
    links[slot] = (struct link){.next = SLOT_NONE, .previous = waiting->tail};
    if (waiting->tail == SLOT_NONE)
        waiting->head = slot;
    else
        links[waiting->tail].next = slot;
    waiting->tail = slot;
    waiting->count++;
    order->place = PLACE_WAITING;
}

static void stop_waiting(struct engine *engine, uint32_t slot)
{
    struct order *order = &engine->pool.orders[slot];
    struct link *links = engine->pool.links;
    struct chain *waiting = &book_of(engine, order)->waiting;
    struct link link = links[slot];

    if (link.previous == SLOT_NONE)
        waiting->head = link.next;
    else
        links[link.previous].next = link.next;
    if (link.next == SLOT_NONE)
        waiting->tail = link.previous;
    else
        links[link.next].previous = link.previous;
    waiting->count--;
    order->place = PLACE_NOWHERE;
}

/* Takes an order that showed `shown` lots out of its queue. `lots` are what it still counts for there. */
static void unlink_order(struct engine *engine, uint32_t slot, struct queue *queue, uint32_t page, int64_t shown,
                         int64_t lots)
{
    struct order *order = &engine->pool.orders[slot];
    struct book *book = book_of(engine, order);

    report_touch(engine, order->instrument, order->side, order->price, queue);
    queue_detach(&engine->pool, queue, slot);
    queue->shown -= shown;
    queue->total -= lots;
    queue->orders--;
    queue->pegged -= (uint32_t)is_pegged(order->kind);
    assert(queue->shown >= 0 && queue->total >= 0);
    book->passing -= (uint32_t)is_passing(order);
    book->doubtful -= is_doubtful(order);
    order->place = PLACE_NOWHERE;
    if (queue->orders == 0 && page != PAGE_NONE)
        place_drain(engine, book_side(book, order->side), page, order->price);
    book_changed(engine, book);
    report_book_order(engine, order, 0, FLAG_REMOVED);
}

void place_leave(struct engine *engine, uint32_t slot)
{
    struct order *order = &engine->pool.orders[slot];
    struct queue *queue;
    uint32_t page;

    if (order->place == PLACE_WAITING)
        stop_waiting(engine, slot);
    if (order->place == PLACE_NOWHERE)
        return;
    queue = place_queue(engine, order, &page);
    unlink_order(engine, slot, queue, page, order_shown(engine, order), order->leaves);
}

/* An order counts for `lots` less in its queue, and shows as much as it can of what it did. */
static void show_less(struct engine *engine, struct order *order, int64_t lots, int64_t shown_before, int64_t shown)
{
    uint32_t page;
    struct queue *queue = place_queue(engine, order, &page);
    struct extra *extra = extra_of(engine, order);

    if (shown != shown_before)
        report_touch(engine, order->instrument, order->side, order->price, queue);
    if (extra != NULL && extra->display != 0)
        extra->shown = shown;
    queue->shown += shown - shown_before;
    queue->total -= lots;
    book_changed(engine, book_of(engine, order));
    if (shown != shown_before)
        report_book_order(engine, order, shown, 0);
}

void place_reduce(struct engine *engine, uint32_t slot, int64_t lots)
{
    struct order *order = &engine->pool.orders[slot];
    int64_t before = order_shown(engine, order);

    assert(lots > 0 && lots < order->leaves);
    place_lose(engine, order, lots);
    if (order->place == PLACE_BOOK)
        show_less(engine, order, lots, before, before < order->leaves ? before : order->leaves);
}

void place_grow(struct engine *engine, uint32_t slot, int64_t more)
{
    struct order *order = &engine->pool.orders[slot];
    uint32_t page;
    struct queue *queue = place_queue(engine, order, &page);

    report_touch(engine, order->instrument, order->side, order->price, queue);
    queue->shown += more;
    queue->total += more;
    report_book_order(engine, order, order->leaves + more, 0);
}

/* The last shown lots of an iceberg have traded: the next slice goes to the end of the queue. */
static void next_slice(struct engine *engine, uint32_t slot, struct queue *queue)
{
    struct order *order = &engine->pool.orders[slot];
    int64_t shown;

    queue_detach(&engine->pool, queue, slot);
    queue_append(&engine->pool, queue, slot);
    report_book_order(engine, order, 0, FLAG_REMOVED);
    shown = show(engine, order);
    queue->shown += shown;
    report_book_order(engine, order, shown, FLAG_ADDED);
}

void place_filled(struct engine *engine, uint32_t slot, int64_t lots)
{
    struct order *order = &engine->pool.orders[slot];
    struct extra *extra = extra_of(engine, order);
    uint32_t page;
    struct queue *queue = place_queue(engine, order, &page);

    if (order->leaves == 0) {
        unlink_order(engine, slot, queue, page, lots, lots);
        return;
    }
    report_touch(engine, order->instrument, order->side, order->price, queue);
    queue->shown -= lots;
    queue->total -= lots;
    book_changed(engine, book_of(engine, order));
    if (extra != NULL && extra->display != 0) {
        extra->shown -= lots;
        if (extra->shown == 0) {
            next_slice(engine, slot, queue);
            return;
        }
    }
    report_book_order(engine, order, order_shown(engine, order), 0);
}

void place_auctioned(struct engine *engine, uint32_t slot, int64_t lots)
{
    struct order *order = &engine->pool.orders[slot];
    const struct extra *extra = extra_of(engine, order);
    int64_t before = extra != NULL && extra->display != 0 ? extra->shown : order->leaves + lots;
    int64_t shown;
    uint32_t page;

    if (order->leaves == 0) {
        struct queue *queue = place_queue(engine, order, &page);

        unlink_order(engine, slot, queue, page, before, lots);
        return;
    }
    shown = order->leaves;
    if (extra != NULL && extra->display != 0 && extra->display < shown)
        shown = extra->display;
    show_less(engine, order, lots, before, shown);
}
