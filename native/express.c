#include "express.h"

#include "enter.h"
#include "place.h"
#include "report.h"

#define BIT(n) (UINT32_C(1) << (n))

/* What a path was before a reservation, so that it can be taken back. */
struct before {
    int64_t exposures[ENGINE_DEPTH_MAX];
    struct bucket buckets[ENGINE_DEPTH_MAX]; /* where the node has a rate */
};

/* Whether a NEW_ORDER is a LIMIT with DAY, GTC or IOC, no flag but CANCEL_ON_DISCONNECT, alone. */
static inline int is_plain(const struct command *command)
{
    const uint64_t free_bits = BYTE(1, 0xff) | BYTE(3, TIF_IOC) | BYTE(4, FLAG_CANCEL_ON_DISCONNECT) | BYTE(5, 0xf);
    const uint32_t modes = 0x1e1f; /* of self-trade prevention: 0 to 4, 9 to 12 */
    const uint32_t times = BIT(TIF_DAY) | BIT(TIF_GTC) | BIT(TIF_IOC);

    return (word_of(&command->type) & ~free_bits) == (BYTE(0, COMMAND_NEW_ORDER) | BYTE(2, ORDER_LIMIT))
        && command->target == 0 && (uint8_t)(command->side - 1) < 2
        && (modes >> command->self_trade & times >> command->time_in_force & 1) != 0;
}

/* Takes an order's token at a node. Returns 0 when there is none. */
static inline int charge(struct node *node, int64_t now_ns, struct bucket *before)
{
    int64_t tokens = bucket_tokens(&node->bucket, node->rate, now_ns);

    *before = node->bucket;
    if (tokens < BUCKET_ORDER)
        return 0;
    node->bucket = (struct bucket){.tokens = tokens - BUCKET_ORDER, .time_ns = now_ns};
    return 1;
}

/* Reserves `buy` or `sell` lots, the other being 0, at one pair, if its limits leave room. Sides alternate as they like: no
 * branch depends on them, for it could not be guessed. */
static inline int reserve(struct node *node, struct pair *pair, const struct listing *listing, int64_t buy,
                          int64_t sell, int64_t now_ns, int64_t *exposure_before, struct bucket *bucket_before)
{
    int64_t bought = pair->position + pair->open[0] + buy;
    int64_t sold = pair->open[1] - pair->position + sell;
    int64_t is_sale = -(int64_t)(sell != 0); /* all bits or none */
    int64_t reached = bought + ((sold - bought) & is_sale);
    int64_t exposure = listing_value(listing, larger_magnitude(bought, sold));
    wide total = node->exposure + (exposure - pair->exposure);

    if (reached > pair->position_max || reached > ENGINE_POSITION_MAX
        || (node->exposure_max >= 0 && total > node->exposure_max))
        return 0;
    if (node->rate >= 0 && !charge(node, now_ns, bucket_before))
        return 0;
    *exposure_before = pair->exposure;
    pair->open[0] += buy;
    pair->open[1] += sell;
    pair->exposure = exposure;
    node->exposure = total;
    return 1;
}

/* Takes back what was reserved below `end`. */
static __attribute__((noinline)) void take_back(struct risk *risk, uint32_t slot, uint32_t end, int64_t buy,
                                                int64_t sell, const struct before *before)
{
    for (uint32_t i = 0; slot != end && i < ENGINE_DEPTH_MAX; i++) {
        struct pair *pair = &risk->pairs.items[slot];
        struct node *node = &risk->nodes.items[pair->node];

        pair->open[0] -= buy;
        pair->open[1] -= sell;
        node->exposure += before->exposures[i] - pair->exposure;
        pair->exposure = before->exposures[i];
        if (node->rate >= 0)
            node->bucket = before->buckets[i];
        slot = pair->parent;
    }
}

