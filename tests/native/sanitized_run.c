/* sanitized_run.c - feeds an engine with commands that make sense, nearly make sense and make none, and checks what
 * must always hold. Compiled with the sanitizers by test_sanitizers.py. Takes a seed; exits with 0 or aborts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"

#define COMMANDS 60000
#define INSTRUMENTS 3
#define NODES 6

static uint64_t random_state;

/* xorshift64*: small, and the same everywhere. */
static uint64_t random_word(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * UINT64_C(0x2545f4914f6cdd1d);
}

static uint64_t random_below(uint64_t bound)
{
    return (random_word() >> 16) % bound;
}

static void must(int condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "not true: %s\n", what);
    abort();
}

/* A number that is mostly small, and sometimes at an edge. */
static int64_t random_number(uint64_t bound)
{
    static const int64_t edges[] = {0, -1, 1, ENGINE_NUMBER_MAX, ENGINE_NUMBER_MAX + 1, INT64_MAX, INT64_MIN};

    if (random_below(50) == 0)
        return edges[random_below(sizeof edges / sizeof *edges)];
    return 1 + (int64_t)random_below(bound);
}

static int64_t random_price(void)
{
    int64_t number = random_number(20);

    return number > 1 && number <= 20 ? 90 + number : number;
}

static uint32_t random_index(uint32_t bound)
{
    return random_below(40) == 0 ? (uint32_t)random_word() : (uint32_t)random_below(bound);
}

static void fill_order(struct command *command)
{
    static const uint8_t times[] = {TIF_DAY, TIF_GTC, TIF_GTC, TIF_IOC, TIF_FOK};

    command->client_key = random_word();
    command->price = random_price();
    command->quantity = random_number(50);
    command->side = (uint8_t)(1 + random_below(2));
    command->kind = random_below(10) == 0 ? ORDER_MARKET : ORDER_LIMIT;
    command->time_in_force = times[random_below(sizeof times)];
    if (command->kind == ORDER_MARKET)
        command->price = 0;
}

static void fill_other(struct command *command, uint64_t sequence)
{
    command->type = (uint8_t)(random_below(3) != 0 ? COMMAND_CANCEL_ORDER + random_below(2) : random_below(12));
    command->target = sequence - random_below(300);
    command->price = random_below(2) == 0 ? 0 : random_price();
    command->quantity = random_below(8) != 0 ? -1 : random_number(100000);
    command->kind = (uint8_t)random_below(8);
    command->side = (uint8_t)random_below(3);
    if (random_below(3) == 0)
        command->instrument = ENGINE_NONE;
    if (command->type == COMMAND_CANCEL_ORDER || command->type == COMMAND_REPLACE_ORDER)
        command->node = 0;
    if (command->type == COMMAND_REPLACE_ORDER)
        command->quantity = random_below(2) == 0 ? 0 : random_number(50);
    if (command->type == COMMAND_SET_TRADING_STATE && random_below(10) != 0)
        command->kind = STATE_ACTIVE;
    if (command->type == COMMAND_MASS_CANCEL && random_below(10) != 0)
        command->type = COMMAND_CANCEL_ORDER;
}

static void fill_noise(struct command *command, uint64_t sequence)
{
    for (size_t i = 0; i < sizeof *command; i += 8) {
        uint64_t word = random_word();

        memcpy((unsigned char *)command + i, &word, sizeof word);
    }
    command->sequence = sequence - random_below(3);
    command->time_ns = (int64_t)(sequence * 10000000);
    if (random_below(2) == 0)
        memset(command->reserved, 0, sizeof command->reserved);
}

static void fill_stage(struct command *command, uint64_t step)
{
    command->type = step < INSTRUMENTS ? COMMAND_LIST_INSTRUMENT : COMMAND_ADD_NODE;
    command->price = 100;
    command->quantity = 1000;
    command->instrument = (uint32_t)step;
    if (step < INSTRUMENTS)
        return;
    command->node = (uint32_t)step - INSTRUMENTS;
    command->target = command->node == 0 ? ENGINE_NONE : (command->node - 1) / 2;
}

