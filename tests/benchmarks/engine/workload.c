#include "workload.h"

#include <stdlib.h>
#include <string.h>

#include "figures.h"

#define TRIES 16 /* to find an order that can shrink */
#define PLACE_NONE UINT32_MAX

const char *const ACTION_NAMES[ACTION_COUNT] = {"add", "cancel", "move", "reduce", "take"};

/* In thousandths of all commands. */
static const uint32_t SHARES[ACTION_COUNT] = {475, 425, 25, 25, 50};

struct live_order {
    uint64_t id;
    int64_t price;
    int32_t quantity;
    int32_t leaves;
    uint32_t instrument;
    uint16_t node;
    uint8_t side;
};

struct generator {
    const struct workload *workload;
    struct engine *engine;
    struct flow *flow;
    struct live_order *live;
    uint32_t live_count;
    uint32_t live_capacity;
    uint32_t *places; /* of an order's id in `live` */
    uint64_t random;
    uint32_t first_account;
};

int64_t symbol_middle(uint32_t symbol)
{
    return 100000 + (int64_t)(mix(symbol) % 100000);
}

struct engine_config workload_config(const struct workload *workload)
{
    uint32_t nodes = workload->accounts + (1U << workload->depth);
    uint32_t pages = workload->levels / 64 + 4;

    return (struct engine_config){
        .orders = (uint32_t)(workload->resting + workload->resting / 50 + 1000),
        .instruments = workload->symbols,
        .pages = workload->symbols * pages,
        .nodes = nodes,
        .positions = workload->symbols * nodes,
        .client_keys = workload->client_keys,
        .extras = 1024,
        .feeds = workload->feeds,
    };
}

/* Real limits at every node, wide enough that nothing is refused. */
static void set_limits(struct script *script, const struct workload *workload, uint32_t first_account)
{
    uint32_t nodes = first_account + workload->accounts;

    for (uint32_t node = 0; node < nodes; node++) {
        script_limit(script, node, ENGINE_NONE, LIMIT_ORDER_NOTIONAL, 1000000000000);
        script_limit(script, node, ENGINE_NONE, LIMIT_ORDER_RATE, 1000000000);
        script_limit(script, node, ENGINE_NONE, LIMIT_GROSS_EXPOSURE, 4000000000000000000);
        if (node != 0 && node < first_account)
            continue;
        for (uint32_t symbol = 0; symbol < workload->symbols; symbol++) {
            script_limit(script, node, symbol, LIMIT_ORDER_QUANTITY, 10000);
            script_limit(script, node, symbol, LIMIT_PRICE_COLLAR, 1000);
            script_limit(script, node, symbol, LIMIT_POSITION, 1000000000);
        }
    }
}

static uint64_t setup_commands(const struct workload *workload)
{
    uint64_t nodes = workload->accounts + (1U << workload->depth);

    return workload->symbols + nodes * (4 + 3 * (uint64_t)workload->symbols) + 16;
}

static void forget(struct generator *generator, uint64_t id)
{
    uint32_t place = generator->places[id];
    struct live_order *last = &generator->live[generator->live_count - 1];

    if (place == PLACE_NONE)
        return;
    generator->live[place] = *last;
    generator->places[last->id] = place;
    generator->places[id] = PLACE_NONE;
    generator->live_count--;
}

static void remember(struct generator *generator, const struct event *event)
{
    struct live_order *order = &generator->live[generator->live_count];

    if (generator->live_count == generator->live_capacity)
        give_up("more live orders than expected", generator->live_capacity);
    generator->places[event->order] = generator->live_count++;
    *order = (struct live_order){
        .id = event->order,
        .price = event->price,
        .quantity = (int32_t)event->quantity,
        .leaves = (int32_t)event->leaves,
        .instrument = event->instrument,
        .node = (uint16_t)event->node,
        .side = event->side,
    };
}

static void change(struct generator *generator, const struct event *event)
{
    uint32_t place = generator->places[event->order];

    if (place == PLACE_NONE)
        give_up("an event about an order that does not live", event->order);
    generator->live[place].leaves = (int32_t)event->leaves;
    if (event->type == EVENT_ORDER_REPLACED) {
        generator->live[place].price = event->price;
        generator->live[place].quantity = (int32_t)event->quantity;
    }
    if (event->leaves == 0)
        forget(generator, event->order);
}

static void hear(struct generator *generator, const struct event *event)
{
    switch (event->type) {
    case EVENT_ORDER_ACCEPTED:
        remember(generator, event);
        break;
    case EVENT_TRADE:
        generator->flow->trades++;
        change(generator, event);
        break;
    case EVENT_ORDER_REPLACED:
        change(generator, event);
        break;
    case EVENT_ORDER_CANCELED:
        generator->flow->stopped += event->reason == REASON_SELF_TRADE;
        forget(generator, event->order);
        break;
    case EVENT_ORDER_REJECTED:
    case EVENT_CANCEL_REJECTED:
    case EVENT_CONTROL_REJECTED:
        give_up("the engine refused a command, reason", event->reason);
    default:
        break;
    }
}

static void say(struct generator *generator, struct command command)
{
    struct script *script = &generator->flow->script;
    const struct event *events = engine_events(generator->engine);
    uint32_t count;

    script_add(script, command);
    count = engine_step(generator->engine, script->items, (uint32_t)(script->count - 1));
    generator->flow->events += count;
    for (uint32_t i = 0; i < count; i++)
        hear(generator, &events[i]);
}

static uint32_t below(struct generator *generator, uint32_t bound)
{
    return random_below(&generator->random, bound);
}

static int64_t a_price(struct generator *generator, uint32_t symbol, uint8_t side)
{
    int64_t away = below(generator, generator->workload->levels / 2);

    return symbol_middle(symbol) + (side == SIDE_BUY ? -1 - away : away);
}

