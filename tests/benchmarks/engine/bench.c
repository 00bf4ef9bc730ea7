#include "bench.h"

#include "clock.h"
#include "figures.h"

static void hear(struct bench *bench, uint32_t events)
{
    const struct event *event = engine_events(bench->engine);

    for (uint32_t i = 0; i < events; i++)
        bench->counts[event[i].type % 32]++;
}

void bench_expect(const struct bench *bench, enum event_type type, uint64_t count)
{
    if (bench->counts[type] != count)
        give_up("the engine answered otherwise than expected; events of that type", bench->counts[type]);
}

int64_t bench_flush(struct bench *bench)
{
    int64_t spent_ns = 0;

    for (uint32_t i = 0; i < 32; i++)
        bench->counts[i] = 0;
    for (uint64_t done = 0; done < bench->script.count;) {
        uint64_t left = bench->script.count - done;
        uint32_t consumed, events;
        int64_t start_ns = cpu_ns();

        events = engine_process(bench->engine, bench->script.items + done, left < 1000 ? (uint32_t)left : 1000,
                                &consumed);
        spent_ns += cpu_ns() - start_ns;
        done += consumed;
        hear(bench, events);
    }
    script_clear(&bench->script);
    return spent_ns;
}

void bench_init(struct bench *bench, uint64_t orders, uint64_t pages)
{
    bench->config = (struct engine_config){
        .orders = (uint32_t)orders + 16,
        .instruments = 1,
        .pages = (uint32_t)pages + 64,
        .nodes = 16,
        .positions = 64,
        .client_keys = 65536,
        .extras = (uint32_t)orders + 16,
        .feeds = FEED_LEVELS,
    };

    bench->engine = engine_new(&bench->config);
    if (bench->engine == NULL)
        give_up("no engine for orders", orders);
    script_init(&bench->script, orders + 64);
    script_tree(&bench->script, 2, ACCOUNTS);
    script_add(&bench->script, (struct command){.type = COMMAND_LIST_INSTRUMENT, .price = MIDDLE, .quantity = 1});
    for (uint32_t node = 0; node <= ACCOUNTS; node++) {
        script_limit(&bench->script, node, ENGINE_NONE, LIMIT_GROSS_EXPOSURE, INT64_MAX);
        script_limit(&bench->script, node, 0, LIMIT_POSITION, ENGINE_POSITION_MAX);
    }
    bench_flush(bench);
    bench_expect(bench, EVENT_CONTROL_REJECTED, 0);
}

void bench_free(struct bench *bench)
{
    engine_free(bench->engine);
    script_free(&bench->script);
}

void bench_order(struct bench *bench, uint32_t account, uint8_t kind, uint8_t side, int64_t price,
                 int64_t quantity, int64_t trigger)
{
    script_add(&bench->script, (struct command){
        .type = COMMAND_NEW_ORDER,
        .kind = kind,
        .side = side,
        .node = FIRST_ACCOUNT + account,
        .price = price,
        .quantity = quantity,
        .target = (uint64_t)trigger,
        .time_in_force = TIF_GTC,
        .self_trade = SELF_TRADE_CANCEL_NEWEST,
    });
}

void bench_row(const char *name, uint64_t size, const char *unit, double *spent_ns)
{
    double middle = median(spent_ns, ROUNDS);

    row_open("worst");
    row_text("name", name);
    row_integer("size", (int64_t)size);
    row_text("unit", unit);
    row_number("ms", middle / 1e6);
    row_number("ns_each", middle / (double)size);
    row_close();
}
