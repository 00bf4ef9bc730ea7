/* lines.h - memory that begins on a cache line, so that what is 64 bytes long is one line and not two. */
#ifndef TICKMESH_LINES_H
#define TICKMESH_LINES_H

#include <stddef.h>
#include <stdint.h>

#define LINE_BYTES 64

/* `count` zeroed elements of `size` bytes, or NULL when memory is short. A large block costs address space until it is
 * written to. Free with lines_free(), which takes NULL too. */
void *lines_new(uint64_t count, size_t size);
void lines_free(void *lines);

#endif
