/* blake2b.h - BLAKE2b (RFC 7693) of short messages, without a key, with 8 bytes of digest. */
#ifndef TICKMESH_VENUE_BLAKE2B_H
#define TICKMESH_VENUE_BLAKE2B_H

#include <stdint.h>

#define BLAKE2B_BLOCK 128 /* bytes */

/* Returns the digest, read as little-endian, of the first `length` bytes of a block, at most all of them.
 * The bytes after them are 0. */
uint64_t blake2b_64(const uint8_t block[BLAKE2B_BLOCK], uint32_t length);

#endif
