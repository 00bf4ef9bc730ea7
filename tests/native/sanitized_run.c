/* sanitized_run.c - feeds engines of several sizes with random commands (generator.h), and checks after each one that
 * everything in them is as it must be (invariants.h); that a snapshot gives the same engine; that a damaged one
 * gives none, or a sound one; and that a replay gives the same state. Compiled with the sanitizers by
 * test_sanitizers.py. Takes a seed and a number of commands for each size; exits with 0 or aborts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generator.h"
#include "hash.h"
#include "invariants.h"
#include "snapshot.h"
#include "state.h"

#define TWIN_COMMANDS 150 /* for how long a restored engine runs beside the one it was made of */

/* One size of engine, and what it is fed with. */
struct setting {
    struct engine_config config;
    uint32_t is_calm;
};

struct run {
    struct engine *engine;
    struct engine *twin;         /* restored from a snapshot, or NULL */
    const struct engine_config *config;
    struct command *commands;    /* all of them, for the replay */
    uint64_t event_hash;
    uint64_t event_sequence;
    uint32_t taken;
    uint32_t twin_until;
};

static void must_at(int condition, const char *what, uint32_t step)
{
    if (condition)
        return;
    fprintf(stderr, "command %u, not true: %s\n", step, what);
    abort();
}

static void must_be_sound(const struct engine *engine, const char *which, uint32_t step)
{
    const char *broken = engine_check(engine);

    if (broken != NULL)
        fprintf(stderr, "%s: ", which);
    must_at(broken == NULL, broken, step);
}

/* The most events that engine.c reckons a command may cause: it makes sure of the room before it takes one. */
static uint64_t events_max(const struct engine *engine)
{
    return (engine->pool.used + engine->slices + 1) * 12 + engine->extras.used * UINT64_C(6) * ENGINE_ROUNDS_MAX
        + engine->instrument_count * 8 + 64;
}

static void check_queries(const struct run *run)
{
    const char *broken = engine_check_queries(run->engine);

    must_at(broken == NULL, broken, run->taken);
}

/* Numbers rise by one, and a trade has two sides. */
static void check_events(struct run *run, const struct event *events, uint32_t count)
{
    int is_second = 0;

    for (uint32_t i = 0; i < count; i++) {
        const struct event *event = &events[i];

        must_at(event->sequence == ++run->event_sequence, "event sequences rise by one", run->taken);
        must_at(event->type >= EVENT_ORDER_ACCEPTED && event->type <= EVENT_BOOK_ORDER,
                "an event has a type", run->taken);
        must_at(event->command == run->commands[run->taken].sequence, "an event names its command", run->taken);
        must_at(!is_second || event->type == EVENT_TRADE, "trades come in twos", run->taken);
        if (is_second)
            must_at(event->price == event[-1].price && event->quantity == event[-1].quantity && event->quantity > 0
                        && event->side != event[-1].side,
                    "both sides of a trade agree", run->taken);
        is_second = event->type == EVENT_TRADE && !is_second;
    }
    must_at(!is_second, "trades come in twos", run->taken);
}

static uint64_t hash_events(const struct event *events, uint32_t count, uint64_t hash)
{
    for (uint32_t i = 0; i < count; i++) {
        uint64_t words[8];

        memcpy(words, &events[i], sizeof words);
        for (int n = 0; n < 8; n++)
            hash = hash_add(hash, words[n]);
    }
    return hash;
}

static unsigned char *snapshot_of(const struct engine *engine, uint64_t *size)
{
    unsigned char *bytes;

    *size = engine_snapshot(engine, NULL, 0);
    bytes = malloc(*size);
    must_at(bytes != NULL && engine_snapshot(engine, bytes, *size) == *size, "a snapshot takes what it said", 0);
    return bytes;
}

static struct engine *restored(const struct run *run, const unsigned char *bytes, uint64_t size)
{
    uint32_t error = RESTORE_MEMORY;
    struct engine *engine = engine_restore(run->config, bytes, size, &error);

    if (engine == NULL)
        fprintf(stderr, "restore: %u\n", error);
    must_at(engine != NULL && error == RESTORE_OK, "a snapshot can be restored", run->taken);
    return engine;
}

/* Begins to run a restored engine beside the first; two snapshots on, the bytes do not change any more. */
static void begin_twin(struct run *run)
{
    uint64_t size, again_size;
    unsigned char *bytes = snapshot_of(run->engine, &size);
    struct engine *first = restored(run, bytes, size);
    unsigned char *again = snapshot_of(first, &again_size);
    unsigned char *third;

    must_at(engine_state_hash(first) == engine_state_hash(run->engine),
            "a restored engine has the same hash", run->taken);
    must_be_sound(first, "restored", run->taken);
    must_at(size == again_size, "a snapshot of a restored engine is as long", run->taken);
    run->twin = restored(run, again, size);
    third = snapshot_of(run->twin, &again_size);
    must_at(size == again_size && memcmp(again, third, size) == 0,
            "a snapshot of a snapshot is the same", run->taken);
    run->twin_until = run->taken + TWIN_COMMANDS;
    free(bytes);
    free(again);
    free(third);
    engine_free(first);
}

