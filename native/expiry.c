#include "expiry.h"

static const struct extra *earliest(const struct engine *engine)
{
    uint32_t first = tree_first(&engine->extras.expiries, engine->expiries);

    return first == TREE_NONE ? NULL : &engine->extras.items[first];
}

void expiry_add(struct engine *engine, uint32_t slot)
{
    const struct order *order = &engine->pool.orders[slot];
    const struct extra *extra = extra_of(engine, order);

    if (extra == NULL || extra->expiry_ns == 0)
        return;
    tree_insert(&engine->extras.expiries, &engine->expiries, order->extra, extra->expiry_ns, order->id);
    if (extra->expiry_ns < engine->next_expiry_ns)
        engine->next_expiry_ns = extra->expiry_ns;
}

void expiry_remove(struct engine *engine, uint32_t slot)
{
    const struct order *order = &engine->pool.orders[slot];
    const struct extra *extra = extra_of(engine, order);

    if (extra == NULL || extra->expiry_ns == 0)
        return;
    tree_remove(&engine->extras.expiries, &engine->expiries, order->extra);
    if (extra->expiry_ns != engine->next_expiry_ns)
        return;
    extra = earliest(engine);
    engine->next_expiry_ns = extra == NULL ? INT64_MAX : extra->expiry_ns;
}

uint32_t expiry_due(const struct engine *engine)
{
    const struct extra *extra;

    if (engine->next_expiry_ns > engine->time_ns)
        return SLOT_NONE;
    extra = earliest(engine); /* none at the end of time, when "never" is now */
    return extra == NULL ? SLOT_NONE : extra->slot;
}
