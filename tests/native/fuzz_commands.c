/* fuzz_commands.c - a coverage-guided fuzzer over the bytes of commands, and over those of snapshots.
 *
 * An input begins with eight bytes: what kind it is, and the sizes of the engine. Then come commands of 64 bytes;
 * or, with FUZZ_SNAPSHOT, a snapshot, whose checksum is made to fit, and which must be refused or give a sound
 * engine. After every command all invariants are checked, at the end a snapshot is taken and restored.
 *
 * tests/native/fuzz.sh builds and runs it. The other program that it builds, with FUZZ_STANDALONE, replays inputs:
 *
 *     replay [--print] FILE...          with --print shows commands and events
 *     replay --seeds FOLDER COUNT       writes inputs to begin with
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generator.h"
#include "invariants.h"
#include "snapshot.h"
#include "state.h"

#define HEADER 8
#define COMMANDS_MAX 400

/* The first byte. */
enum fuzz_flag {
    FUZZ_RISING = 1,   /* sequences and times are made to rise */
    FUZZ_LIVE = 2,     /* targets are made to name orders that live */
    FUZZ_KNOWN = 4,    /* instruments and nodes are made to exist, mostly */
    FUZZ_STAGED = 8,   /* instruments and nodes are there from the beginning */
    FUZZ_SNAPSHOT = 128,
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t most, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t most);

static int prints;

static void must(int condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "not true: %s\n", what);
    abort();
}

static void must_be_sound(const struct engine *engine)
{
    const char *broken = engine_check(engine);

    must(broken == NULL, broken);
}

static void print_command(const struct command *command)
{
    printf("%llu type %u side %u kind %u time %u flags %u self %u list %u+%u key %llx target %lld price %lld "
           "quantity %lld instrument %d node %d at %lld\n",
           (unsigned long long)command->sequence, command->type, command->side, command->kind, command->time_in_force,
           command->flags, command->self_trade, command->contingency, command->more,
           (unsigned long long)command->client_key, (long long)command->target, (long long)command->price,
           (long long)command->quantity, (int)command->instrument, (int)command->node, (long long)command->time_ns);
}

static void print_event(const struct event *event)
{
    printf("    %llu type %u order %llu side %u price %lld quantity %lld leaves %lld instrument %d node %d "
           "reason %u flags %u\n",
           (unsigned long long)event->sequence, event->type, (unsigned long long)event->order, event->side,
           (long long)event->price, (long long)event->quantity, (long long)event->leaves, (int)event->instrument,
           (int)event->node, event->reason, event->flags);
}

static void take(struct engine *engine, const struct command *command)
{
    uint32_t count = engine_step(engine, command, 0);

    for (uint32_t i = 0; prints && i < count; i++) {
        if (i == 0)
            print_command(command);
        print_event(&engine_events(engine)[i]);
    }
    must_be_sound(engine);
}

static struct engine_config config_of(const uint8_t *bytes)
{
    return (struct engine_config){
        .orders = 1 + bytes[1] % 128,
        .instruments = 1 + bytes[2] % 4,
        .pages = 1 + bytes[3] % 32,
        .nodes = 1 + bytes[4] % 12,
        .positions = 1 + bytes[5] % 48,
        .client_keys = 1 + bytes[6] % 64,
        .extras = 1 + bytes[6] / 2,
        .feeds = bytes[7] % 8,
    };
}

static void stage(struct engine *engine)
{
    for (uint32_t i = 0; i < engine->config.instruments; i++) {
        struct command command = {.sequence = i + 1, .type = COMMAND_LIST_INSTRUMENT, .instrument = i,
                                  .price = 128, .quantity = 10000};

        take(engine, &command);
    }
    for (uint32_t i = 0; i < engine->config.nodes; i++) {
        struct command command = {.sequence = engine->sequence + 1, .type = COMMAND_ADD_NODE, .node = i,
                                  .target = i == 0 ? ENGINE_NONE : (i - 1) / 2};

        take(engine, &command);
    }
}

