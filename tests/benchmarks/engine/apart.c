#include <stdlib.h>

#include "clock.h"
#include "figures.h"
#include "prepare.h"

#define RUN 1000  /* commands of one kind one after the other: a call */
#define RUNS 1000 /* of each kind */

/* Orders like those of the flow, one after the other, and then their cancels in another order. What both cost less than
 * mixed is what the processor pays for not knowing which comes next. */
struct apart {
    struct script news;
    struct script cancels;
    uint64_t random;
    uint64_t sequence;
    uint32_t first_account;
};

static void write_news(struct apart *apart, const struct workload *workload)
{
    script_clear(&apart->news);
    apart->news.sequence = apart->sequence;
    for (uint32_t i = 0; i < RUN; i++) {
        uint8_t side = random_below(&apart->random, 2) ? SIDE_BUY : SIDE_SELL;
        int64_t away = random_below(&apart->random, workload->levels / 2);

        script_add(&apart->news, (struct command){
            .type = COMMAND_NEW_ORDER,
            .kind = ORDER_LIMIT,
            .side = side,
            .node = apart->first_account + random_below(&apart->random, workload->accounts),
            .price = symbol_middle(0) + (side == SIDE_BUY ? -1 - away : away),
            .quantity = 1 + random_below(&apart->random, QUANTITY_MAX),
            .time_in_force = TIF_GTC,
            .self_trade = SELF_TRADE_CANCEL_NEWEST,
        });
    }
    apart->sequence = apart->news.sequence;
}

static void write_cancels(struct apart *apart)
{
    uint32_t places[RUN];

    for (uint32_t i = 0; i < RUN; i++)
        places[i] = i;
    script_clear(&apart->cancels);
    apart->cancels.sequence = apart->sequence;
    for (uint32_t left = RUN; left > 0; left--) {
        uint32_t chosen = random_below(&apart->random, left);
        const struct command *order = &apart->news.items[places[chosen]];

        places[chosen] = places[left - 1];
        script_add(&apart->cancels, (struct command){
            .type = COMMAND_CANCEL_ORDER, .target = order->sequence, .node = order->node});
    }
    apart->sequence = apart->cancels.sequence;
}

static double timed(struct engine *engine, const struct script *script)
{
    int64_t start_ns = cpu_ns();

    script_run(engine, script->items, script->count, RUN);
    return (double)(cpu_ns() - start_ns) / RUN;
}

static void apart_row(const char *name, double *each, uint32_t count)
{
    double middle = median(each, count); /* sorts them */

    row_open("apart");
    row_text("name", name);
    row_integer("commands", (int64_t)count * RUN);
    row_number("ns_per_command", middle);
    row_number("ns_at_least", each[0]);
    row_close();
}

void apart(const struct options *options)
{
    struct workload workload = prepared(ONE_SYMBOL, options);
    uint32_t runs = options->quick ? 20 : RUNS;
    double *adds = take(runs, sizeof *adds);
    double *cancels = take(runs, sizeof *cancels);
    struct apart apart = {.random = options->seed + 1, .first_account = 1};
    struct engine *engine;
    struct flow flow;

    workload.measured = 1;
    flow_make(&flow, &workload);
    engine = warmed(&workload, &flow, options->batch);
    script_init(&apart.news, RUN);
    script_init(&apart.cancels, RUN);
    apart.sequence = flow.script.items[flow.first - 1].sequence;
    for (uint32_t i = 0; i < runs; i++) {
        write_news(&apart, &workload);
        adds[i] = timed(engine, &apart.news);
        write_cancels(&apart);
        cancels[i] = timed(engine, &apart.cancels);
    }
    apart_row("adds alone", adds, runs);
    apart_row("cancels alone", cancels, runs);
    engine_free(engine);
    script_free(&apart.news);
    script_free(&apart.cancels);
    flow_free(&flow);
    free(adds);
    free(cancels);
}
