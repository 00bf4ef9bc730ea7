#include "door.h"
#include "entry.h"
#include "units.h"

/* The fields of SubmitOrderRequest. */
enum {
    CLIENT_ORDER_ID = 1, PORTFOLIO_ID = 2, STRATEGY_ID = 3, SYMBOL = 4, SIDE = 5, ORDER_TYPE = 6,
    QUANTITY = 7, PRICE = 8, TIME_IN_FORCE = 9, POST_ONLY = 10,
};

static const struct shape SHAPE = {
    .texts = 1 << CLIENT_ORDER_ID | 1 << PORTFOLIO_ID | 1 << STRATEGY_ID | 1 << SYMBOL | 1 << QUANTITY |
             1 << PRICE,
    .numbers = 1 << SIDE | 1 << ORDER_TYPE | 1 << TIME_IN_FORCE | 1 << POST_ONLY,
};

/* The contract's times in force, from 0 for none. */
static const uint8_t TIMES_IN_FORCE[] = {TIF_DAY, TIF_DAY, TIF_GTC, TIF_IOC, TIF_FOK};

/* Whether text is what ^[a-z0-9][a-z0-9._-]{0,47}$ takes. */
static int is_slug(struct text text)
{
    uint32_t strange = 0;

    for (uint32_t i = 0; i < text.length; i++) {
        uint8_t byte = (uint8_t)text.bytes[i];
        int is_mark = byte == '.' || byte == '_' || byte == '-';
        strange |= !((uint8_t)(byte - 'a') < 26 || (uint8_t)(byte - '0') < 10 || (is_mark && i != 0));
    }
    return text.length != 0 && text.length <= VENUE_ID_MAX && strange == 0;
}

static int read_owner(const struct venue *venue, const struct fields *fields, struct command *command)
{
    struct text portfolio = scan_text(fields, PORTFOLIO_ID), strategy = scan_text(fields, STRATEGY_ID);

    if (!is_slug(portfolio) || (strategy.length != 0 && !is_slug(strategy)))
        return 0;
    command->node = door_node(venue, portfolio, strategy);
    return command->node != ENGINE_NONE && venue->places[command->node].portfolio_node != ENGINE_NONE;
}

static int read_enums(const struct fields *fields, struct command *command)
{
    uint8_t time_in_force = fields->values[TIME_IN_FORCE];

    command->side = fields->values[SIDE];
    command->kind = fields->values[ORDER_TYPE];
    if ((command->side != SIDE_BUY && command->side != SIDE_SELL) ||
        (command->kind != ORDER_MARKET && command->kind != ORDER_LIMIT) ||
        time_in_force >= sizeof TIMES_IN_FORCE || fields->values[POST_ONLY] > 1)
        return 0;
    command->time_in_force = TIMES_IN_FORCE[time_in_force];
    if (command->kind == ORDER_MARKET && command->time_in_force != TIF_FOK)
        command->time_in_force = TIF_IOC;
    command->flags = fields->values[POST_ONLY] ? FLAG_POST_ONLY : 0;
    return command->flags == 0 || command->time_in_force == TIF_DAY || command->time_in_force == TIF_GTC;
}

/* Reads symbol, quantity and price, once the kind of order is known. */
static int read_terms(const struct venue *venue, const struct fields *fields, struct command *command)
{
    struct text symbol = scan_text(fields, SYMBOL), price = scan_text(fields, PRICE);
    int is_market = command->kind == ORDER_MARKET;

    command->instrument = names_find(&venue->symbols, symbol.bytes, symbol.length);
    if (command->instrument == UINT32_MAX || (is_market && price.length != 0))
        return 0;
    const struct venue_instrument *instrument = &venue->instruments[command->instrument];
    command->quantity =
        units_read(scan_text(fields, QUANTITY), instrument->quantity_factor, instrument->quantity_places);
    command->price = is_market ? 0 : units_read(price, instrument->price_factor, instrument->price_places);
    if (command->quantity == 0 || (command->price == 0 && !is_market))
        return 0;
    int64_t ticks = is_market ? instrument->reference_ticks : command->price;
    return door_is_worth_enough(instrument, ticks, command->quantity);
}

int submit_read(const struct venue *venue, struct text request, struct draft *draft)
{
    struct fields fields;
    struct command *command = &draft->command;

    if (!scan_fields(request, SHAPE, &fields))
        return 0;
    struct text portfolio = scan_text(&fields, PORTFOLIO_ID), id = scan_text(&fields, CLIENT_ORDER_ID);
    if (id.length == 0 || id.length > VENUE_TEXT_MAX || !read_owner(venue, &fields, command) ||
        !read_enums(&fields, command) || !read_terms(venue, &fields, command))
        return 0;
    draft->client_id = id;
    draft->key = venue_client_key(portfolio.bytes, portfolio.length, id.bytes, id.length);
    command->type = COMMAND_NEW_ORDER;
    command->client_key = draft->key;
    return 1;
}
