#include "forge.h"

#include <stdio.h>
#include <stdlib.h>

#include "invariants.h"
#include "state.h"

static const struct engine_config CONFIG = {.orders = 64, .instruments = 3, .pages = 32, .nodes = 4, .positions = 16,
                                            .client_keys = 256, .extras = 32, .feeds = FEED_TOP};
static const struct engine_config *config = &CONFIG;
static unsigned char *bytes;
static uint64_t size;
uint64_t sequence;

struct forge_ids ids;

static void must(int condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "not true: %s\n", what);
    abort();
}

static uint64_t tell(struct engine *engine, struct command command)
{
    command.sequence = ++sequence;
    command.time_ns = 1000;
    if (command.type == COMMAND_NEW_ORDER)
        command.client_key = sequence;
    engine_step(engine, &command, 0);
    must(engine_check(engine) == NULL, "the engine is sound");
    return sequence;
}

static struct command order_of(uint8_t side, uint8_t kind, uint8_t time_in_force, int64_t price, int64_t quantity)
{
    return (struct command){
        .type = COMMAND_NEW_ORDER,
        .node = 1,
        .side = side,
        .kind = kind,
        .time_in_force = time_in_force,
        .price = price,
        .quantity = quantity,
    };
}

static uint64_t conditional(struct engine *engine, uint8_t side, uint8_t kind, uint64_t trigger)
{
    struct command command = order_of(side, kind, TIF_GTC, 0, 3);

    command.target = trigger;
    return tell(engine, command);
}

static uint64_t listed(struct engine *engine, uint8_t contingency, uint8_t more, struct command command,
                       uint64_t trigger)
{
    command.contingency = contingency;
    command.more = more;
    command.target = trigger;
    return tell(engine, command);
}

static void set_the_stage(struct engine *engine)
{
    for (uint32_t i = 0; i < 2; i++)
        tell(engine, (struct command){.type = COMMAND_LIST_INSTRUMENT, .instrument = i, .price = 1000,
                                      .quantity = 1000});
    for (uint32_t i = 0; i < 3; i++)
        tell(engine, (struct command){.type = COMMAND_ADD_NODE, .node = i, .target = i == 0 ? ENGINE_NONE : 0});
    tell(engine, (struct command){.type = COMMAND_SET_LIMIT, .instrument = ENGINE_NONE, .kind = LIMIT_ORDER_RATE,
                                  .quantity = 1000});
    tell(engine, (struct command){.type = COMMAND_SET_LIMIT, .kind = LIMIT_ORDER_QUANTITY, .quantity = 1000});
    tell(engine, (struct command){.type = COMMAND_SET_FEES, .node = 2, .instrument = ENGINE_NONE, .price = 10,
                                  .quantity = 20});
    tell(engine, (struct command){.type = COMMAND_SET_PHASE, .instrument = 1, .kind = PHASE_PRE_OPEN});
}

static void fill_the_books(struct engine *engine)
{
    struct command command = order_of(SIDE_BUY, ORDER_LIMIT, TIF_GTC, 500, 500);

    ids.buy = tell(engine, order_of(SIDE_BUY, ORDER_LIMIT, TIF_GTC, 990, 10));
    ids.sell = tell(engine, order_of(SIDE_SELL, ORDER_LIMIT, TIF_GTC, 1010, 10));
    tell(engine, (struct command){.type = COMMAND_ORDER_TERMS, .price = 5});
    ids.iceberg = tell(engine, order_of(SIDE_SELL, ORDER_LIMIT, TIF_GTC, 1012, 20));
    tell(engine, (struct command){.type = COMMAND_ORDER_TERMS, .target = 5000});
    ids.dated = tell(engine, order_of(SIDE_BUY, ORDER_LIMIT, TIF_GTD, 980, 10));
    ids.at_close = tell(engine, order_of(SIDE_SELL, ORDER_LIMIT, TIF_AT_THE_CLOSE, 1020, 4));
    ids.stop = conditional(engine, SIDE_BUY, ORDER_STOP, 1100);
    ids.other_stop = conditional(engine, SIDE_BUY, ORDER_STOP, 1100);
    ids.trailing = conditional(engine, SIDE_SELL, ORDER_TRAILING_STOP, 50);
    ids.peg = conditional(engine, SIDE_BUY, ORDER_PEG_PRIMARY, (uint64_t)-1);
    ids.other_peg = conditional(engine, SIDE_BUY, ORDER_PEG_PRIMARY, (uint64_t)-2);
    command.flags = FLAG_ALL_OR_NONE;
    ids.whole = tell(engine, command);
}

