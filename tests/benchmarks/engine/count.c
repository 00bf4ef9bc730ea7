#include <stdio.h>

#include "figures.h"
#include "prepare.h"

/* Named, so that the counts of each action can be told apart. */
#define STEP(action)                                                                                  \
    static __attribute__((noinline)) uint32_t step_##action(struct engine *engine,                    \
                                                            const struct command *commands, uint32_t i) \
    {                                                                                                 \
        __asm__ volatile("# " #action);                                                               \
        return engine_step(engine, commands, i);                                                      \
    }
STEP(add)
STEP(cancel)
STEP(move)
STEP(reduce)
STEP(take)

__attribute__((noinline)) static void count_steps(struct engine *engine, const struct flow *flow, uint64_t count)
{
    static uint32_t (*const ways[ACTION_COUNT])(struct engine *, const struct command *, uint32_t) = {
        step_add, step_cancel, step_move, step_reduce, step_take};

    for (uint64_t i = 0; i < count; i++)
        ways[flow->actions[i]](engine, flow->script.items + flow->first, (uint32_t)i);
}

static __attribute__((noinline)) void count_batches(struct engine *engine, const struct flow *flow,
                                                    uint64_t count, uint32_t batch)
{
    __asm__ volatile("# batches");
    script_run(engine, flow->script.items + flow->first, count, batch);
}

static void count_with(const struct options *options, int batches)
{
    struct workload workload = prepared(ONE_SYMBOL, options);
    int64_t actions[ACTION_COUNT] = {0};
    struct engine *engine;
    struct flow flow;

    flow_make(&flow, &workload);
    engine = warmed(&workload, &flow, options->batch);
    if (batches)
        count_batches(engine, &flow, workload.measured, options->batch);
    else
        count_steps(engine, &flow, workload.measured);
    check_end(engine, &flow);
    for (uint64_t i = 0; i < workload.measured; i++)
        actions[flow.actions[i]]++;
    row_open("counted");
    for (uint32_t action = 0; action < ACTION_COUNT; action++)
        row_integer(ACTION_NAMES[action], actions[action]);
    row_close();
    engine_free(engine);
    flow_free(&flow);
}

void counted(const struct options *options)
{
    count_with(options, 0);
}

void counted_batches(const struct options *options)
{
    count_with(options, 1);
}

/* The flow as bytes, for who speaks to the engine, or to another one, in another language. */
void dump(const struct options *options)
{
    struct workload workload = prepared(ONE_SYMBOL, options);
    struct flow flow;
    FILE *file = options->output == NULL ? NULL : fopen(options->output, "wb");

    if (file == NULL)
        give_up("no file to write to: --output PATH", 0);
    workload.gate = options->gate;
    workload.resting = options->resting;
    workload.warm = options->warm;
    flow_make(&flow, &workload);
    if (fwrite(flow.script.items, sizeof(struct command), flow.script.count, file) != flow.script.count)
        give_up("the flow was not written, commands", flow.script.count);
    fclose(file);
    row_open("dump");
    row_integer("filled", (int64_t)flow.filled);
    row_integer("first", (int64_t)flow.first);
    row_integer("commands", (int64_t)flow.script.count);
    row_integer("trades", (int64_t)flow.trades);
    row_close();
    flow_free(&flow);
}
