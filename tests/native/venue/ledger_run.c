/* ledger_run.c - feeds a ledger with what an engine makes of random commands (generator.h), and checks
 * after each row that everything in it is as it must be (ledger_audit.h); that what was saved gives the
 * same ledger; and that damaged rows and damaged bytes are refused, or give a sound one. Compiled with
 * the sanitizers by test_ledger_sanitized.py. Takes a seed and a number of rows for each size; exits with
 * 0 or aborts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generator.h"
#include "ledger_audit.h"
#include "venue/inside.h"
#include "venue/ledger.h"
#include "venue/saved.h"

#define ROW_MAX 40
#define EVENTS_MAX 20000
#define NOTES_MAX (ROW_MAX * 80)
#define INSTRUMENTS 5
#define NODES 16

/* What venue_apply() takes. */
struct row {
    uint32_t count;
    uint64_t event_count;
    uint64_t notes_length;
    struct command commands[ROW_MAX];
    struct event events[EVENTS_MAX];
    char notes[NOTES_MAX];
};

struct run {
    struct engine_config config;
    struct engine *engine;
    struct venue *venue;
    struct generator generator;
    struct generator vandal;
    uint64_t sequence;   /* of the last command in a row */
    uint64_t rows;
};

static void must(const struct run *run, int condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "row %llu, not true: %s\n", (unsigned long long)run->rows, what);
    abort();
}

static uint64_t below(struct run *run, uint64_t bound)
{
    return generator_below(&run->vandal, bound);
}

static void must_be_sound(const struct run *run, const struct venue *venue)
{
    const char *broken = ledger_audit(venue);
    must(run, broken == NULL, broken);
}

/* A copy that ends where the memory ends. */
static void *exact(const struct run *run, const void *bytes, uint64_t size)
{
    void *copy = malloc(size == 0 ? 1 : size);
    must(run, copy != NULL, "there is memory");
    memcpy(copy, bytes, size);
    return copy;
}

static struct venue *new_venue(const struct run *run)
{
    struct venue *venue = venue_new(&(struct venue_config){
        .orders = run->config.orders, .waiting = ROW_MAX, .instruments = INSTRUMENTS, .nodes = NODES});
    must(run, venue != NULL, "there is memory");
    for (uint32_t i = 0; i < INSTRUMENTS; i++) {
        struct venue_instrument instrument = {.symbol_length = 1, .price_factor = 1, .quantity_factor = 1};
        instrument.symbol[0] = (char)('A' + i);
        must(run, venue_list(venue, &instrument), "an instrument is listed");
    }
    for (uint32_t i = 0; i < NODES; i++) {
        char name = (char)('a' + i);
        must(run, venue_add_node(venue, &name, 1, &name, 1, "", 0), "a node is added");
    }
    return venue;
}

/* Whether a sequencer stamps such a command. */
static int is_stamped(const struct run *run, const struct command *command)
{
    int is_order = command->type == COMMAND_NEW_ORDER;
    return command->sequence > run->sequence &&
           (!is_order || (command->instrument < INSTRUMENTS && command->node < NODES));
}

static void add_note(struct run *run, struct row *row)
{
    uint64_t length = below(run, 4) == 0 ? VENUE_TEXT_MAX : below(run, VENUE_TEXT_MAX);
    memset(row->notes + row->notes_length, 'n', length);
    row->notes[row->notes_length + length] = 0;
    row->notes_length += length + 1;
}

/* Runs commands until the row is full or the engine has said enough. */
static void fill_row(struct run *run, struct row *row)
{
    uint64_t size = 1 + below(run, ROW_MAX);
    row->count = 0;
    row->event_count = row->notes_length = 0;
    while (row->count < size) {
        struct command *command = &row->commands[row->count];
        *command = generator_next(&run->generator, run->engine);
        if (!is_stamped(run, command))
            continue;
        uint32_t told = engine_step(run->engine, command, 0);
        must(run, row->event_count + told <= EVENTS_MAX, "a row has room for its events");
        memcpy(row->events + row->event_count, engine_events(run->engine), told * sizeof(struct event));
        row->event_count += told;
        run->sequence = command->sequence;
        row->count++;
        add_note(run, row);
    }
}

/* What is told can be told further without a look at what it names. */
static void check_told(const struct run *run, const struct row *row, const struct report *reports,
                       int64_t count, const struct answer *answers)
{
    for (int64_t i = 0; i < count; i++) {
        const struct report *report = &reports[i];
        must(run, report->instrument < INSTRUMENTS && report->node < NODES, "a report names what is known");
        must(run, report->limit_node < NODES || report->limit_node == ENGINE_NONE, "so does its limit");
        must(run, report->text_length <= VENUE_TEXT_MAX, "a text fits");
    }
    for (uint32_t i = 0; i < row->count; i++) {
        must(run, answers[i].report >= -1 && answers[i].report < count, "an answer names a report");
        must(run, answers[i].limit_node < NODES || answers[i].limit_node == ENGINE_NONE, "a limit is known");
    }
}

