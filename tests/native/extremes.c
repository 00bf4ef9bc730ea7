/* extremes.c - counters that come to their end, and snapshots that say more than can be counted. Exits with 0 or
 * aborts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forge.h"
#include "invariants.h"
#include "state.h"

static void must(int condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "not true: %s\n", what);
    abort();
}

/* Runs one command, with the next sequence. Returns the type of its last event. */
static uint8_t tell(struct engine *engine, struct command command)
{
    struct engine_status status;
    uint32_t count;

    engine_status(engine, &status);
    command.sequence = status.command_sequence + 1;
    if (command.type == COMMAND_NEW_ORDER)
        command.client_key = command.sequence;
    count = engine_step(engine, &command, 0);
    must(count > 0, "every command is answered");
    return engine_events(engine)[count - 1].type;
}

/* Two instruments; a firm and one node below it. */
static struct engine *staged_engine(const struct engine_config *config)
{
    struct engine *engine = engine_new(config);

    must(engine != NULL, "there is memory");
    for (uint32_t i = 0; i < config->instruments; i++)
        tell(engine, (struct command){.type = COMMAND_LIST_INSTRUMENT, .instrument = i, .price = 1000,
                                      .quantity = 1000});
    for (uint32_t i = 0; i < 2; i++)
        tell(engine, (struct command){.type = COMMAND_ADD_NODE, .node = i, .target = i == 0 ? ENGINE_NONE : 0});
    return engine;
}

static struct command buy_of(uint8_t kind, int64_t price, int64_t quantity)
{
    return (struct command){
        .type = COMMAND_NEW_ORDER,
        .node = 1,
        .side = SIDE_BUY,
        .kind = kind,
        .time_in_force = TIF_GTC,
        .price = price,
        .quantity = quantity,
    };
}

/* What is worked out from the limits is numbered by how often they changed. When all numbers have been used, what is
 * as old as that must not pass for new. */
static void change_limits_more_often_than_is_counted(void)
{
    const struct engine_config config = {.orders = 4, .instruments = 1, .pages = 4, .nodes = 2, .positions = 2,
                                         .client_keys = 4, .extras = 1};
    struct engine *engine = staged_engine(&config);
    struct command limit = {.type = COMMAND_SET_LIMIT, .node = 1, .kind = LIMIT_ORDER_QUANTITY, .quantity = 3};

    engine->risk.version = 1;
    for (int i = 0; i < 2; i++)
        must(tell(engine, buy_of(ORDER_LIMIT, 990, 5)) == EVENT_ORDER_ACCEPTED, "an order without limits passes");
    engine->risk.version = UINT32_MAX;
    must(tell(engine, limit) == EVENT_CONTROL_APPLIED, "a limit is set");
    must(tell(engine, buy_of(ORDER_LIMIT, 990, 5)) == EVENT_ORDER_REJECTED, "the newest limit counts");
    must(tell(engine, buy_of(ORDER_LIMIT, 990, 3)) == EVENT_ORDER_ACCEPTED, "and no older one");
    must(engine_check(engine) == NULL, "the engine is sound");
    engine_free(engine);
}

static void refuse_more_events_than_can_be_counted(void)
{
    const struct engine_config config = {.orders = UINT32_C(1) << 28, .instruments = 1, .pages = 1, .nodes = 1,
                                         .positions = 1, .client_keys = 1, .extras = 1};

    must(engine_new(&config) == NULL, "an event array that cannot be counted makes no engine");
}

/* Every slice of an iceberg needs a place, though the iceberg is one order. */
static void restore_more_slices_than_places(void)
{
    const struct engine_config config = {.orders = 10, .instruments = 1, .pages = 4, .nodes = 2, .positions = 2,
                                         .client_keys = 4, .extras = 1};
    struct engine_config smaller = config;
    struct engine *engine = staged_engine(&config);

    tell(engine, (struct command){.type = COMMAND_ORDER_TERMS, .price = 1});
    must(tell(engine, buy_of(ORDER_LIMIT, 990, 10)) == EVENT_ORDER_ACCEPTED, "ten slices have ten places");
    smaller.orders = 9;
    forge_from(engine, &smaller);
    forge_must_give(RESTORE_CAPACITY, "ten slices do not have nine places");
    forge_end();
}

static void restore_more_followers_than_a_book_may_have(void)
{
    const struct engine_config config = {.orders = ENGINE_FOLLOWERS_MAX + 1, .instruments = 2, .pages = 1, .nodes = 2,
                                         .positions = 4, .client_keys = 1, .extras = ENGINE_FOLLOWERS_MAX + 1};
    struct engine *engine = staged_engine(&config);
    struct command command = buy_of(ORDER_PEG_PRIMARY, 0, 1);

    for (int i = 0; i < ENGINE_FOLLOWERS_MAX; i++)
        must(tell(engine, command) == EVENT_ORDER_ACCEPTED, "a book has many followers");
    must(tell(engine, command) == EVENT_ORDER_REJECTED, "but not one more");
    command.instrument = 1;
    must(tell(engine, command) == EVENT_ORDER_ACCEPTED, "the next book has its own");
    forge_from(engine, &config);
    forge_must_give(RESTORE_OK, "an unchanged snapshot is restored");
    forge_all_records(SECTION_ORDERS, 32, 4, 0);
    forge_must_give(RESTORE_CONTENT, "a book has no more followers than it may have");
    forge_end();
}

