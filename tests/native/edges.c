/* edges.c - what random commands do not reach: configurations that are none, memory that is short, snapshots of
 * other builds and of other sizes. Linked with -Wl,--wrap=calloc. Exits with 0 or aborts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generator.h"
#include "invariants.h"
#include "snapshot.h"
#include "state.h"

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

static const struct engine_config CONFIG = {.orders = 200, .instruments = 4, .pages = 32, .nodes = 8,
                                            .positions = 32, .client_keys = 100, .extras = 100,
                                            .feeds = FEED_LEVELS | FEED_TOP};
static int64_t allocations_left = INT64_MAX;

/* Fails once the allocations that were granted are used up. */
void *__wrap_calloc(size_t count, size_t size)
{
    if (allocations_left == 0)
        return NULL;
    allocations_left--;
    return __real_calloc(count, size);
}

static void must(int condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "not true: %s\n", what);
    abort();
}

/* An engine in the middle of a day. */
static struct engine *busy_engine(uint64_t seed)
{
    struct engine *engine = engine_new(&CONFIG);
    struct generator generator;

    must(engine != NULL, "there is memory");
    generator_init(&generator, seed, 3, 6, 1);
    for (int i = 0; i < 3000 || engine->staged.count == 0 || engine->pool.used < 20; i++) {
        struct command command = generator_next(&generator, engine);

        engine_step(engine, &command, 0);
        must(i < 100000, "an engine gets busy");
    }
    return engine;
}

/* Bytes and how many. */
struct block {
    unsigned char *bytes;
    uint64_t size;
};

static struct block snapshot_of(const struct engine *engine)
{
    struct block block = {.size = engine_snapshot(engine, NULL, 0)};

    block.bytes = malloc(block.size);
    must(block.bytes != NULL, "there is memory");
    memset(block.bytes, 0xa5, block.size);
    must(engine_snapshot(engine, block.bytes, block.size - 1) == block.size, "a snapshot says how much it takes");
    must(block.bytes[0] == 0xa5, "a snapshot that does not fit is not begun");
    must(engine_snapshot(engine, block.bytes, block.size) == block.size, "a snapshot takes what it said");
    return block;
}

static void sign(struct block block)
{
    uint64_t size = block.size - SNAPSHOT_CHECKSUM;

    store_64(block.bytes + size, snapshot_checksum(block.bytes, size));
}

static void must_give(const struct engine_config *config, struct block block, uint32_t wanted, const char *what)
{
    uint32_t error = 99;
    struct engine *engine = engine_restore(config, block.bytes, block.size, &error);

    if (error != wanted)
        fprintf(stderr, "%u instead of %u\n", error, wanted);
    must(error == wanted && (engine == NULL) == (error != RESTORE_OK), what);
    engine_free(engine);
}

static void refuse_configurations(void)
{
    for (size_t i = 0; i < 7; i++) {
        struct engine_config config = CONFIG;

        (&config.orders)[i] = 0;
        must(engine_new(&config) == NULL, "a capacity of 0 makes no engine");
        (&config.orders)[i] = (UINT32_C(1) << 28) + 1;
        must(engine_new(&config) == NULL, "a capacity over 2^28 makes no engine");
    }
    struct engine_config config = CONFIG;

    config.feeds = 8;
    must(engine_new(&config) == NULL, "an unknown feed makes no engine");
    engine_free(NULL);
}

/* However early memory ends, nothing is left behind: the leak checker looks. */
static void run_short_of_memory(struct block block)
{
    int made = 0;

    for (int64_t granted = 0; !made; granted++) {
        struct engine *engine;

        allocations_left = granted;
        engine = engine_new(&CONFIG);
        made = engine != NULL;
        engine_free(engine);
        allocations_left = granted;
        must_give(&CONFIG, block, made ? RESTORE_OK : RESTORE_MEMORY, "without memory nothing is restored");
    }
    allocations_left = INT64_MAX;
}

