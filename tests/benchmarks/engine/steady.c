#include <stdlib.h>

#include "clock.h"
#include "figures.h"
#include "prepare.h"

#define WINDOW 10000 /* commands */
#define HUGE_BYTES_AN_ORDER 400 /* a guess, to see whether to try at all */

static void describe(const char *section, const char *name, const struct workload *workload)
{
    row_open(section);
    row_text("name", name);
    row_integer("symbols", workload->symbols);
    row_integer("depth", workload->depth);
    row_text("gate", workload->gate ? "limits and self-trade prevention" : "no limits");
    row_integer("feeds", workload->feeds);
    row_integer("client_keys", workload->client_keys);
    row_integer("commands", (int64_t)workload->measured);
}

/* Commands a microsecond: of whole repetitions, and of the short windows that they are made of. What else runs
 * on the machine meets all repetitions, few windows, and hardly ever the same commands in each repetition. */
struct rates {
    double whole[REPETITIONS_MAX];
    double *windows;
    int64_t *least_ns; /* of each window, where all repetitions are of the same commands; or NULL */
    uint32_t count;
    uint32_t window_count;
    uint32_t window_capacity;
};

static void rates_init(struct rates *rates, uint64_t commands, int repeats)
{
    uint64_t windows = commands / WINDOW + 1;
    uint64_t capacity = windows * REPETITIONS_MAX;

    *rates = (struct rates){.windows = take(capacity, sizeof(double)), .window_capacity = (uint32_t)capacity};
    if (repeats)
        rates->least_ns = take(windows, sizeof(int64_t));
    for (uint64_t i = 0; repeats && i < windows; i++)
        rates->least_ns[i] = INT64_MAX;
}

static double least_sum(const struct rates *rates, uint64_t commands)
{
    double sum = 0;

    for (uint64_t i = 0; i * WINDOW < commands; i++)
        sum += (double)rates->least_ns[i];
    return sum;
}

/* Runs one repetition. */
static void rates_add(struct rates *rates, struct engine *engine, const struct command *commands, uint64_t count,
                      uint32_t batch)
{
    int64_t spent_ns = 0;

    for (uint64_t done = 0; done < count;) {
        uint64_t size = count - done < WINDOW ? count - done : WINDOW;
        int64_t start_ns = cpu_ns(), window_ns;

        script_run(engine, commands + done, size, batch);
        window_ns = cpu_ns() - start_ns;
        spent_ns += window_ns;
        if (rates->least_ns != NULL && window_ns < rates->least_ns[done / WINDOW])
            rates->least_ns[done / WINDOW] = window_ns;
        done += size;
        if (rates->window_count < rates->window_capacity)
            rates->windows[rates->window_count++] = (double)size * 1000 / (double)window_ns;
    }
    rates->whole[rates->count++] = (double)count * 1000 / (double)spent_ns;
}

/* Prints them and gives their memory back. */
static void throughput_row(const char *section, const char *name, const struct workload *workload,
                           const struct flow *flow, struct rates *rates)
{
    double middle = median(rates->whole, rates->count); /* sorts them */

    describe(section, name, workload);
    row_integer("live_at_start", (int64_t)flow->live_at_start);
    row_integer("live_at_end", (int64_t)flow->live_at_end);
    row_number("events_per_command", (double)flow->events / (double)workload->measured);
    row_integer("trades", (int64_t)flow->trades);
    row_integer("stopped_by_self_trade", (int64_t)flow->stopped);
    row_integer("repetitions", rates->count);
    row_number("million_per_second_worst", rates->whole[0]);
    row_number("million_per_second_best", rates->whole[rates->count - 1]);
    row_number("million_per_second_in_windows", median(rates->windows, rates->window_count));
    row_number("million_per_second", middle);
    row_number("ns_per_command", 1000 / middle);
    if (rates->least_ns != NULL)
        row_number("ns_at_least", least_sum(rates, workload->measured) / (double)workload->measured);
    row_close();
    free(rates->least_ns);
    free(rates->windows);
}

