#include "express.h"

#include "enter.h"
#include "expect.h"
#include "place.h"
#include "report.h"

/* Three commands share these: a compiler left alone makes functions of them. */
#define INLINE static inline __attribute__((always_inline))

/* Whether a NEW_ORDER is a LIMIT with DAY, GTC or IOC, no flag but CANCEL_ON_DISCONNECT, alone. */
INLINE int is_plain(const struct command *command)
{
    const uint64_t free_bits = BYTE(1, 0xff) | BYTE(3, TIF_IOC) | BYTE(4, FLAG_CANCEL_ON_DISCONNECT) | BYTE(5, 0xf);
    const uint32_t modes = 0x1e1f; /* of self-trade prevention: 0 to 4, 9 to 12 */

    return (word_of(&command->type) & ~free_bits) == (BYTE(0, COMMAND_NEW_ORDER) | BYTE(2, ORDER_LIMIT))
        && command->target == 0 && (uint8_t)(command->side - 1) < 2 && command->time_in_force != TIF_AT_THE_OPENING
        && (modes >> command->self_trade & 1) != 0;
}

/* Whether the limits on single orders allow one: they stand in the ceiling of its pair, if that is up to date. */
static inline int is_below(const struct risk *risk, uint32_t pair, const struct listing *listing, uint8_t side,
                           int64_t quantity, int64_t price)
{
    const struct ceiling *ceiling = &risk->pairs.ceilings[pair];

    return ceiling->version == risk->version && risk_is_below(ceiling, listing, side, quantity, price, price);
}

/* The page of a price, if it is one in use; a doubt is PAGE_NONE. */
INLINE uint32_t page_in_use(const struct ladder *ladder, int64_t price)
{
    const struct ladder_entry *entry = &ladder->table[(uint64_t)page_number(price) % LADDER_TABLE];

    return entry->number == page_number(price) ? entry->page : PAGE_NONE;
}

/* Whether everything that the order names is as plain as the order itself, and there is room for it. */
INLINE int is_welcome(const struct engine *engine, const struct command *command, const struct book *book)
{
    return (book->phase | book->has_bands) == 0 && book->listing.lot_value != 0 && is_number(command->price)
        && is_number(command->quantity) && command->client_key != 0 && engine->pool.used < engine->pool.capacity;
}

/* Whether an order follows the book. When none does, what a command owes can be told at once. */
INLINE int is_followed(const struct book *book)
{
    return (book->pegged.count | book->all_or_none.count) != 0;
}

/* Tells the feeds of a plain order that has come, gone or shrunk. */
INLINE void tell_book(struct engine *engine, const struct order *order, struct level level, int64_t shown, uint8_t flags)
{
    if (LIKELY(engine->feeds == FEED_LEVELS))
        report_one_level(engine, order, level);
    else if (engine->feeds != 0)
        report_feeds(engine, order, level, shown, flags);
}

INLINE struct level level_of(const struct order *order, const struct queue *queue)
{
    return (struct level){.price = order->price, .quantity = queue->shown, .orders = queue->orders};
}

/* The page of a price that is not found in the table, made if need be. There is room. */
static __attribute__((noinline)) uint32_t open_page(struct engine *engine, struct ladder *ladder, int64_t price)
{
    uint32_t page = ladder_search(&engine->pages, ladder, page_number(price));

    return page == PAGE_NONE ? ladder_grow(&engine->pages, ladder, page_number(price)) : page;
}

/* Puts a plain order, which trades with nothing, into the queue of its price. */
INLINE void rest(struct engine *engine, struct book *book, uint32_t slot, uint32_t page)
{
    struct order *order = &engine->pool.orders[slot];
    struct queue *queue;

    if (UNLIKELY(page == PAGE_NONE))
        page = open_page(engine, book_side(book, order->side), order->price);
    queue = page_queue(&engine->pages, page, order->price);
    if (UNLIKELY(queue->orders == 0)) {
        *queue = (struct queue){.head = SLOT_NONE, .tail = SLOT_NONE};
        ladder_fill(&engine->pages, book_side(book, order->side), page, order->price);
    }
    queue_append(&engine->pool, queue, slot);
    queue->shown += order->leaves;
    queue->total += order->leaves;
    queue->orders++;
    order->place = PLACE_BOOK;
    order->page = page;
    tell_book(engine, order, level_of(order, queue), order->leaves, FLAG_ADDED);
}

