#include "tape/bars.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* What is true of a slot; kept apart from the slots, so that those who look for a few read little. */
#define IS_CHANGED 1 /* the whole bar is another than when it was last taken */
#define IS_OPEN 2    /* the clock has not ended the whole bar */
#define HAS_PART 4
#define HAS_LATE 8

/* One instrument and length. */
struct slot {
    struct bar whole;
    struct bar part; /* of the whole bar, what was not given away yet */
    struct bar late; /* of one older bar */
};

struct bars {
    int64_t lengths_ns[BARS_LENGTHS_MAX];
    uint32_t lengths;
    uint32_t instruments;
    int64_t earliest_ns; /* no open bar ends before */
    struct slot *slots;  /* by instrument, then length */
    uint8_t *flags;
};

/* Where bars that come out go. */
struct outlet {
    struct bar *bars;
    uint32_t made;
};

struct trade {
    int64_t price;
    int64_t lots;
    int64_t time_ns;
};

struct bars *bars_new(const int64_t *lengths_ns, uint32_t count)
{
    struct bars *bars;

    if (count == 0 || count > BARS_LENGTHS_MAX)
        return NULL;
    for (uint32_t i = 0; i < count; i++)
        if (lengths_ns[i] < 1 || lengths_ns[i] > BARS_LENGTH_MAX_NS)
            return NULL;
    bars = calloc(1, sizeof *bars);
    if (bars == NULL)
        return NULL;
    memcpy(bars->lengths_ns, lengths_ns, count * sizeof *lengths_ns);
    bars->lengths = count;
    bars->earliest_ns = INT64_MAX;
    return bars;
}

void bars_free(struct bars *bars)
{
    if (bars == NULL)
        return;
    free(bars->slots);
    free(bars->flags);
    free(bars);
}

int bars_reserve(struct bars *bars, uint32_t count)
{
    size_t had = (size_t)bars->instruments * bars->lengths, wanted = (size_t)count * bars->lengths;
    struct slot *slots;
    uint8_t *flags;

    if (wanted <= had)
        return 1;
    slots = realloc(bars->slots, wanted * sizeof *slots);
    if (slots == NULL)
        return 0;
    bars->slots = slots;
    flags = realloc(bars->flags, wanted);
    if (flags == NULL)
        return 0;
    bars->flags = flags;
    memset(slots + had, 0, (wanted - had) * sizeof *slots);
    memset(flags + had, 0, wanted - had);
    bars->instruments = count;
    return 1;
}

/* An interval begins at a multiple of its length, before 1970 too. */
static int64_t start_of(int64_t time_ns, int64_t length_ns)
{
    int64_t into = time_ns % length_ns;

    return time_ns - (into < 0 ? into + length_ns : into);
}

static void expect_end(struct bars *bars, const struct bar *bar)
{
    int64_t end_ns = bar->start_ns + bars->lengths_ns[bar->length];

    if (end_ns < bars->earliest_ns)
        bars->earliest_ns = end_ns;
}

int bars_restore(struct bars *bars, const struct bar *bar)
{
    size_t at = (size_t)bar->instrument * bars->lengths + bar->length;

    if (bar->instrument >= bars->instruments || bar->length >= bars->lengths)
        return 0;
    if (bar->start_ns < -BARS_TIME_MAX_NS || bar->start_ns > BARS_TIME_MAX_NS)
        return 0;
    bars->slots[at].whole = *bar;
    bars->slots[at].whole.role = BAR_WHOLE;
    bars->flags[at] |= IS_OPEN;
    expect_end(bars, bar);
    return 1;
}

static int is_trade(const struct ticks *ticks, uint32_t row)
{
    return ticks->kind[row] == TICK_TRADE_BUY || ticks->kind[row] == TICK_TRADE_SELL;
}

static int is_welcome(const struct bars *bars, const struct ticks *ticks, uint32_t row)
{
    int64_t time_ns = ticks->time_ns[row];

    return ticks->instrument[row] < bars->instruments && ticks->lots[row] >= 0 && time_ns >= -BARS_TIME_MAX_NS
        && time_ns <= BARS_TIME_MAX_NS;
}

static struct bar bar_of(const struct bar *place, const struct trade *trade)
{
    return (struct bar){
        .start_ns = place->start_ns,
        .open = trade->price,
        .high = trade->price,
        .low = trade->price,
        .close = trade->price,
        .volume = trade->lots,
        .trade_count = 1,
        .first_time_ns = trade->time_ns,
        .last_time_ns = trade->time_ns,
        .instrument = place->instrument,
        .length = place->length,
        .role = place->role,
    };
}

static void count_trade(struct bar *bar, const struct trade *trade)
{
    if (trade->time_ns < bar->first_time_ns) {
        bar->first_time_ns = trade->time_ns;
        bar->open = trade->price;
    }
    if (trade->time_ns >= bar->last_time_ns) {
        bar->last_time_ns = trade->time_ns;
        bar->close = trade->price;
    }
    if (trade->price > bar->high)
        bar->high = trade->price;
    if (trade->price < bar->low)
        bar->low = trade->price;
    if (__builtin_add_overflow(bar->volume, trade->lots, &bar->volume))
        bar->volume = INT64_MAX;
    bar->trade_count++;
}

static void give(struct outlet *outlet, const struct bar *bar)
{
    outlet->bars[outlet->made++] = *bar;
}

