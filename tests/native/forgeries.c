/* forgeries.c - snapshots that are whole but say what no engine can have said: each is refused. Exits with 0 or
 * aborts. */
#include "forge.h"

#define FORGE_ALL(forgeries) forge_all(forgeries, sizeof(forgeries) / sizeof *(forgeries))
#define MINUS_ONE UINT64_MAX

static void forge_the_stage(void)
{
    const struct forgery forgeries[] = {
        {SECTION_ENGINE, 0, 8, 0, 30, "ids and keys are below the sequence"},
        {SECTION_ENGINE, 8, 8, 0, MINUS_ONE, "time begins at 0"},
        {SECTION_ENGINE, 8, 8, 0, 5000, "what has expired is gone"},
        {SECTION_ENGINE, 48, 4, 0, 2, "terms are there or not"},
        {SECTION_ENGINE, 48, 4, 0, 0, "terms that are not there are zeros"},
        {SECTION_INSTRUMENTS, 0, 8, 0, 0, "an instrument has a reference price"},
        {SECTION_INSTRUMENTS, 8, 8, 0, MINUS_ONE, "an instrument has a unit value"},
        {SECTION_INSTRUMENTS, 16, 8, 0, 0, "an instrument has a static price"},
        {SECTION_INSTRUMENTS, 24, 8, 0, 10000, "a static band is narrower than everything"},
        {SECTION_INSTRUMENTS, 24, 8, 0, MINUS_ONE, "a static band is not negative"},
        {SECTION_INSTRUMENTS, 32, 8, 0, 10000, "a dynamic band is narrower than everything"},
        {SECTION_INSTRUMENTS, 32, 8, 0, MINUS_ONE, "a dynamic band is not negative"},
        {SECTION_INSTRUMENTS, 40, 8, 0, 0, "no price was told without lots"},
        {SECTION_INSTRUMENTS, 40, 8, 0, MINUS_ONE, "a price that was told is one"},
        {SECTION_INSTRUMENTS, 48, 8, 0, 0, "lots were told of a price"},
        {SECTION_INSTRUMENTS, 56, 4, 0, 0, "orders were told of a price"},
        {SECTION_INSTRUMENTS, 68, 8, 0, 0, "lots were told of a price of the other side"},
        {SECTION_INSTRUMENTS, 80, 1, 0, 7, "there are seven phases"},
        {SECTION_INSTRUMENTS, 80, 1, 0, PHASE_CLOSING_AUCTION, "what waits for the close is in it"},
        {SECTION_INSTRUMENTS, 80, 1, 1, PHASE_CONTINUOUS, "no MARKET order rests while CONTINUOUS"},
        {SECTION_NODES, 0, 8, 0, (uint64_t)-2, "an exposure limit is not below none"},
        {SECTION_NODES, 8, 8, 0, (uint64_t)-2, "a rate is not below none"},
        {SECTION_NODES, 8, 8, 0, MINUS_ONE, "a bucket without a rate is empty"},
        {SECTION_NODES, 16, 8, 0, MINUS_ONE, "a bucket is not overdrawn"},
        {SECTION_NODES, 16, 8, 0, INT64_MAX, "a bucket is not fuller than full"},
        {SECTION_NODES, 24, 8, 0, 1001, "a bucket was filled in the past"},
        {SECTION_NODES, 24, 8, 0, MINUS_ONE, "a bucket was filled since the beginning"},
        {SECTION_NODES, 24, 8, 1, 1, "a bucket without a rate was never filled"},
        {SECTION_NODES, 32, 8, 0, (uint64_t)-2, "a notional limit is not below none"},
        {SECTION_NODES, 40, 4, 0, 0, "the firm has no parent"},
        {SECTION_NODES, 40, 4, 1, ENGINE_NONE, "all others have a parent"},
        {SECTION_NODES, 40, 4, 1, 2, "a parent came before"},
        {SECTION_NODES, 48, 4, 0, 3, "there are three trading states"},
        {SECTION_NODES, 52, 4, 0, 1, "fees that are not set are zeros"},
        {SECTION_NODES, 60, 4, 2, 2, "fees are set or not"},
        {SECTION_NODES, 52, 4, 2, 1000001, "a fee is no more than everything"},
        {SECTION_NODES, 56, 4, 2, (uint64_t)-1000001, "a rebate is no more than everything"},
    };

    FORGE_ALL(forgeries);
}

/* Pair 0 is the firm's in instrument 0, pair 1 in instrument 1; then those of node 1, and those of node 2, of which
 * one is REDUCING and the other has a limit of nothing. */
