#include "bench.h"
#include "scenarios.h"

static void sweep_of(uint64_t size)
{
    struct bench bench;
    double spent_ns[ROUNDS];

    bench_init(&bench, size, LEVELS / 64);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        int64_t lots = 0;

        for (uint64_t i = 0; i < size; i++) {
            bench_order(&bench, 1 + (uint32_t)(i % (ACCOUNTS - 1)), ORDER_LIMIT, SIDE_SELL,
                  MIDDLE + (int64_t)(i * 7 % LEVELS), 1 + (int64_t)(i % 10), 0);
            lots += 1 + (int64_t)(i % 10);
        }
        bench_flush(&bench);
        bench_expect(&bench, EVENT_ORDER_ACCEPTED, size);
        bench_order(&bench, 0, ORDER_MARKET, SIDE_BUY, 0, lots, 0);
        spent_ns[round] = (double)bench_flush(&bench);
        bench_expect(&bench, EVENT_TRADE, 2 * size);
    }
    bench_row("market order through resting orders", size, "resting order", spent_ns);
    bench_free(&bench);
}

void sweep(const struct options *options)
{
    for (uint64_t size = 1000; size <= (options->quick ? 1000U : 100000U); size *= 10)
        sweep_of(size);
}

/* Stops, all at one trigger or each at the price that the one before trades at. Each takes one lot. */
static void cascade_of(const char *name, uint64_t size, int64_t step)
{
    struct bench bench;
    double spent_ns[ROUNDS];

    bench_init(&bench, 2 * size, size / 64);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        script_add(&bench.script, (struct command){.type = COMMAND_SET_REFERENCE_PRICE, .price = MIDDLE - 1});
        for (uint64_t i = 0; i < size; i++)
            bench_order(&bench, 2 + (uint32_t)(i % 6), ORDER_STOP, SIDE_BUY, 0, 1, MIDDLE + (int64_t)i * step);
        bench_flush(&bench);
        bench_expect(&bench, EVENT_ORDER_ACCEPTED, size);
        for (uint64_t i = 0; i <= size; i++)
            bench_order(&bench, 1, ORDER_LIMIT, SIDE_SELL, MIDDLE + (int64_t)i, 1, 0);
        bench_flush(&bench);
        bench_expect(&bench, EVENT_ORDER_ACCEPTED, size + 1);
        bench_order(&bench, 0, ORDER_MARKET, SIDE_BUY, 0, 1, 0);
        spent_ns[round] = (double)bench_flush(&bench);
        bench_expect(&bench, EVENT_ORDER_TRIGGERED, size);
        bench_expect(&bench, EVENT_TRADE, 2 * (size + 1));
    }
    bench_row(name, size, "stop", spent_ns);
    bench_free(&bench);
}

void cascade(const struct options *options)
{
    for (uint64_t size = 100; size <= (options->quick ? 100U : 10000U); size *= 10)
        cascade_of("stops triggered at one price, each trades one level further", size, 0);
    for (uint64_t size = 100; size <= (options->quick ? 100U : 10000U); size *= 10)
        cascade_of("stops that trigger one another", size, 1);
}

/* The i-th of many prices that lie far from one another: near 1, near 2^24, near 2^40, a page or more apart. */
static int64_t far_price(uint64_t i)
{
    static const int64_t bases[3] = {1, (int64_t)1 << 24, (int64_t)1 << 40};

    return bases[i % 3] + (int64_t)(i / 3) * 97;
}

static void far_of(uint64_t size)
{
    struct bench bench;
    double add_ns[ROUNDS], cancel_ns[ROUNDS], sweep_ns[ROUNDS];

    bench_init(&bench, size, size);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint64_t first = bench.script.sequence + 1;

        for (uint64_t i = 0; i < size; i++)
            bench_order(&bench, 1, ORDER_LIMIT, SIDE_BUY, far_price(i), 1, 0);
        add_ns[round] = (double)bench_flush(&bench);
        bench_expect(&bench, EVENT_ORDER_ACCEPTED, size);
        for (uint64_t i = 0; i < size; i++) /* every place once, as 7,919 is prime to the sizes */
            script_add(&bench.script, (struct command){.type = COMMAND_CANCEL_ORDER,
                .target = first + i * 7919 % size, .node = FIRST_ACCOUNT + 1});
        cancel_ns[round] = (double)bench_flush(&bench);
        bench_expect(&bench, EVENT_ORDER_CANCELED, size);
        for (uint64_t i = 0; i < size; i++)
            bench_order(&bench, 1, ORDER_LIMIT, SIDE_BUY, far_price(i), 1, 0);
        bench_flush(&bench);
        bench_order(&bench, 0, ORDER_MARKET, SIDE_SELL, 0, (int64_t)size, 0);
        sweep_ns[round] = (double)bench_flush(&bench);
        bench_expect(&bench, EVENT_TRADE, 2 * size);
    }
    bench_row("orders at distinct far prices: add", size, "order", add_ns);
    bench_row("orders at distinct far prices: cancel", size, "order", cancel_ns);
    bench_row("orders at distinct far prices: market order through them", size, "order", sweep_ns);
    bench_free(&bench);
}

/* The only order of the book jumps between 1, 2^20 and 2^40. */
static void jumps_of(uint64_t size)
{
    static const int64_t prices[3] = {1, (int64_t)1 << 20, (int64_t)1 << 40};
    struct bench bench;
    double spent_ns[ROUNDS];

    bench_init(&bench, 2 * size, 4);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        for (uint64_t i = 0; i < size; i++) {
            bench_order(&bench, 1, ORDER_LIMIT, i % 2 ? SIDE_BUY : SIDE_SELL, prices[i % 3], 1, 0);
            script_add(&bench.script, (struct command){.type = COMMAND_CANCEL_ORDER,
                .target = bench.script.sequence, .node = FIRST_ACCOUNT + 1});
        }
        spent_ns[round] = (double)bench_flush(&bench);
        bench_expect(&bench, EVENT_ORDER_CANCELED, size);
    }
    bench_row("the only order jumps between 1, 2^20 and 2^40: add and cancel", size, "jump", spent_ns);
    bench_free(&bench);
}

void far_prices(const struct options *options)
{
    for (uint64_t size = 1000; size <= (options->quick ? 1000U : 100000U); size *= 10)
        far_of(size);
    for (uint64_t size = 1000; size <= (options->quick ? 1000U : 100000U); size *= 100)
        jumps_of(size);
}