static void refuse_what_is_no_snapshot(struct block block)
{
    struct block shorter = block;

    for (shorter.size = 0; shorter.size < SNAPSHOT_HEADER + SNAPSHOT_CHECKSUM; shorter.size++)
        must_give(&CONFIG, shorter, RESTORE_NO_SNAPSHOT, "too few bytes are no snapshot");
    for (; shorter.size < block.size; shorter.size += 1 + shorter.size / 16)
        must_give(&CONFIG, shorter, RESTORE_CHECKSUM, "a part of a snapshot is none");
    block.bytes[1] ^= 32;
    must_give(&CONFIG, block, RESTORE_NO_SNAPSHOT, "a snapshot begins like one");
    block.bytes[1] ^= 32;
    block.bytes[6]++;
    must_give(&CONFIG, block, RESTORE_VERSION, "a later version is refused");
    block.bytes[6]--;
    block.bytes[7]++;
    must_give(&CONFIG, block, RESTORE_VERSION, "a much later version is refused");
    block.bytes[7]--;
    block.bytes[6] = 0;
    sign(block);
    must_give(&CONFIG, block, RESTORE_CONTENT, "there is no version 0");
    block.bytes[6] = SNAPSHOT_VERSION;
    sign(block);
    must_give(&CONFIG, block, RESTORE_OK, "an unchanged snapshot is restored");
}

