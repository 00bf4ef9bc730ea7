/* crowds.c - more orders than random commands gather: what many of them do in one command, and how a batch runs over
 * more than the caches hold. Exits with 0 or aborts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "invariants.h"

#define MIDDLE 100000 /* where prices begin when they go far */

static void must(int condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "not true: %s\n", what);
    abort();
}

/* Runs one command, with the next sequence. Returns how many events it caused. */
static uint32_t tell(struct engine *engine, struct command command)
{
    struct engine_status status;

    engine_status(engine, &status);
    command.sequence = status.command_sequence + 1;
    if (command.type == COMMAND_NEW_ORDER)
        command.client_key = command.sequence;
    return engine_step(engine, &command, 0);
}

static struct engine *staged_engine(const struct engine_config *config)
{
    struct engine *engine = engine_new(config);

    must(engine != NULL, "there is memory");
    for (uint32_t i = 0; i < config->instruments; i++)
        tell(engine, (struct command){.type = COMMAND_LIST_INSTRUMENT, .instrument = i, .price = 1000,
                                      .quantity = 1000});
    for (uint32_t i = 0; i < config->nodes; i++)
        tell(engine, (struct command){.type = COMMAND_ADD_NODE, .node = i, .target = i == 0 ? ENGINE_NONE : i - 1});
    return engine;
}

static struct command order_of(uint32_t instrument, uint8_t side, uint8_t kind, int64_t price, int64_t quantity)
{
    return (struct command){
        .type = COMMAND_NEW_ORDER,
        .instrument = instrument,
        .side = side,
        .kind = kind,
        .time_in_force = TIF_GTC,
        .price = price,
        .quantity = quantity,
    };
}

/* Sells that follow the best buy, all but one of them far away. The one eats a buy in each round, so that all others
 * move in each round: the most that settling can be. */
static void gather_followers(struct engine *engine, uint32_t instrument)
{
    for (int64_t i = 0; i < 12; i++)
        tell(engine, order_of(instrument, SIDE_BUY, ORDER_LIMIT, 1000 - 2 * i, 1));
    tell(engine, order_of(instrument, SIDE_SELL, ORDER_PEG_MARKET, 0, 100));
    for (int i = 1; i < ENGINE_FOLLOWERS_MAX; i++) {
        struct command command = order_of(instrument, SIDE_SELL, ORDER_PEG_MARKET, 0, 1);

        command.target = 500;
        tell(engine, command);
    }
}

static void settle_every_instrument_at_once(void)
{
    enum { BOOKS = 12 };
    const struct engine_config config = {.orders = BOOKS * 1040, .instruments = BOOKS, .pages = BOOKS * 64,
                                         .nodes = 1, .positions = BOOKS, .client_keys = 16,
                                         .extras = BOOKS * 1024, .feeds = 7};
    struct engine *engine = staged_engine(&config);
    struct command phase = {.type = COMMAND_SET_PHASE, .instrument = ENGINE_NONE, .kind = PHASE_PRE_OPEN};
    struct engine_status status;
    uint32_t count;

    tell(engine, phase);
    for (uint32_t i = 0; i < BOOKS; i++)
        gather_followers(engine, i);
    engine_status(engine, &status);
    must(status.orders == BOOKS * (12 + ENGINE_FOLLOWERS_MAX), "all orders were accepted");
    phase.kind = PHASE_CONTINUOUS;
    count = tell(engine, phase);
    must(count > BOOKS * ENGINE_FOLLOWERS_MAX * ENGINE_ROUNDS_MAX * 4, "all followers moved in each round");
    must(count <= engine_events_capacity(engine), "their events fit");
    must(engine_check(engine) == NULL && engine_check_queries(engine) == NULL, "the engine is sound");
    engine_free(engine);
}

