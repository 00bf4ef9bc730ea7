/* restore_stage.c - reads the stage of a snapshot: instruments, nodes, and what stands on their pairs. */
#include "band.h"
#include "restore.h"
#include "control.h"

#define BPS 10000
#define RATE_MAX 1000000

/* No pair can have more open, as |position| and what both sides may lead to are within ENGINE_POSITION_MAX. */
#define OPEN_MAX (2 * ENGINE_POSITION_MAX)

static int is_told(const struct top *top)
{
    if (top->price == 0)
        return top->shown == 0 && top->orders == 0;
    return is_number(top->price) && top->shown > 0 && top->orders > 0;
}

static int is_book(const struct book *book)
{
    return is_number(book->listing.reference_price) && is_number(book->listing.unit_value)
        && is_number(book->static_price) && book->static_bps >= 0 && book->static_bps < BPS && book->dynamic_bps >= 0
        && book->dynamic_bps < BPS && book->phase <= PHASE_CLOSED && is_told(&book->told[0]) && is_told(&book->told[1]);
}

/* Lists an instrument as an engine does, and then makes it what it was. */
static void list_book(struct engine *engine, const struct book *found, int has_told)
{
    struct command command = {
        .type = COMMAND_LIST_INSTRUMENT,
        .instrument = engine->instrument_count,
        .price = found->listing.reference_price,
        .quantity = found->listing.unit_value,
    };
    struct book *book = &engine->books[engine->instrument_count];
    enum reason reason = control_list_instrument(engine, &command);

    assert(reason == REASON_NONE);
    (void)reason;
    band_stand(book, found->static_price, found->static_bps);
    book->dynamic_bps = found->dynamic_bps;
    book->has_bands = (found->static_bps | found->dynamic_bps) != 0;
    book->phase = found->phase;
    if (!has_told)
        return;
    book->told[0] = found->told[0];
    book->told[1] = found->told[1];
}

/* Tops that were told mean something only if both engines tell them. */
static int has_told(const struct reader *reader)
{
    struct engine_record found = {0};
    struct record record;
    struct codec codec = record_read(&reader->spans[SECTION_ENGINE], 0, &record);

    code_engine(&codec, &found);
    return (found.feeds & reader->engine->feeds & FEED_TOP) != 0;
}

static enum restore_error read_instruments(struct reader *reader)
{
    const struct span *span = &reader->spans[SECTION_INSTRUMENTS];
    int is_told_here = has_told(reader);

    for (uint64_t i = 0; i < span->count; i++) {
        struct book found = {0};
        struct record record;
        struct codec codec = record_read(span, i, &record);

        code_book(&codec, &found);
        if (!is_book(&found))
            return RESTORE_CONTENT;
        list_book(reader->engine, &found, is_told_here);
    }
    return RESTORE_OK;
}

static int is_fees(const struct fees *fees)
{
    if (fees->is_set == 0)
        return fees->maker == 0 && fees->taker == 0;
    return fees->is_set == 1 && fees->maker >= -RATE_MAX && fees->maker <= RATE_MAX && fees->taker >= -RATE_MAX
        && fees->taker <= RATE_MAX;
}

/* Whether a bucket of a rate can be in this state. */
static int is_bucket(const struct engine *engine, const struct bucket *bucket, int64_t rate)
{
    if (rate < 0)
        return bucket->tokens == 0 && bucket->time_ns == 0;
    return bucket->time_ns >= 0 && bucket->time_ns <= engine->time_ns && bucket->tokens >= 0
        && bucket->tokens <= value_saturate((wide)rate * BUCKET_ORDER);
}

static int is_parent(const struct nodes *nodes, uint32_t parent)
{
    if (nodes->count == 0)
        return parent == ENGINE_NONE;
    return parent < nodes->count && nodes->items[parent].depth < ENGINE_DEPTH_MAX;
}

static int is_node_record(const struct engine *engine, const struct node *node, int64_t exposure_max)
{
    return is_parent(&engine->risk.nodes, node->parent) && exposure_max >= -1 && node->rate >= -1
        && node->notional_max >= -1 && node->state <= STATE_HALTED && is_fees(&node->fees)
        && is_bucket(engine, &node->bucket, node->rate);
}

static enum restore_error read_nodes(struct reader *reader)
{
    struct risk *risk = &reader->engine->risk;
    const struct span *span = &reader->spans[SECTION_NODES];

    for (uint64_t i = 0; i < span->count; i++) {
        struct node found = {0};
        struct record record;
        struct codec codec = record_read(span, i, &record);
        int64_t exposure_max = 0;

        code_node(&codec, &found, &exposure_max);
        if (!is_node_record(reader->engine, &found, exposure_max))
            return RESTORE_CONTENT;
        nodes_add(&risk->nodes, found.parent);
        node_limit_exposure(&found, exposure_max);
        node_limit_rate(&found, found.rate);
        found.depth = risk->nodes.items[i].depth;
        risk->nodes.items[i] = found;
        risk->has_fees += (uint32_t)found.fees.is_set;
    }
    return RESTORE_OK;
}

static int is_limit(const struct pair *pair, unsigned type, int64_t limit)
{
    return pair->stands & STANDS(type) ? limit >= 0 : limit == 0;
}

