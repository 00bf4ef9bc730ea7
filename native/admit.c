#include "admit.h"

#include <assert.h>

#include "expiry.h"
#include "match.h"
#include "place.h"
#include "report.h"
#include "shape.h"

static int is_held(const struct draft *draft)
{
    return draft->role == ROLE_HELD || draft->role == ROLE_HELD_BRACKET;
}

static int is_at_once(const struct command *command)
{
    return command->time_in_force == TIF_IOC || command->time_in_force == TIF_FOK;
}

/* Who, where, and whether for the first time. */
static enum reason check_place(struct engine *engine, const struct command *command)
{
    if (!is_listed(engine, command->instrument))
        return REASON_UNKNOWN_INSTRUMENT;
    if (!is_node(engine, command->node))
        return REASON_UNKNOWN_NODE;
    if (keys_find(&engine->keys, command->client_key) != 0)
        return REASON_DUPLICATE_CLIENT_ORDER;
    keys_add(&engine->keys, command->client_key, command->sequence);
    return REASON_NONE;
}

static enum reason check_phase(const struct book *book, const struct draft *draft)
{
    const struct command *command = draft->command;
    uint8_t phase = book->phase;

    if (phase == PHASE_HALT || phase == PHASE_CLOSED)
        return REASON_PHASE;
    if (command->time_in_force == TIF_AT_THE_OPENING && phase != PHASE_PRE_OPEN && phase != PHASE_OPENING_AUCTION)
        return REASON_PHASE;
    if (command->time_in_force == TIF_GOOD_FOR_AUCTION && !phase_is_call(phase))
        return REASON_PHASE;
    if (phase == PHASE_CONTINUOUS)
        return REASON_NONE;
    if (is_at_once(command) || draft->terms->minimum != 0 || command->kind == ORDER_MARKET_TO_LIMIT)
        return REASON_PHASE;
    return REASON_NONE;
}

/* Finds the price of a MARKET_TO_LIMIT, and moves an order that slides. */
static void find_price(const struct book *book, struct draft *draft)
{
    const struct command *command = draft->command;

    if (command->kind == ORDER_MARKET_TO_LIMIT)
        draft->price = book_opposite(book, command->side);
    if ((command->flags & FLAG_POST_ONLY_SLIDE) == 0 || book->phase != PHASE_CONTINUOUS || is_held(draft))
        return;
    if (!book_would_trade(book, command->side, draft->price) || book_beside(book, command->side) == 0)
        return;
    draft->price = book_beside(book, command->side);
    draft->is_slid = 1;
}

static int has_band_price(const struct draft *draft)
{
    uint8_t kind = draft->command->kind;

    return kind == ORDER_LIMIT || kind == ORDER_STOP_LIMIT || kind == ORDER_LIMIT_IF_TOUCHED
        || (kind == ORDER_MARKET_TO_LIMIT && draft->price != 0);
}

static struct intent intent_of(const struct book *book, const struct draft *draft)
{
    const struct command *command = draft->command;
    struct intent intent = {
        .price = book->listing.reference_price,
        .quantity = command->quantity,
        .leaves = command->quantity,
        .side = command->side,
        .reduces = (command->flags & FLAG_REDUCE_ONLY) != 0,
    };

    if (has_band_price(draft) || (is_pegged(command->kind) && draft->price != 0))
        intent.price = draft->price;
    else if (command->kind == ORDER_STOP || command->kind == ORDER_MARKET_IF_TOUCHED)
        intent.price = (int64_t)command->target;
    if (command->kind == ORDER_LIMIT || command->kind == ORDER_MARKET_TO_LIMIT)
        intent.collared = draft->price;
    return intent;
}

static void find_path(struct engine *engine, struct draft *draft)
{
    if (draft->is_path)
        return;
    risk_path(&engine->risk, draft->command->node, draft->command->instrument, &draft->path);
    draft->is_path = 1;
}

static struct verdict check_gate(struct engine *engine, const struct book *book, struct draft *draft)
{
    struct intent intent = intent_of(book, draft);
    struct risk *risk = &engine->risk;