static uint64_t word_of(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Commands that name nothing there is. */
static struct command nonsense(uint64_t word)
{
    struct command command = order_of(0, SIDE_BUY, ORDER_LIMIT, MIDDLE, 1);

    if (word % 3 == 0)
        return (struct command){.type = 200, .instrument = ENGINE_NONE, .node = ENGINE_NONE};
    if (word % 3 == 1)
        command.instrument = ENGINE_NONE;
    else
        command.side = 3;
    return command;
}

/* Orders far around a price, few of which trade; one in sixteen waits for its trigger, one in ten ends another. */
static struct command command_of(uint32_t i, uint64_t word, uint32_t instruments)
{
    uint8_t side = (uint8_t)(1 + word % 2);
    int64_t away = (int64_t)(word >> 8 & 2047) - 4;
    int64_t price = side == SIDE_BUY ? MIDDLE - away : MIDDLE + away;
    int waits = (word >> 4 & 15) == 0;
    struct command command = order_of((uint32_t)(word >> 20) % instruments, side, waits ? ORDER_STOP : ORDER_LIMIT,
                                      waits ? 0 : price, 1 + (int64_t)(word >> 40 & 63));

    if (waits)
        command.target = (uint64_t)(side == SIDE_BUY ? MIDDLE + 5000 : MIDDLE - 5000);
    if (i % 100 == 99)
        return nonsense(word);
    if (word >> 50 & 7 && i % 10 == 9) /* some of an id that nobody has yet, whose lowest bits somebody has */
        return (struct command){.type = COMMAND_CANCEL_ORDER,
                                .target = 1000 + i - (word >> 30) % 4000 + (word >> 53 & 7 ? 0 : UINT64_C(1) << 40)};
    return command;
}

static void fill(struct command *commands, uint32_t count, uint32_t instruments)
{
    uint64_t state = UINT64_C(88172645463325252);

    for (uint32_t i = 0; i < count; i++) {
        commands[i] = command_of(i, word_of(&state), instruments);
        commands[i].sequence = 1000 + i;
        commands[i].client_key = commands[i].type == COMMAND_NEW_ORDER ? 1000 + i : 0;
    }
}

/* A batch over more orders than are kept near asks for their memory in advance: which must change nothing. */
static void run_far(void)
{
    enum { COMMANDS = 40000 };
    const struct engine_config config = {.orders = 35000, .instruments = 50, .pages = 4000, .nodes = 1,
                                         .positions = 50, .client_keys = 20000, .extras = 4000, .feeds = FEED_LEVELS};
    struct command *commands = calloc(COMMANDS, sizeof *commands);
    struct engine *one = staged_engine(&config);
    struct engine *many = staged_engine(&config);
    struct engine_status status;

    must(commands != NULL, "there is memory");
    fill(commands, COMMANDS, config.instruments);
    for (uint32_t i = 0; i < COMMANDS; i++)
        engine_step(one, commands, i);
    for (uint32_t taken = 0; taken < COMMANDS;) {
        uint32_t left = COMMANDS - taken;
        uint32_t consumed;

        engine_process(many, commands + taken, left < 1700 ? left : 1700, &consumed);
        must(consumed > 0, "each call takes a command");
        taken += consumed;
    }
    engine_status(many, &status);
    must(status.orders > 20000, "there are many orders");
    must(engine_state_hash(one) == engine_state_hash(many), "a batch gives the same state");
    must(engine_check(many) == NULL, "the engine is sound");
    engine_free(one);
    engine_free(many);
    free(commands);
}

/* Every order trades, one command after the other, beside so many that do not; the array of events is used up before
 * the batch is. */
static void fill_the_events(uint32_t beside)
{
    enum { COMMANDS = 100000 };
    const struct engine_config config = {.orders = beside + 4, .instruments = 1, .pages = 3, .nodes = 1,
                                         .positions = 1, .client_keys = 1, .extras = 1, .feeds = 7};
    struct command *commands = calloc(COMMANDS, sizeof *commands);
    struct engine *engine = staged_engine(&config);
    struct engine_status status;
    uint32_t consumed, again;

    must(commands != NULL, "there is memory");
    for (uint32_t i = 0; i < beside; i++)
        tell(engine, order_of(0, SIDE_BUY, ORDER_LIMIT, 100, 1));
    for (uint32_t i = 0; i < COMMANDS; i++) {
        commands[i] = order_of(0, (uint8_t)(1 + i % 2), ORDER_LIMIT, 1000, 1);
        commands[i].sequence = commands[i].client_key = 10 + beside + i;
    }
    engine_process(engine, commands, COMMANDS, &consumed);
    must(consumed > 0 && consumed < COMMANDS, "a batch ends when its events might not fit");
    engine_process(engine, commands + consumed, 1, &again);
    must(again == 1, "the next call goes on");
    engine_status(engine, &status);
    must(status.orders <= beside + 1, "the others traded");
    must(engine_check(engine) == NULL, "the engine is sound");
    engine_free(engine);
    free(commands);
}

static void refuse_deeper_nodes(void)
{
    const struct engine_config config = {.orders = 1, .instruments = 1, .pages = 1, .nodes = ENGINE_DEPTH_MAX + 3,
                                         .positions = 1, .client_keys = 1, .extras = 1, .feeds = 0};
    struct engine *engine = staged_engine(&config);
    struct engine_status status;

    engine_status(engine, &status);
    must(status.nodes == ENGINE_DEPTH_MAX, "no path is longer than the header says");
    engine_free(engine);
}

int main(void)
{
    settle_every_instrument_at_once();
    run_far();
    fill_the_events(0);
    fill_the_events(17000);
    refuse_deeper_nodes();
    return 0;
}
