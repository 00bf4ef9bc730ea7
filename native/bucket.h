/* bucket.h - a token bucket on command time: `rate` orders at once, `rate` more a second.
 *
 * Tokens are counted in billionths of an order, so that a nanosecond at one order a
 * second is exactly one, and nothing is ever rounded. */
#ifndef TICKMESH_BUCKET_H
#define TICKMESH_BUCKET_H

#include <stdint.h>

#include "expect.h"

#define BUCKET_ORDER INT64_C(1000000000)

struct bucket {
    int64_t tokens; /* at `time_ns` */
    int64_t time_ns;
};

/* What a bucket of a rate holds when it is full. */
static inline int64_t bucket_capacity(int64_t rate)
{
    int64_t capacity;

    return __builtin_mul_overflow(rate, BUCKET_ORDER, &capacity) ? INT64_MAX : capacity;
}

/* What a bucket of such a rate and capacity holds at `now_ns`, which is not before its time; no time is negative. */
static inline int64_t bucket_tokens(const struct bucket *bucket, int64_t rate, int64_t capacity, int64_t now_ns)
{
    int64_t tokens;

    if (UNLIKELY(__builtin_mul_overflow(now_ns - bucket->time_ns, rate, &tokens)
                 || __builtin_add_overflow(tokens, bucket->tokens, &tokens)))
        return capacity;
    return tokens < capacity ? tokens : capacity;
}

/* Brings the bucket up to `now_ns`, which never falls. */
void bucket_refill(struct bucket *bucket, int64_t rate, int64_t now_ns);

/* Orders taken and not yet refilled, rounded up, as of the last refill. */
int64_t bucket_used(const struct bucket *bucket, int64_t rate);

/* Changes the rate and keeps what is used; a bucket that had no rate (-1) starts full. */
void bucket_change(struct bucket *bucket, int64_t old_rate, int64_t rate, int64_t now_ns);

#endif
