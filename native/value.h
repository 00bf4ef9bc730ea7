/* value.h - what lots are worth: 128-bit products that saturate instead of wrapping. */
#ifndef TICKMESH_VALUE_H
#define TICKMESH_VALUE_H

#include <stdint.h>

#include "expect.h"

__extension__ typedef __int128 wide;
__extension__ typedef unsigned __int128 unsigned_wide;

/* What an instrument is worth now. */
struct listing {
    int64_t reference_price; /* ticks: the listing's, then the last trade's */
    int64_t unit_value;      /* nano-units of the base currency for one tick times one lot */
    uint64_t lot_value;      /* the product of both; 0 when that is more than 64 bits */
};

/* `value`, or the nearest int64_t when it does not fit. */
static inline int64_t value_saturate(wide value)
{
    if (value > INT64_MAX)
        return INT64_MAX;
    return value < INT64_MIN ? INT64_MIN : (int64_t)value;
}

/* Micro-units of the base currency of `quantity` lots at `price` ticks, rounded down,
 * at most INT64_MAX. None of the three is negative. */
static inline int64_t value_micro(int64_t quantity, int64_t price, int64_t unit_value)
{
    unsigned_wide product = (unsigned_wide)quantity * (unsigned_wide)price;

    if (UNLIKELY(__builtin_mul_overflow(product, (unsigned_wide)unit_value, &product)))
        return INT64_MAX;
    if (product <= UINT64_MAX) /* the common case: a 64-bit division is many times faster */
        return (int64_t)((uint64_t)product / 1000);
    product /= 1000;
    return product > INT64_MAX ? INT64_MAX : (int64_t)product;
}

/* Sets the price that positions are valued at. */
static inline void listing_price(struct listing *listing, int64_t price)
{
    uint64_t value;

    listing->reference_price = price;
    if (__builtin_mul_overflow((uint64_t)price, (uint64_t)listing->unit_value, &value))
        value = 0;
    listing->lot_value = value;
}

/* value_micro() of lots, which are not negative, at the reference price. */
static inline int64_t listing_value(const struct listing *listing, int64_t lots)
{
    uint64_t product;

    if (UNLIKELY(listing->lot_value == 0 || __builtin_mul_overflow((uint64_t)lots, listing->lot_value, &product)))
        return value_micro(lots, listing->reference_price, listing->unit_value);
    return (int64_t)(product / 1000);
}

#endif