/* So many orders of the largest quantity that their sum leaves what is counted. */
static void restore_more_lots_than_can_be_counted(void)
{
    enum { ORDERS = (1 << 16) + 1 };
    const struct engine_config config = {.orders = ORDERS, .instruments = 1, .pages = 1, .nodes = 2, .positions = 2,
                                         .client_keys = 1, .extras = 1};
    struct engine *engine = staged_engine(&config);

    for (int i = 0; i < ORDERS; i++)
        must(tell(engine, buy_of(ORDER_LIMIT, 990, 1)) == EVENT_ORDER_ACCEPTED, "there is room");
    forge_from(engine, &config);
    forge_all_records(SECTION_ORDERS, 16, 8, (uint64_t)ENGINE_NUMBER_MAX);
    forge_all_records(SECTION_ORDERS, 24, 8, (uint64_t)ENGINE_NUMBER_MAX);
    forge_must_give(RESTORE_CONTENT, "what is open can be counted");
    forge_end();
}

/* A path from the firm that is as long as it may be, and a node beside it that is hung below its end. */
static void restore_deeper_nodes_than_there_may_be(void)
{
    const struct engine_config config = {.orders = 1, .instruments = 1, .pages = 1, .nodes = ENGINE_DEPTH_MAX + 1,
                                         .positions = 1, .client_keys = 1, .extras = 1};
    const struct forgery deeper[] = {
        {SECTION_NODES, 40, 4, ENGINE_DEPTH_MAX, ENGINE_DEPTH_MAX - 1, "no path is longer than may be"},
    };
    struct engine *engine = staged_engine(&config);

    for (uint32_t i = 2; i < ENGINE_DEPTH_MAX; i++)
        tell(engine, (struct command){.type = COMMAND_ADD_NODE, .node = i, .target = i - 1});
    tell(engine, (struct command){.type = COMMAND_ADD_NODE, .node = ENGINE_DEPTH_MAX, .target = 0});
    must(engine->risk.nodes.count == ENGINE_DEPTH_MAX + 1, "a path may be as long as that");
    forge_from(engine, &config);
    forge_all(deeper, 1);
    forge_end();
}

/* Keys whose hashes are equal share their places in a table, and are told apart by themselves. */
static void find_keys_of_one_hash(void)
{
    const uint64_t keys[] = {11, 22, 33};
    const uint32_t hash = 5;
    struct index index;

    must(index_init(&index, 3, keys, sizeof *keys), "there is memory");
    for (uint32_t slot = 0; slot < 3; slot++)
        index_insert(&index, hash, slot);
    for (uint32_t slot = 0; slot < 3; slot++)
        must(index_find(&index, hash, keys[slot]) == slot, "each key is found");
    must(index_find(&index, hash, 44) == INDEX_NONE, "no other key is");
    index_remove(&index, hash, 0);
    must(index_find(&index, hash, keys[0]) == INDEX_NONE, "a removed key is gone");
    must(index_find(&index, hash, keys[2]) == 2, "and those that came after it are not");
    index_free(&index);
}

/* The number of the line of the table in which a key is marked when it is alone. */
static uint32_t line_of(uint32_t capacity, uint64_t key)
{
    static const struct key_bucket EMPTY;
    struct key_window window;
    uint32_t line = 0;

    must(keys_init(&window, capacity), "there is memory");
    keys_add(&window, key, 1);
    while (memcmp(&window.buckets[line], &EMPTY, sizeof EMPTY) == 0) /* it is marked somewhere */
        line++;
    keys_free(&window);
    return line;
}

/* Finds keys that are marked in one line. Returns the key after the last. */
static uint64_t keys_of_line(uint32_t capacity, uint32_t line, uint64_t key, uint64_t *keys, uint32_t count)
{
    for (uint32_t found = 0; found < count; key++) {
        if (line_of(capacity, key) == line)
            keys[found++] = key;
    }
    return key;
}

/* More keys than a line of the table has room for go on to the next line, and what belongs there to the one after
 * that: all are remembered, whoever came first, and forgotten in their turn. */
static void crowd_two_lines_with_keys(void)
{
    enum { EACH = 24, ALL = 2 * EACH };
    const uint32_t capacity = ALL + 5;
    struct key_window window;
    uint64_t keys[ALL];
    uint64_t next = keys_of_line(capacity, 2, 1, keys, EACH);

    next = keys_of_line(capacity, 3, next, keys + EACH, EACH);
    must(keys_init(&window, capacity), "there is memory");
    for (uint32_t i = 0; i < ALL; i++) {
        must(keys_find(&window, keys[i]) == 0, "a key is new once");
        keys_add(&window, keys[i], i + 1);
        for (uint32_t k = 0; k <= i; k++)
            must(keys_find(&window, keys[k]) == k + 1, "no key pushes another out");
    }
    for (uint32_t i = 0; i < ALL; i++) {
        for (int more = i == 0 ? 6 : 1; more > 0; more--)
            keys_add(&window, next++, 1000);
        must(keys_find(&window, keys[i]) == 0, "the oldest key is forgotten");
        must(i + 1 == ALL || keys_find(&window, keys[i + 1]) == i + 2, "and no other");
    }
    keys_free(&window);
}

int main(void)
{
    crowd_two_lines_with_keys();
    find_keys_of_one_hash();
    change_limits_more_often_than_is_counted();
    refuse_more_events_than_can_be_counted();
    restore_more_slices_than_places();
    restore_more_followers_than_a_book_may_have();
    restore_more_lots_than_can_be_counted();
    restore_deeper_nodes_than_there_may_be();
    return 0;
}
