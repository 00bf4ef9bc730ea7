/* entry_run.c - reads messages of a file into rows that have hardly any room. Exits with 0 or aborts.
 *
 * entry_run FILE: the file is parts, each 4 bytes of length and as many bytes. The first says how many
 * instruments and nodes there are, then come the instruments as they lie in memory, three texts a node, and
 * messages. Every message and every row has memory of just its size, so that a sanitizer sees who reads or
 * writes beyond it. Prints how many actions were stamped and how many set aside. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "venue/entry.h"
#include "venue/inside.h"

#define ORDERS 64
#define ROW_COMMANDS 3
#define ROW_NOTES 100
#define COUNTS 2

struct part {
    uint8_t *bytes;
    uint32_t length;
};

static void must(int condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "not true: %s\n", what);
    abort();
}

/* Returns 1, or 0 at the end of the file. */
static int next_part(FILE *file, struct part *part)
{
    if (fread(&part->length, sizeof part->length, 1, file) != 1)
        return 0;
    part->bytes = malloc(part->length);
    must(part->length == 0 || part->bytes != NULL, "there is memory");
    must(fread(part->bytes, 1, part->length, file) == part->length, "a part is whole");
    return 1;
}

static void list_instruments(FILE *file, struct venue *venue, uint32_t count)
{
    struct venue_instrument instrument;
    struct part part;

    for (uint32_t i = 0; i < count; i++) {
        must(next_part(file, &part) && part.length == sizeof instrument, "this is an instrument");
        memcpy(&instrument, part.bytes, sizeof instrument);
        must(venue_list(venue, &instrument), "an instrument is listed");
        free(part.bytes);
    }
}

static void add_nodes(FILE *file, struct venue *venue, uint32_t count)
{
    struct part name, portfolio, strategy;

    for (uint32_t i = 0; i < count; i++) {
        must(next_part(file, &name) && next_part(file, &portfolio) && next_part(file, &strategy),
             "this is a node");
        must(venue_add_node(venue, (char *)name.bytes, name.length, (char *)portfolio.bytes, portfolio.length,
                            (char *)strategy.bytes, strategy.length),
             "a node is added");
        free(name.bytes);
        free(portfolio.bytes);
        free(strategy.bytes);
    }
}

/* Orders 1 to ORDERS, on all instruments in turn. */
static void rest_orders(struct venue *venue)
{
    for (uint32_t i = 0; i < ORDERS; i++) {
        venue->live[i].instrument = i % venue->instrument_count;
        venue->live[i].price = i % 3 * 1000;
        venue->live[i].quantity = 1 + i * 7;
        must(numbers_add(&venue->slots, i + 1, i + 1), "an order rests");
    }
}

static struct venue *new_venue(FILE *file)
{
    struct part counts;
    must(next_part(file, &counts) && counts.length == COUNTS * sizeof(uint32_t), "the file has a beginning");
    uint32_t numbers[COUNTS];
    memcpy(numbers, counts.bytes, sizeof numbers);
    free(counts.bytes);
    struct venue *venue = venue_new(&(struct venue_config){
        .orders = ORDERS, .waiting = 1 << 14, .instruments = numbers[0], .nodes = numbers[1]});
    must(venue != NULL, "there is memory");
    list_instruments(file, venue, numbers[0]);
    add_nodes(file, venue, numbers[1]);
    rest_orders(venue);
    return venue;
}

/* Reads a message to its end, and returns how many actions were set aside. */
static uint64_t read_message(struct venue *venue, struct venue_row *row, struct part message)
{
    struct venue_cursor cursor = {0};
    uint64_t aside = 0;
    uint32_t stop;

    venue_count(message.bytes, message.length);
    while ((stop = venue_read(venue, row, message.bytes, message.length, &cursor)) != VENUE_DONE) {
        must(cursor.offset <= message.length && cursor.start <= cursor.end, "the cursor is in the message");
        must(stop == VENUE_FULL || cursor.end == cursor.offset, "what is aside ends where reading goes on");
        aside += stop == VENUE_ASIDE;
        if (stop == VENUE_FULL)
            row->count = row->notes_length = 0;
    }
    return aside;
}

int main(int count, char **words)
{
    FILE *file = count == 2 ? fopen(words[1], "rb") : NULL;
    must(file != NULL, "the file can be read");
    struct venue *venue = new_venue(file);
    struct venue_row row = {
        .commands = malloc(ROW_COMMANDS * sizeof(struct command)),
        .notes = malloc(ROW_NOTES),
        .capacity = ROW_COMMANDS,
        .notes_capacity = ROW_NOTES,
    };
    must(row.commands != NULL && row.notes != NULL, "there is memory");
    struct part message;
    uint64_t aside = 0;
    for (; next_part(file, &message); free(message.bytes))
        aside += read_message(venue, &row, message);
    printf("%llu %llu\n", (unsigned long long)row.sequence, (unsigned long long)aside);
    free(row.commands);
    free(row.notes);
    venue_free(venue);
    return fclose(file);
}
