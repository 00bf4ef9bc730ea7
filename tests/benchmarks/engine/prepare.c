#include "prepare.h"

#include <stddef.h>

#include "figures.h"

const struct workload ONE_SYMBOL = {
    .symbols = 1,
    .levels = 1020,
    .resting = 10000,
    .warm = 200000,
    .measured = 1000000,
    .accounts = 8,
    .depth = 2,
    .gate = 1,
    .feeds = FEED_LEVELS,
    .client_keys = 65536,
};

struct workload prepared(struct workload workload, const struct options *options)
{
    if (options->quick) {
        workload.warm = 5000;
        workload.measured = 20000;
    }
    if (options->commands != 0)
        workload.measured = options->commands;
    workload.seed = options->seed;
    return workload;
}

uint32_t repetitions(const struct options *options, uint32_t usual)
{
    uint32_t chosen = options->repetitions != 0 ? options->repetitions : options->quick ? 2 : usual;

    return chosen < REPETITIONS_MAX ? chosen : REPETITIONS_MAX;
}

struct engine *warmed(const struct workload *workload, const struct flow *flow, uint32_t batch)
{
    struct engine_config config = workload_config(workload);
    struct engine *engine = engine_new(&config);

    if (engine == NULL)
        give_up("no engine for orders", config.orders);
    script_run(engine, flow->script.items, flow->first, batch);
    return engine;
}

void check_end(const struct engine *engine, const struct flow *flow)
{
    if (engine_state_hash(engine) != flow->hash)
        give_up("the engine did not end in the state it had when the flow was made", flow->script.count);
}
