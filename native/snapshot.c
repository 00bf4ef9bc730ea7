/* snapshot.c - writes the state of an engine as bytes. */
#include "snapshot.h"

/* Where the next byte goes. There is room for all: the size is known before the first. */
struct writer {
    const struct engine *engine;
    unsigned char *at;
};

static void write_header(struct writer *writer)
{
    memcpy(writer->at, SNAPSHOT_MAGIC, 6);
    writer->at[6] = SNAPSHOT_VERSION & 255;
    writer->at[7] = SNAPSHOT_VERSION >> 8;
    writer->at += SNAPSHOT_HEADER;
}

static void begin_section(struct writer *writer, enum section tag, uint32_t record_size, uint64_t count)
{
    store_32(writer->at, tag);
    store_32(writer->at + 4, record_size);
    store_64(writer->at + 8, count);
    writer->at += SNAPSHOT_SECTION;
}

/* Begins the next record. */
static struct codec next(const struct writer *writer)
{
    return (struct codec){.bytes = writer->at};
}

static void end(struct writer *writer, const struct codec *codec)
{
    writer->at += codec->at;
}

static void write_engine(struct writer *writer)
{
    const struct engine *engine = writer->engine;
    struct codec codec;
    struct engine_record record = {
        .sequence = engine->sequence,
        .time_ns = engine->time_ns,
        .event_sequence = engine->log.sequence,
        .feeds = engine->feeds,
        .terms = engine->terms,
    };

    begin_section(writer, SECTION_ENGINE, ENGINE_RECORD, 1);
    codec = next(writer);
    code_engine(&codec, &record);
    end(writer, &codec);
}

static void write_instruments(struct writer *writer)
{
    begin_section(writer, SECTION_INSTRUMENTS, INSTRUMENT_RECORD, writer->engine->instrument_count);
    for (uint32_t i = 0; i < writer->engine->instrument_count; i++) {
        struct book book = writer->engine->books[i];
        struct codec codec = next(writer);

        code_book(&codec, &book);
        end(writer, &codec);
    }
}

static void write_nodes(struct writer *writer)
{
    const struct nodes *nodes = &writer->engine->risk.nodes;

    begin_section(writer, SECTION_NODES, NODE_RECORD, nodes->count);
    for (uint32_t i = 0; i < nodes->count; i++) {
        struct node node = nodes->items[i];
        int64_t exposure_max = node_exposure_max(&node);
        struct codec codec = next(writer);

        code_node(&codec, &node, &exposure_max);
        end(writer, &codec);
    }
}

static void write_pair(struct writer *writer, uint32_t slot)
{
    struct pair pair = writer->engine->risk.pairs.items[slot];
    struct pair_terms terms = writer->engine->risk.pairs.terms[slot];
    struct pair_record record = {
        .open = {pair_open(&pair, SIDE_BUY), pair_open(&pair, SIDE_SELL)},
        .instrument = pair_instrument(&pair),
    };
    struct codec codec = next(writer);

    code_pair(&codec, &pair, &terms, &record);
    end(writer, &codec);
}

/* Pairs of the firm first, then those one node below it, and so on: each comes after the one above it. */
static void write_pairs(struct writer *writer)
{
    const struct risk *risk = &writer->engine->risk;
    uint32_t left = risk->pairs.used;

    begin_section(writer, SECTION_PAIRS, PAIR_RECORD, left);
    for (uint32_t depth = 1; depth <= ENGINE_DEPTH_MAX && left > 0; depth++) {
        for (uint32_t slot = 0; slot < risk->pairs.fresh; slot++) {
            const struct pair *pair = &risk->pairs.items[slot];

            if (pair->key == 0 || risk->nodes.items[pair->node].depth != depth)
                continue;
            write_pair(writer, slot);
            left--;
        }
    }
}

/* Called for each order of a list of orders; what it writes is the sections' difference. */
typedef void write_one(struct writer *writer, const struct order *order);

static void write_order(struct writer *writer, const struct order *order)
{
    struct order copy = *order;
    struct codec codec = next(writer);

    code_order(&codec, &copy);
    end(writer, &codec);
}

static void write_extra(struct writer *writer, const struct order *order)
{
    const struct engine *engine = writer->engine;
    struct codec codec = next(writer);
    struct extra copy;
    uint64_t id = order->id;
    uint64_t after;

    if (order->extra == EXTRA_NONE)
        return;
    copy = *extra_of(engine, order);
    after = engine->pool.orders[copy.ring].id;
    code_extra(&codec, &copy, &id, &after);
    end(writer, &codec);
}

static void write_linked(struct writer *writer, uint32_t slot, uint32_t count, write_one *write)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct order *order = &writer->engine->pool.orders[slot];

        write(writer, order);
        slot = writer->engine->pool.links[slot].next;
    }
}