static void forge_the_pairs(void)
{
    const struct forgery forgeries[] = {
        {SECTION_PAIRS, 0, 4, 0, 3, "a pair's node exists"},
        {SECTION_PAIRS, 0, 4, 0, 1, "a pair's parent came before"},
        {SECTION_PAIRS, 4, 4, 0, 2, "a pair's instrument exists"},
        {SECTION_PAIRS, 4, 4, 0, 1, "a pair comes once"},
        {SECTION_PAIRS, 8, 8, 0, 1, "every lot bought was sold"},
        {SECTION_PAIRS, 8, 8, 2, INT64_MAX, "a position is within the widest limit"},
        {SECTION_PAIRS, 8, 8, 2, (uint64_t)INT64_MIN, "a short position is within the widest limit"},
        {SECTION_PAIRS, 8, 8, 2, (uint64_t)ENGINE_POSITION_MAX, "no position can grow beyond the widest limit"},
        {SECTION_PAIRS, 8, 8, 2, (uint64_t)-ENGINE_POSITION_MAX, "no sale can lead beyond the widest limit"},
        {SECTION_PAIRS, 16, 8, 0, MINUS_ONE, "nothing less than nothing is open"},
        {SECTION_PAIRS, 16, 8, 0, 9, "what is open to buy is what the orders have left"},
        {SECTION_PAIRS, 16, 8, 0, INT64_MAX, "what is open is within the widest limit"},
        {SECTION_PAIRS, 24, 8, 0, 9, "what is open to sell is what the orders have left"},
        {SECTION_PAIRS, 24, 8, 0, MINUS_ONE, "nothing less than nothing is for sale"},
        {SECTION_PAIRS, 24, 8, 0, INT64_MAX, "what is for sale is within the widest limit"},
        {SECTION_PAIRS, 32, 8, 0, MINUS_ONE, "an exposure is not negative"},
        {SECTION_PAIRS, 40, 8, 0, 5, "a position limit that does not stand is the widest"},
        {SECTION_PAIRS, 48, 8, 0, MINUS_ONE, "a limit is not negative"},
        {SECTION_PAIRS, 48, 8, 1, 1, "a limit that does not stand is zero"},
        {SECTION_PAIRS, 72, 4, 0, 64, "a pair has no exposure limit"},
        {SECTION_PAIRS, 72, 4, 0, 1, "a state that stands is not ACTIVE"},
        {SECTION_PAIRS, 76, 4, 0, 1, "a state that does not stand is ACTIVE"},
        {SECTION_PAIRS, 72, 4, 0, 128, "fees that stand are set"},
        {SECTION_PAIRS, 88, 4, 0, 1, "fees that do not stand are not set"},
        {SECTION_PAIRS, 76, 4, 4, 3, "there are three trading states"},
        {SECTION_PAIRS, 72, 4, 5, 0, "a pair has a reason to exist"},
    };

    FORGE_ALL(forgeries);
}