static void fill(struct command *command, uint64_t step)
{
    uint64_t choice = random_below(100);

    memset(command, 0, sizeof *command);
    command->sequence = step + 1;
    command->time_ns = (int64_t)(step * 10000000);
    command->instrument = random_index(INSTRUMENTS);
    command->node = random_index(NODES);
    command->type = COMMAND_NEW_ORDER;
    if (step < INSTRUMENTS + NODES)
        fill_stage(command, step);
    else if (choice < 60)
        fill_order(command);
    else if (choice < 99)
        fill_other(command, command->sequence);
    else
        fill_noise(command, command->sequence);
}

/* Books are never crossed, levels are sorted and never empty, and what the firm has open is what rests. */
static void check_side(const struct engine *engine, uint32_t instrument, uint8_t side)
{
    struct level levels[256];
    struct exposure firm;
    int64_t resting = 0;
    uint32_t count = engine_depth(engine, instrument, side, levels, 256);

    for (uint32_t i = 0; i < count; i++) {
        must(levels[i].quantity > 0 && levels[i].orders > 0, "a level has orders");
        must(i == 0 || (levels[i].price > levels[i - 1].price) == (side == SIDE_SELL), "levels are sorted");
        resting += levels[i].quantity;
    }
    engine_exposure(engine, 0, instrument, &firm);
    must(resting == (side == SIDE_BUY ? firm.open_buy : firm.open_sell), "what is open rests");
    must(firm.position == 0, "every lot bought was sold");
}

static void check(const struct engine *engine)
{
    for (uint32_t instrument = 0; instrument < INSTRUMENTS; instrument++) {
        struct level bid, ask;

        check_side(engine, instrument, SIDE_BUY);
        check_side(engine, instrument, SIDE_SELL);
        if (engine_depth(engine, instrument, SIDE_BUY, &bid, 1) && engine_depth(engine, instrument, SIDE_SELL, &ask, 1))
            must(bid.price < ask.price, "the book is not crossed");
    }
}

/* Runs all commands in batches of up to `batch`. Returns the state hash. */
static uint64_t run(const struct command *commands, uint32_t batch, const struct engine_config *config)
{
    struct engine *engine = engine_new(config);
    uint64_t events = 0;
    uint64_t hash;

    must(engine != NULL, "there is memory");
    for (uint32_t taken = 0; taken < COMMANDS;) {
        uint32_t left = COMMANDS - taken;
        uint32_t consumed;
        uint32_t written = engine_process(engine, commands + taken, left < batch ? left : batch, &consumed);

        must(consumed > 0, "each call takes a command");
        for (uint32_t i = 0; i < written; i++)
            must(engine_events(engine)[i].sequence == ++events, "event sequences rise by one");
        taken += consumed;
        check(engine);
    }
    hash = engine_state_hash(engine);
    engine_free(engine);
    return hash;
}

int main(int argc, char **argv)
{
    static const struct engine_config configs[] = {
        {.orders = 4000, .instruments = 4, .levels = 256, .nodes = 16, .positions = 64, .client_keys = 1000},
        {.orders = 20, .instruments = 3, .levels = 4, .nodes = 6, .positions = 9, .client_keys = 5},
        {.orders = 1, .instruments = 3, .levels = 1, .nodes = 6, .positions = 3, .client_keys = 1},
    };
    struct command *commands = malloc(COMMANDS * sizeof *commands);

    must(argc == 2 && commands != NULL, "there is a seed");
    random_state = strtoull(argv[1], NULL, 10) * 2 + 1;
    for (uint64_t step = 0; step < COMMANDS; step++)
        fill(&commands[step], step);
    for (size_t i = 0; i < sizeof configs / sizeof *configs; i++)
        must(run(commands, 1000, &configs[i]) == run(commands, 37, &configs[i]), "a replay gives the same state");
    free(commands);
    return 0;
}
