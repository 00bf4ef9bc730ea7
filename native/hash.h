/* hash.h - mixing of 64-bit words, for tables and for the state digest. */
#ifndef TICKMESH_HASH_H
#define TICKMESH_HASH_H

#include <stdint.h>

/* A bijection whose every output bit depends on every input bit (splitmix64's). */
static inline uint64_t hash_mix(uint64_t word)
{
    word ^= word >> 30;
    word *= UINT64_C(0xbf58476d1ce4e5b9);
    word ^= word >> 27;
    word *= UINT64_C(0x94d049bb133111eb);
    return word ^ (word >> 31);
}

/* The digest of what `digest` stands for, followed by `word`. */
static inline uint64_t hash_add(uint64_t digest, uint64_t word)
{
    return hash_mix(digest + UINT64_C(0x9e3779b97f4a7c15) + hash_mix(word + 1));
}

static inline uint64_t hash_add_signed(uint64_t digest, int64_t word)
{
    return hash_add(digest, (uint64_t)word);
}

#endif