static void forge_the_orders(void)
{
    const struct forgery forgeries[] = {
        {SECTION_ORDERS, 0, 8, ids.buy, 0, "an order has an id"},
        {SECTION_ORDERS, 0, 8, ids.buy, sequence + 1, "an id is the sequence of a command"},
        {SECTION_ORDERS, 0, 8, ids.peg, ids.buy, "an id occurs once"},
        {SECTION_ORDERS, 0, 8, ids.dated, 4, "an extra belongs to an order"},
        {SECTION_ORDERS, 8, 8, ids.buy, 0, "a resting order has a price"},
        {SECTION_ORDERS, 8, 8, ids.buy, 1010, "a book is not crossed while CONTINUOUS"},
        {SECTION_ORDERS, 8, 8, ids.stop, 1, "a stop has no price"},
        {SECTION_ORDERS, 8, 8, ids.market, 1, "a MARKET order has no price"},
        {SECTION_ORDERS, 16, 8, ids.buy, 0, "an order has lots left"},
        {SECTION_ORDERS, 16, 8, ids.buy, 11, "an order has no more left than it asked for"},
        {SECTION_ORDERS, 16, 8, ids.held, 5, "a held order has not traded"},
        {SECTION_ORDERS, 16, 8, ids.iceberg, 3, "an iceberg shows no more than it has left"},
        {SECTION_ORDERS, 24, 8, ids.buy, (uint64_t)ENGINE_NUMBER_MAX + 1, "a quantity is within bounds"},
        {SECTION_ORDERS, 32, 4, ids.buy, 2, "an order's instrument exists"},
        {SECTION_ORDERS, 32, 4, ids.held, 1, "a list is of one instrument"},
        {SECTION_ORDERS, 36, 4, ids.held, 2, "a list is of one node"},
        {SECTION_ORDERS, 36, 4, ids.buy, 3, "an order's node exists"},
        {SECTION_ORDERS, 36, 4, ids.buy, 2, "an order's pair exists"},
        {SECTION_ORDERS, 40, 1, ids.buy, 0, "an order has a side"},
        {SECTION_ORDERS, 41, 1, ids.buy, 13, "there are twelve types"},
        {SECTION_ORDERS, 41, 1, ids.buy, ORDER_STOP, "a stop has an extra"},
        {SECTION_ORDERS, 41, 1, ids.leg, ORDER_STOP_LIMIT, "an order with a trigger rests in no book"},
        {SECTION_ORDERS, 42, 1, ids.buy, 5, "there is no such time in force"},
        {SECTION_ORDERS, 42, 1, ids.buy, TIF_IOC, "IOC does not rest"},
        {SECTION_ORDERS, 42, 1, ids.buy, TIF_FOK, "FOK does not rest"},
        {SECTION_ORDERS, 42, 1, ids.buy, TIF_AT_THE_OPENING, "an order for an auction does not rest beyond it"},
        {SECTION_ORDERS, 42, 1, ids.buy, TIF_GOOD_FOR_AUCTION, "nor does one that is good for an auction"},
        {SECTION_ORDERS, 42, 1, ids.buy, TIF_AT_THE_CLOSE, "nor one that is for the close"},
        {SECTION_ORDERS, 42, 1, ids.dated, TIF_GTC, "a GTC order does not expire"},
        {SECTION_ORDERS, 42, 1, ids.at_close, TIF_GTC, "an order that waits has a reason to wait"},
        {SECTION_ORDERS, 43, 1, ids.buy, 64, "there are six flags"},
        {SECTION_ORDERS, 43, 1, ids.dated, FLAG_ALL_OR_NONE, "an all-or-none order rests in no book"},
        {SECTION_ORDERS, 43, 1, ids.whole, 0, "what waits to be filled at once says so"},
        {SECTION_ORDERS, 44, 1, ids.buy, SELF_TRADE_BY_GROUP, "there is no such self-trade mode"},
        {SECTION_ORDERS, 45, 1, ids.buy, PLACE_NOWHERE, "an order is somewhere"},
        {SECTION_ORDERS, 45, 1, ids.buy, PLACE_WAITING, "a LIMIT order does not wait"},
        {SECTION_ORDERS, 45, 1, ids.held, PLACE_BOOK, "a held order rests in no book"},
        {SECTION_ORDERS, 45, 1, ids.peg, PLACE_WAITING, "a pegged order that waits has no price"},
        {SECTION_ORDERS, 46, 1, ids.buy, 1, "an order of a list has an extra"},
        {SECTION_ORDERS, 46, 1, ids.held, 0, "who has a role came in a list"},
        {SECTION_ORDERS, 46, 1, ids.held, 2, "an order came in a list or not"},
    };

    FORGE_ALL(forgeries);
}

static void forge_the_extras(void)
{
    const struct forgery forgeries[] = {
        {SECTION_EXTRAS, 0, 8, ids.dated, ids.buy, "extras come in the order of their orders"},
        {SECTION_EXTRAS, 8, 8, ids.parent, 999, "the next of a list is a live order"},
        {SECTION_EXTRAS, 8, 8, ids.parent, ids.buy, "the next of a list has an extra"},
        {SECTION_EXTRAS, 8, 8, ids.parent, ids.leg, "a list closes"},
        {SECTION_EXTRAS, 8, 8, ids.parent, ids.parent, "a list has all of its orders"},
        {SECTION_EXTRAS, 8, 8, ids.iceberg, ids.dated, "an order that is in no list is alone"},
        {SECTION_EXTRAS, 16, 8, ids.dated, 1000, "what has expired is gone"},
        {SECTION_EXTRAS, 16, 8, ids.stop, 6000, "GTD orders alone expire by time"},
        {SECTION_EXTRAS, 24, 8, ids.stop, 0, "a trigger is a price"},
        {SECTION_EXTRAS, 24, 8, ids.peg, INT64_MAX, "an offset is within bounds"},
        {SECTION_EXTRAS, 32, 8, ids.trailing, 0, "a distance is a number of ticks"},
        {SECTION_EXTRAS, 40, 8, ids.peg, MINUS_ONE, "a limit is a price"},
        {SECTION_EXTRAS, 48, 8, ids.iceberg, MINUS_ONE, "a display quantity is not negative"},
        {SECTION_EXTRAS, 48, 8, ids.iceberg, (uint64_t)ENGINE_NUMBER_MAX + 1, "a display quantity is within bounds"},
        {SECTION_EXTRAS, 48, 8, ids.iceberg, 4, "no more is shown than a slice"},
        {SECTION_EXTRAS, 48, 8, ids.stop, 1, "icebergs are LIMIT orders"},
        {SECTION_EXTRAS, 56, 8, ids.iceberg, 0, "an iceberg shows something"},
        {SECTION_EXTRAS, 56, 8, ids.iceberg, 21, "no more is shown than is left"},
        {SECTION_EXTRAS, 56, 8, ids.dated, 1, "icebergs alone show a part"},
        {SECTION_EXTRAS, 64, 8, ids.stop, 0, "no order is older than itself"},
        {SECTION_EXTRAS, 64, 8, ids.stop, sequence + 1, "an age is the sequence of a command"},
        {SECTION_EXTRAS, 64, 8, ids.stop, ids.other_stop, "equal triggers are of different ages"},
        {SECTION_EXTRAS, 64, 8, ids.peg, ids.other_peg, "a chain is ordered by age"},
        {SECTION_EXTRAS, 72, 1, ids.parent, 5, "there are four roles"},
        {SECTION_EXTRAS, 72, 1, ids.parent, ROLE_OCO, "held orders have a parent"},
        {SECTION_EXTRAS, 72, 1, ids.parent, ROLE_NONE, "who is in a list has a role"},
        {SECTION_EXTRAS, 72, 1, ids.held_stop, ROLE_HELD_BRACKET, "held orders are all of one kind"},
        {SECTION_EXTRAS, 72, 1, ids.held_stop, ROLE_PARENT, "a list has one parent"},
        {SECTION_EXTRAS, 72, 1, ids.leg, ROLE_PARENT, "a parent holds orders"},
        {SECTION_CHAINS, 0, 8, ids.peg, 999, "a chain has live orders"},
        {SECTION_CHAINS, 0, 8, ids.peg, ids.buy, "a chain has orders that follow the market"},
        {SECTION_CHAINS, 0, 8, ids.peg, ids.trailing, "trailing stops follow by themselves"},
        {SECTION_CHAINS, 0, 8, ids.peg, ids.other_peg, "an order is in a chain once"},
    };

    FORGE_ALL(forgeries);
}