/* Makes the order of a plain command, nowhere yet. What both say in small comes in the same places, one byte apart. */
INLINE void make(struct order *order, const struct command *command, uint32_t pair)
{
    uint64_t small = word_of(&command->type) >> 8;

    order->id = command->sequence;
    order->price = command->price;
    order->leaves = command->quantity;
    order->quantity = command->quantity;
    order->instrument = command->instrument;
    order->node = command->node;
    order->pair = pair;
    order->extra = EXTRA_NONE;
    memcpy(&order->side, &small, sizeof small);
}

INLINE void tell_accepted(struct engine *engine, const struct command *command)
{
    struct event *event = events_next(&engine->log);

    event->order = command->sequence;
    event->price = command->price;
    event->quantity = command->quantity;
    event->leaves = command->quantity;
    event->instrument = command->instrument;
    event->node = command->node;
    event_small(event, EVENT_ORDER_ACCEPTED, command->side, REASON_NONE, 0);
}

/* Lets an accepted order do what it came for. */
INLINE enum way enter(struct engine *engine, struct book *book, const struct command *command, uint32_t pair,
                             uint32_t page)
{
    int64_t best = book_opposite(book, command->side);
    int64_t sign = side_sign(command->side);
    uint32_t slot;

    if (UNLIKELY(command->time_in_force == TIF_IOC)) {
        struct order order;

        make(&order, command, pair);
        enter_market(engine, &order, SLOT_NONE);
        return WAY_OWING;
    }
    slot = pool_take(&engine->pool);
    make(&engine->pool.orders[slot], command, pair);
    directory_add(&engine->pool.directory, slot);
    if (UNLIKELY(is_followed(book) || (best != 0 && command->price * sign >= best * sign))) {
        enter_market(engine, &engine->pool.orders[slot], slot);
        return WAY_OWING;
    }
    rest(engine, book, slot, page);
    return WAY_DONE;
}

enum way express_new(struct engine *engine, const struct command *command)
{
    struct risk *risk = &engine->risk;
    struct key_place key;
    struct book *book;
    uint32_t pair, page;

    if (UNLIKELY(!is_plain(command) || !is_listed(engine, command->instrument) || !is_node(engine, command->node)))
        return WAY_LONG;
    book = &engine->books[command->instrument];
    page = page_in_use(book_side(book, command->side), command->price);
    if (UNLIKELY((page == PAGE_NONE && engine->pages.used == engine->pages.capacity) || !is_welcome(engine, command, book)))
        return WAY_LONG;
    key = keys_place(&engine->keys, command->client_key);
    if (UNLIKELY(keys_find_at(&engine->keys, key, command->client_key) != 0))
        return WAY_LONG;
    pair = pairs_find(&risk->pairs, command->node, command->instrument);
    if (UNLIKELY(pair == PAIR_NONE
                 || !is_below(risk, pair, &book->listing, command->side, command->quantity, command->price)
                 || !risk_reserve_within(risk, pair, book->listing.lot_value, command->side - 1U, command->quantity,
                                         engine->time_ns)))
        return WAY_LONG;
    keys_add_at(&engine->keys, key, command->client_key, command->sequence);
    tell_accepted(engine, command);
    return enter(engine, book, command, pair, page);
}

static inline void tell_canceled(struct engine *engine, const struct order *order)
{
    struct event *event = events_next(&engine->log);

    event->order = order->id;
    event->price = order->price;
    event->quantity = order->leaves;
    event->leaves = 0;
    event->instrument = order->instrument;
    event->node = order->node;
    event_small(event, EVENT_ORDER_CANCELED, order->side, REASON_REQUESTED, 0);
}

/* Takes a plain order out of the queue of its price, and tells what is left there. */
INLINE void leave(struct engine *engine, struct book *book, uint32_t slot)
{
    const struct order *order = &engine->pool.orders[slot];
    struct queue *queue = page_queue(&engine->pages, order->page, order->price);
    struct level level;

    queue_detach(&engine->pool, queue, slot);
    queue->shown -= order->leaves;
    queue->total -= order->leaves;
    queue->orders--;
    level = level_of(order, queue);
    if (UNLIKELY(level.orders == 0))
        ladder_drain(&engine->pages, book_side(book, order->side), order->page, order->price);
    tell_book(engine, order, level, 0, FLAG_REMOVED);
}

/* The slot of the order that a command may change the short way, or SLOT_NONE. */
INLINE uint32_t plain_target(struct engine *engine, const struct command *command)
{
    uint32_t slot = pool_find(&engine->pool, command->target);
    const struct order *order;

    if (UNLIKELY(slot == SLOT_NONE))
        return SLOT_NONE;
    order = &engine->pool.orders[slot];
    if (UNLIKELY(order->node != command->node || !order_rests_plainly(order) || is_followed(book_of(engine, order))
                 || word_of(&command->type) >> 40 != 0))
        return SLOT_NONE;
    return slot;
}

