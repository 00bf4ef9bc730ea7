/* draw_orders.c - new orders of all types, alone and in lists, and changes of those that live. */
#include "draw.h"

/* The id of a live order, mostly. */
static uint64_t target(struct generator *generator, const struct engine *engine)
{
    const struct pool *pool = &engine->pool;

    for (int tries = 0; tries < 8 && pool->fresh > 0; tries++) {
        uint64_t id = pool->orders[below(generator, pool->fresh)].id;

        if (id != 0)
            return id;
    }
    return once_in(generator, 10) ? draw_word(generator) : generator->sequence - below(generator, 100);
}

static void fill_numbers(struct generator *generator, struct command *command)
{
    uint8_t kind = command->kind;

    command->quantity = once_in(generator, 40) ? draw_number(generator, 1000) : draw_number(generator, 30);
    if (kind == ORDER_LIMIT || kind == ORDER_STOP_LIMIT || kind == ORDER_LIMIT_IF_TOUCHED) {
        command->price = draw_price(generator);
        if (!once_in(generator, 4) && command->price > 8 && command->price < 2000) /* so that more of them rest */
            command->price += command->side == SIDE_BUY ? -5 : 5;
    }
    if (is_pegged(kind) && once_in(generator, 2))
        command->price = draw_price(generator);
    if (kind == ORDER_TRAILING_STOP_LIMIT)
        command->price = (int64_t)below(generator, 4);
    if (is_pegged(kind))
        command->target = below(generator, 7) - 3;
    else if (is_trailing(kind))
        command->target = 1 + below(generator, command->flags & FLAG_BASIS_POINTS ? 900 : 8);
    else if (is_conditional(kind))
        command->target = (uint64_t)draw_price(generator);
}

/* A flag that may go with the type, most often none. */
static uint8_t flags(struct generator *generator, uint8_t kind, uint8_t time_in_force)
{
    static const uint8_t of_limits[] = {FLAG_POST_ONLY, FLAG_POST_ONLY_SLIDE, FLAG_ALL_OR_NONE, FLAG_ALL_OR_NONE};
    uint8_t found = 0;
    int is_lasting = time_in_force == TIF_DAY || time_in_force == TIF_GTC || time_in_force == TIF_GTD;

    if (kind == ORDER_LIMIT && is_lasting && once_in(generator, 4))
        found = of_limits[below(generator, 4)];
    if (is_trailing(kind) && once_in(generator, 2))
        found = FLAG_BASIS_POINTS;
    if (once_in(generator, 30))
        found |= FLAG_REDUCE_ONLY;
    if (once_in(generator, 8))
        found |= FLAG_CANCEL_ON_DISCONNECT;
    return found;
}

static uint8_t time_in_force(struct generator *generator, uint8_t kind)
{
    static const uint8_t times[] = {TIF_DAY, TIF_GTC, TIF_GTC, TIF_GTD, TIF_IOC, TIF_FOK,
                                    TIF_AT_THE_OPENING, TIF_AT_THE_CLOSE, TIF_GOOD_FOR_AUCTION};

    if (kind <= ORDER_LIMIT && once_in(generator, 3))
        return times[below(generator, sizeof times)];
    return times[below(generator, kind <= ORDER_TRAILING_STOP_LIMIT ? 6 : 4)];
}

static uint8_t self_trade(struct generator *generator)
{
    uint8_t mode = (uint8_t)below(generator, 5);

    if (once_in(generator, 2))
        return SELF_TRADE_ALLOW;
    return mode != SELF_TRADE_ALLOW && once_in(generator, 2) ? (uint8_t)(mode | SELF_TRADE_BY_GROUP) : mode;
}

/* Makes an order one that brings the position of its node nearer to zero, or a little beyond. */
static void aim_to_reduce(struct generator *generator, const struct engine *engine, struct command *command)
{
    struct exposure exposure;
    int64_t lots;

    engine_exposure(engine, command->node, command->instrument, &exposure);
    lots = exposure.position < 0 ? -exposure.position : exposure.position;
    if (lots == 0)
        return;
    command->side = exposure.position < 0 ? SIDE_BUY : SIDE_SELL;
    command->quantity = 1 + (int64_t)below(generator, (uint64_t)lots + 2);
    if (!once_in(generator, 3))
        command->flags |= FLAG_REDUCE_ONLY;
}

static struct command new_order(struct generator *generator, const struct engine *engine)
{
    struct command command = {.type = COMMAND_NEW_ORDER};