/* Makes a command one that means something to this engine, as far as the flags say. */
static void repair(const struct engine *engine, struct command *command, uint8_t flags)
{
    int names_order = command->type == COMMAND_CANCEL_ORDER || command->type == COMMAND_REPLACE_ORDER;

    if (flags & FUZZ_RISING) {
        command->sequence = engine->sequence + 1 + command->sequence % 4;
        command->time_ns = engine->time_ns + (command->time_ns & 0xffffff);
    }
    if (flags & FUZZ_LIVE && names_order && engine->pool.fresh > 0)
        command->target = engine->pool.orders[command->target % engine->pool.fresh].id;
    if (flags & FUZZ_KNOWN && command->instrument != ENGINE_NONE && engine->instrument_count > 0)
        command->instrument %= engine->instrument_count;
    if (flags & FUZZ_KNOWN && command->node != ENGINE_NONE && engine->risk.nodes.count > 0)
        command->node %= engine->risk.nodes.count;
    if (command->sequence > UINT64_MAX - 4096) /* the end of all sequences has nothing to tell */
        command->sequence = engine->sequence + 1;
}

/* A snapshot gives the same engine. */
static void check_snapshot(const struct engine *engine)
{
    uint64_t size = engine_snapshot(engine, NULL, 0);
    unsigned char *bytes = malloc(size);
    uint32_t error;
    struct engine *twin;

    must(bytes != NULL && engine_snapshot(engine, bytes, size) == size, "a snapshot takes what it said");
    twin = engine_restore(&engine->config, bytes, size, &error);
    must(twin != NULL, "a snapshot can be restored");
    must(engine_state_hash(twin) == engine_state_hash(engine), "a restored engine has the same hash");
    must_be_sound(twin);
    engine_free(twin);
    free(bytes);
}

static void run_commands(const uint8_t *bytes, size_t size)
{
    struct engine_config config = config_of(bytes);
    struct engine *engine = engine_new(&config);
    const char *broken;

    must(engine != NULL, "there is memory");
    if (bytes[0] & FUZZ_STAGED)
        stage(engine);
    for (size_t at = HEADER; at + sizeof(struct command) <= size && at < COMMANDS_MAX * sizeof(struct command);
         at += sizeof(struct command)) {
        struct command command;

        memcpy(&command, bytes + at, sizeof command);
        repair(engine, &command, bytes[0]);
        take(engine, &command);
    }
    broken = engine_check_queries(engine);
    must(broken == NULL, broken);
    check_snapshot(engine);
    engine_free(engine);
}

/* What a restored engine of doubtful bytes says to a few commands. */
static void use(struct engine *engine)
{
    struct generator generator;

    generator_init(&generator, engine->sequence, 2, 4, 0);
    generator.sequence = engine->sequence > UINT64_MAX / 2 ? UINT64_MAX / 2 : engine->sequence;
    generator.time_ns = engine->time_ns > INT64_MAX / 2 ? INT64_MAX / 2 : engine->time_ns;
    generator.steps = 100;
    for (int i = 0; i < 30; i++) {
        struct command command = generator_next(&generator, engine);

        take(engine, &command);
    }
    check_snapshot(engine);
}

static void run_snapshot(const uint8_t *bytes, size_t size)
{
    struct engine_config config = config_of(bytes);
    unsigned char *copy = malloc(size - HEADER + 1);
    struct engine *engine;
    uint32_t error;

    must(copy != NULL, "there is memory");
    memcpy(copy, bytes + HEADER, size - HEADER);
    size -= HEADER;
    if (size >= SNAPSHOT_CHECKSUM)
        store_64(copy + size - SNAPSHOT_CHECKSUM, snapshot_checksum(copy, size - SNAPSHOT_CHECKSUM));
    engine = engine_restore(&config, copy, size, &error);
    must((engine == NULL) == (error != RESTORE_OK), "a restore says what it did");
    if (engine != NULL) {
        must_be_sound(engine);
        use(engine);
    }
    engine_free(engine);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < HEADER)
        return 0;
    if (bytes[0] & FUZZ_SNAPSHOT)
        run_snapshot(bytes, size);
    else
        run_commands(bytes, size);
    return 0;
}

