#define _POSIX_C_SOURCE 200809L

#include "clock.h"

#include <stdlib.h>
#include <time.h>

#include "figures.h"

#define SAMPLES 100001
#define CALIBRATION_NS 50000000

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + (int64_t)now.tv_nsec;
}

int64_t cpu_ns(void)
{
    return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

int64_t wall_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

struct ticker ticker_calibrate(void)
{
    struct ticker ticker = {0};
    uint32_t *samples = take(SAMPLES, sizeof *samples);
    int64_t start_ns = wall_ns(), now_ns = start_ns;
    uint64_t first = ticks_before();

    for (uint32_t i = 0; i < SAMPLES; i++) {
        uint64_t before = ticks_before();

        samples[i] = (uint32_t)(ticks_after() - before);
    }
    while (now_ns - start_ns < CALIBRATION_NS)
        now_ns = wall_ns();
    ticker.ns_a_tick = (double)(now_ns - start_ns) / (double)(ticks_after() - first);
    sort_ticks(samples, SAMPLES);
    ticker.floor = samples[SAMPLES / 2];
    for (uint32_t i = 1; i < SAMPLES; i++) {
        uint32_t step = samples[i] - samples[i - 1];

        if (step != 0 && (ticker.resolution == 0 || step < ticker.resolution))
            ticker.resolution = step;
    }
    free(samples);
    return ticker;
}
