#include <string.h>

#include "draw.h"

#define CALM_STEPS 24 /* by then a calm engine has its position limits */

/* xorshift64*: small, and the same everywhere. */
uint64_t draw_word(struct generator *generator)
{
    generator->random ^= generator->random >> 12;
    generator->random ^= generator->random << 25;
    generator->random ^= generator->random >> 27;
    return generator->random * UINT64_C(0x2545f4914f6cdd1d);
}

uint64_t generator_below(struct generator *generator, uint64_t bound)
{
    return (draw_word(generator) >> 16) % bound;
}

void generator_init(struct generator *generator, uint64_t seed, uint32_t instruments, uint32_t nodes,
                    uint32_t is_calm)
{
    *generator = (struct generator){
        .random = seed * 2 + 1,
        .price_width = 16,
        .price_low = 120, /* prices lie on two pages */
        .instruments = instruments,
        .nodes = nodes,
        .is_calm = is_calm,
    };
    for (int i = 0; i < 8; i++)
        (void)draw_word(generator);
}

int64_t draw_number(struct generator *generator, uint64_t bound)
{
    static const int64_t edges[] = {0, -1, 1, ENGINE_NUMBER_MAX, ENGINE_NUMBER_MAX + 1, INT64_MAX, INT64_MIN};

    if (!generator->is_calm && once_in(generator, 200))
        return edges[below(generator, sizeof edges / sizeof *edges)];
    return 1 + (int64_t)below(generator, bound);
}

int64_t draw_price(struct generator *generator)
{
    if (once_in(generator, 60))
        return draw_number(generator, 2000);
    return generator->price_low + (int64_t)below(generator, generator->price_width);
}

uint32_t draw_index(struct generator *generator, uint32_t bound)
{
    return once_in(generator, 400) ? (uint32_t)draw_word(generator) : (uint32_t)below(generator, bound);
}

/* Values that some orders pass and some do not: none, quantity, notional, collar, rate, position, exposure. */
static const uint64_t LIMITS[] = {1, 60, 200000, 2000, 400, 400, 4000000, 1};

static struct command limit(struct generator *generator)
{
    struct command command = {.type = COMMAND_SET_LIMIT, .instrument = ENGINE_NONE, .quantity = -1};

    command.node = draw_index(generator, generator->nodes);
    command.kind = (uint8_t)below(generator, 8);
    if (command.kind != LIMIT_ORDER_RATE && command.kind != LIMIT_GROSS_EXPOSURE && !once_in(generator, 20))
        command.instrument = draw_index(generator, generator->instruments);
    if (once_in(generator, 3))
        command.quantity = draw_number(generator, LIMITS[command.kind]);
    if (command.quantity > 1 && command.quantity < (int64_t)LIMITS[command.kind] / 4) /* few that refuse everything */
        command.quantity *= 4;
    if (generator->is_calm && command.kind == LIMIT_POSITION)
        command.quantity = -1; /* position_limit() has set those that stand */
    return command;
}

static struct command position_limit(struct generator *generator)
{
    return (struct command){
        .type = COMMAND_SET_LIMIT,
        .instrument = (uint32_t)below(generator, generator->instruments),
        .node = (uint32_t)below(generator, generator->nodes),
        .kind = LIMIT_POSITION,
        .quantity = 20 + (int64_t)below(generator, 300),
    };
}

static struct command stand(struct generator *generator)
{
    static const uint8_t types[] = {COMMAND_SET_TRADING_STATE, COMMAND_SET_GROUP, COMMAND_SET_FEES};
    struct command command = {.instrument = draw_index(generator, generator->instruments)};

    command.node = draw_index(generator, generator->nodes);
    command.type = types[below(generator, 3)];
    if (command.type == COMMAND_SET_GROUP) {
        command.quantity = (int64_t)below(generator, 3);
        return command;
    }
    if (once_in(generator, 3))
        command.instrument = ENGINE_NONE;
    if (command.type == COMMAND_SET_TRADING_STATE) {
        command.kind = once_in(generator, 60) ? (uint8_t)below(generator, 4) : STATE_ACTIVE;
        return command;
    }
    command.kind = (uint8_t)below(generator, 2);
    command.price = (int64_t)below(generator, 2001) - 1000;
    command.quantity = (int64_t)below(generator, 20001) - 1000;
    return command;
}

static struct command market(struct generator *generator)
{
    static const uint8_t types[] = {COMMAND_SET_BANDS, COMMAND_SET_REFERENCE_PRICE, COMMAND_SET_UNIT_VALUE,
                                    COMMAND_INDICATE};
    struct command command = {.type = types[below(generator, 4)]};

    command.instrument = draw_index(generator, generator->instruments);
    command.price = draw_price(generator);
    command.quantity = draw_number(generator, 100000);
    if (command.type == COMMAND_SET_BANDS) {
        command.price = once_in(generator, 4) ? (int64_t)below(generator, 2000) : 0;
        command.quantity = once_in(generator, 3) ? (int64_t)below(generator, 1000) : 0;
    }
    return command;
}

