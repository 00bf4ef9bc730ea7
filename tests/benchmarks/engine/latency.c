#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "figures.h"
#include "prepare.h"

struct sample {
    double p50, p99, p99_9, most;
};

static struct sample sampled(uint32_t *ticks, uint64_t count, const struct ticker *ticker)
{
    sort_ticks(ticks, count);
    return (struct sample){
        percentile(ticks, count, 0.5) * ticker->ns_a_tick,
        percentile(ticks, count, 0.99) * ticker->ns_a_tick,
        percentile(ticks, count, 0.999) * ticker->ns_a_tick,
        ticks[count - 1] * ticker->ns_a_tick,
    };
}

static void latency_row(const char *name, const struct ticker *ticker, const struct sample *sample)
{
    row_open("latency");
    row_text("name", name);
    row_number("p50_ns", sample->p50);
    row_number("p99_ns", sample->p99);
    row_number("p99_9_ns", sample->p99_9);
    row_number("max_ns", sample->most);
    row_number("timer_floor_ns", (double)ticker->floor * ticker->ns_a_tick);
    row_number("timer_step_ns", (double)ticker->resolution * ticker->ns_a_tick);
    row_close();
}

static void time_commands(struct engine *engine, const struct flow *flow, uint64_t count, uint64_t floor,
                          uint32_t *ticks)
{
    const struct command *commands = flow->script.items + flow->first;

    for (uint64_t i = 0; i < count; i++) {
        uint64_t before = ticks_before(), passed;

        engine_step(engine, commands, (uint32_t)i);
        passed = ticks_after() - before;
        passed = passed > floor ? passed - floor : 0;
        ticks[i] = passed < UINT32_MAX ? (uint32_t)passed : UINT32_MAX;
    }
}

/* Each action's own figures, of the last repetition. */
static void latency_by_action(const struct flow *flow, const uint32_t *ticks, uint64_t count,
                              const struct ticker *ticker)
{
    uint32_t *chosen = take(count, sizeof *chosen);

    for (uint32_t action = 0; action < ACTION_COUNT; action++) {
        uint64_t found = 0;
        struct sample sample;

        for (uint64_t i = 0; i < count; i++)
            if (flow->actions[i] == action)
                chosen[found++] = ticks[i];
        if (found == 0)
            continue;
        sample = sampled(chosen, found, ticker);
        latency_row(ACTION_NAMES[action], ticker, &sample);
    }
    free(chosen);
}

static struct sample middle(const struct sample *samples, uint32_t count)
{
    double p50[REPETITIONS_MAX], p99[REPETITIONS_MAX], p99_9[REPETITIONS_MAX], most[REPETITIONS_MAX];

    for (uint32_t i = 0; i < count; i++) {
        p50[i] = samples[i].p50;
        p99[i] = samples[i].p99;
        p99_9[i] = samples[i].p99_9;
        most[i] = samples[i].most;
    }
    return (struct sample){median(p50, count), median(p99, count), median(p99_9, count), median(most, count)};
}

/* One command a call. The least of all repetitions shows what is the engine's own and not the machine's:
 * the commands are the same each time. */
void latency(const struct workload *workload, const struct flow *flow, const struct options *options)
{
    struct sample samples[REPETITIONS_MAX];
    struct ticker ticker = ticker_calibrate();
    uint32_t rounds = repetitions(options, 7);
    uint64_t count = workload->measured;
    uint32_t *ticks = take(count, sizeof *ticks), *least = take(count, sizeof *least);

    memset(least, 0xff, count * sizeof *least);
    for (uint32_t i = 0; i < rounds; i++) {
        struct engine *engine = warmed(workload, flow, options->batch);

        time_commands(engine, flow, count, ticker.floor, ticks);
        check_end(engine, flow);
        engine_free(engine);
        for (uint64_t j = 0; j < count; j++)
            least[j] = ticks[j] < least[j] ? ticks[j] : least[j];
        if (i + 1 == rounds)
            latency_by_action(flow, ticks, count, &ticker);
        samples[i] = sampled(ticks, count, &ticker);
    }
    samples[0] = middle(samples, rounds);
    latency_row("all, median of the repetitions", &ticker, &samples[0]);
    samples[0] = sampled(least, count, &ticker);
    latency_row("all, each command's least", &ticker, &samples[0]);
    free(ticks);
    free(least);
}
