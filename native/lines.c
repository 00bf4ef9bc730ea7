#define _DEFAULT_SOURCE /* madvise() */

#include "lines.h"

#include <stdlib.h>
#include <string.h>

#ifdef __linux__
#include <sys/mman.h>
#endif

/* Blocks of one and more are put on huge pages: a random access then misses no table of pages. */
#define HUGE_PAGE (UINT64_C(1) << 21)

static void ask_for_huge_pages(void *lines, uint64_t bytes)
{
#ifdef __linux__
    (void)madvise(lines, bytes, MADV_HUGEPAGE); /* a wish: without them it is slower, and right */
#else
    (void)lines;
    (void)bytes;
#endif
}

/* calloc() begins 16 bytes into a line; where it began stands before what is given out. */
void *lines_new(uint64_t count, size_t size)
{
    uint64_t bytes = count * size;
    uint64_t boundary = bytes >= HUGE_PAGE ? HUGE_PAGE : LINE_BYTES;
    unsigned char *block = calloc(1, bytes + boundary + sizeof block);
    unsigned char *lines;

    if (block == NULL)
        return NULL;
    lines = block + sizeof block;
    lines += (boundary - (uintptr_t)lines % boundary) % boundary;
    memcpy(lines - sizeof block, &block, sizeof block);
    if (bytes >= HUGE_PAGE)
        ask_for_huge_pages(lines, bytes);
    return lines;
}

void lines_free(void *lines)
{
    unsigned char *block;

    if (lines == NULL)
        return;
    memcpy(&block, (unsigned char *)lines - sizeof block, sizeof block);
    free(block);
}
