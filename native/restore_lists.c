/* restore_lists.c - reads which orders of a snapshot belong together, and which follow the market, in which order. */
#include "live.h"
#include "restore.h"

/* The roles of a list, counted. */
struct roles {
    uint32_t of[ROLE_HELD_BRACKET + 1];
    uint32_t count;
    uint32_t sides; /* of those of which one can end the others: a bit each */
};

/* Counts the roles of an order's list. Returns 0 unless it closes, at one instrument and node. */
static int count_roles(const struct engine *engine, uint32_t slot, struct roles *roles)
{
    const struct order *first = &engine->pool.orders[slot];
    uint32_t at = slot;

    while (roles->count < ENGINE_LEGS_MAX) {
        const struct order *order = &engine->pool.orders[at];
        const struct extra *extra = extra_of(engine, order);

        if (extra == NULL || order->instrument != first->instrument || order->node != first->node)
            return 0;
        if (extra->role == ROLE_OCO || extra->role == ROLE_HELD_BRACKET)
            roles->sides |= order->side;
        roles->of[extra->role]++;
        roles->count++;
        at = extra->ring;
        if (at == slot)
            return 1;
    }
    return 0;
}

static int is_list(const struct engine *engine, uint32_t slot)
{
    struct roles roles = {0};
    uint32_t held;

    if (!count_roles(engine, slot, &roles) || roles.sides == (SIDE_BUY | SIDE_SELL))
        return 0;
    if (roles.of[ROLE_NONE] != 0)
        return roles.count == 1;
    if (roles.of[ROLE_OCO] != 0)
        return roles.of[ROLE_OCO] == roles.count;
    held = roles.of[ROLE_HELD] == 0 ? roles.of[ROLE_HELD_BRACKET] : roles.of[ROLE_HELD];
    return roles.of[ROLE_PARENT] == 1 && held + 1 == roles.count;
}

static enum restore_error read_ring(struct engine *engine, const struct span *span, uint64_t i)
{
    struct extra extra = {0};
    struct record record;
    struct codec codec = record_read(span, i, &record);
    uint64_t id = 0;
    uint64_t after = 0;
    uint32_t slot;

    code_extra(&codec, &extra, &id, &after);
    if (id == after)
        return RESTORE_OK;
    slot = pool_find(&engine->pool, after);
    if (slot == SLOT_NONE)
        return RESTORE_CONTENT;
    extra_of(engine, &engine->pool.orders[pool_find(&engine->pool, id)])->ring = slot;
    return RESTORE_OK;
}

static enum restore_error read_rings(struct reader *reader)
{
    struct engine *engine = reader->engine;
    const struct span *span = &reader->spans[SECTION_EXTRAS];
    enum restore_error error = RESTORE_OK;

    for (uint64_t i = 0; i < span->count && error == RESTORE_OK; i++)
        error = read_ring(engine, span, i);
    for (uint32_t i = 0; i < engine->extras.used && error == RESTORE_OK; i++)
        error = is_list(engine, engine->extras.items[i].slot) ? RESTORE_OK : RESTORE_CONTENT;
    return error;
}

/* Adds one order to its chain, which it is younger than all others of. */
static enum restore_error read_link(struct engine *engine, uint64_t id)
{
    uint32_t slot = pool_find(&engine->pool, id);
    const struct order *order;
    struct chain *chain;
    struct extra *extra;

    if (slot == SLOT_NONE)
        return RESTORE_CONTENT;
    order = &engine->pool.orders[slot];
    chain = live_chain(book_of(engine, order), order);
    extra = extra_of(engine, order);
    if (chain == NULL || is_trailing(order->kind) || extra->chained)
        return RESTORE_CONTENT;
    if (chain->tail != EXTRA_NONE && engine->extras.items[chain->tail].age >= extra->age)
        return RESTORE_CONTENT;
    chain_add(engine, chain, order->extra);
    return RESTORE_OK;
}

static enum restore_error read_chains(struct reader *reader)
{
    const struct span *span = &reader->spans[SECTION_CHAINS];
    enum restore_error error = RESTORE_OK;

    for (uint64_t i = 0; i < span->count && error == RESTORE_OK; i++) {
        struct record record;
        struct codec codec = record_read(span, i, &record);

        error = read_link(reader->engine, load_64(codec.bytes));
    }
    return error;
}

/* Whether every order that has to be in a chain is. */
static int are_chained(const struct engine *engine)
{
    for (uint32_t i = 0; i < engine->extras.used; i++) {
        const struct extra *extra = &engine->extras.items[i];
        const struct order *order = &engine->pool.orders[extra->slot];

        if ((is_pegged(order->kind) || order->flags & FLAG_ALL_OR_NONE) && !extra->chained)
            return 0;
    }
    return 1;
}

/* Whether a book is one that a command can leave behind. */
static int is_at_rest(const struct book *book)
{
    int64_t bid = book->sides[0].best_price;
    int64_t ask = book->sides[1].best_price;

    if (book->pegged.count + book->all_or_none.count > ENGINE_FOLLOWERS_MAX)
        return 0;
    return book->phase != PHASE_CONTINUOUS || ask == 0 || bid < ask;
}

enum restore_error restore_lists(struct reader *reader)
{
    const struct engine *engine = reader->engine;
    enum restore_error error = read_rings(reader);

    if (error == RESTORE_OK)
        error = read_chains(reader);
    if (error == RESTORE_OK && !are_chained(engine))
        error = RESTORE_CONTENT;
    for (uint32_t i = 0; i < engine->instrument_count && error == RESTORE_OK; i++)
        error = is_at_rest(&engine->books[i]) ? RESTORE_OK : RESTORE_CONTENT;
    return error;
}