    command.instrument = draw_index(generator, generator->instruments);
    command.node = draw_index(generator, generator->nodes);
    command.side = (uint8_t)(1 + below(generator, 2));
    command.kind = (uint8_t)(once_in(generator, 2) ? ORDER_LIMIT : 1 + below(generator, 12));
    command.time_in_force = time_in_force(generator, command.kind);
    command.flags = flags(generator, command.kind, command.time_in_force);
    command.self_trade = self_trade(generator);
    command.client_key = once_in(generator, 50) ? 1 + below(generator, 20) : draw_word(generator) | 1;
    fill_numbers(generator, &command);
    if (once_in(generator, 4))
        aim_to_reduce(generator, engine, &command);
    return command;
}

static void push(struct generator *generator, struct command command)
{
    if (generator->pending_count < GENERATOR_PENDING)
        generator->pending[generator->pending_count++] = command;
}

/* The terms that an order needs, or may have. */
static struct command terms_of(struct generator *generator, const struct command *order)
{
    struct command terms = {.type = COMMAND_ORDER_TERMS};
    uint8_t time = order->time_in_force;
    int is_lasting = time == TIF_DAY || time == TIF_GTC || time == TIF_GTD;

    if (order->time_in_force == TIF_GTD)
        terms.target = (uint64_t)(generator->time_ns - 1000 + (int64_t)below(generator, 2 * (uint64_t)SECOND_NS));
    if (order->contingency != CONTINGENCY_NONE || order->flags & FLAG_ALL_OR_NONE)
        return terms;
    if (order->kind == ORDER_LIMIT && is_lasting && once_in(generator, 2))
        terms.price = draw_number(generator, 10);
    if (order->kind <= ORDER_LIMIT && once_in(generator, 4) && (order->flags & 3) == 0)
        terms.quantity = draw_number(generator, 10);
    return terms;
}

static void push_order(struct generator *generator, struct command order)
{
    struct command terms = terms_of(generator, &order);

    if (terms.target != 0 || ((terms.price | terms.quantity) != 0 && once_in(generator, 4)))
        push(generator, terms);
    push(generator, order);
}

void draw_order(struct generator *generator, const struct engine *engine)
{
    push_order(generator, new_order(generator, engine));
}

/* A list, whose orders agree most of the time. */
void draw_list(struct generator *generator, const struct engine *engine)
{
    uint8_t contingency = (uint8_t)(1 + below(generator, 3));
    uint8_t count = (uint8_t)(contingency == CONTINGENCY_BRACKET ? 3 + below(generator, 2) : 2 + below(generator, 3));
    struct command first = new_order(generator, engine);

    for (uint8_t i = 0; i < count; i++) {
        struct command order = new_order(generator, engine);
        int follows_parent = contingency != CONTINGENCY_OCO && i > 0;

        order.contingency = contingency;
        order.more = (uint8_t)(count - 1 - i);
        order.instrument = first.instrument;
        order.node = first.node;
        order.kind = (uint8_t)(once_in(generator, 3) ? ORDER_LIMIT : 1 + below(generator, 8));
        if (order.kind == ORDER_MARKET && !once_in(generator, 20) && (i > 0 || contingency == CONTINGENCY_OCO))
            order.kind = ORDER_LIMIT;
        order.time_in_force = (uint8_t[]){TIF_DAY, TIF_GTC, TIF_GTD}[below(generator, 3)];
        order.flags &= FLAG_REDUCE_ONLY | FLAG_CANCEL_ON_DISCONNECT;
        if (order.kind == ORDER_LIMIT && once_in(generator, 4))
            order.flags |= once_in(generator, 2) ? FLAG_POST_ONLY : FLAG_POST_ONLY_SLIDE;
        order.price = 0;
        order.target = 0;
        if (!once_in(generator, 30))
            order.side = follows_parent ? (uint8_t)(3 - first.side) : first.side;
        fill_numbers(generator, &order);
        push_order(generator, order);
    }
    if (once_in(generator, 10))
        generator->pending_count -= (uint32_t)below(generator, 3);
}

struct command draw_change(struct generator *generator, const struct engine *engine)
{
    struct command command = {.target = target(generator, engine)};
    uint32_t slot = pool_find(&engine->pool, command.target);

    command.type = once_in(generator, 3) ? COMMAND_CANCEL_ORDER : COMMAND_REPLACE_ORDER;
    if (slot != SLOT_NONE && once_in(generator, 2))
        command.node = engine->pool.orders[slot].node;
    if (once_in(generator, 20))
        command.node = draw_index(generator, generator->nodes);
    if (command.type == COMMAND_CANCEL_ORDER)
        return command;
    if (once_in(generator, 2))
        command.price = draw_price(generator);
    if (once_in(generator, 2))
        command.quantity = draw_number(generator, 40);
    if (once_in(generator, 4))
        command.client_key = (uint64_t)(once_in(generator, 2) ? draw_price(generator) : draw_number(generator, 8));
    return command;
}