/* Each repetition is a new engine. */
static void throughput(const char *section, const char *name, const struct workload *workload,
                       const struct flow *flow, const struct options *options)
{
    struct rates rates;

    rates_init(&rates, workload->measured, 1);
    for (uint32_t i = 0; i < repetitions(options, 9); i++) {
        struct engine *engine = warmed(workload, flow, options->batch);

        rates_add(&rates, engine, flow->script.items + flow->first, workload->measured, options->batch);
        check_end(engine, flow);
        engine_free(engine);
    }
    throughput_row(section, name, workload, flow, &rates);
}

void one_symbol(const struct options *options)
{
    struct workload workload = prepared(ONE_SYMBOL, options);
    struct flow flow;

    flow_make(&flow, &workload);
    throughput("one_symbol", "as the platform runs it", &workload, &flow, options);
    latency(&workload, &flow, options);
    flow_free(&flow);
}

static void variant(const char *name, struct workload workload, const struct options *options)
{
    struct flow flow;

    workload = prepared(workload, options);
    flow_make(&flow, &workload);
    throughput("variants", name, &workload, &flow, options);
    flow_free(&flow);
}

void variants(const struct options *options)
{
    struct workload workload = ONE_SYMBOL;

    workload.gate = 0;
    workload.feeds = 0;
    workload.depth = 1;
    workload.accounts = 1;
    variant("book only: one node, no limits, no feed", workload, options);
    workload = ONE_SYMBOL;
    workload.gate = 0;
    variant("no limits, no self-trade prevention", workload, options);
    workload = ONE_SYMBOL;
    workload.feeds = 0;
    variant("no feed", workload, options);
    workload.feeds = FEED_TOP | FEED_LEVELS | FEED_ORDERS;
    variant("all feeds", workload, options);
    workload = ONE_SYMBOL;
    for (workload.depth = 3; workload.depth <= 5; workload.depth++)
        variant("deeper tree", workload, options);
    workload = ONE_SYMBOL;
    workload.client_keys = 1U << 20;
    variant("a million client keys", workload, options);
}

void many_symbols(const struct options *options)
{
    struct workload workload = ONE_SYMBOL;
    struct flow flow;

    workload.symbols = 100;
    workload.resting = options->quick ? 10100 : 101000;
    workload = prepared(workload, options);
    flow_make(&flow, &workload);
    throughput("many_symbols", "100 symbols", &workload, &flow, options);
    flow_free(&flow);
}

/* One engine, and the measured commands in several parts: filling it takes longest. */
void huge(const struct options *options)
{
    struct workload workload = ONE_SYMBOL;
    uint32_t parts = repetitions(options, 5);
    struct rates rates;
    struct flow flow;
    struct engine *engine;
    int64_t before;

    workload.symbols = options->quick ? 100 : 10000;
    workload.resting = options->quick ? 10000 : 10000000;
    workload.client_keys = 1U << 20;
    workload = prepared(workload, options);
    if (available_bytes() < (int64_t)workload.resting * HUGE_BYTES_AN_ORDER)
        return;
    flow_make(&flow, &workload);
    before = resident_bytes();
    engine = warmed(&workload, &flow, options->batch);
    row_open("memory");
    row_integer("live_orders", (int64_t)flow.live_at_start);
    row_number("resident_bytes_per_live_order",
               (double)(resident_bytes() - before) / (double)flow.live_at_start);
    row_close();
    rates_init(&rates, workload.measured, 0);
    for (uint32_t i = 0; i < parts; i++) {
        uint64_t size = workload.measured / parts;

        rates_add(&rates, engine, flow.script.items + flow.first + i * size, size, options->batch);
    }
    throughput_row("many_symbols", "10,000 symbols", &workload, &flow, &rates);
    engine_free(engine);
    flow_free(&flow);
}
