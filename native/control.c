/* control.c - instruments: their listing, prices, bands and phases; and the terms of the order to come. */
#include "control.h"

#include "auction.h"
#include "band.h"
#include "phase.h"
#include "report.h"

#define BAND_MAX 9999 /* basis points: the lower edge stays above 0 */

static void chain_init(struct chain *chain)
{
    *chain = (struct chain){.head = SLOT_NONE, .tail = SLOT_NONE};
}

static void open_book(struct book *book, int64_t price, int64_t unit_value)
{
    *book = (struct book){
        .listing = {.unit_value = unit_value},
        .phase = PHASE_CONTINUOUS,
        .up = TREE_NONE,
        .down = TREE_NONE,
    };
    band_price(book, price);
    chain_init(&book->trailing);
    chain_init(&book->pegged);
    chain_init(&book->all_or_none);
    chain_init(&book->waiting);
    for (uint8_t side = SIDE_BUY; side <= SIDE_SELL; side++) {
        book->market[side - 1] = (struct queue){.head = SLOT_NONE, .tail = SLOT_NONE};
        ladder_init(book_side(book, side), side);
    }
}

enum reason control_list_instrument(struct engine *engine, const struct command *command)
{
    uint32_t instrument = engine->instrument_count;

    if (command->instrument != instrument)
        return REASON_ALREADY_EXISTS;
    if (instrument == engine->config.instruments)
        return REASON_CAPACITY;
    if (!is_number(command->price))
        return REASON_INVALID_PRICE;
    if (!is_number(command->quantity))
        return REASON_INVALID_QUANTITY;
    open_book(&engine->books[instrument], command->price, command->quantity);
    engine->instrument_count++;
    return REASON_NONE;
}

enum reason control_set_unit_value(struct engine *engine, const struct command *command)
{
    struct listing *listing;

    if (!is_listed(engine, command->instrument))
        return REASON_UNKNOWN_INSTRUMENT;
    if (!is_number(command->quantity))
        return REASON_INVALID_QUANTITY;
    listing = &engine->books[command->instrument].listing;
    listing->unit_value = command->quantity;
    listing_price(listing, listing->reference_price);
    return REASON_NONE;
}

enum reason control_set_reference_price(struct engine *engine, const struct command *command)
{
    if (!is_listed(engine, command->instrument))
        return REASON_UNKNOWN_INSTRUMENT;
    if (!is_number(command->price))
        return REASON_INVALID_PRICE;
    band_price(&engine->books[command->instrument], command->price);
    return REASON_NONE;
}

static int is_band(int64_t bps)
{
    return bps >= 0 && bps <= BAND_MAX;
}

enum reason control_set_bands(struct engine *engine, const struct command *command)
{
    struct book *book;

    if (!is_listed(engine, command->instrument))
        return REASON_UNKNOWN_INSTRUMENT;
    if (!is_band(command->price))
        return REASON_INVALID_PRICE;
    if (!is_band(command->quantity))
        return REASON_INVALID_QUANTITY;
    book = &engine->books[command->instrument];
    band_stand(book, book->static_price, command->price);
    book->dynamic_bps = command->quantity;
    book->has_bands = (command->price | command->quantity) != 0;
    return REASON_NONE;
}

enum reason control_set_phase(struct engine *engine, const struct command *command)
{
    int is_all = command->instrument == ENGINE_NONE;
    uint32_t first = is_all ? 0 : command->instrument;
    uint32_t end = is_all ? engine->instrument_count : command->instrument + 1;

    if (command->kind > PHASE_CLOSED)
        return REASON_INVALID_COMMAND;
    if (!is_listed_or_none(engine, command->instrument))
        return REASON_UNKNOWN_INSTRUMENT;
    for (uint32_t instrument = first; instrument < end; instrument++)
        phase_change(engine, instrument, command->kind, REASON_NONE);
    return REASON_NONE;
}

enum reason control_indicate(struct engine *engine, const struct command *command)
{
    struct auction auction;

    if (!is_listed(engine, command->instrument))
        return REASON_UNKNOWN_INSTRUMENT;
    if (!phase_is_call(engine->books[command->instrument].phase))
        return REASON_PHASE;
    auction = auction_find(engine, command->instrument);
    report_auction(engine, command->instrument, auction.price, auction.volume, auction.imbalance, FLAG_INDICATIVE);
    return REASON_NONE;
}

enum reason control_order_terms(struct engine *engine, const struct command *command)
{
    int is_plain = command->client_key == 0 && (command->instrument | command->node) == 0
        && (command->side | command->kind | command->time_in_force | command->flags) == 0;

    if (!is_plain)
        return REASON_INVALID_COMMAND;
    engine->terms = (struct terms){
        .expiry_ns = (int64_t)command->target,
        .display = command->price,
        .minimum = command->quantity,
        .is_set = 1,
    };
    return REASON_NONE;
}