static void step_twin(struct run *run, uint32_t count)
{
    uint32_t written = engine_step(run->twin, run->commands, run->taken);

    must_at(written == count, "a restored engine gives as many events", run->taken);
    must_at(memcmp(engine_events(run->twin), engine_events(run->engine), count * sizeof(struct event)) == 0,
            "a restored engine gives the same events", run->taken);
    if (run->taken < run->twin_until)
        return;
    must_at(engine_state_hash(run->twin) == engine_state_hash(run->engine), "a restored engine goes the same way",
            run->taken);
    engine_free(run->twin);
    run->twin = NULL;
}

/* A snapshot with a changed byte is refused. With a checksum that was made to fit, it is refused or gives
 * an engine as sound as any, which takes commands. */
static void damage_snapshot(struct run *run, struct generator *generator)
{
    uint64_t size;
    unsigned char *bytes = snapshot_of(run->engine, &size);
    uint64_t at = generator_below(generator, size - SNAPSHOT_CHECKSUM);
    uint32_t error;
    struct engine *engine;

    bytes[at] ^= (unsigned char)(1 + generator_below(generator, 255));
    engine = engine_restore(run->config, bytes, size, &error);
    must_at(engine == NULL && error != RESTORE_OK, "a damaged snapshot is refused", run->taken);
    must_at(engine_restore(run->config, bytes, at, &error) == NULL, "a short snapshot is refused", run->taken);
    store_64(bytes + size - SNAPSHOT_CHECKSUM, snapshot_checksum(bytes, size - SNAPSHOT_CHECKSUM));
    engine = engine_restore(run->config, bytes, size, &error);
    must_at((engine == NULL) == (error != RESTORE_OK), "a restore says what it did", run->taken);
    if (engine != NULL) {
        must_be_sound(engine, "restored from damaged bytes", run->taken);
        for (int i = 0; i < 20; i++) {
            struct command command = generator_next(generator, engine);

            engine_step(engine, &command, 0);
            must_be_sound(engine, "some commands after damaged bytes", run->taken);
        }
    }
    engine_free(engine);
    free(bytes);
}

static void step(struct run *run, uint32_t is_calm)
{
    uint64_t most = events_max(run->engine);
    uint32_t count = engine_step(run->engine, run->commands, run->taken);
    const char *broken = is_calm ? engine_check_headroom(run->engine) : NULL;

    must_at(count <= most, "a command causes no more events than was reckoned", run->taken);
    check_events(run, engine_events(run->engine), count);
    run->event_hash = hash_events(engine_events(run->engine), count, run->event_hash);
    must_be_sound(run->engine, "engine", run->taken);
    must_at(broken == NULL, broken, run->taken);
    if (run->twin != NULL)
        step_twin(run, count);
}

/* Takes the commands again, as batches. */
static void replay(const struct run *run, uint32_t batch)
{
    struct engine *engine = engine_new(run->config);
    uint64_t event_hash = 0;

    must_at(engine != NULL, "there is memory", 0);
    for (uint32_t taken = 0; taken < run->taken;) {
        uint32_t left = run->taken - taken;
        uint32_t consumed;
        uint32_t written = engine_process(engine, run->commands + taken, left < batch ? left : batch, &consumed);

        must_at(consumed > 0, "each call takes a command", taken);
        event_hash = hash_events(engine_events(engine), written, event_hash);
        taken += consumed;
    }
    must_at(event_hash == run->event_hash, "a replay gives the same events", run->taken);
    must_at(engine_state_hash(engine) == engine_state_hash(run->engine),
            "a replay gives the same state", run->taken);
    engine_free(engine);
}

static void run_setting(const struct setting *setting, uint64_t seed, uint32_t count)
{
    struct generator generator, vandal;
    struct run run = {
        .engine = engine_new(&setting->config),
        .config = &setting->config,
        .commands = calloc(count, sizeof *run.commands),
    };

    must_at(run.engine != NULL && run.commands != NULL, "there is memory", 0);
    generator_init(&generator, seed, setting->config.instruments < 3 ? setting->config.instruments : 3,
                   setting->config.nodes < 6 ? setting->config.nodes : 6, setting->is_calm);
    for (run.taken = 0; run.taken < count; run.taken++) {
        run.commands[run.taken] = generator_next(&generator, run.engine);
        step(&run, setting->is_calm);
        vandal = generator;
        if (run.twin == NULL && run.taken % 400 == 399)
            begin_twin(&run);
        if (run.taken % 20 == 9)
            check_queries(&run);
        if (run.taken % 20 == 19)
            damage_snapshot(&run, &vandal);
    }
    engine_free(run.twin);
    replay(&run, 1000);
    replay(&run, 37);
    engine_free(run.engine);
    free(run.commands);
}

int main(int argc, char **argv)
{
    static const struct setting settings[] = {
        {.config = {.orders = 500, .instruments = 4, .pages = 64, .nodes = 16, .positions = 64, .client_keys = 300,
                    .extras = 200, .feeds = 7}},
        {.config = {.orders = 300, .instruments = 3, .pages = 40, .nodes = 6, .positions = 18, .client_keys = 64,
                    .extras = 150, .feeds = FEED_LEVELS}, .is_calm = 1},
        {.config = {.orders = 24, .instruments = 3, .pages = 5, .nodes = 6, .positions = 9, .client_keys = 5,
                    .extras = 8, .feeds = FEED_TOP | FEED_ORDERS}},
        {.config = {.orders = 1, .instruments = 1, .pages = 1, .nodes = 3, .positions = 2, .client_keys = 1,
                    .extras = 1, .feeds = 0}},
    };
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    uint32_t count = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 4000;

    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        run_setting(&settings[i], seed * 16 + i, count);
    return 0;
}