    draft->pair = pairs_find(&risk->pairs, draft->command->node, draft->command->instrument);
    if (draft->pair != PAIR_NONE && !is_held(draft)
        && risk_passes(risk, draft->pair, &book->listing, &intent, engine->time_ns))
        return (struct verdict){.reason = REASON_NONE};
    find_path(engine, draft);
    return risk_check(risk, &draft->path, &book->listing, &intent, is_held(draft) ? SCOPE_HELD : SCOPE_NEW,
                      engine->time_ns);
}

/* The order as far as matching it goes, to ask what it could trade. */
static struct order sketch(const struct draft *draft)
{
    const struct command *command = draft->command;

    return (struct order){
        .id = command->sequence,
        .price = draft->price,
        .leaves = command->quantity,
        .quantity = command->quantity,
        .instrument = command->instrument,
        .node = command->node,
        .pair = draft->pair,
        .extra = EXTRA_NONE,
        .side = command->side,
        .kind = command->kind,
        .time_in_force = command->time_in_force,
        .flags = command->flags,
        .self_trade = command->self_trade,
        .is_listed = command->contingency != CONTINGENCY_NONE,
    };
}

static enum reason check_book(struct engine *engine, const struct book *book, const struct draft *draft)
{
    const struct command *command = draft->command;
    int64_t minimum = draft->terms->minimum;
    struct order order;

    if (book->phase != PHASE_CONTINUOUS || is_held(draft))
        return REASON_NONE;
    if (command->flags & (FLAG_POST_ONLY | FLAG_POST_ONLY_SLIDE)
        && book_would_trade(book, command->side, draft->price))
        return REASON_POST_ONLY_WOULD_TRADE;
    if (minimum == 0 && (command->time_in_force != TIF_FOK || command->kind > ORDER_LIMIT))
        return REASON_NONE;
    order = sketch(draft);
    if (minimum == 0)
        return match_can_fill(engine, &order, match_limit(engine, &order), command->quantity)
            ? REASON_NONE : REASON_FOK_NOT_FILLABLE;
    return match_can_fill(engine, &order, match_limit(engine, &order), minimum) ? REASON_NONE
                                                                               : REASON_MINIMUM_QUANTITY;
}

int admit_may_stay(const struct engine *engine, const struct draft *draft)
{
    const struct command *command = draft->command;

    if (command->kind > ORDER_LIMIT || engine->books[command->instrument].phase != PHASE_CONTINUOUS)
        return 1;
    if (command->contingency != CONTINGENCY_NONE || command->time_in_force == TIF_AT_THE_CLOSE)
        return 1;
    return command->kind == ORDER_LIMIT && !is_at_once(command);
}

/* Whether the order could rest in its book at once. */
static int may_rest_now(const struct engine *engine, const struct draft *draft)
{
    const struct command *command = draft->command;
    uint8_t phase = engine->books[command->instrument].phase;

    if (command->kind != ORDER_LIMIT && command->kind != ORDER_MARKET_TO_LIMIT)
        return 0;
    if (draft->price == 0 || command->flags & FLAG_ALL_OR_NONE || command->contingency != CONTINGENCY_NONE)
        return 0;
    return command->time_in_force != TIF_AT_THE_CLOSE || phase == PHASE_CLOSING_AUCTION;
}

static int has_room_for_extra(const struct engine *engine, const struct book *book, const struct draft *draft)
{
    const struct terms *terms = draft->terms;
    uint8_t kind = draft->command->kind;
    uint64_t slices = 0;

    if (engine->extras.used == engine->extras.capacity)
        return 0;
    if (terms->display != 0)
        slices = (uint64_t)((draft->command->quantity + terms->display - 1) / terms->display);
    if (slices != 0 && engine->slices + slices > engine->config.orders)
        return 0;
    if (!is_pegged(kind) && (draft->command->flags & FLAG_ALL_OR_NONE) == 0)
        return 1;
    return book->pegged.count + book->all_or_none.count < ENGINE_FOLLOWERS_MAX;
}

static enum reason check_capacity(struct engine *engine, struct book *book, struct draft *draft)
{
    const struct command *command = draft->command;

