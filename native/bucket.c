#include "bucket.h"

#include <assert.h>

void bucket_refill(struct bucket *bucket, int64_t rate, int64_t now_ns)
{
    assert(now_ns >= bucket->time_ns && rate >= 0);
    bucket->tokens = bucket_tokens(bucket, rate, bucket_capacity(rate), now_ns);
    bucket->time_ns = now_ns;
}

int64_t bucket_used(const struct bucket *bucket, int64_t rate)
{
    int64_t spent = bucket_capacity(rate) - bucket->tokens;

    return spent / BUCKET_ORDER + (spent % BUCKET_ORDER != 0);
}

void bucket_change(struct bucket *bucket, int64_t old_rate, int64_t rate, int64_t now_ns)
{
    int64_t spent = 0;

    if (old_rate >= 0) {
        bucket_refill(bucket, old_rate, now_ns);
        spent = bucket_capacity(old_rate) - bucket->tokens;
    }
    bucket->tokens = spent < bucket_capacity(rate) ? bucket_capacity(rate) - spent : 0;
    bucket->time_ns = now_ns;
}
