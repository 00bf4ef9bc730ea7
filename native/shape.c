#include "shape.h"

#define BIT(n) (UINT32_C(1) << (n))
#define DAYS (BIT(TIF_DAY) | BIT(TIF_GTC) | BIT(TIF_GTD))
#define AT_ONCE (BIT(TIF_IOC) | BIT(TIF_FOK))
#define AUCTIONS (BIT(TIF_AT_THE_OPENING) | BIT(TIF_AT_THE_CLOSE) | BIT(TIF_GOOD_FOR_AUCTION))
#define POST_ONLY (FLAG_POST_ONLY | FLAG_POST_ONLY_SLIDE)

/* The times in force that each order type may have. */
static const uint32_t TIMES[ORDER_PEG_MARKET + 1] = {
    [ORDER_MARKET] = DAYS | AT_ONCE | AUCTIONS,
    [ORDER_LIMIT] = DAYS | AT_ONCE | AUCTIONS,
    [ORDER_STOP] = DAYS | AT_ONCE,
    [ORDER_STOP_LIMIT] = DAYS | AT_ONCE,
    [ORDER_MARKET_IF_TOUCHED] = DAYS | AT_ONCE,
    [ORDER_LIMIT_IF_TOUCHED] = DAYS | AT_ONCE,
    [ORDER_TRAILING_STOP] = DAYS | AT_ONCE,
    [ORDER_TRAILING_STOP_LIMIT] = DAYS | AT_ONCE,
    [ORDER_MARKET_TO_LIMIT] = DAYS,
    [ORDER_PEG_PRIMARY] = DAYS,
    [ORDER_PEG_MID] = DAYS,
    [ORDER_PEG_MARKET] = DAYS,
};

static int is_in(uint32_t set, uint8_t time_in_force)
{
    return time_in_force < 32 && (set & BIT(time_in_force)) != 0;
}

/* Self-trade modes alone, or with the group: allowing has no group. */
static int is_self_trade_mode(uint8_t self_trade)
{
    return self_trade <= SELF_TRADE_DECREMENT
        || (self_trade > SELF_TRADE_BY_GROUP && self_trade <= (SELF_TRADE_BY_GROUP | SELF_TRADE_DECREMENT));
}

static int has_valid_fields(const struct command *command)
{
    if (command->side != SIDE_BUY && command->side != SIDE_SELL)
        return 0;
    if (command->kind < ORDER_MARKET || command->kind > ORDER_PEG_MARKET)
        return 0;
    if (!is_in(TIMES[command->kind], command->time_in_force))
        return 0;
    return command->client_key != 0 && command->flags < 64 && is_self_trade_mode(command->self_trade);
}

/* Whether an order is a LIMIT that can rest from now on. */
static int is_lasting_limit(const struct command *command)
{
    return command->kind == ORDER_LIMIT && is_in(DAYS, command->time_in_force);
}

static int has_valid_flags(const struct command *command, const struct terms *terms)
{
    uint32_t flags = command->flags;
    int is_more = terms->display != 0 || terms->minimum != 0;

    if ((flags & POST_ONLY) == POST_ONLY)
        return 0;
    if (flags & POST_ONLY && (!is_lasting_limit(command) || terms->minimum != 0))
        return 0;
    if (flags & FLAG_ALL_OR_NONE && (!is_lasting_limit(command) || flags & POST_ONLY || is_more))
        return 0;
    return (flags & FLAG_BASIS_POINTS) == 0 || is_trailing(command->kind);
}

static int has_valid_terms(const struct command *command, const struct terms *terms)
{
    if ((command->time_in_force == TIF_GTD) != (terms->expiry_ns != 0))
        return 0;
    if (terms->display != 0 && !is_lasting_limit(command))
        return 0;
    if (terms->minimum == 0)
        return 1;
    return command->kind <= ORDER_LIMIT && is_in(DAYS | BIT(TIF_IOC), command->time_in_force);
}

/* What an order may be in a list. Which place it has there is for the list to check. */
static int may_be_listed(const struct command *command, const struct terms *terms)
{
    if (command->kind > ORDER_TRAILING_STOP_LIMIT || !is_in(DAYS, command->time_in_force))
        return 0;
    return (command->flags & FLAG_ALL_OR_NONE) == 0 && terms->display == 0 && terms->minimum == 0;
}

enum reason shape_check(const struct command *command, const struct terms *terms)
{
    int is_valid = has_valid_fields(command) && has_valid_flags(command, terms) && has_valid_terms(command, terms);

    if (!is_valid || command->contingency > CONTINGENCY_BRACKET)
        return REASON_INVALID_COMMAND;
    if (command->contingency == CONTINGENCY_NONE)
        return command->more == 0 ? REASON_NONE : REASON_INVALID_COMMAND;
    return may_be_listed(command, terms) ? REASON_NONE : REASON_INVALID_COMMAND;
}

int shape_has_price(uint8_t kind)
{
    return kind == ORDER_LIMIT || kind == ORDER_STOP_LIMIT || kind == ORDER_LIMIT_IF_TOUCHED
        || kind == ORDER_TRAILING_STOP_LIMIT || kind >= ORDER_MARKET_TO_LIMIT;
}

int shape_has_trigger(uint8_t kind)
{
    return is_conditional(kind);
}

int shape_is_price(uint8_t kind, int64_t price)
{
    if (kind == ORDER_LIMIT || kind == ORDER_STOP_LIMIT || kind == ORDER_LIMIT_IF_TOUCHED)
        return is_number(price);
    if (kind == ORDER_TRAILING_STOP_LIMIT || is_pegged(kind))
        return price == 0 || is_number(price);
    return price == 0;
}

int shape_is_trigger(uint8_t kind, uint8_t flags, int64_t trigger)
{
    if (is_trailing(kind) && flags & FLAG_BASIS_POINTS)
        return trigger >= 1 && trigger <= 9999;
    if (is_conditional(kind))
        return is_number(trigger);
    if (is_pegged(kind))
        return trigger >= -ENGINE_NUMBER_MAX && trigger <= ENGINE_NUMBER_MAX;
    return trigger == 0;
}

enum reason shape_check_numbers(const struct command *command, const struct terms *terms)
{
    int64_t quantity = command->quantity;

    if (!shape_is_price(command->kind, command->price))
        return REASON_INVALID_PRICE;
    if (!shape_is_trigger(command->kind, command->flags, (int64_t)command->target))
        return REASON_INVALID_PRICE;
    if (!is_number(quantity))
        return REASON_INVALID_QUANTITY;
    if (terms->display < 0 || terms->display > quantity || terms->minimum < 0 || terms->minimum > quantity)
        return REASON_INVALID_QUANTITY;
    return REASON_NONE;
}

int shape_is_extra(const struct command *command, const struct terms *terms)
{
    return is_conditional(command->kind) || is_pegged(command->kind) || terms->display != 0 || terms->expiry_ns != 0
        || command->flags & FLAG_ALL_OR_NONE || command->contingency != CONTINGENCY_NONE;
}