    if (draft->pair == PAIR_NONE && !is_held(draft)) {
        find_path(engine, draft);
        if (!pairs_fit(&engine->risk.pairs, &draft->path))
            return REASON_CAPACITY;
    }
    if (!admit_may_stay(engine, draft))
        return REASON_NONE;
    if (engine->pool.used == engine->pool.capacity)
        return REASON_CAPACITY;
    if (shape_is_extra(command, draft->terms) && !has_room_for_extra(engine, book, draft))
        return REASON_CAPACITY;
    if (may_rest_now(engine, draft)
        && !ladder_has_room(&engine->pages, book_side(book, command->side), draft->price))
        return REASON_CAPACITY;
    return REASON_NONE;
}

/* The checks before the gate. */
static enum reason check_first(struct engine *engine, struct draft *draft)
{
    const struct command *command = draft->command;
    enum reason reason = check_place(engine, command);
    struct book *book;

    if (reason == REASON_NONE)
        reason = shape_check_numbers(command, draft->terms);
    if (reason != REASON_NONE)
        return reason;
    if (command->time_in_force == TIF_GTD && draft->terms->expiry_ns <= engine->time_ns)
        return REASON_INVALID_EXPIRY;
    book = &engine->books[command->instrument];
    reason = check_phase(book, draft);
    if (reason != REASON_NONE)
        return reason;
    if (command->flags & FLAG_POST_ONLY_SLIDE || command->kind == ORDER_MARKET_TO_LIMIT)
        find_price(book, draft);
    if (has_band_price(draft) && (draft->price < book->static_low || draft->price > book->static_high))
        return REASON_PRICE_BAND;
    return REASON_NONE;
}

struct verdict admit_check(struct engine *engine, struct draft *draft)
{
    struct verdict verdict = {.reason = check_first(engine, draft)};
    struct book *book;

    if (verdict.reason != REASON_NONE)
        return verdict;
    book = &engine->books[draft->command->instrument];
    verdict = check_gate(engine, book, draft);
    if (verdict.reason == REASON_NONE)
        verdict.reason = check_book(engine, book, draft);
    if (verdict.reason == REASON_NONE)
        verdict.reason = check_capacity(engine, book, draft);
    return verdict;
}

/* Makes the pair that an order counts in, and reserves it there. */
static void reserve(struct engine *engine, struct draft *draft, struct order *order)
{
    if (is_held(draft)) {
        order->pair = PAIR_NONE;
        return;
    }
    if (draft->pair == PAIR_NONE) {
        pairs_complete(&engine->risk.pairs, order->instrument, &draft->path);
        draft->pair = draft->path.pairs[0];
    }
    order->pair = draft->pair;
    risk_reserve(&engine->risk, &book_of(engine, order)->listing, order->pair, order->side, order->leaves);
}

void admit_fleeting(struct engine *engine, struct draft *draft, struct order *order)
{
    *order = sketch(draft);
    reserve(engine, draft, order);
}

/* Gives a stored order its extra. */
static void add_extra(struct engine *engine, const struct draft *draft, uint32_t slot)
{
    struct order *order = &engine->pool.orders[slot];
    const struct command *command = draft->command;
    struct extra *extra;

    order->extra = extras_put(&engine->extras, slot);
    extra = extra_of(engine, order);
    extra->age = order->id;
    extra->expiry_ns = draft->terms->expiry_ns;
    extra->display = draft->terms->display;
    extra->role = draft->role;
    extra->trigger = (int64_t)command->target;
    if (is_trailing(command->kind))
        extra->distance = (int64_t)command->target;
    if (is_pegged(command->kind)) {
        extra->limit = command->price;
        order->price = 0;
    }
    engine->slices += (uint64_t)place_slices(extra, order->leaves);
    expiry_add(engine, slot);
}

uint32_t admit_store(struct engine *engine, struct draft *draft)
{
    struct order order = sketch(draft);
    uint32_t slot;

    reserve(engine, draft, &order);
    slot = pool_put(&engine->pool, order);
    if (shape_is_extra(draft->command, draft->terms))
        add_extra(engine, draft, slot);
    return slot;
}

void admit_report(struct engine *engine, const struct draft *draft, const struct order *order)
{
    struct order told = *order;

    told.price = draft->is_slid || is_pegged(order->kind) ? draft->command->price : order->price;
    report_order(engine, EVENT_ORDER_ACCEPTED, &told, order->quantity, REASON_NONE, 0);
    if (draft->is_slid)
        report_order(engine, EVENT_ORDER_REPRICED, order, 0, REASON_NONE, 0);
}
