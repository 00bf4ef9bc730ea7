/* figures.h - medians, percentiles, and one line of JSON for each row of a table. */
#ifndef TICKMESH_BENCH_FIGURES_H
#define TICKMESH_BENCH_FIGURES_H

#include <stdint.h>

/* Sorts and returns the middle. */
double median(double *values, uint32_t count);

void sort_ticks(uint32_t *ticks, uint64_t count);

/* Of sorted ticks, by nearest rank. */
uint32_t percentile(const uint32_t *sorted, uint64_t count, double share);

/* {"section": ..., "name": value, ...} on a line of its own. */
void row_open(const char *section);
void row_text(const char *name, const char *value);
void row_integer(const char *name, int64_t value);
void row_number(const char *name, double value);
void row_close(void);

/* Resident memory of this process in bytes, and what the machine could still give; 0 when unknown. */
int64_t resident_bytes(void);
int64_t available_bytes(void);

/* Says what went wrong and exits: a figure of a run that went wrong is worse than none. */
_Noreturn void give_up(const char *what, uint64_t detail);

/* malloc() that gives up when memory is short. */
void *take(uint64_t count, uint64_t size);

#endif
