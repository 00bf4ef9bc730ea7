#define _POSIX_C_SOURCE 200809L

#include "figures.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

static int by_ticks(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

double median(double *values, uint32_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return values[count / 2];
}

void sort_ticks(uint32_t *ticks, uint64_t count)
{
    qsort(ticks, count, sizeof *ticks, by_ticks);
}

uint32_t percentile(const uint32_t *sorted, uint64_t count, double share)
{
    uint64_t rank = (uint64_t)((double)count * share);

    return sorted[rank < count ? rank : count - 1];
}

void row_open(const char *section)
{
    printf("{\"section\": \"%s\"", section);
}

void row_text(const char *name, const char *value)
{
    printf(", \"%s\": \"%s\"", name, value);
}

void row_integer(const char *name, int64_t value)
{
    printf(", \"%s\": %lld", name, (long long)value);
}

void row_number(const char *name, double value)
{
    printf(", \"%s\": %.3f", name, value);
}

void row_close(void)
{
    puts("}");
    fflush(stdout);
}

int64_t resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long long pages = 0, resident = 0;

    if (file == NULL)
        return 0;
    if (fscanf(file, "%lld %lld", &pages, &resident) != 2)
        resident = 0;
    fclose(file);
    return (int64_t)resident * (int64_t)sysconf(_SC_PAGESIZE);
}

int64_t available_bytes(void)
{
    FILE *file = fopen("/proc/meminfo", "r");
    char line[128];
    long long kilobytes = 0;

    if (file == NULL)
        return 0;
    while (fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "MemAvailable: %lld", &kilobytes) == 1)
            break;
    fclose(file);
    return (int64_t)kilobytes * 1024;
}

_Noreturn void give_up(const char *what, uint64_t detail)
{
    fprintf(stderr, "driver: %s (%llu)\n", what, (unsigned long long)detail);
    exit(1);
}

void *take(uint64_t count, uint64_t size)
{
    void *memory = malloc((size_t)(count * size));

    if (memory == NULL)
        give_up("memory is short, bytes", count * size);
    return memory;
}
