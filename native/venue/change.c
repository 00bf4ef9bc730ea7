#include "door.h"
#include "entry.h"
#include "units.h"

#define ID_DIGITS_MAX 19

/* The fields of ReplaceOrderRequest; the first three are CancelOrderRequest's too. */
enum { ORDER_ID = 1, PORTFOLIO_ID = 2, CLIENT_ORDER_ID = 3, QUANTITY = 4, PRICE = 5 };

static const struct shape CANCEL = {.texts = 1 << ORDER_ID | 1 << PORTFOLIO_ID | 1 << CLIENT_ORDER_ID};
static const struct shape REPLACE = {
    .texts = 1 << ORDER_ID | 1 << PORTFOLIO_ID | 1 << CLIENT_ORDER_ID | 1 << QUANTITY | 1 << PRICE,
};

/* Reads an order id. Returns 1, or 0 for text that no order can have. */
static int read_id(struct text text, uint64_t *order)
{
    if (text.length > ID_DIGITS_MAX) /* so that it is below 2^64 */
        return 0;
    *order = 0;
    for (uint32_t i = 0; i < text.length; i++) {
        uint8_t digit = (uint8_t)(text.bytes[i] - '0');
        if (digit > 9)
            return 0;
        *order = *order * 10 + digit;
    }
    return *order <= INT64_MAX;
}

/* Reads which order is meant and who claims it: who names no owner speaks for the firm, node 0. */
static int read_target(const struct venue *venue, const struct fields *fields, struct draft *draft)
{
    struct text order = scan_text(fields, ORDER_ID), own = {"", 0};
    struct text portfolio = scan_text(fields, PORTFOLIO_ID), id = scan_text(fields, CLIENT_ORDER_ID);

    if (portfolio.length > VENUE_ID_MAX || id.length > VENUE_TEXT_MAX)
        return 0;
    if (portfolio.length != 0)
        draft->command.node = door_node(venue, portfolio, own);
    if (draft->command.node == ENGINE_NONE)
        return 0;
    if (order.length != 0)
        return read_id(order, &draft->command.target);
    draft->key = venue_client_key(portfolio.bytes, portfolio.length, id.bytes, id.length);
    return portfolio.length != 0 && id.length != 0;
}

int cancel_read(const struct venue *venue, struct text request, struct draft *draft)
{
    struct fields fields;

    draft->command.type = COMMAND_CANCEL_ORDER;
    return scan_fields(request, CANCEL, &fields) && read_target(venue, &fields, draft);
}

int replace_read(const struct venue *venue, struct text request, struct draft *draft)
{
    struct fields fields;

    draft->command.type = COMMAND_REPLACE_ORDER;
    if (!scan_fields(request, REPLACE, &fields) || !read_target(venue, &fields, draft))
        return 0;
    draft->quantity = scan_text(&fields, QUANTITY);
    draft->price = scan_text(&fields, PRICE);
    return draft->quantity.length != 0 || draft->price.length != 0;
}

int cancel_settle(const struct venue *venue, struct draft *draft)
{
    if (draft->key == 0)
        return 1;
    draft->command.target = venue_key_order(venue, draft->key);
    return draft->command.target != 0;
}

/* Reads new price and quantity, of which one may be missing, for an order as it is. */
static int read_change(const struct venue *venue, const struct live *live, struct draft *draft)
{
    const struct venue_instrument *instrument = &venue->instruments[live->instrument];
    struct text quantity = draft->quantity, price = draft->price;
    struct command *command = &draft->command;

    command->instrument = live->instrument;
    command->quantity = units_read(quantity, instrument->quantity_factor, instrument->quantity_places);
    command->price = units_read(price, instrument->price_factor, instrument->price_places);
    if ((quantity.length != 0) != (command->quantity != 0) || (price.length != 0) != (command->price != 0))
        return 0;
    int64_t ticks = command->price != 0 ? command->price : live->price;
    int64_t lots = command->quantity != 0 ? command->quantity : live->quantity;
    return door_is_worth_enough(instrument, ticks != 0 ? ticks : instrument->reference_ticks, lots);
}

int replace_settle(const struct venue *venue, struct draft *draft)
{
    if (!cancel_settle(venue, draft))
        return 0;
    uint64_t slot = numbers_find(&venue->slots, draft->command.target);
    return slot != 0 && read_change(venue, &venue->live[slot - 1], draft);
}
