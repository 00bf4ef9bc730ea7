#include "bucket.h"

#include <assert.h>

#include "value.h"

static int64_t capacity_of(int64_t rate)
{
    return value_saturate((wide)rate * BUCKET_ORDER);
}

void bucket_refill(struct bucket *bucket, int64_t rate, int64_t now_ns)
{
    wide tokens = (wide)(now_ns - bucket->time_ns) * rate + bucket->tokens;
    int64_t capacity = capacity_of(rate);

    assert(now_ns >= bucket->time_ns && rate >= 0);
    bucket->tokens = tokens > capacity ? capacity : (int64_t)tokens;
    bucket->time_ns = now_ns;
}

int64_t bucket_used(const struct bucket *bucket, int64_t rate)
{
    int64_t spent = capacity_of(rate) - bucket->tokens;

    return spent / BUCKET_ORDER + (spent % BUCKET_ORDER != 0);
}

void bucket_change(struct bucket *bucket, int64_t old_rate, int64_t rate, int64_t now_ns)
{
    int64_t spent = 0;

    if (old_rate >= 0) {
        bucket_refill(bucket, old_rate, now_ns);
        spent = capacity_of(old_rate) - bucket->tokens;
    }
    bucket->tokens = spent < capacity_of(rate) ? capacity_of(rate) - spent : 0;
    bucket->time_ns = now_ns;
}
