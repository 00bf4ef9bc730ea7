/* bench.h - an engine for the worst cases: one instrument, eight accounts, limits too wide to refuse. */
#ifndef TICKMESH_BENCH_BENCH_H
#define TICKMESH_BENCH_BENCH_H

#include "script.h"

#define ACCOUNTS 8
#define FIRST_ACCOUNT 1
#define MIDDLE 1000000
#define LEVELS 1020
#define ROUNDS 5

/* An engine, the script that it hears next, and what it answered last. */
struct bench {
    struct engine *engine;
    struct engine_config config;
    struct script script;
    uint64_t counts[32]; /* events by type */
};

void bench_init(struct bench *bench, uint64_t orders, uint64_t pages);
void bench_free(struct bench *bench);

/* Writes a new order into the script. */
void bench_order(struct bench *bench, uint32_t account, uint8_t kind, uint8_t side, int64_t price,
                 int64_t quantity, int64_t trigger);

/* Gives the script to the engine and starts a new one. Returns the CPU time of the engine in ns. */
int64_t bench_flush(struct bench *bench);

/* Gives up unless the last script caused exactly so many events of a type. */
void bench_expect(const struct bench *bench, enum event_type type, uint64_t count);

/* Prints the middle of ROUNDS times, whole and for each of `size` units. */
void bench_row(const char *name, uint64_t size, const char *unit, double *spent_ns);

#endif