static void forge_what_waits(void)
{
    const struct forgery forgeries[] = {
        {SECTION_KEYS, 0, 8, 0, 0, "a key is not 0"},
        {SECTION_KEYS, 0, 8, 0, ids.sell, "a key occurs once"},
        {SECTION_KEYS, 8, 8, 0, 0, "a key made an order"},
        {SECTION_KEYS, 8, 8, 0, sequence + 1, "a key's order is the sequence of a command"},
        {SECTION_STAGED, 0, 8, 0, 0, "an order that waits has a sequence"},
        {SECTION_STAGED, 0, 8, 0, sequence + 1, "an order that waits came before"},
        {SECTION_STAGED, 0, 8, 0, ids.buy, "an order that waits is not live"},
        {SECTION_STAGED, 0, 8, 0, sequence - 1, "orders that wait came in their order"},
        {SECTION_STAGED, 48, 4, 1, 1, "orders that wait are of one instrument"},
        {SECTION_STAGED, 52, 4, 1, 2, "orders that wait are of one node"},
        {SECTION_STAGED, 56, 1, 0, COMMAND_ADD_NODE, "new orders alone wait"},
        {SECTION_STAGED, 57, 1, 0, 3, "an order that waits makes sense"},
        {SECTION_STAGED, 62, 1, 0, CONTINGENCY_NONE, "an order that waits is one of a list"},
        {SECTION_STAGED, 62, 1, 0, CONTINGENCY_OTO, "orders that wait are of one list"},
        {SECTION_STAGED, 63, 1, 0, 0, "a list that waits is not whole"},
        {SECTION_STAGED, 63, 1, 0, 1, "a bracket has three orders or more"},
        {SECTION_STAGED, 63, 1, 0, 3, "a list counts down"},
        {SECTION_STAGED, 63, 1, 0, 4, "a list has four orders or fewer"},
        {SECTION_STAGED, 64, 8, 0, 1, "terms that are not there are zeros"},
    };

    FORGE_ALL(forgeries);
}

static void forge_the_sections(void)
{
    forge_section(SECTION_STAGED, SECTION_STAGED, STAGED_RECORD / 4, 8, "few orders wait");
    forge_narrow(SECTION_KEYS, 4, "half an id is none");
    forge_section(SECTION_EXTRAS, 77, EXTRA_RECORD, 10, "a section ends where the next one begins");
    forge_section(SECTION_KEYS, SECTION_STAGED, KEY_RECORD, 1, "a section comes once");
    forge_section(SECTION_KEYS, SECTION_KEYS, 0, 1, "a record has a size");
    forge_section(SECTION_KEYS, SECTION_KEYS, RECORD_MAX + 1, 0, "a record is not endless");
    forge_section(SECTION_KEYS, SECTION_KEYS, KEY_RECORD, UINT64_MAX, "a section ends within the snapshot");
}

int main(void)
{
    forge_begin();
    forge_the_stage();
    forge_the_pairs();
    forge_the_orders();
    forge_the_extras();
    forge_what_waits();
    forge_the_sections();
    forge_end();
    return 0;
}