static void fill_the_lists(struct engine *engine)
{
    struct command early = order_of(SIDE_BUY, ORDER_LIMIT, TIF_GTC, 1005, 5);

    ids.parent = listed(engine, CONTINGENCY_OTO, 2, order_of(SIDE_BUY, ORDER_LIMIT, TIF_GTC, 970, 6), 0);
    ids.held = listed(engine, CONTINGENCY_OTO, 1, order_of(SIDE_SELL, ORDER_LIMIT, TIF_GTC, 1030, 6), 0);
    ids.held_stop = listed(engine, CONTINGENCY_OTO, 0, order_of(SIDE_SELL, ORDER_STOP, TIF_GTC, 0, 6), 900);
    ids.leg = listed(engine, CONTINGENCY_OCO, 1, order_of(SIDE_SELL, ORDER_LIMIT, TIF_GTC, 1040, 7), 0);
    ids.other_leg = listed(engine, CONTINGENCY_OCO, 0, order_of(SIDE_SELL, ORDER_STOP, TIF_GTC, 0, 7), 890);
    early.instrument = 1;
    ids.early_buy = tell(engine, early);
    early.side = SIDE_SELL;
    early.price = 995;
    ids.early_sell = tell(engine, early);
    early.kind = ORDER_MARKET;
    early.price = 0;
    ids.market = tell(engine, early);
    tell(engine, (struct command){.type = COMMAND_SET_TRADING_STATE, .node = 2, .kind = STATE_REDUCING});
    tell(engine, (struct command){.type = COMMAND_SET_LIMIT, .node = 2, .instrument = 1,
                                  .kind = LIMIT_ORDER_QUANTITY});
    listed(engine, CONTINGENCY_BRACKET, 2, order_of(SIDE_BUY, ORDER_LIMIT, TIF_GTC, 950, 6), 0);
    listed(engine, CONTINGENCY_BRACKET, 1, order_of(SIDE_SELL, ORDER_LIMIT, TIF_GTC, 1050, 6), 0);
    tell(engine, (struct command){.type = COMMAND_ORDER_TERMS, .target = 6000});
}

void forge_from(struct engine *engine, const struct engine_config *of_engine)
{
    config = of_engine;
    size = engine_snapshot(engine, NULL, 0);
    bytes = malloc(size);
    must(bytes != NULL && engine_snapshot(engine, bytes, size) == size, "a snapshot takes what it said");
    engine_free(engine);
}

void forge_begin(void)
{
    struct engine *engine = engine_new(&CONFIG);

    must(engine != NULL, "there is memory");
    set_the_stage(engine);
    fill_the_books(engine);
    fill_the_lists(engine);
    must(engine->pool.used == 19 && engine->staged.count == 2 && engine->terms.is_set, "everything is there");
    forge_from(engine, &CONFIG);
}

static unsigned char *section_of(uint32_t tag)
{
    unsigned char *at = bytes + SNAPSHOT_HEADER;

    while (load_32(at) != tag) {
        at += SNAPSHOT_SECTION + load_32(at + 4) * load_64(at + 8);
        must(at < bytes + size - SNAPSHOT_CHECKSUM, "the section is there");
    }
    return at;
}

/* A record by its number, or, of orders, extras and chains, by the id that it begins with. */
static unsigned char *record_of(uint32_t tag, uint64_t key)
{
    unsigned char *section = section_of(tag);
    uint64_t count = load_64(section + 8);

    for (uint64_t i = 0; i < count; i++) {
        unsigned char *record = section + SNAPSHOT_SECTION + i * load_32(section + 4);

        if (tag >= SECTION_ORDERS && tag <= SECTION_CHAINS ? load_64(record) == key : i == key)
            return record;
    }
    must(0, "the record is there");
    return NULL;
}

void forge_must_give(uint32_t wanted, const char *what)
{
    uint32_t error = 99;
    struct engine *engine;

    store_64(bytes + size - SNAPSHOT_CHECKSUM, snapshot_checksum(bytes, size - SNAPSHOT_CHECKSUM));
    engine = engine_restore(config, bytes, size, &error);
    if (error != wanted)
        fprintf(stderr, "%u instead of %u: ", error, wanted);
    must(error == wanted && (engine == NULL) == (error != RESTORE_OK), what);
    engine_free(engine);
}

static void store(unsigned char *field, uint32_t width, uint64_t value)
{
    for (uint32_t i = 0; i < width; i++)
        field[i] = (unsigned char)(value >> (8 * i));
}

static void forge(const struct forgery *forgery)
{
    unsigned char *field = record_of(forgery->section, forgery->key) + forgery->offset;
    unsigned char before[8];

    memcpy(before, field, forgery->width);
    store(field, forgery->width, forgery->value);
    forge_must_give(RESTORE_CONTENT, forgery->what);
    memcpy(field, before, forgery->width);
}

void forge_all(const struct forgery *forgeries, size_t count)
{
    for (size_t i = 0; i < count; i++)
        forge(&forgeries[i]);
    forge_must_give(RESTORE_OK, "what was changed is as it was");
}

void forge_section(uint32_t section, uint32_t tag, uint32_t record_size, uint64_t count, const char *what)
{
    unsigned char *head = section_of(section);
    unsigned char before[SNAPSHOT_SECTION];

    memcpy(before, head, sizeof before);
    store_32(head, tag);
    store_32(head + 4, record_size);
    store_64(head + 8, count);
    forge_must_give(RESTORE_CONTENT, what);
    memcpy(head, before, sizeof before);
}

void forge_narrow(uint32_t section, uint32_t record_size, const char *what)
{
    unsigned char *head = section_of(section);
    uint64_t length = load_32(head + 4) * load_64(head + 8);

    must(length % record_size == 0, "a section is full of records");
    forge_section(section, section, record_size, length / record_size, what);
}

void forge_all_records(uint32_t section, uint32_t offset, uint32_t width, uint64_t value)
{
    unsigned char *head = section_of(section);
    uint64_t count = load_64(head + 8);

    for (uint64_t i = 0; i < count; i++)
        store(head + SNAPSHOT_SECTION + i * load_32(head + 4) + offset, width, value);
}

void forge_end(void)
{
    free(bytes);
}
