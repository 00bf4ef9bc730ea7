/* tape_run.c - feeds the keepers of bars and quotes with random columns, tame and hostile, and checks that each trade
 * that is counted comes out in exactly one part of each length. Compiled with the sanitizers by test_sanitizers.py;
 * columns are allocated anew for each batch, so that a row too far is seen. Takes a seed; exits with 0 or aborts. */
#include <stdio.h>
#include <stdlib.h>

#include "hash.h"
#include "tape/bars.h"
#include "tape/quotes.h"

#define BATCHES 2000
#define ROWS_MAX 64
#define INSTRUMENTS_MAX 40
#define LENGTHS 3
#define OUT_ROOM (2 * LENGTHS)

struct columns {
    uint32_t *instrument;
    uint8_t *kind;
    int64_t *price;
    int64_t *lots;
    int64_t *time_ns;
};

struct run {
    uint64_t random;
    uint32_t instruments; /* that there is room for */
    struct bars *bars;
    struct quotes *quotes;
    int64_t counted;      /* trades */
    int64_t parted[LENGTHS];
};

static void must(int condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "not true: %s\n", what);
    abort();
}

static uint64_t below(struct run *run, uint64_t bound)
{
    run->random = hash_mix(run->random + UINT64_C(0x9e3779b97f4a7c15));
    return run->random % bound;
}

static int64_t number(struct run *run, int is_tame, uint64_t bound)
{
    static const int64_t edges[] = {INT64_MIN, -BARS_TIME_MAX_NS - 1, -BARS_TIME_MAX_NS, -1, 0,
                                    BARS_TIME_MAX_NS,  BARS_TIME_MAX_NS + 1, INT64_MAX};

    if (is_tame || below(run, 8) != 0)
        return (int64_t)below(run, bound);
    return edges[below(run, sizeof edges / sizeof *edges)];
}

static void *room(size_t count, size_t size)
{
    void *memory = malloc(count * size + 1);

    must(memory != NULL, "there is memory");
    return memory;
}

static struct columns draw(struct run *run, uint32_t count, int is_tame)
{
    struct columns columns = {room(count, 4), room(count, 1), room(count, 8), room(count, 8), room(count, 8)};

    for (uint32_t row = 0; row < count; row++) {
        columns.instrument[row] = (uint32_t)below(run, is_tame ? run->instruments : INSTRUMENTS_MAX);
        columns.kind[row] = (uint8_t)(is_tame ? 1 + below(run, 4) : below(run, 6));
        columns.price[row] = number(run, is_tame, 50);
        columns.lots[row] = number(run, is_tame, 9);
        columns.time_ns[row] = number(run, is_tame, 5000);
    }
    return columns;
}

static void release(struct columns *columns)
{
    free(columns->instrument);
    free(columns->kind);
    free(columns->price);
    free(columns->lots);
    free(columns->time_ns);
}

static int64_t trades_in(const struct ticks *ticks)
{
    int64_t found = 0;

    for (uint32_t row = 0; row < ticks->count; row++)
        found += ticks->kind[row] == TICK_TRADE_BUY || ticks->kind[row] == TICK_TRADE_SELL;
    return found;
}

static void collect(struct run *run, const struct bar *bars, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        must(bars[i].low <= bars[i].high && bars[i].first_time_ns <= bars[i].last_time_ns, "a bar is sound");
        must(bars[i].trade_count > 0 && bars[i].start_ns <= bars[i].first_time_ns, "a bar has trades of its time");
        if (bars[i].role != BAR_WHOLE)
            run->parted[bars[i].length] += bars[i].trade_count;
    }
}

static void add(struct run *run, const struct ticks *ticks)
{
    struct bar *out = room(OUT_ROOM, sizeof *out);
    enum bars_status status = BARS_MORE;
    uint32_t next = 0, made = 0;

    while (status == BARS_MORE) {
        status = bars_add(run->bars, ticks, &next, out, OUT_ROOM, &made);
        must(status != BARS_REFUSED || next == 0, "what is refused changes nothing");
        collect(run, out, made);
    }
    run->counted += status == BARS_DONE ? trades_in(ticks) : 0;
    free(out);
}

static void take(struct run *run)
{
    struct bar *out = room(OUT_ROOM * (size_t)run->instruments, sizeof *out);
    uint32_t *changed = room(run->instruments, sizeof *changed);
    uint32_t quotes = quotes_take_changed(run->quotes, changed);

    must(quotes == 0 || changed[quotes - 1] < run->instruments, "a quote that changed is there");
    collect(run, out, bars_close(run->bars, (int64_t)below(run, 8000), out));
    collect(run, out, bars_take_changed(run->bars, out));
    collect(run, out, bars_take_parts(run->bars, out));
    for (int length = 0; length < LENGTHS; length++)
        must(run->parted[length] == run->counted, "each trade is in one part of each length");
    free(changed);
    free(out);
}

static void batch(struct run *run)
{
    uint32_t count = (uint32_t)below(run, ROWS_MAX);
    struct columns columns = draw(run, count, below(run, 4) != 0);
    struct ticks ticks = {columns.instrument, columns.kind, columns.price, columns.lots, columns.time_ns, count};
    int64_t ours[INSTRUMENTS_MAX] = {0};
    struct tick_rules rules = {ours, (uint32_t)below(run, INSTRUMENTS_MAX), 40, 0, 6000};
    uint32_t *numbers = room(count, sizeof *numbers);
    uint8_t *changed = room(count, 1);
    enum tick_fault fault;

    must(ticks_admit(&ticks, &rules, numbers, &fault) == count || fault != TICK_FINE, "a wrong row has a fault");
    quotes_apply(run->quotes, &ticks, below(run, 2) ? changed : NULL);
    add(run, &ticks);
    if (below(run, 5) == 0)
        take(run);
    free(changed);
    free(numbers);
    release(&columns);
}

int main(int argc, char **argv)
{
    const int64_t lengths_ns[LENGTHS] = {10, 70, 900};
    struct run run = {.random = argc > 1 ? strtoull(argv[1], NULL, 10) : 1};

    run.bars = bars_new(lengths_ns, LENGTHS);
    run.quotes = quotes_new();
    must(run.bars != NULL && run.quotes != NULL, "there is memory");
    for (uint32_t i = 0; i < BATCHES; i++) {
        run.instruments = 1 + i * (INSTRUMENTS_MAX - 1) / BATCHES;
        must(bars_reserve(run.bars, run.instruments), "there is room for bars");
        must(quotes_reserve(run.quotes, run.instruments), "there is room for quotes");
        batch(&run);
    }
    take(&run);
    bars_free(run.bars);
    quotes_free(run.quotes);
    return 0;
}