/* Reserves an order on its whole path, or nowhere. */
static inline int reserve_path(struct risk *risk, uint32_t leaf, const struct listing *listing,
                               const struct command *command, int64_t now_ns)
{
    int64_t is_buy = -(int64_t)(command->side == SIDE_BUY); /* all bits or none */
    int64_t buy = command->quantity & is_buy;
    int64_t sell = command->quantity & ~is_buy;
    uint32_t slot = leaf;
    struct before before;

    for (uint32_t i = 0; slot != PAIR_NONE && i < ENGINE_DEPTH_MAX; i++) {
        struct pair *pair = &risk->pairs.items[slot];
        struct node *node = &risk->nodes.items[pair->node];

        if (!reserve(node, pair, listing, buy, sell, now_ns, &before.exposures[i], &before.buckets[i])) {
            take_back(risk, leaf, slot, buy, sell, &before);
            return 0;
        }
        slot = pair->parent;
    }
    return 1;
}

/* Whether an order is worth at most `limit`. A doubt is a no. */
static inline int is_worth_at_most(const struct command *command, int64_t unit_value, int64_t limit)
{
    uint64_t value;

    if (limit == LIMIT_NONE)
        return 1;
    return !__builtin_mul_overflow((uint64_t)command->quantity, (uint64_t)command->price, &value)
        && !__builtin_mul_overflow(value, (uint64_t)unit_value, &value) && value / 1000 <= (uint64_t)limit;
}

/* Whether the limits on single orders allow it: they stand in the ceiling of its pair, if that is up to date. */
static inline int is_below(const struct risk *risk, uint32_t pair, const struct listing *listing,
                           const struct command *command)
{
    const struct ceiling *ceiling = &risk->pairs.terms[pair].ceiling;
    int64_t through = command->price - listing->reference_price;
    int64_t edge;

    if (ceiling->version != risk->version || ceiling->state != STATE_ACTIVE || command->quantity > ceiling->quantity
        || !is_worth_at_most(command, listing->unit_value, ceiling->notional))
        return 0;
    if (ceiling->collar == LIMIT_NONE)
        return 1;
    return !__builtin_mul_overflow(ceiling->collar, listing->reference_price, &edge)
        && through * side_sign(command->side) * 10000 <= edge;
}

/* The page of a price, if it is one in use; a doubt is PAGE_NONE. */
static inline uint32_t page_in_use(const struct ladder *ladder, int64_t price)
{
    const struct ladder_entry *entry = &ladder->table[(uint64_t)page_number(price) % LADDER_TABLE];

    return entry->number == page_number(price) ? entry->page : PAGE_NONE;
}

/* Whether everything that the order names is as plain as the order itself, and there is room for it. */
static inline int is_welcome(struct engine *engine, const struct command *command, const struct book *book)
{
    return book->phase == PHASE_CONTINUOUS && !book->has_bands && is_number(command->price)
        && is_number(command->quantity) && command->client_key != 0 && engine->pool.used < engine->pool.capacity
        && keys_find(&engine->keys, command->client_key) == 0;
}

/* Whether only levels are told, and nothing follows the book: then what a command owes can be told at once. */
static inline int tells_levels(const struct engine *engine, const struct book *book)
{
    return engine->feeds == FEED_LEVELS && engine->owed.instrument == ENGINE_NONE
        && (book->pegged.count | book->all_or_none.count) == 0;
}

static inline void tell_level(struct engine *engine, uint32_t instrument, uint8_t side, int64_t price,
                              const struct queue *queue)
{
    events_add(&engine->log, (struct event){
        .type = EVENT_BOOK_LEVEL,
        .instrument = instrument,
        .node = ENGINE_NONE,
        .side = side,
        .price = price,
        .quantity = queue->shown,
        .leaves = queue->orders,
    });
}

/* Puts a plain order, which trades with nothing, into the queue of its price. */
static inline void rest(struct engine *engine, struct book *book, uint32_t slot, uint32_t page)
{
    struct order *order = &engine->pool.orders[slot];
    struct queue *queue = page_queue(&engine->pages, page, order->price);

    if (queue->orders == 0) {
        *queue = (struct queue){.head = SLOT_NONE, .tail = SLOT_NONE};
        ladder_fill(&engine->pages, book_side(book, order->side), page, order->price);
    }
    queue_append(&engine->pool, queue, slot);
    queue->shown += order->leaves;
    queue->total += order->leaves;
    queue->orders++;
    order->place = PLACE_BOOK;
    tell_level(engine, order->instrument, order->side, order->price, queue);
}

