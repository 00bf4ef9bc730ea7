/* scenarios.h - what the driver can measure. Each prints rows of its own section. */
#ifndef TICKMESH_BENCH_SCENARIOS_H
#define TICKMESH_BENCH_SCENARIOS_H

#include <stdint.h>

struct options {
    uint64_t commands;     /* measured ones; 0: as the scenario has it */
    uint32_t repetitions;  /* likewise */
    uint32_t batch;        /* commands a call */
    uint64_t seed;
    int quick;             /* a check, not a figure */
    const char *output;    /* of `dump`, and what its flow is like */
    uint64_t resting;
    uint64_t warm;
    int gate;
};

/* steady.c */
void one_symbol(const struct options *options);    /* throughput, then latency */
void variants(const struct options *options);      /* the same with less and with more asked of it */
void many_symbols(const struct options *options);
void huge(const struct options *options);

/* apart.c */
void apart(const struct options *options); /* adds alone, cancels alone */

/* count.c */
void counted(const struct options *options); /* for callgrind: the flow once, nothing timed */
void counted_batches(const struct options *options);
void dump(const struct options *options);

/* worst.c */
void sweep(const struct options *options);
void cascade(const struct options *options);
void far_prices(const struct options *options);

/* mass.c */
void mass_cancel(const struct options *options);
void auction(const struct options *options);
void snapshot(const struct options *options);

#endif