/* Applies a row from memory without a byte to spare. */
static int64_t apply(const struct run *run, struct venue *venue, const struct row *row)
{
    struct command *commands = exact(run, row->commands, row->count * sizeof *commands);
    struct event *events = exact(run, row->events, row->event_count * sizeof *events);
    char *notes = exact(run, row->notes, row->notes_length);
    struct report *reports = calloc(row->event_count + 1, sizeof *reports);
    struct answer *answers = calloc(row->count + 1, sizeof *answers);
    must(run, reports != NULL && answers != NULL, "there is memory");
    int64_t told = venue_apply(venue, commands, row->count, notes, row->notes_length, events,
                               row->event_count, reports, answers);
    if (told >= 0) {
        check_told(run, row, reports, told, answers);
        must_be_sound(run, venue);
    }
    free(answers);
    free(reports);
    free(notes);
    free(events);
    free(commands);
    return told;
}

static unsigned char *saved(const struct run *run, uint64_t *size)
{
    *size = venue_save(run->venue, NULL, 0);
    unsigned char *bytes = malloc(*size);
    must(run, bytes != NULL && venue_save(run->venue, bytes, *size - 1) == *size, "it says its size");
    must(run, venue_save(run->venue, bytes, *size) == *size, "it takes what it said");
    return bytes;
}

static struct venue *restored(const struct run *run)
{
    uint64_t size;
    unsigned char *bytes = saved(run, &size);
    struct venue *venue = new_venue(run);
    must(run, venue_restore(venue, bytes, size), "what was saved is restored");
    must_be_sound(run, venue);
    must(run, venue_orders(venue) == venue_orders(run->venue), "with all its orders");
    free(bytes);
    return venue;
}

/* A few bytes of a row become others, or it loses its end. */
static void damage_row(struct run *run, struct row *row)
{
    for (uint64_t n = 1 + below(run, 3); n > 0; n--) {
        uint64_t kind = below(run, 8);
        unsigned char byte = (unsigned char)(below(run, 2) == 0 ? below(run, 20) : below(run, 256));
        if (kind < 2)
            ((unsigned char *)row->commands)[below(run, row->count * sizeof(struct command))] = byte;
        else if (kind < 6 && row->event_count > 0)
            ((unsigned char *)row->events)[below(run, row->event_count * sizeof(struct event))] = byte;
        else if (kind == 6)
            row->notes[below(run, row->notes_length)] = (char)byte;
        else if (row->event_count > 0)
            row->event_count -= 1 + below(run, row->event_count);
    }
}

static void try_damaged_rows(struct run *run, const struct row *row)
{
    struct row *damaged = exact(run, row, sizeof *row);
    for (int tries = 0; tries < 8; tries++) {
        struct venue *venue = restored(run);
        *damaged = *row;
        damage_row(run, damaged);
        apply(run, venue, damaged);
        venue_free(venue);
    }
    free(damaged);
}

static void try_damaged_bytes(struct run *run, const struct row *row)
{
    uint64_t size;
    unsigned char *bytes = saved(run, &size);
    for (int tries = 0; tries < 16; tries++) {
        struct venue *venue = new_venue(run);
        uint64_t length = below(run, 8) == 0 ? below(run, size + 1) : size;
        unsigned char *damaged = exact(run, bytes, length);
        if (length > 0)
            damaged[below(run, length)] ^= (unsigned char)(1 + below(run, 255));
        must(run, !venue_restore(venue, damaged, length), "damaged bytes are refused");
        venue_free(venue);
        venue = new_venue(run);
        if (length >= SAVED_CHECKSUM) {
            uint64_t checksum = saved_checksum(damaged, length - SAVED_CHECKSUM);
            memcpy(damaged + length - SAVED_CHECKSUM, &checksum, sizeof checksum);
        }
        if (venue_restore(venue, damaged, length)) {
            must_be_sound(run, venue);
            apply(run, venue, row);
        }
        venue_free(venue);
        free(damaged);
    }
    free(bytes);
}

static void run_rows(struct run *run, uint64_t count)
{
    struct row *row = malloc(sizeof *row);
    must(run, row != NULL, "there is memory");
    for (run->rows = 0; run->rows < count; run->rows++) {
        fill_row(run, row);
        if (run->rows % 10 == 9) {
            try_damaged_bytes(run, row);
            try_damaged_rows(run, row);
            struct venue *venue = restored(run);
            venue_free(run->venue);
            run->venue = venue;
        }
        must(run, apply(run, run->venue, row) >= 0, "a row fits");
    }
    free(row);
}

static void run_config(const struct engine_config *config, uint64_t seed, uint64_t rows)
{
    struct run run = {.config = *config, .engine = engine_new(config)};
    must(&run, run.engine != NULL, "there is memory");
    run.venue = new_venue(&run);
    generator_init(&run.generator, seed, 3, 6, 0);
    generator_init(&run.vandal, seed + 99, 3, 6, 0);
    run_rows(&run, rows);
    venue_free(run.venue);
    engine_free(run.engine);
}

int main(int argc, char **argv)
{
    static const struct engine_config configs[] = {
        {.orders = 500, .instruments = 4, .pages = 64, .nodes = 16, .positions = 64, .client_keys = 300,
         .extras = 200, .feeds = FEED_LEVELS},
        {.orders = 24, .instruments = 3, .pages = 5, .nodes = 6, .positions = 9, .client_keys = 5,
         .extras = 8},
    };
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    uint64_t rows = argc > 2 ? strtoull(argv[2], NULL, 10) : 200;
    for (size_t i = 0; i < sizeof configs / sizeof *configs; i++)
        run_config(&configs[i], seed * 16 + i, rows);
    return 0;
}