/* Counts a trade in a bar that may not have begun. `place` says which it is. */
static void count_in(struct bar *bar, uint8_t *flags, uint8_t flag, const struct bar *place, const struct trade *trade)
{
    if (*flags & flag) {
        count_trade(bar, trade);
        return;
    }
    *bar = bar_of(place, trade);
    *flags |= flag;
}

static void begin(struct bars *bars, size_t at, const struct bar *place, const struct trade *trade,
                  struct outlet *outlet)
{
    struct slot *slot = &bars->slots[at];

    if (slot->whole.trade_count > 0)
        give(outlet, &slot->whole);
    if (bars->flags[at] & HAS_PART)
        give(outlet, &slot->part);
    slot->whole = slot->part = bar_of(place, trade);
    slot->whole.role = BAR_WHOLE;
    slot->part.role = BAR_PART;
    bars->flags[at] |= IS_CHANGED | IS_OPEN | HAS_PART;
    expect_end(bars, &slot->whole);
}

static void grow(struct bars *bars, size_t at, const struct bar *place, const struct trade *trade)
{
    struct slot *slot = &bars->slots[at];

    count_trade(&slot->whole, trade);
    count_in(&slot->part, &bars->flags[at], HAS_PART, place, trade);
    bars->flags[at] |= IS_CHANGED;
}

static void correct(struct bars *bars, size_t at, const struct bar *place, const struct trade *trade,
                    struct outlet *outlet)
{
    struct slot *slot = &bars->slots[at];

    if ((bars->flags[at] & HAS_LATE) && slot->late.start_ns != place->start_ns) {
        give(outlet, &slot->late);
        bars->flags[at] &= (uint8_t)~HAS_LATE;
    }
    count_in(&slot->late, &bars->flags[at], HAS_LATE, place, trade);
}

static void add_trade(struct bars *bars, uint32_t instrument, const struct trade *trade, struct outlet *outlet)
{
    size_t at = (size_t)instrument * bars->lengths;

    for (uint16_t length = 0; length < bars->lengths; length++, at++) {
        const struct bar *whole = &bars->slots[at].whole;
        struct bar place = {.instrument = instrument, .length = length, .role = BAR_PART};

        place.start_ns = start_of(trade->time_ns, bars->lengths_ns[length]);
        if (whole->trade_count == 0 || place.start_ns > whole->start_ns) {
            begin(bars, at, &place, trade, outlet);
        } else if (place.start_ns == whole->start_ns) {
            grow(bars, at, &place, trade);
        } else {
            place.role = BAR_LATE;
            correct(bars, at, &place, trade, outlet);
        }
    }
}

enum bars_status bars_add(struct bars *bars, const struct ticks *ticks, uint32_t *next, struct bar *out,
                          uint32_t room, uint32_t *made)
{
    struct outlet outlet = {.bars = out, .made = 0};

    assert(room >= 2 * bars->lengths);
    *made = 0;
    for (uint32_t row = *next; row < ticks->count; row++)
        if (is_trade(ticks, row) && !is_welcome(bars, ticks, row))
            return BARS_REFUSED;
    for (; *next < ticks->count && room - outlet.made >= 2 * bars->lengths; (*next)++) {
        struct trade trade = {ticks->price[*next], ticks->lots[*next], ticks->time_ns[*next]};

        if (is_trade(ticks, *next))
            add_trade(bars, ticks->instrument[*next], &trade, &outlet);
    }
    *made = outlet.made;
    return *next < ticks->count ? BARS_MORE : BARS_DONE;
}

const struct bar *bars_newest(const struct bars *bars, uint32_t instrument, uint32_t length)
{
    const struct bar *bar;

    if (instrument >= bars->instruments || length >= bars->lengths)
        return NULL;
    bar = &bars->slots[(size_t)instrument * bars->lengths + length].whole;
    return bar->trade_count > 0 ? bar : NULL;
}

uint32_t bars_take_changed(struct bars *bars, struct bar *out)
{
    struct outlet outlet = {.bars = out, .made = 0};

    for (size_t at = 0; at < (size_t)bars->instruments * bars->lengths; at++) {
        if (bars->flags[at] & IS_CHANGED)
            give(&outlet, &bars->slots[at].whole);
        bars->flags[at] &= (uint8_t)~IS_CHANGED;
    }
    return outlet.made;
}

uint32_t bars_take_parts(struct bars *bars, struct bar *out)
{
    struct outlet outlet = {.bars = out, .made = 0};

    for (size_t at = 0; at < (size_t)bars->instruments * bars->lengths; at++) {
        if (bars->flags[at] & HAS_LATE)
            give(&outlet, &bars->slots[at].late);
        if (bars->flags[at] & HAS_PART)
            give(&outlet, &bars->slots[at].part);
        bars->flags[at] &= (uint8_t) ~(HAS_LATE | HAS_PART);
    }
    return outlet.made;
}

uint32_t bars_close(struct bars *bars, int64_t moment_ns, struct bar *out)
{
    struct outlet outlet = {.bars = out, .made = 0};

    if (moment_ns < bars->earliest_ns)
        return 0;
    bars->earliest_ns = INT64_MAX;
    for (size_t at = 0; at < (size_t)bars->instruments * bars->lengths; at++) {
        const struct bar *bar = &bars->slots[at].whole;

        if (!(bars->flags[at] & IS_OPEN))
            continue;
        if (bar->start_ns + bars->lengths_ns[bar->length] > moment_ns) {
            expect_end(bars, bar);
            continue;
        }
        give(&outlet, bar);
        bars->flags[at] = (uint8_t)((bars->flags[at] & ~IS_OPEN) | IS_CHANGED);
    }
    return outlet.made;
}
