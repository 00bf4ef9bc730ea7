/* driver.c - measures the engine from C, without Python. `make bench` compiles and runs it; by hand, at the
 * root of the repository:
 *
 *     mkdir -p build/bench && gcc -std=c11 -O3 -flto -DNDEBUG -Inative -o build/bench/driver \
 *         tests/benchmarks/engine/[a-z]*.c native/[a-z]*.c
 *     build/bench/driver one-symbol
 *
 *     build/bench/driver [--quick] [--seed N] [--commands N] [--repetitions N] [--batch N] SCENARIO...
 *     build/bench/driver [--resting N] [--warm N] [--no-gate] --output FLOW dump
 *
 * A row is a line of JSON. Times are CPU time of the thread. Everything is made from the seed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "figures.h"
#include "scenarios.h"

struct scenario {
    const char *name;
    void (*run)(const struct options *options);
    int usual; /* a part of `all` */
};

static const struct scenario SCENARIOS[] = {
    {"one-symbol", one_symbol, 1}, {"variants", variants, 1},       {"many", many_symbols, 1},
    {"huge", huge, 1},             {"apart", apart, 1},             {"sweep", sweep, 1},
    {"cascade", cascade, 1},
    {"far", far_prices, 1},        {"mass-cancel", mass_cancel, 1}, {"auction", auction, 1},
    {"snapshot", snapshot, 1},     {"count", counted, 0},          {"count-batches", counted_batches, 0},
    {"dump", dump, 0},
};

static uint64_t number_after(int argc, char **argv, int *at)
{
    char *end = NULL;
    uint64_t number;

    if (++*at == argc)
        give_up("a number is missing after the last word", 0);
    number = strtoull(argv[*at], &end, 10);
    if (*end != '\0' || end == argv[*at])
        give_up("not a number: word", (uint64_t)*at);
    return number;
}

static int takes_option(struct options *options, int argc, char **argv, int *at)
{
    const char *word = argv[*at];

    if (strcmp(word, "--quick") == 0)
        options->quick = 1;
    else if (strcmp(word, "--seed") == 0)
        options->seed = number_after(argc, argv, at);
    else if (strcmp(word, "--commands") == 0)
        options->commands = number_after(argc, argv, at);
    else if (strcmp(word, "--repetitions") == 0)
        options->repetitions = (uint32_t)number_after(argc, argv, at);
    else if (strcmp(word, "--batch") == 0)
        options->batch = (uint32_t)number_after(argc, argv, at);
    else if (strcmp(word, "--resting") == 0)
        options->resting = number_after(argc, argv, at);
    else if (strcmp(word, "--warm") == 0)
        options->warm = number_after(argc, argv, at);
    else if (strcmp(word, "--no-gate") == 0)
        options->gate = 0;
    else if (strcmp(word, "--output") == 0 && *at + 1 < argc)
        options->output = argv[++*at];
    else
        return 0;
    return 1;
}

static int run(const char *word, const struct options *options)
{
    uint32_t found = 0;

    for (uint32_t i = 0; i < sizeof SCENARIOS / sizeof *SCENARIOS; i++) {
        const struct scenario *scenario = &SCENARIOS[i];

        if (strcmp(word, scenario->name) != 0 && !(strcmp(word, "all") == 0 && scenario->usual))
            continue;
        scenario->run(options);
        found++;
    }
    return found != 0;
}

int main(int argc, char **argv)
{
    struct options options = {.batch = 1000, .seed = 7, .resting = 10000, .warm = 200000, .gate = 1};

    for (int i = 1; i < argc; i++)
        if (!takes_option(&options, argc, argv, &i) && !run(argv[i], &options))
            give_up("unknown scenario: word", (uint64_t)i);
    return 0;
}