static struct command phase(struct generator *generator)
{
    static const uint8_t phases[] = {PHASE_CONTINUOUS, PHASE_PRE_OPEN, PHASE_OPENING_AUCTION, PHASE_OPENING_AUCTION,
                                     PHASE_REOPENING_AUCTION, PHASE_CLOSING_AUCTION, PHASE_CLOSING_AUCTION,
                                     PHASE_HALT, PHASE_CLOSED, 7};
    struct command command = {.type = COMMAND_SET_PHASE, .instrument = draw_index(generator, generator->instruments)};

    if (once_in(generator, 4))
        command.instrument = ENGINE_NONE;
    command.kind = (uint8_t)(once_in(generator, 2) ? phases[below(generator, sizeof phases)] : PHASE_CONTINUOUS);
    return command;
}

static struct command sweep(struct generator *generator)
{
    static const uint8_t types[] = {COMMAND_MASS_CANCEL, COMMAND_DISCONNECT, COMMAND_END_OF_DAY};
    struct command command = {.type = types[below(generator, 3)]};

    command.instrument = draw_index(generator, generator->instruments);
    command.node = draw_index(generator, generator->nodes);
    if (once_in(generator, 4))
        command.instrument = ENGINE_NONE;
    if (command.type != COMMAND_END_OF_DAY)
        command.side = (uint8_t)below(generator, 3);
    return command;
}

static struct command noise(struct generator *generator)
{
    struct command command;

    for (size_t i = 0; i < sizeof command; i += 8) {
        uint64_t bytes = draw_word(generator);

        memcpy((unsigned char *)&command + i, &bytes, sizeof bytes);
    }
    if (once_in(generator, 2))
        command.self_trade = command.contingency = command.more = 0;
    if (once_in(generator, 2))
        command.type %= 20;
    return command;
}

/* A control of any type, most likely out of place. */
static struct command odd(struct generator *generator)
{
    return (struct command){
        .type = (uint8_t)below(generator, 21),
        .instrument = draw_index(generator, generator->instruments + 2),
        .node = draw_index(generator, generator->nodes + 2),
        .kind = (uint8_t)below(generator, 9),
        .side = (uint8_t)below(generator, 4),
        .price = draw_price(generator),
        .quantity = draw_number(generator, 100),
        .target = below(generator, 3),
    };
}

/* What sets the stage: instruments, then nodes as a tree, each below one that came before it. */
static struct command stage(struct generator *generator)
{
    uint32_t step = generator->steps;
    struct command command = {.type = COMMAND_LIST_INSTRUMENT, .instrument = step, .price = 128, .quantity = 10000};

    if (step < generator->instruments)
        return command;
    command.type = COMMAND_ADD_NODE;
    command.node = step - generator->instruments;
    command.target = command.node == 0 ? ENGINE_NONE : (command.node - 1) / 2;
    return command;
}

static struct command choose(struct generator *generator, const struct engine *engine)
{
    uint64_t choice = below(generator, 1000);

    if (choice < 80) {
        draw_list(generator, engine);
    } else if (choice < 580) {
        draw_order(generator, engine);
    } else {
        if (choice < 880)
            return draw_change(generator, engine);
        if (choice < 910)
            return limit(generator);
        if (choice < 930)
            return stand(generator);
        if (choice < 940)
            return market(generator);
        if (choice < 970)
            return phase(generator);
        if (choice < 972)
            return sweep(generator);
        if (choice < 982 && !generator->is_calm)
            return odd(generator);
        if (choice < 990 || generator->is_calm)
            return (struct command){.type = COMMAND_ADVANCE_TIME};
        return noise(generator);
    }
    generator->pending_next = 1;
    return generator->pending[0];
}

/* Changes a byte of a command, so that it nearly makes sense. */
static void damage(struct generator *generator, struct command *command)
{
    ((unsigned char *)command)[below(generator, sizeof *command)] = (unsigned char)draw_word(generator);
}

static struct command draw(struct generator *generator, const struct engine *engine)
{
    if (generator->steps < generator->instruments + generator->nodes)
        return stage(generator);
    if (generator->is_calm && generator->steps < CALM_STEPS)
        return position_limit(generator);
    if (generator->pending_next < generator->pending_count)
        return generator->pending[generator->pending_next++];
    generator->pending_count = generator->pending_next = 0;
    return choose(generator, engine);
}

struct command generator_next(struct generator *generator, const struct engine *engine)
{
    struct command command = draw(generator, engine);

    if (once_in(generator, 2000)) /* prices wander, over many pages and back */
        generator->price_low = (int64_t[]){120, 120, 120, 40, 1000, 1}[below(generator, 6)];
    generator->sequence += once_in(generator, 10) ? 1 + below(generator, 40) : 1;
    generator->time_ns += (int64_t)below(generator, 20000000);
    command.sequence = generator->sequence;
    command.time_ns = generator->time_ns;
    if (!generator->is_calm && once_in(generator, 100))
        command.sequence -= below(generator, 5);
    if (!generator->is_calm && once_in(generator, 50))
        damage(generator, &command);
    if (command.sequence > generator->sequence) /* a damaged one: far jumps would end the run */
        command.sequence = generator->sequence;
    if (command.time_ns > generator->time_ns + 10 * SECOND_NS)
        command.time_ns = generator->time_ns;
    generator->steps++;
    return command;
}