#ifdef FUZZ_STANDALONE

/* Writes one input: a header that asks for `config`, then bytes. */
static void write_input(const char *folder, const char *name, int number, const uint8_t header[HEADER],
                        const void *bytes, size_t size)
{
    char path[4096];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s-%d", folder, name, number);
    file = fopen(path, "wb");
    must(file != NULL, "the folder can be written to");
    fwrite(header, 1, HEADER, file);
    fwrite(bytes, 1, size, file);
    fclose(file);
}

/* Commands that make sense, as a beginning, and the snapshot that they lead to. */
static void write_seed(const char *folder, int number)
{
    uint8_t header[HEADER] = {FUZZ_RISING, 127, 2, 31, 5, 47, 63, (uint8_t)number};
    struct engine_config config = config_of(header);
    struct engine *engine = engine_new(&config);
    struct command commands[COMMANDS_MAX];
    uint32_t count = 40 + (uint32_t)number * 7 % (COMMANDS_MAX - 40);
    struct generator generator;
    unsigned char *bytes;
    uint64_t size;

    must(engine != NULL, "there is memory");
    generator_init(&generator, 1000 + (uint64_t)number, config.instruments, config.nodes, number % 2 == 0);
    for (uint32_t i = 0; i < count; i++) {
        commands[i] = generator_next(&generator, engine);
        engine_step(engine, commands, i);
    }
    size = engine_snapshot(engine, NULL, 0);
    bytes = malloc(size);
    must(bytes != NULL && engine_snapshot(engine, bytes, size) == size, "a snapshot takes what it said");
    header[0] = number % 3 == 0 ? FUZZ_RISING | FUZZ_LIVE | FUZZ_KNOWN : 0;
    write_input(folder, "commands", number, header, commands, count * sizeof *commands);
    header[0] = FUZZ_SNAPSHOT;
    write_input(folder, "snapshot", number, header, bytes, size);
    free(bytes);
    engine_free(engine);
}

static void replay(const char *path)
{
    static uint8_t bytes[1 << 20];
    FILE *file = fopen(path, "rb");
    size_t size;

    must(file != NULL, "the input can be read");
    size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    LLVMFuzzerTestOneInput(bytes, size);
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "--seeds") == 0) {
        for (int i = 0; i < atoi(argv[3]); i++)
            write_seed(argv[2], i);
        return 0;
    }
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--print") == 0)
            prints = 1;
        else
            replay(argv[i]);
    }
    return 0;
}

#else

/* Changes whole commands as well as bytes: one is drawn anew, doubled, taken out, or moved. */
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t most, unsigned seed)
{
    const size_t one = sizeof(struct command);
    static struct engine *blank;
    static struct generator generator;
    size_t count = size < HEADER ? 0 : (size - HEADER) / one;
    uint8_t *at;

    if (blank == NULL) {
        blank = engine_new(&(struct engine_config){1, 1, 1, 1, 1, 1, 1, 0});
        generator_init(&generator, seed, 3, 6, 0);
        generator.steps = 100;
    }
    if (count == 0 || bytes[0] & FUZZ_SNAPSHOT || seed % 4 == 0)
        return LLVMFuzzerMutate(bytes, size, most);
    at = bytes + HEADER + seed / 16 % count * one;
    if (seed % 4 == 1 && size + one <= most) {
        struct command command = generator_next(&generator, blank);

        memmove(at + one, at, size - (size_t)(at - bytes));
        memcpy(at, &command, one);
        return size + one;
    }
    if (seed % 16 == 2) {
        memmove(at, at + one, size - (size_t)(at - bytes) - one);
        return size - one;
    }
    if (seed % 16 == 6 && size + one <= most) {
        memmove(at + one, at, size - (size_t)(at - bytes));
        return size + one;
    }
    LLVMFuzzerMutate(at, one, one);
    return size;
}

#endif
