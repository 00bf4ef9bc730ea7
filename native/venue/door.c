#include "door.h"

__extension__ typedef unsigned __int128 unsigned_wide;

uint32_t door_node(const struct venue *venue, struct text portfolio, struct text strategy)
{
    const char *name = strategy.length != 0 ? strategy.bytes : "";

    return venue_find_node(venue, portfolio.bytes, portfolio.length, name, strategy.length);
}

int door_is_worth_enough(const struct venue_instrument *instrument, int64_t ticks, int64_t lots)
{
    unsigned_wide least = (unsigned_wide)instrument->notional_high << 64 | instrument->notional_low;

    if (least == 0)
        return 1;
    return ticks > 0 && lots > 0 && (unsigned_wide)ticks * (unsigned_wide)lots >= least;
}
