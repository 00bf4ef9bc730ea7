#include <stdlib.h>

#include "bench.h"
#include "clock.h"
#include "figures.h"
#include "scenarios.h"

static uint64_t largest(const struct options *options)
{
    return options->quick ? 10000 : 1000000;
}

static void rest(struct bench *bench, uint64_t size)
{
    for (uint64_t i = 0; i < size; i++) {
        int64_t away = (int64_t)(i * 7 % (LEVELS / 2));

        if (i % 2)
            bench_order(bench, (uint32_t)(i % ACCOUNTS), ORDER_LIMIT, SIDE_BUY, MIDDLE - 1 - away, 1 + away % 10, 0);
        else
            bench_order(bench, (uint32_t)(i % ACCOUNTS), ORDER_LIMIT, SIDE_SELL, MIDDLE + away, 1 + away % 10, 0);
    }
    bench_flush(bench);
    bench_expect(bench, EVENT_ORDER_ACCEPTED, size);
}

static void mass_cancel_of(uint64_t size)
{
    struct bench bench;
    double spent_ns[ROUNDS];

    bench_init(&bench, size, LEVELS / 64 + 4);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        rest(&bench, size);
        script_add(&bench.script, (struct command){.type = COMMAND_MASS_CANCEL, .instrument = ENGINE_NONE});
        spent_ns[round] = (double)bench_flush(&bench);
        bench_expect(&bench, EVENT_ORDER_CANCELED, size);
    }
    bench_row("mass cancel", size, "order", spent_ns);
    bench_free(&bench);
}

void mass_cancel(const struct options *options)
{
    for (uint64_t size = 10000; size <= largest(options); size *= 10)
        mass_cancel_of(size);
}

static void set_phase(struct bench *bench, uint8_t phase)
{
    script_add(&bench->script, (struct command){.type = COMMAND_SET_PHASE, .kind = phase});
}

/* Both sides over the same prices: about half of the lots cross. */
static void auction_of(uint64_t size)
{
    struct bench bench;
    double cross_ns[ROUNDS], indicate_ns[ROUNDS];

    bench_init(&bench, size, 2 * LEVELS / 64 + 4);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        set_phase(&bench, PHASE_PRE_OPEN);
        for (uint64_t i = 0; i < size; i++)
            bench_order(&bench, (uint32_t)(i % ACCOUNTS), ORDER_LIMIT, i / ACCOUNTS % 2 ? SIDE_BUY : SIDE_SELL,
                        MIDDLE + (int64_t)(i * 7 % LEVELS), 1 + (int64_t)(i % 10), 0);
        bench_flush(&bench);
        bench_expect(&bench, EVENT_ORDER_ACCEPTED, size);
        script_add(&bench.script, (struct command){.type = COMMAND_INDICATE});
        indicate_ns[round] = (double)bench_flush(&bench);
        set_phase(&bench, PHASE_OPENING_AUCTION);
        bench_flush(&bench);
        set_phase(&bench, PHASE_CONTINUOUS);
        cross_ns[round] = (double)bench_flush(&bench);
        bench_expect(&bench, EVENT_AUCTION, 1);
        if (bench.counts[EVENT_TRADE] < size / 2)
            give_up("too few auction trades", bench.counts[EVENT_TRADE]);
        script_add(&bench.script, (struct command){.type = COMMAND_MASS_CANCEL, .instrument = ENGINE_NONE});
        bench_flush(&bench);
    }
    bench_row("auction: indicative price", size, "order", indicate_ns);
    bench_row("auction: uncrossing", size, "order", cross_ns);
    bench_free(&bench);
}

void auction(const struct options *options)
{
    for (uint64_t size = 10000; size <= largest(options); size *= 10)
        auction_of(size);
}

static void snapshot_row(uint64_t size, uint64_t bytes, double *save_ns, double *load_ns)
{
    row_open("snapshot");
    row_integer("orders", (int64_t)size);
    row_number("bytes_per_order", (double)bytes / (double)size);
    row_number("save_ms", median(save_ns, ROUNDS) / 1e6);
    row_number("restore_ms", median(load_ns, ROUNDS) / 1e6);
    row_number("save_ns_per_order", save_ns[ROUNDS / 2] / (double)size);
    row_number("restore_ns_per_order", load_ns[ROUNDS / 2] / (double)size);
    row_close();
}

static void snapshot_of(uint64_t size)
{
    struct bench bench;
    double save_ns[ROUNDS], load_ns[ROUNDS];
    uint64_t bytes;
    void *image;

    bench_init(&bench, size, LEVELS / 64 + 4);
    rest(&bench, size);
    bytes = engine_snapshot(bench.engine, NULL, 0);
    image = take(bytes, 1);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        int64_t start_ns = cpu_ns();
        uint32_t error = RESTORE_OK;
        struct engine *restored;

        engine_snapshot(bench.engine, image, bytes);
        save_ns[round] = (double)(cpu_ns() - start_ns);
        start_ns = cpu_ns();
        restored = engine_restore(&bench.config, image, bytes, &error);
        load_ns[round] = (double)(cpu_ns() - start_ns);
        if (restored == NULL)
            give_up("a snapshot was not restored, error", error);
        if (engine_state_hash(restored) != engine_state_hash(bench.engine))
            give_up("a restored engine differs, orders", size);
        engine_free(restored);
    }
    snapshot_row(size, bytes, save_ns, load_ns);
    free(image);
    bench_free(&bench);
}

void snapshot(const struct options *options)
{
    for (uint64_t size = 10000; size <= largest(options); size *= 10)
        snapshot_of(size);
}
