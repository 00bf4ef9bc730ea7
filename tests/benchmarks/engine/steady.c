#include "clock.h"
#include "figures.h"
#include "prepare.h"

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

static void throughput_row(const char *section, const char *name, const struct workload *workload,
                           const struct flow *flow, double *rates, uint32_t count)
{
    double best = 0, worst = 1e18;

    for (uint32_t i = 0; i < count; i++) {
        best = rates[i] > best ? rates[i] : best;
        worst = rates[i] < worst ? rates[i] : worst;
    }
    describe(section, name, workload);
    row_integer("live_at_start", (int64_t)flow->live_at_start);
    row_integer("live_at_end", (int64_t)flow->live_at_end);
    row_number("events_per_command", (double)flow->events / (double)workload->measured);
    row_integer("trades", (int64_t)flow->trades);
    row_integer("stopped_by_self_trade", (int64_t)flow->stopped);
    row_integer("repetitions", count);
    row_number("million_per_second_worst", worst);
    row_number("million_per_second_best", best);
    row_number("million_per_second", median(rates, count));
    row_number("ns_per_command", 1000 / rates[count / 2]);
    row_close();
}

/* Each repetition is a new engine. */
static void throughput(const char *section, const char *name, const struct workload *workload,
                       const struct flow *flow, const struct options *options)
{
    double rates[REPETITIONS_MAX];
    uint32_t count = repetitions(options, 9);

    for (uint32_t i = 0; i < count; i++) {
        struct engine *engine = warmed(workload, flow, options->batch);
        int64_t start_ns = cpu_ns();

        script_run(engine, flow->script.items + flow->first, workload->measured, options->batch);
        rates[i] = (double)workload->measured * 1000 / (double)(cpu_ns() - start_ns);
        check_end(engine, flow);
        engine_free(engine);
    }
    throughput_row(section, name, workload, flow, rates, count);
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

/* One engine, and the measured commands in several windows: filling it takes longest. */
void huge(const struct options *options)
{
    struct workload workload = ONE_SYMBOL;
    struct flow flow;
    struct engine *engine;
    double rates[REPETITIONS_MAX];
    uint32_t windows = repetitions(options, 5);
    uint64_t window;
    int64_t before;

    workload.symbols = options->quick ? 100 : 10000;
    workload.resting = options->quick ? 10000 : 10000000;
    workload.client_keys = 1U << 20;
    workload = prepared(workload, options);
    if (available_bytes() < (int64_t)workload.resting * HUGE_BYTES_AN_ORDER)
        return;
    window = workload.measured / windows;
    flow_make(&flow, &workload);
    before = resident_bytes();
    engine = warmed(&workload, &flow, options->batch);
    row_open("memory");
    row_integer("live_orders", (int64_t)flow.live_at_start);
    row_number("resident_bytes_per_live_order",
               (double)(resident_bytes() - before) / (double)flow.live_at_start);
    row_close();
    for (uint32_t i = 0; i < windows; i++) {
        int64_t start_ns = cpu_ns();

        script_run(engine, flow.script.items + flow.first + i * window, window, options->batch);
        rates[i] = (double)window * 1000 / (double)(cpu_ns() - start_ns);
    }
    throughput_row("many_symbols", "10,000 symbols", &workload, &flow, rates, windows);
    engine_free(engine);
    flow_free(&flow);
}