enum way express_cancel(struct engine *engine, const struct command *command)
{
    uint32_t slot = plain_target(engine, command);
    struct order *order;
    struct book *book;

    if (UNLIKELY(slot == SLOT_NONE))
        return WAY_LONG;
    order = &engine->pool.orders[slot];
    book = book_of(engine, order);
    tell_canceled(engine, order);
    leave(engine, book, slot);
    risk_release(&engine->risk, &book->listing, order->pair, order->side, order->leaves);
    pool_remove(&engine->pool, slot);
    return WAY_DONE;
}

static inline void tell_replaced(struct engine *engine, const struct order *order, uint8_t flags)
{
    struct event *event = events_next(&engine->log);

    event->order = order->id;
    event->price = order->price;
    event->quantity = order->quantity;
    event->leaves = order->leaves;
    event->instrument = order->instrument;
    event->node = order->node;
    event_small(event, EVENT_ORDER_REPLACED, order->side, REASON_NONE, flags);
}

/* Makes a plain order smaller where it stands. */
static inline enum way shrink(struct engine *engine, struct book *book, struct order *order, int64_t quantity)
{
    int64_t less = order->quantity - quantity;
    struct queue *queue;

    if (UNLIKELY(less <= 0 || less >= order->leaves))
        return WAY_LONG;
    order->quantity = quantity;
    order->leaves -= less;
    tell_replaced(engine, order, FLAG_KEPT_PRIORITY);
    queue = page_queue(&engine->pages, order->page, order->price);
    queue->shown -= less;
    queue->total -= less;
    risk_release(&engine->risk, &book->listing, order->pair, order->side, less);
    tell_book(engine, order, level_of(order, queue), order->leaves, 0);
    return WAY_DONE;
}

/* Whether the gate lets a plain order be another, for which it then has its reservation. */
static inline int reserves_change(struct engine *engine, const struct book *book, const struct order *order,
                                  const struct command *command, int64_t quantity)
{
    const struct listing *listing = &book->listing;

    return is_below(&engine->risk, order->pair, listing, order->side, quantity, command->price)
        && risk_reserve_within(&engine->risk, order->pair, listing->lot_value, order->side - 1U,
                               quantity - order->quantity, engine->time_ns);
}

/* Whether a page has one price in use: it may be gone when an order has left. */
static inline int is_last_of(const struct engine *engine, uint32_t page)
{
    uint64_t occupied = engine->pages.items[page].occupied;

    return (occupied & (occupied - 1)) == 0;
}

/* Puts a plain order to another price, at which it trades with nothing. The top is told once a command, not twice: so only
 * where it is not. */
static inline enum way move(struct engine *engine, struct book *book, uint32_t slot, const struct command *command)
{
    struct order *order = &engine->pool.orders[slot];
    int64_t quantity = command->quantity == 0 ? order->quantity : command->quantity;
    int64_t leaves = quantity - order->quantity + order->leaves; /* in this order, for any quantity above 0 */
    uint32_t page = page_in_use(book_side(book, order->side), command->price);
    struct order moved = *order;

    if (UNLIKELY((engine->feeds & ~(uint32_t)FEED_LEVELS) != 0 || (book->phase | book->has_bands) != 0
                 || book->listing.lot_value == 0 || page == PAGE_NONE
                 || is_last_of(engine, page) || !is_number(command->price) || !is_number(quantity) || leaves <= 0
                 || book_would_trade(book, order->side, command->price)
                 || !reserves_change(engine, book, order, command, quantity)))
        return WAY_LONG;
    moved.price = command->price;
    moved.quantity = quantity;
    moved.leaves = leaves;
    tell_replaced(engine, &moved, 0);
    leave(engine, book, slot);
    order->price = command->price;
    order->quantity = quantity;
    order->leaves = leaves;
    rest(engine, book, slot, page);
    return WAY_DONE;
}

enum way express_replace(struct engine *engine, const struct command *command)
{
    uint32_t slot = plain_target(engine, command);
    struct order *order;
    struct book *book;

    if (UNLIKELY(slot == SLOT_NONE || command->client_key != 0 || command->quantity < 0))
        return WAY_LONG;
    order = &engine->pool.orders[slot];
    book = book_of(engine, order);
    if (command->price != 0 && command->price != order->price)
        return move(engine, book, slot, command);
    return command->quantity == 0 ? WAY_LONG : shrink(engine, book, order, command->quantity);
}
