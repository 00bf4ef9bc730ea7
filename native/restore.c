/* restore.c - makes an engine of the bytes of a snapshot. */
#include "restore.h"

#include "shape.h"

static enum restore_error check_frame(const unsigned char *bytes, uint64_t size)
{
    uint32_t version;

    if (size < SNAPSHOT_HEADER + SNAPSHOT_CHECKSUM || memcmp(bytes, SNAPSHOT_MAGIC, 6) != 0)
        return RESTORE_NO_SNAPSHOT;
    version = bytes[6] | (uint32_t)bytes[7] << 8;
    if (version > SNAPSHOT_VERSION)
        return RESTORE_VERSION;
    if (load_64(bytes + size - SNAPSHOT_CHECKSUM) != snapshot_checksum(bytes, size - SNAPSHOT_CHECKSUM))
        return RESTORE_CHECKSUM;
    return version == 0 ? RESTORE_CONTENT : RESTORE_OK;
}

/* Finds the sections. Those that this build does not know are passed over. */
static enum restore_error find_sections(struct reader *reader, const unsigned char *bytes, uint64_t size)
{
    uint64_t at = SNAPSHOT_HEADER;
    uint64_t end = size - SNAPSHOT_CHECKSUM;

    while (at != end) { /* goes on by at least one section's head */
        struct span span;
        uint32_t tag;

        if (end - at < SNAPSHOT_SECTION)
            return RESTORE_CONTENT;
        tag = load_32(bytes + at);
        span = (struct span){.size = load_32(bytes + at + 4), .count = load_64(bytes + at + 8), .is_there = 1};
        at += SNAPSHOT_SECTION;
        span.records = bytes + at;
        if (span.size == 0 || span.size > RECORD_MAX || span.count > (end - at) / span.size)
            return RESTORE_CONTENT;
        at += span.count * span.size;
        if (tag == 0 || tag >= SECTION_COUNT)
            continue;
        if (reader->spans[tag].is_there)
            return RESTORE_CONTENT;
        reader->spans[tag] = span;
    }
    return reader->spans[SECTION_ENGINE].count == 1 ? RESTORE_OK : RESTORE_CONTENT;
}

static enum restore_error check_capacities(const struct reader *reader, const struct engine_config *config)
{
    const struct span *spans = reader->spans;
    int fits = spans[SECTION_INSTRUMENTS].count <= config->instruments && spans[SECTION_NODES].count <= config->nodes
        && spans[SECTION_PAIRS].count <= config->positions && spans[SECTION_ORDERS].count <= config->orders
        && spans[SECTION_EXTRAS].count <= config->extras && spans[SECTION_KEYS].count <= config->client_keys;

    if (!fits)
        return RESTORE_CAPACITY;
    return spans[SECTION_STAGED].count < ENGINE_LEGS_MAX ? RESTORE_OK : RESTORE_CONTENT;
}

static int are_terms(const struct terms *terms)
{
    return terms->is_set == 1
        || (terms->is_set == 0 && (terms->expiry_ns | terms->display | terms->minimum) == 0);
}

static enum restore_error read_engine(struct reader *reader)
{
    struct engine *engine = reader->engine;
    struct engine_record found = {0};
    struct record record;
    struct codec codec = record_read(&reader->spans[SECTION_ENGINE], 0, &record);

    code_engine(&codec, &found);
    if (found.time_ns < 0 || !are_terms(&found.terms))
        return RESTORE_CONTENT;
    engine->sequence = found.sequence;
    engine->time_ns = found.time_ns;
    engine->log.sequence = found.event_sequence;
    engine->terms = found.terms;
    return RESTORE_OK;
}

static enum restore_error read_keys(struct reader *reader)
{
    struct engine *engine = reader->engine;
    const struct span *span = &reader->spans[SECTION_KEYS];

    for (uint64_t i = 0; i < span->count; i++) {
        struct key_entry entry = {0};
        struct record record;
        struct codec codec = record_read(span, i, &record);

        keys_prefetch(&engine->keys, record_ahead(span, i + RECORDS_AHEAD));
        code_key(&codec, &entry);
        if (entry.key == 0 || entry.order == 0 || entry.order > engine->sequence)
            return RESTORE_CONTENT;
        if (keys_find(&engine->keys, entry.key) != 0)
            return RESTORE_CONTENT;
        keys_add(&engine->keys, entry.key, entry.order);
    }
    return RESTORE_OK;
}

/* Whether the last of the waiting orders may stand where it does: the first says how many follow, each next one has
 * one less to come. */
static int is_next_staged(const struct engine *engine, const struct staged *staged)
{
    uint32_t last = staged->count - 1;
    const struct command *command = &staged->commands[last];

    if (command->type != COMMAND_NEW_ORDER || command->sequence == 0 || command->sequence > engine->sequence)
        return 0;
    if (pool_find(&engine->pool, command->sequence) != SLOT_NONE)
        return 0;
    if (command->contingency == CONTINGENCY_NONE || command->more == 0 || command->more >= ENGINE_LEGS_MAX)
        return 0;
    if (shape_check(command, &staged->terms[last]) != REASON_NONE || !are_terms(&staged->terms[last]))
        return 0;
    if (last == 0)
        return command->contingency != CONTINGENCY_BRACKET || command->more > 1;
    return command->sequence > command[-1].sequence && command->instrument == command[-1].instrument
        && command->node == command[-1].node && command->contingency == command[-1].contingency
        && command->more + 1 == command[-1].more;
}

static enum restore_error read_staged(struct reader *reader)
{
    struct staged *staged = &reader->engine->staged;
    const struct span *span = &reader->spans[SECTION_STAGED];

    for (uint64_t i = 0; i < span->count; i++) {
        struct record record;
        struct codec codec = record_read(span, i, &record);

        code_staged(&codec, &staged->commands[staged->count], &staged->terms[staged->count]);
        staged->count++;
        if (!is_next_staged(reader->engine, staged))
            return RESTORE_CONTENT;
    }
    return RESTORE_OK;
}

static enum restore_error read_all(struct reader *reader)
{
    enum restore_error error = read_engine(reader);

    if (error == RESTORE_OK)
        error = restore_stage(reader);
    if (error == RESTORE_OK)
        error = restore_orders(reader);
    if (error == RESTORE_OK)
        error = restore_lists(reader);
    if (error == RESTORE_OK)
        error = restore_open(reader);
    if (error == RESTORE_OK)
        error = read_keys(reader);
    return error == RESTORE_OK ? read_staged(reader) : error;
}

struct engine *engine_restore(const struct engine_config *config, const void *bytes, uint64_t size, uint32_t *error)
{
    struct reader reader = {0};
    enum restore_error found = check_frame(bytes, size);

    if (found == RESTORE_OK)
        found = find_sections(&reader, bytes, size);
    if (found == RESTORE_OK)
        found = check_capacities(&reader, config);
    if (found == RESTORE_OK) {
        reader.engine = engine_new(config);
        found = reader.engine == NULL ? RESTORE_MEMORY : read_all(&reader);
    }
    *error = found;
    if (found == RESTORE_OK)
        return reader.engine;
    engine_free(reader.engine);
    return NULL;
}