/* The order that a plain command makes. */
static inline struct order order_of(const struct command *command, uint32_t pair)
{
    return (struct order){
        .id = command->sequence,
        .price = command->price,
        .leaves = command->quantity,
        .quantity = command->quantity,
        .instrument = command->instrument,
        .node = command->node,
        .pair = pair,
        .extra = EXTRA_NONE,
        .side = command->side,
        .kind = ORDER_LIMIT,
        .time_in_force = command->time_in_force,
        .flags = command->flags,
        .self_trade = command->self_trade,
    };
}

static inline void tell_accepted(struct engine *engine, const struct command *command)
{
    events_add(&engine->log, (struct event){
        .type = EVENT_ORDER_ACCEPTED,
        .order = command->sequence,
        .price = command->price,
        .quantity = command->quantity,
        .leaves = command->quantity,
        .instrument = command->instrument,
        .node = command->node,
        .side = command->side,
    });
}

/* Lets an accepted order do what it came for. */
static inline void enter(struct engine *engine, struct book *book, const struct command *command, uint32_t pair,
                         uint32_t page)
{
    int64_t best = book_opposite(book, command->side);
    int64_t sign = side_sign(command->side);
    uint32_t slot;

    if (command->time_in_force == TIF_IOC) {
        struct order order = order_of(command, pair);

        enter_market(engine, &order, SLOT_NONE);
        return;
    }
    slot = pool_put(&engine->pool, order_of(command, pair));
    if (tells_levels(engine, book) && (best == 0 || command->price * sign < best * sign))
        rest(engine, book, slot, page);
    else
        enter_market(engine, &engine->pool.orders[slot], slot);
}

int express_new(struct engine *engine, const struct command *command)
{
    struct risk *risk = &engine->risk;
    struct book *book;
    uint32_t pair, page;

    if (!is_plain(command) || !is_listed(engine, command->instrument) || !is_node(engine, command->node))
        return 0;
    book = &engine->books[command->instrument];
    page = page_in_use(book_side(book, command->side), command->price);
    if ((page == PAGE_NONE && command->time_in_force != TIF_IOC) || !is_welcome(engine, command, book))
        return 0;
    pair = pairs_find(&risk->pairs, command->node, command->instrument);
    if (pair == PAIR_NONE || !is_below(risk, pair, &book->listing, command)
        || !reserve_path(risk, pair, &book->listing, command, engine->time_ns))
        return 0;
    keys_add(&engine->keys, command->client_key, command->sequence);
    tell_accepted(engine, command);
    enter(engine, book, command, pair, page);
    return 1;
}

/* Takes a plain order out of the queue of its price, and tells what is left there. */
static inline void leave(struct engine *engine, const struct order *order, uint32_t page)
{
    struct book *book = book_of(engine, order);
    struct queue *queue = page_queue(&engine->pages, page, order->price);

    queue_detach(&engine->pool, queue, order);
    queue->shown -= order->leaves;
    queue->total -= order->leaves;
    queue->orders--;
    tell_level(engine, order->instrument, order->side, order->price, queue);
    if (queue->orders == 0)
        ladder_drain(&engine->pages, book_side(book, order->side), page, order->price);
}

int express_cancel(struct engine *engine, const struct command *command)
{
    uint32_t slot = pool_find(&engine->pool, command->target);
    struct order *order;
    struct book *book;
    uint32_t page;

    if (slot == SLOT_NONE)
        return 0;
    order = &engine->pool.orders[slot];
    book = book_of(engine, order);
    page = page_in_use(book_side(book, order->side), order->price);
    if (order->node != command->node || !order_rests_plainly(order) || page == PAGE_NONE
        || !tells_levels(engine, book))
        return 0;
    report_end(engine, EVENT_ORDER_CANCELED, order, order->leaves, REASON_REQUESTED);
    leave(engine, order, page);
    risk_release(&engine->risk, &book->listing, order->pair, order->side, order->leaves);
    pool_remove(&engine->pool, slot);
    return 1;
}
