/* tell_run.c - reports and answers of random bytes, told within the room that is promised. Exits with 0 or aborts.
 *
 * tell_run SEED COUNT: what they name by index is there, as tell.h asks; all else is as chance has it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "venue/tell.h"

#define INSTRUMENTS 50
#define NODES 4
#define BATCH 16

static uint64_t state;

static uint64_t draw_word(void)
{
    state += UINT64_C(0x9E3779B97F4A7C15); /* splitmix64 */
    uint64_t word = state;
    word = (word ^ word >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    word = (word ^ word >> 27) * UINT64_C(0x94D049BB133111EB);
    return word ^ word >> 31;
}

static uint32_t below(uint32_t bound)
{
    return (uint32_t)(draw_word() % bound);
}

static void must(int condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "not true: %s\n", what);
    abort();
}

/* Bytes of which some words are at an edge. */
static void scribble(void *bytes, size_t size)
{
    static const uint64_t EDGES[] = {0, 1, INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX, 1000000000};
    for (size_t i = 0; i + 8 <= size; i += 8) {
        uint64_t word = below(3) == 0 ? EDGES[below(6)] : draw_word() >> below(64);
        memcpy((char *)bytes + i, &word, 8);
    }
}

static struct venue *new_venue(void)
{
    struct venue *venue = venue_new(
        &(struct venue_config){.orders = 1, .waiting = 1, .instruments = INSTRUMENTS, .nodes = NODES});
    must(venue != NULL, "there is memory");
    for (uint32_t i = 0; i < INSTRUMENTS; i++) {
        struct venue_instrument instrument = {
            .price_factor = draw_word() >> 1 >> below(63) | 1,
            .quantity_factor = draw_word() >> 1 >> below(63) | 1,
            .price_places = (uint8_t)(i % (VENUE_PLACES_MAX + 1)),
            .quantity_places = (uint8_t)below(VENUE_PLACES_MAX + 1),
        };
        instrument.symbol_length = (uint8_t)snprintf(instrument.symbol, sizeof instrument.symbol, "S%u", i);
        must(venue_list(venue, &instrument), "an instrument is listed");
    }
    return venue;
}

/* Names some of which are as long as they can be. */
static void name_all(struct venue *venue)
{
    char text[200];
    memset(text, 'x', sizeof text);
    for (uint32_t node = 0; node < NODES; node++) {
        text[0] = (char)('a' + node);
        uint32_t length = node % 2 != 0 ? VENUE_ID_MAX : 1;
        must(venue_add_node(venue, text, 2 * length + 16, text, length, text, node / 2 * length), "a node fits");
    }
    for (uint32_t reason = 0; reason < 256; reason++)
        must(venue_word(venue, (uint8_t)reason, text, reason % 41, text, reason % 201), "a word is told");
}

static void draw_report(struct report *report)
{
    scribble(report, sizeof *report);
    report->instrument = below(INSTRUMENTS);
    report->node = below(NODES);
    report->limit_node = below(2) == 0 ? ENGINE_NONE : below(NODES);
    report->text_length = (uint8_t)below(VENUE_TEXT_MAX + 1);
    report->exec_type = (uint8_t)(below(2) == 0 ? below(8) : below(256));
}

static void draw_answer(struct answer *answer)
{
    scribble(answer, sizeof *answer);
    answer->first_order = below(BATCH) == 0;
    answer->report = (int32_t)below(BATCH + 1) - 1;
}

static void tell_reports(const struct venue *venue, const struct report *reports)
{
    struct venue_filter filter = {
        .exec_types = below(2) == 0 ? 0 : (uint32_t)draw_word(),
        .portfolio = below(2) == 0 ? ENGINE_NONE : below(NODES),
    };
    uint64_t next = 0;
    while (next < BATCH) {
        uint64_t before = next;
        uint32_t limit = 1 + below(BATCH), written;
        uint8_t *bytes = malloc((size_t)limit * VENUE_REPORT_MAX);
        must(bytes != NULL, "there is memory");
        uint64_t size = venue_reports(venue, reports, BATCH, &filter, limit, &next, &written, bytes);
        must(written <= limit && size <= (uint64_t)written * VENUE_REPORT_MAX, "a report fits its room");
        must(next > before && next <= BATCH, "it goes on");
        free(bytes);
    }
}

static void tell_results(const struct venue *venue, const struct answer *answers, const struct report *reports)
{
    uint32_t from = below(BATCH), stopped;
    uint8_t *bytes = malloc((BATCH - from) * (size_t)VENUE_RESULT_MAX);
    must(bytes != NULL, "there is memory");
    uint64_t size = venue_results(venue, answers, reports, from, BATCH, bytes, &stopped);
    must(stopped >= from && stopped <= BATCH, "it stops within");
    must(stopped == BATCH || answers[stopped].first_order != 0, "it stops where the tables know");
    must(size <= (uint64_t)(stopped - from) * VENUE_RESULT_MAX, "a result fits its room");
    free(bytes);
}

int main(int count, char **words)
{
    struct report reports[BATCH];
    struct answer answers[BATCH];
    must(count == 3, "a seed and a count are given");
    state = strtoull(words[1], NULL, 10);
    struct venue *venue = new_venue();
    name_all(venue);
    for (uint64_t left = strtoull(words[2], NULL, 10); left > 0; left--) {
        for (uint32_t i = 0; i < BATCH; i++) {
            draw_report(&reports[i]);
            draw_answer(&answers[i]);
        }
        tell_reports(venue, reports);
        tell_results(venue, answers, reports);
    }
    venue_free(venue);
    return 0;
}