static struct command an_order(struct generator *generator, uint8_t time_in_force)
{
    const struct workload *workload = generator->workload;

    return (struct command){
        .type = COMMAND_NEW_ORDER,
        .kind = ORDER_LIMIT,
        .side = below(generator, 2) ? SIDE_BUY : SIDE_SELL,
        .instrument = below(generator, workload->symbols),
        .node = generator->first_account + below(generator, workload->accounts),
        .quantity = 1 + below(generator, QUANTITY_MAX),
        .time_in_force = time_in_force,
        .self_trade = workload->gate ? SELF_TRADE_CANCEL_NEWEST : SELF_TRADE_ALLOW,
    };
}

static void add(struct generator *generator)
{
    struct command command = an_order(generator, TIF_GTC);

    command.price = a_price(generator, command.instrument, command.side);
    say(generator, command);
}

/* Takes one order's worth in the mean, a little more or less to keep the number of live orders. */
static void take_liquidity(struct generator *generator)
{
    struct command command = an_order(generator, TIF_IOC);
    int64_t reach = generator->workload->levels / 2;

    if (generator->live_count > generator->workload->resting)
        command.quantity += command.quantity / 2;
    else if (command.quantity > 1)
        command.quantity -= command.quantity / 3;
    command.price = symbol_middle(command.instrument) + (command.side == SIDE_BUY ? reach : -reach);
    say(generator, command);
}

static struct live_order *a_live_order(struct generator *generator)
{
    return &generator->live[below(generator, generator->live_count)];
}

static struct command about(const struct live_order *order, uint8_t type)
{
    return (struct command){.type = type, .target = order->id, .node = order->node};
}

static void cancel(struct generator *generator)
{
    say(generator, about(a_live_order(generator), COMMAND_CANCEL_ORDER));
}

static void move(struct generator *generator)
{
    const struct live_order *order = a_live_order(generator);
    struct command command = about(order, COMMAND_REPLACE_ORDER);

    command.price = a_price(generator, order->instrument, order->side);
    if (command.price == order->price)
        command.price += order->side == SIDE_BUY ? -1 : 1;
    say(generator, command);
}

static void reduce(struct generator *generator)
{
    const struct live_order *order = a_live_order(generator);
    struct command command;

    for (uint32_t i = 0; i < TRIES && order->leaves < 2; i++)
        order = a_live_order(generator);
    command = about(order, COMMAND_REPLACE_ORDER);
    if (order->leaves > 1)
        command.quantity = order->quantity - 1 - (int64_t)below(generator, (uint32_t)order->leaves - 1);
    say(generator, command);
}

static enum action choose(struct generator *generator)
{
    uint32_t draw = below(generator, 1000);
    uint32_t action = ACTION_ADD;

    while (draw >= SHARES[action])
        draw -= SHARES[action++];
    return generator->live_count == 0 ? ACTION_ADD : action;
}

static void act(struct generator *generator, enum action action)
{
    static void (*const ways[ACTION_COUNT])(struct generator *) = {add, cancel, move, reduce, take_liquidity};

    ways[action](generator);
}

static void set_up(struct generator *generator)
{
    const struct workload *workload = generator->workload;
    struct script *script = &generator->flow->script;

    generator->first_account = script_tree(script, workload->depth, workload->accounts);
    for (uint32_t symbol = 0; symbol < workload->symbols; symbol++)
        script_add(script, (struct command){.type = COMMAND_LIST_INSTRUMENT, .instrument = symbol,
                                            .price = symbol_middle(symbol), .quantity = UNIT_VALUE});
    if (workload->gate)
        set_limits(script, workload, generator->first_account);
    for (uint64_t i = 0; i < script->count; i++) {
        const struct event *event = engine_events(generator->engine);

        if (engine_step(generator->engine, script->items, (uint32_t)i) != 1 || event->type != EVENT_CONTROL_APPLIED)
            give_up("the engine refused to be set up, command", i);
    }
}

static void generate(struct generator *generator)
{
    const struct workload *workload = generator->workload;
    struct flow *flow = generator->flow;

    set_up(generator);
    while (generator->live_count < workload->resting)
        add(generator);
    flow->filled = flow->script.count;
    for (uint64_t i = 0; i < workload->warm; i++)
        act(generator, choose(generator));
    flow->first = flow->script.count;
    flow->events = flow->trades = flow->stopped = 0;
    flow->live_at_start = generator->live_count;
    for (uint64_t i = 0; i < workload->measured; i++) {
        flow->actions[i] = (uint8_t)choose(generator);
        act(generator, flow->actions[i]);
    }
    flow->trades /= 2;
    flow->live_at_end = generator->live_count;
    flow->hash = engine_state_hash(generator->engine);
}

void flow_make(struct flow *flow, const struct workload *workload)
{
    uint64_t commands = setup_commands(workload) + workload->resting + workload->warm + workload->measured;
    struct engine_config config = workload_config(workload);
    struct generator generator = {.workload = workload, .flow = flow, .random = workload->seed};

    *flow = (struct flow){.actions = take(workload->measured, 1)};
    script_init(&flow->script, commands);
    generator.engine = engine_new(&config);
    if (generator.engine == NULL)
        give_up("no engine for orders", config.orders);
    generator.live_capacity = config.orders;
    generator.live = take(config.orders, sizeof *generator.live);
    generator.places = take(commands + 1, sizeof *generator.places);
    memset(generator.places, 0xff, (commands + 1) * sizeof *generator.places);
    generate(&generator);
    engine_free(generator.engine);
    free(generator.live);
    free(generator.places);
}

void flow_free(struct flow *flow)
{
    script_free(&flow->script);
    free(flow->actions);
}