static int is_position(const struct pair *pair, const struct pair_record *record)
{
    const int64_t *open = record->open;

    if (pair->position < -ENGINE_POSITION_MAX || pair->position > ENGINE_POSITION_MAX)
        return 0;
    if (open[0] < 0 || open[0] > OPEN_MAX || open[1] < 0 || open[1] > OPEN_MAX)
        return 0;
    if (pair->position + open[0] > ENGINE_POSITION_MAX || open[1] - pair->position > ENGINE_POSITION_MAX)
        return 0;
    return pair->exposure >= 0 && (pair->exposure == 0 || (pair->position | open[0] | open[1]) != 0);
}

static int is_pair(const struct pair *pair, const struct pair_terms *terms, const struct pair_record *record)
{
    const uint32_t known = STANDS_STATE | STANDS_FEES | STANDS(LIMIT_ORDER_QUANTITY) | STANDS(LIMIT_ORDER_NOTIONAL)
        | STANDS(LIMIT_PRICE_COLLAR) | STANDS(LIMIT_POSITION);

    if ((pair->stands & ~known) != 0 || !is_position(pair, record) || !is_fees(&terms->fees))
        return 0;
    if (((pair->stands & STANDS_STATE) != 0) != (terms->state != STATE_ACTIVE) || terms->state > STATE_HALTED)
        return 0;
    if (((pair->stands & STANDS_FEES) != 0) != (terms->fees.is_set != 0))
        return 0;
    if (pair->stands & STANDS(LIMIT_POSITION) ? terms->position_max < 0 : terms->position_max != ENGINE_POSITION_MAX)
        return 0;
    return is_limit(pair, LIMIT_ORDER_QUANTITY, terms->quantity_max)
        && is_limit(pair, LIMIT_ORDER_NOTIONAL, terms->notional_max)
        && is_limit(pair, LIMIT_PRICE_COLLAR, terms->collar);
}

/* Makes the one pair that a record stands for: it is new, and the one above it is there. */
static uint32_t put_pair(struct engine *engine, uint32_t node, uint32_t instrument)
{
    struct path path;

    risk_path(&engine->risk, node, instrument, &path);
    if (path.pairs[0] != PAIR_NONE || (path.count > 1 && path.pairs[1] == PAIR_NONE))
        return PAIR_NONE;
    pairs_complete(&engine->risk.pairs, instrument, &path);
    return path.pairs[0];
}

/* What is open is left out: the orders bring it. */
static enum restore_error read_pair(struct engine *engine, const struct pair *found, const struct pair_terms *terms,
                                    const struct pair_record *record)
{
    uint32_t instrument = record->instrument;
    struct pairs *pairs = &engine->risk.pairs;
    uint32_t slot;

    if (!is_node(engine, found->node) || !is_listed(engine, instrument) || !is_pair(found, terms, record))
        return RESTORE_CONTENT;
    slot = put_pair(engine, found->node, instrument);
    if (slot == PAIR_NONE || (found->node == 0 && found->position != 0))
        return RESTORE_CONTENT;
    pairs->items[slot].position = found->position;
    pairs->items[slot].reach[0] = found->position;
    pairs->items[slot].reach[1] = -found->position;
    pairs->items[slot].exposure = found->exposure;
    pairs->items[slot].stands = found->stands;
    pairs->terms[slot] = *terms;
    pair_limit_position(&pairs->items[slot], &pairs->terms[slot], terms->position_max);
    node_expose(&engine->risk.nodes.items[found->node], found->exposure);
    engine->risk.has_fees += (uint32_t)terms->fees.is_set;
    return RESTORE_OK;
}

static enum restore_error read_pairs(struct reader *reader)
{
    const struct span *span = &reader->spans[SECTION_PAIRS];
    enum restore_error error = RESTORE_OK;

    for (uint64_t i = 0; i < span->count && error == RESTORE_OK; i++) {
        struct pair found = {0};
        struct pair_terms terms = {0};
        struct pair_record said = {0};
        struct record record;
        struct codec codec = record_read(span, i, &record);

        code_pair(&codec, &found, &terms, &said);
        error = read_pair(reader->engine, &found, &terms, &said);
    }
    return error;
}

enum restore_error restore_stage(struct reader *reader)
{
    enum restore_error error = read_instruments(reader);

    if (error == RESTORE_OK)
        error = read_nodes(reader);
    return error == RESTORE_OK ? read_pairs(reader) : error;
}

enum restore_error restore_open(const struct reader *reader)
{
    const struct pairs *pairs = &reader->engine->risk.pairs;
    const struct span *span = &reader->spans[SECTION_PAIRS];

    for (uint64_t i = 0; i < span->count; i++) {
        struct pair found = {0};
        struct pair_terms terms = {0};
        struct pair_record said = {0};
        struct record record;
        struct codec codec = record_read(span, i, &record);
        const struct pair *pair;

        code_pair(&codec, &found, &terms, &said);
        pair = &pairs->items[pairs_find(pairs, found.node, said.instrument)];
        if (pair_open(pair, SIDE_BUY) != said.open[0] || pair_open(pair, SIDE_SELL) != said.open[1]
            || pair_is_empty(pair))
            return RESTORE_CONTENT;
    }
    return RESTORE_OK;
}
