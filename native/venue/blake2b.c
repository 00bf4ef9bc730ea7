#include "blake2b.h"

#include <assert.h>
#include <string.h>

#define IV0 UINT64_C(0x6a09e667f3bcc908)
#define IV1 UINT64_C(0xbb67ae8584caa73b)
#define IV2 UINT64_C(0x3c6ef372fe94f82b)
#define IV3 UINT64_C(0xa54ff53a5f1d36f1)
#define IV4 UINT64_C(0x510e527fade682d1)
#define IV5 UINT64_C(0x9b05688c2b3e6c1f)
#define IV6 UINT64_C(0x1f83d9abfb41bd6b)
#define IV7 UINT64_C(0x5be0cd19137e2179)
#define PARAMETERS UINT64_C(0x01010008) /* depth 1, fanout 1, no key, 8 bytes of digest */

static inline uint64_t rotate(uint64_t word, unsigned bits)
{
    return word >> bits | word << (64 - bits);
}

/* G of RFC 7693, 3.1. */
#define MIX(a, b, c, d, x, y)           \
    do {                                \
        a += b + m[x];                  \
        d = rotate(d ^ a, 32);          \
        c += d;                         \
        b = rotate(b ^ c, 24);          \
        a += b + m[y];                  \
        d = rotate(d ^ a, 16);          \
        c += d;                         \
        b = rotate(b ^ c, 63);          \
    } while (0)

/* Columns, then diagonals; the arguments are a line of SIGMA (RFC 7693, 2.7). */
#define ROUND(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15) \
    do {                                                                            \
        MIX(v0, v4, v8, v12, s0, s1);                                               \
        MIX(v1, v5, v9, v13, s2, s3);                                               \
        MIX(v2, v6, v10, v14, s4, s5);                                              \
        MIX(v3, v7, v11, v15, s6, s7);                                              \
        MIX(v0, v5, v10, v15, s8, s9);                                              \
        MIX(v1, v6, v11, v12, s10, s11);                                            \
        MIX(v2, v7, v8, v13, s12, s13);                                             \
        MIX(v3, v4, v9, v14, s14, s15);                                             \
    } while (0)

/* Written out: with constant places the state stays in registers, and there is nothing to look up. */
static uint64_t compress(const uint64_t m[16], uint64_t length)
{
    uint64_t v0 = IV0 ^ PARAMETERS, v1 = IV1, v2 = IV2, v3 = IV3;
    uint64_t v4 = IV4, v5 = IV5, v6 = IV6, v7 = IV7;
    uint64_t v8 = IV0, v9 = IV1, v10 = IV2, v11 = IV3;
    uint64_t v12 = IV4 ^ length, v13 = IV5, v14 = ~IV6, v15 = IV7; /* ~: the last block */

    ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    ROUND(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3);
    ROUND(11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4);
    ROUND(7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8);
    ROUND(9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13);
    ROUND(2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9);
    ROUND(12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11);
    ROUND(13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10);
    ROUND(6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5);
    ROUND(10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0);
    ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    ROUND(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3);
    return IV0 ^ PARAMETERS ^ v0 ^ v8;
}

uint64_t blake2b_64(const uint8_t block[BLAKE2B_BLOCK], uint32_t length)
{
    uint64_t words[BLAKE2B_BLOCK / 8];

    assert(length <= BLAKE2B_BLOCK);
    memcpy(words, block, sizeof words); /* little-endian, like the journal */
    return compress(words, length);
}