static void write_side(struct writer *writer, const struct book *book, int side, write_one *write)
{
    const struct ladder *ladder = &book->sides[side];
    const struct pages *pages = &writer->engine->pages;

    write_linked(writer, book->market[side].head, book->market[side].orders, write);
    for (int64_t price = ladder->best_price; price != 0; price = ladder_worse(pages, ladder, price)) {
        const struct queue *queue = ladder_find(pages, ladder, price);

        write_linked(writer, queue->head, queue->orders, write);
    }
}

static void write_orders(struct writer *writer, write_one *write)
{
    for (uint32_t i = 0; i < writer->engine->instrument_count; i++) {
        const struct book *book = &writer->engine->books[i];

        write_side(writer, book, 0, write);
        write_side(writer, book, 1, write);
        write_linked(writer, book->waiting.head, book->waiting.count, write);
    }
}

static void write_chain(struct writer *writer, const struct chain *chain)
{
    const struct engine *engine = writer->engine;
    uint32_t at = chain->head;

    for (uint32_t i = 0; i < chain->count; i++) {
        const struct extra *extra = &engine->extras.items[at];

        store_64(writer->at, engine->pool.orders[extra->slot].id);
        writer->at += CHAIN_RECORD;
        at = extra->next;
    }
}

/* Trailing stops are not: they move each by itself. */
static uint64_t chained(const struct engine *engine)
{
    uint64_t count = 0;

    for (uint32_t i = 0; i < engine->instrument_count; i++) {
        const struct book *book = &engine->books[i];

        count += (uint64_t)book->pegged.count + book->all_or_none.count;
    }
    return count;
}

static void write_chains(struct writer *writer)
{
    begin_section(writer, SECTION_CHAINS, CHAIN_RECORD, chained(writer->engine));
    for (uint32_t i = 0; i < writer->engine->instrument_count; i++) {
        const struct book *book = &writer->engine->books[i];

        write_chain(writer, &book->pegged);
        write_chain(writer, &book->all_or_none);
    }
}

static void write_keys(struct writer *writer)
{
    const struct key_window *keys = &writer->engine->keys;
    uint32_t count = keys_count(keys);

    begin_section(writer, SECTION_KEYS, KEY_RECORD, count);
    for (uint32_t age = 0; age < count; age++) {
        struct key_entry entry = *keys_at(keys, age);
        struct codec codec = next(writer);

        code_key(&codec, &entry);
        end(writer, &codec);
    }
}

static void write_staged(struct writer *writer)
{
    const struct staged *staged = &writer->engine->staged;

    begin_section(writer, SECTION_STAGED, STAGED_RECORD, staged->count);
    for (uint32_t i = 0; i < staged->count; i++) {
        struct command command = staged->commands[i];
        struct terms terms = staged->terms[i];
        struct codec codec = next(writer);

        code_staged(&codec, &command, &terms);
        end(writer, &codec);
    }
}

static uint64_t size_of(const struct engine *engine)
{
    return SNAPSHOT_HEADER + (SECTION_COUNT - 1) * SNAPSHOT_SECTION + SNAPSHOT_CHECKSUM + ENGINE_RECORD
        + (uint64_t)engine->instrument_count * INSTRUMENT_RECORD + (uint64_t)engine->risk.nodes.count * NODE_RECORD
        + (uint64_t)engine->risk.pairs.used * PAIR_RECORD + (uint64_t)engine->pool.used * ORDER_RECORD
        + (uint64_t)engine->extras.used * EXTRA_RECORD + chained(engine) * CHAIN_RECORD
        + (uint64_t)keys_count(&engine->keys) * KEY_RECORD + (uint64_t)engine->staged.count * STAGED_RECORD;
}

uint64_t engine_snapshot(const struct engine *engine, void *bytes, uint64_t size)
{
    uint64_t whole = size_of(engine);
    struct writer writer = {.engine = engine, .at = bytes};

    if (size < whole)
        return whole;
    write_header(&writer);
    write_engine(&writer);
    write_instruments(&writer);
    write_nodes(&writer);
    write_pairs(&writer);
    begin_section(&writer, SECTION_ORDERS, ORDER_RECORD, engine->pool.used);
    write_orders(&writer, write_order);
    begin_section(&writer, SECTION_EXTRAS, EXTRA_RECORD, engine->extras.used);
    write_orders(&writer, write_extra);
    write_chains(&writer);
    write_keys(&writer);
    write_staged(&writer);
    assert(writer.at + SNAPSHOT_CHECKSUM == (unsigned char *)bytes + whole);
    store_64(writer.at, snapshot_checksum(bytes, whole - SNAPSHOT_CHECKSUM));
    return whole;
}
