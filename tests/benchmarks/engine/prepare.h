/* prepare.h - what the scenarios with a steady flow share. */
#ifndef TICKMESH_BENCH_PREPARE_H
#define TICKMESH_BENCH_PREPARE_H

#include "scenarios.h"
#include "workload.h"

#define REPETITIONS_MAX 64

/* The workload that engines are compared by. */
extern const struct workload ONE_SYMBOL;

/* A workload as the options want it. */
struct workload prepared(struct workload workload, const struct options *options);
uint32_t repetitions(const struct options *options, uint32_t usual);

/* An engine as it is before the first measured command. */
struct engine *warmed(const struct workload *workload, const struct flow *flow, uint32_t batch);

/* Gives up unless the engine ended as the one beside the generator did. */
void check_end(const struct engine *engine, const struct flow *flow);

/* latency.c: one command a call, each timed. */
void latency(const struct workload *workload, const struct flow *flow, const struct options *options);

#endif
