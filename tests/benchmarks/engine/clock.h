/* clock.h - CPU time of this thread, and the processor's own counter for single commands. */
#ifndef TICKMESH_BENCH_CLOCK_H
#define TICKMESH_BENCH_CLOCK_H

#include <stdint.h>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

int64_t cpu_ns(void);
int64_t wall_ns(void);

#if defined(__x86_64__)
/* The fences keep what is timed between the two readings. */
static inline uint64_t ticks_before(void)
{
    uint64_t ticks;

    _mm_lfence();
    ticks = __rdtsc();
    _mm_lfence();
    return ticks;
}

static inline uint64_t ticks_after(void)
{
    unsigned int processor;
    uint64_t ticks = __rdtscp(&processor);

    _mm_lfence();
    return ticks;
}
#else
static inline uint64_t ticks_before(void)
{
    return (uint64_t)wall_ns();
}

static inline uint64_t ticks_after(void)
{
    return (uint64_t)wall_ns();
}
#endif

/* The counter against the wall clock. */
struct ticker {
    double ns_a_tick;
    uint64_t floor;      /* ticks between two readings with nothing between them, median */
    uint64_t resolution; /* the smallest step that the counter was seen to take */
};

struct ticker ticker_calibrate(void);

#endif
