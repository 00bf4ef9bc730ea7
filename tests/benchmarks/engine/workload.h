/* workload.h - the flow that engines are compared by: orders come, go, move and shrink, spread evenly
 * over the levels of a book, and one command in twenty trades.
 *
 * The generator runs an engine beside itself and reads its events, so that it always knows which orders
 * live: every cancel, move and reduction hits one. All of it is made ahead of time. */
#ifndef TICKMESH_BENCH_WORKLOAD_H
#define TICKMESH_BENCH_WORKLOAD_H

#include "script.h"

#define UNIT_VALUE 10000000 /* a tick times a lot is a cent */
#define QUANTITY_MAX 100    /* lots of one order */

struct workload {
    uint32_t symbols;
    uint32_t levels; /* of one symbol, both sides together */
    uint64_t resting;  /* live orders, all symbols together */
    uint64_t warm;     /* commands between filling and measuring, until the best prices have found their place */
    uint64_t measured; /* commands */
    uint32_t accounts;
    uint32_t depth; /* nodes from an account to the firm, both counted */
    int gate;       /* limits set, self-trade prevention asked for */
    uint32_t feeds;
    uint32_t client_keys;
    uint64_t seed;
};

enum action { ACTION_ADD, ACTION_CANCEL, ACTION_MOVE, ACTION_REDUCE, ACTION_TAKE, ACTION_COUNT };

extern const char *const ACTION_NAMES[ACTION_COUNT];

struct flow {
    struct script script;
    uint64_t filled;  /* commands until the books were full */
    uint64_t first;   /* the first measured command */
    uint8_t *actions; /* enum action of each measured command */
    uint64_t hash;    /* of the state after the last command */
    uint64_t events;  /* that the measured commands caused */
    uint64_t trades;  /* among them, of two sides each */
    uint64_t stopped; /* takers that self-trade prevention ended */
    uint64_t live_at_start, live_at_end;
};

struct engine_config workload_config(const struct workload *workload);
void flow_make(struct flow *flow, const struct workload *workload);
void flow_free(struct flow *flow);

/* The middle of a symbol's prices: differs, so that books do not line up in memory. */
int64_t symbol_middle(uint32_t symbol);

#endif
