#include "invariants.h"

#include <stdlib.h>

#include "audit.h"

static void audit_keys(struct audit *audit)
{
    const struct key_window *keys = &audit->engine->keys;

    must(audit, keys_count(keys) <= keys->capacity, "the window of keys is no larger than it may be");
    for (uint32_t i = 0; i < keys_count(keys) && audit->broken == NULL; i++) {
        const struct key_entry *entry = keys_at(keys, i);

        must(audit, entry->key != 0 && keys_find(keys, entry->key) == entry->order,
             "every key in the window is found");
    }
}

static void audit_staged(struct audit *audit)
{
    const struct staged *staged = &audit->engine->staged;

    must(audit, staged->count < ENGINE_LEGS_MAX, "a list that waits is not whole");
    for (uint32_t i = 0; i < staged->count && audit->broken == NULL; i++) {
        must(audit, staged->commands[i].more > 0, "a list that waits has more to come");
        must(audit, i == 0 || staged->commands[i].more + 1 == staged->commands[i - 1].more, "a list counts down");
    }
}

static void audit_between(struct audit *audit)
{
    const struct engine *engine = audit->engine;

    must(audit, engine->activations.count == 0, "the activation queue is empty between commands");
    must(audit, engine->dirty_count == 0, "no book has to settle between commands");
    must(audit, engine->owed.instrument == ENGINE_NONE, "nothing is owed between commands");
    must(audit, engine->owed.prices[0] == -1 && engine->owed.prices[1] == -1, "no level is owed between commands");
    must(audit, events_count(&engine->log) <= engine->log.capacity, "events fit into their array");
    must(audit, engine->time_ns >= 0, "time does not go back beyond its beginning");
}

static void audit_all(struct audit *audit)
{
    const struct engine *engine = audit->engine;

    audit_between(audit);
    for (uint32_t i = 0; i < engine->instrument_count && audit->broken == NULL; i++) {
        audit_book(audit, &engine->books[i]);
        if (audit->broken == NULL)
            audit_followers(audit, &engine->books[i]);
    }
    if (audit->broken == NULL)
        audit_pools(audit);
    if (audit->broken == NULL)
        audit_risk(audit);
    if (audit->broken == NULL)
        audit_keys(audit);
    audit_staged(audit);
}

const char *engine_check(const struct engine *engine)
{
    struct audit audit = {
        .engine = engine,
        .orders = calloc((size_t)engine->pool.fresh + 1, 1),
        .extras = calloc((size_t)engine->extras.fresh + 1, 1),
        .pages = calloc((size_t)engine->pages.fresh + 1, 1),
        .open = calloc((size_t)engine->risk.pairs.fresh + 1, sizeof *audit.open),
    };

    if (must(&audit, audit.orders && audit.extras && audit.pages && audit.open, "there is memory for an audit"))
        audit_all(&audit);
    free(audit.orders);
    free(audit.extras);
    free(audit.pages);
    free(audit.open);
    return audit.broken;
}

const char *engine_check_headroom(const struct engine *engine)
{
    const struct pairs *pairs = &engine->risk.pairs;

    for (uint32_t slot = 0; slot < pairs->fresh; slot++)
        if (pairs->items[slot].key != 0 && pair_worst(&pairs->items[slot]) > pairs->items[slot].reach_max)
            return "no position can grow beyond its limit";
    return NULL;
}