static void refuse_every_flipped_bit(struct block block)
{
    for (uint64_t bit = 0; bit < block.size * 8; bit += bit < 4096 ? 1 : 97) {
        uint32_t error;

        block.bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        must(engine_restore(&CONFIG, block.bytes, block.size, &error) == NULL, "no flipped bit goes unseen");
        block.bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
}

static void refuse_what_does_not_fit(const struct engine *engine, struct block block)
{
    const uint32_t used[] = {engine->pool.used, engine->instrument_count, engine->pages.used,
                             engine->risk.nodes.count, engine->risk.pairs.used, keys_count(&engine->keys),
                             engine->extras.used};

    for (size_t i = 0; i < sizeof used / sizeof *used; i++) {
        struct engine_config config = CONFIG;

        must(used[i] > 1, "a busy engine uses some of everything");
        (&config.orders)[i] = used[i] - 1;
        must_give(&config, block, RESTORE_CAPACITY, "what does not fit is refused");
        if (i == 0) /* the slices of its icebergs need places too */
            continue;
        (&config.orders)[i] = used[i];
        must_give(&config, block, RESTORE_OK, "what just fits is restored");
    }
}

/* Goes from one section to the next. Returns 0 at the end. */
static int next_section(struct block block, uint64_t *at)
{
    uint64_t size = load_32(block.bytes + *at + 4) * load_64(block.bytes + *at + 8);

    *at += SNAPSHOT_SECTION + size;
    return *at < block.size - SNAPSHOT_CHECKSUM;
}

/* The same snapshot as a build would write it whose records are `by` bytes longer (with something in them), and that
 * has one section more. */
static struct block grown(struct block block, uint32_t by)
{
    struct block wide = {.bytes = calloc(4, block.size + 4096)};
    uint64_t from = SNAPSHOT_HEADER;
    unsigned char *to = wide.bytes;

    must(wide.bytes != NULL, "there is memory");
    memcpy(to, block.bytes, SNAPSHOT_HEADER);
    to += SNAPSHOT_HEADER;
    do {
        uint32_t size = load_32(block.bytes + from + 4);
        uint64_t count = load_64(block.bytes + from + 8);

        memcpy(to, block.bytes + from, SNAPSHOT_SECTION);
        store_32(to + 4, size + by);
        to += SNAPSHOT_SECTION;
        for (uint64_t i = 0; i < count; i++) {
            memcpy(to, block.bytes + from + SNAPSHOT_SECTION + i * size, size);
            memset(to + size, 0x5a, by);
            to += size + by;
        }
    } while (next_section(block, &from));
    store_32(to, 77);
    store_32(to + 4, 3);
    store_64(to + 8, 5);
    to += SNAPSHOT_SECTION + 15;
    wide.size = (uint64_t)(to - wide.bytes) + SNAPSHOT_CHECKSUM;
    sign(wide);
    return wide;
}

static void read_later_builds(const struct engine *engine, struct block block)
{
    for (uint32_t by = 0; by < 40; by += 13) {
        struct block wide = grown(block, by);
        uint32_t error;
        struct engine *twin = engine_restore(&CONFIG, wide.bytes, wide.size, &error);

        must(twin != NULL, "records of a later build are read as far as they are known");
        must(engine_state_hash(twin) == engine_state_hash(engine), "and mean the same");
        must(engine_check(twin) == NULL, "and make a sound engine");
        engine_free(twin);
        free(wide.bytes);
    }
}

/* An empty engine's snapshot is a head and nine sections; without those that have no records it means the same. */
static void read_missing_sections(void)
{
    struct engine *engine = engine_new(&CONFIG);
    struct block block = snapshot_of(engine);
    struct block brief = {
        .bytes = block.bytes,
        .size = SNAPSHOT_HEADER + SNAPSHOT_SECTION + ENGINE_RECORD + SNAPSHOT_CHECKSUM,
    };

    must_give(&CONFIG, block, RESTORE_OK, "an empty engine is restored");
    sign(brief);
    must_give(&CONFIG, brief, RESTORE_OK, "a missing section is an empty one");
    brief.size = SNAPSHOT_HEADER + SNAPSHOT_CHECKSUM;
    sign(brief);
    must_give(&CONFIG, brief, RESTORE_CONTENT, "a snapshot without an engine is none");
    free(block.bytes);
    engine_free(engine);
}

/* Overwrites the head of a section, or what the snapshot ends with. */
static void refuse_wrong_sections(struct block block)
{
    static const uint32_t sizes[] = {0, RECORD_MAX + 1, UINT32_MAX};
    uint64_t at = SNAPSHOT_HEADER;
    uint64_t second;

    next_section(block, &at);
    second = at;
    do {
        unsigned char head[SNAPSHOT_SECTION];

        memcpy(head, block.bytes + at, sizeof head);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            store_32(block.bytes + at + 4, sizes[i]);
            sign(block);
            must_give(&CONFIG, block, RESTORE_CONTENT, "a record has a size");
        }
        memcpy(block.bytes + at, head, sizeof head);
        store_64(block.bytes + at + 8, UINT64_MAX / 2);
        sign(block);
        must_give(&CONFIG, block, RESTORE_CONTENT, "a section ends within the snapshot");
        memcpy(block.bytes + at, head, sizeof head);
        if (at != second) {
            memcpy(block.bytes + at, block.bytes + second, 4);
            sign(block);
            must_give(&CONFIG, block, RESTORE_CONTENT, "a section comes once");
            memcpy(block.bytes + at, head, sizeof head);
        }
    } while (next_section(block, &at));
    sign(block);
    must_give(&CONFIG, block, RESTORE_OK, "an unchanged snapshot is restored");
}

/* Other feeds: what was told before means nothing to an engine that tells something else. */
static void change_feeds(struct block block)
{
    for (uint32_t feeds = 0; feeds < 8; feeds++) {
        struct engine_config config = CONFIG;
        uint32_t error;
        struct engine *engine;

        config.feeds = feeds;
        engine = engine_restore(&config, block.bytes, block.size, &error);
        must(engine != NULL && engine_check(engine) == NULL, "a snapshot can be restored with other feeds");
        engine_free(engine);
    }
}

int main(void)
{
    struct engine *engine = busy_engine(3);
    struct block block = snapshot_of(engine);

    refuse_configurations();
    run_short_of_memory(block);
    refuse_what_is_no_snapshot(block);
    refuse_every_flipped_bit(block);
    refuse_what_does_not_fit(engine, block);
    refuse_wrong_sections(block);
    read_later_builds(engine, block);
    read_missing_sections();
    change_feeds(block);
    free(block.bytes);
    engine_free(engine);
    return 0;
}
