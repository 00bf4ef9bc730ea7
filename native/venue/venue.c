#include "inside.h"

#include <stdlib.h>
#include <string.h>

#include "lines.h"

#define WORDS 256

static int make_tables(struct venue *venue, const struct venue_config *config)
{
    venue->instruments = calloc(config->instruments, sizeof *venue->instruments);
    venue->places = calloc(config->nodes, sizeof *venue->places);
    venue->live = lines_new(venue_slots(venue), sizeof *venue->live);
    venue->words = calloc(WORDS, sizeof *venue->words);
    uint64_t keys = venue_slots(venue) + ENGINE_LEGS_MAX + config->waiting;
    return venue->instruments != NULL && venue->places != NULL && venue->live != NULL &&
           venue->words != NULL && names_make(&venue->symbols, config->instruments) &&
           names_make(&venue->nodes, config->nodes) && numbers_make(&venue->keys, keys) &&
           numbers_make(&venue->slots, venue_slots(venue));
}

struct venue *venue_new(const struct venue_config *config)
{
    struct venue *venue = calloc(1, sizeof *venue);
    if (venue == NULL)
        return NULL;
    venue->config = *config;
    venue->first_free = ENGINE_NONE;
    if (!make_tables(venue, config)) {
        venue_free(venue);
        return NULL;
    }
    return venue;
}

void venue_free(struct venue *venue)
{
    if (venue == NULL)
        return;
    free(venue->instruments);
    free(venue->places);
    lines_free(venue->live);
    free(venue->words);
    names_free(&venue->symbols);
    names_free(&venue->nodes);
    numbers_free(&venue->keys);
    numbers_free(&venue->slots);
    free(venue);
}

static int is_increment(uint64_t factor, uint8_t places)
{
    return factor != 0 && factor <= INT64_MAX && places <= VENUE_PLACES_MAX;
}

int venue_list(struct venue *venue, const struct venue_instrument *instrument)
{
    uint32_t index = venue->instrument_count;
    if (index == venue->config.instruments || instrument->symbol_length > VENUE_SYMBOL_MAX ||
        !is_increment(instrument->price_factor, instrument->price_places) ||
        !is_increment(instrument->quantity_factor, instrument->quantity_places) ||
        !names_add(&venue->symbols, instrument->symbol, instrument->symbol_length, index))
        return 0;
    venue->instruments[index] = *instrument;
    venue->instrument_count++;
    return 1;
}

/* Writes portfolio, 0 and strategy. Returns how long that is. */
static uint32_t join(char *text, const char *portfolio, uint32_t portfolio_length, const char *strategy,
                     uint32_t strategy_length)
{
    memcpy(text, portfolio, portfolio_length);
    text[portfolio_length] = 0;
    memcpy(text + portfolio_length + 1, strategy, strategy_length);
    return portfolio_length + 1 + strategy_length;
}

uint32_t venue_find_node(const struct venue *venue, const char *portfolio, uint32_t portfolio_length,
                         const char *strategy, uint32_t strategy_length)
{
    char text[NAMES_TEXT_MAX];
    if (portfolio_length > VENUE_ID_MAX || strategy_length > VENUE_ID_MAX)
        return ENGINE_NONE;
    uint32_t length = join(text, portfolio, portfolio_length, strategy, strategy_length);
    return names_find(&venue->nodes, text, length);
}

static void fill_place(struct place *place, const char *name, uint32_t name_length, const char *portfolio,
                       uint32_t portfolio_length, const char *strategy, uint32_t strategy_length)
{
    memcpy(place->name, name, name_length);
    memcpy(place->portfolio, portfolio, portfolio_length);
    memcpy(place->strategy, strategy, strategy_length);
    place->name_length = (uint8_t)name_length;
    place->portfolio_length = (uint8_t)portfolio_length;
    place->strategy_length = (uint8_t)strategy_length;
}

int venue_add_node(struct venue *venue, const char *name, uint32_t name_length, const char *portfolio,
                   uint32_t portfolio_length, const char *strategy, uint32_t strategy_length)
{
    uint32_t index = venue->node_count;
    struct place *place = &venue->places[index];
    if (index == venue->config.nodes || name_length > sizeof place->name ||
        portfolio_length > VENUE_ID_MAX || strategy_length > VENUE_ID_MAX)
        return 0;
    fill_place(place, name, name_length, portfolio, portfolio_length, strategy, strategy_length);
    venue->node_count++;
    place->portfolio_node = ENGINE_NONE;
    if (portfolio_length == 0)
        return 1;
    char text[NAMES_TEXT_MAX];
    uint32_t length = join(text, portfolio, portfolio_length, strategy, strategy_length);
    int added = names_add(&venue->nodes, text, length, index);
    place->portfolio_node = venue_find_node(venue, portfolio, portfolio_length, "", 0);
    return added;
}

int venue_word(struct venue *venue, uint8_t reason, const char *name, uint32_t name_length,
               const char *sentence, uint32_t sentence_length)
{
    struct word *word = &venue->words[reason];
    if (name_length > sizeof word->name || sentence_length > sizeof word->sentence)
        return 0;
    memcpy(word->name, name, name_length);
    memcpy(word->sentence, sentence, sentence_length);
    word->name_length = (uint8_t)name_length;
    word->sentence_length = (uint8_t)sentence_length;
    return 1;
}

uint64_t venue_key_order(const struct venue *venue, uint64_t key)
{
    return numbers_find(&venue->keys, key);
}

int venue_note_key(struct venue *venue, uint64_t key, uint64_t order)
{
    return numbers_find(&venue->keys, key) != 0 || numbers_add(&venue->keys, key, order);
}
