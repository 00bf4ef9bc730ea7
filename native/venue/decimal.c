#include "decimal.h"

#include <assert.h>
#include <string.h>

#define E12 UINT64_C(1000000000000)
#define E19 UINT64_C(10000000000000000000)
#define WORD_DIGITS 20            /* of 64 bits */
#define LOW_DIGITS 19             /* of what stays below E19 */
#define WIDE_DIGITS (WORD_DIGITS + LOW_DIGITS)
#define AVERAGE_DIGITS 12
#define MICRO_DIGITS 6
#define PLACES_MAX 24

static const uint64_t POWERS[WORD_DIGITS] = {
    UINT64_C(1), UINT64_C(10), UINT64_C(100), UINT64_C(1000), UINT64_C(10000), UINT64_C(100000),
    UINT64_C(1000000), UINT64_C(10000000), UINT64_C(100000000), UINT64_C(1000000000),
    UINT64_C(10000000000), UINT64_C(100000000000), E12, UINT64_C(10000000000000),
    UINT64_C(100000000000000), UINT64_C(1000000000000000), UINT64_C(10000000000000000),
    UINT64_C(100000000000000000), UINT64_C(1000000000000000000), E19,
};

static const char PAIRS[] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
    "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
    "8081828384858687888990919293949596979899";

/* How many digits a number has; 1 for 0. */
static uint32_t count_digits(uint64_t value)
{
    value |= 1; /* an even number has as many digits as the odd one after it */
    uint32_t bits = 64 - (uint32_t)__builtin_clzll(value);
    uint32_t digits = bits * 1233 >> 12; /* log10(2), a little less: as many, or one too few */
    return digits + (value >= POWERS[digits]);
}

/* Writes the last `width` digits of a number, zeros in front, so that they end at `end`. Returns the rest. */
static inline uint64_t put_last(uint8_t *end, uint64_t value, uint32_t width)
{
    for (; width >= 2; width -= 2) {
        end -= 2;
        memcpy(end, PAIRS + value % 100 * 2, 2);
        value /= 100;
    }
    if (width == 1) {
        end[-1] = (uint8_t)('0' + value % 10);
        value /= 10;
    }
    return value;
}

uint8_t *decimal_whole(uint8_t *to, uint64_t value)
{
    uint32_t digits = count_digits(value);
    put_last(to + digits, value, digits);
    return to + digits;
}

/* Writes `scaled` / 10^`places`. */
static uint8_t *put_word(uint8_t *to, uint64_t scaled, uint32_t places)
{
    if (places == 0)
        return decimal_whole(to, scaled);
    uint32_t digits = count_digits(scaled);
    uint32_t before = digits > places ? digits - places : 1;
    uint64_t whole = put_last(to + before + 1 + places, scaled, places);
    to[before] = '.';
    put_last(to + before, whole, before);
    return to + before + 1 + places;
}

/* The same for a number of up to 127 bits. */
static uint8_t *put_wide(uint8_t *to, unsigned_wide scaled, uint32_t places)
{
    if (LIKELY(scaled <= UINT64_MAX))
        return put_word(to, (uint64_t)scaled, places);
    uint8_t digits[WIDE_DIGITS];
    put_last(digits + WORD_DIGITS, (uint64_t)(scaled / E19), WORD_DIGITS);
    put_last(digits + WIDE_DIGITS, (uint64_t)(scaled % E19), LOW_DIGITS);
    uint32_t point = WIDE_DIGITS - places; /* 15 or more */
    uint32_t first = 0;
    while (first + 1 < point && digits[first] == '0')
        first++;
    memcpy(to, digits + first, point - first);
    to += point - first;
    if (places == 0)
        return to;
    *to = '.';
    memcpy(to + 1, digits + point, places);
    return to + 1 + places;
}

/* Writes a minus where one is due, and sets the number without it. */
static uint8_t *put_sign(uint8_t *to, wide value, unsigned_wide *magnitude)
{
    *magnitude = value < 0 ? -(unsigned_wide)value : (unsigned_wide)value;
    *to = '-';
    return to + (value < 0);
}

uint8_t *decimal_units(uint8_t *to, wide units, struct increment increment)
{
    unsigned_wide magnitude;
    assert(increment.places <= PLACES_MAX);
    to = put_sign(to, units, &magnitude);
    return put_wide(to, magnitude * increment.factor, increment.places);
}

/* Divides and tells what is left. A long division by itself costs as much as all other digits. */
static unsigned_wide divide(unsigned_wide value, uint64_t divisor, uint64_t *rest)
{
    if (LIKELY(value <= UINT64_MAX)) {
        *rest = (uint64_t)value % divisor;
        return (uint64_t)value / divisor;
    }
    unsigned_wide quotient = value / divisor;
    *rest = (uint64_t)(value - quotient * divisor);
    return quotient;
}

/* Writes a whole number and a fraction of `digits` digits, without zeros at the end. */
static uint8_t *put_cut(uint8_t *to, unsigned_wide whole, uint64_t fraction, uint32_t digits)
{
    to = put_wide(to, whole, 0);
    if (fraction == 0)
        return to;
    *to = '.';
    uint8_t *end = to + 1 + digits;
    put_last(end, fraction, digits);
    while (end[-1] == '0')
        end--;
    return end;
}

uint8_t *decimal_micro(uint8_t *to, wide millionths)
{
    unsigned_wide magnitude;
    uint64_t fraction;
    to = put_sign(to, millionths, &magnitude);
    unsigned_wide whole = divide(magnitude, POWERS[MICRO_DIGITS], &fraction);
    return put_cut(to, whole, fraction, MICRO_DIGITS);
}

/* What a remainder adds to its quotient when it is rounded half even: 1 or 0. */
static uint64_t rounding(uint64_t rest, uint64_t divisor, int is_odd)
{
    uint64_t other = divisor - rest;
    return rest > other || (rest == other && is_odd);
}

/* The mean is (scaled + rest / cumulative) / 10^places, of 12 places or less: `rest` gives those that lack. */
static uint8_t *put_lengthened(uint8_t *to, unsigned_wide scaled, uint64_t rest, uint64_t cumulative,
                               uint32_t places)
{
    uint64_t lacking = POWERS[AVERAGE_DIGITS - places];
    uint64_t fraction;
    unsigned_wide whole = divide(scaled, POWERS[places], &fraction);
    fraction *= lacking;
    if (rest != 0) {
        unsigned_wide more = (unsigned_wide)rest * lacking; /* below 2^64 * 2^40 */
        fraction += (uint64_t)divide(more, cumulative, &rest);
        fraction += rounding(rest, cumulative, fraction & 1);
    }
    return put_cut(to, whole + fraction / E12, fraction % E12, AVERAGE_DIGITS);
}

/* The same of more than 12 places: the last of them go. Half of what they count to is a whole number, so that
 * a rest beyond the places decides only between a half and more than a half. */
static uint8_t *put_shortened(uint8_t *to, unsigned_wide scaled, int has_rest, uint32_t places)
{
    uint64_t surplus = POWERS[places - AVERAGE_DIGITS];
    uint64_t rest, fraction;
    unsigned_wide digits = divide(scaled, surplus, &rest);
    digits += rounding(rest, surplus, has_rest || (digits & 1));
    unsigned_wide whole = divide(digits, E12, &fraction);
    return put_cut(to, whole, fraction, AVERAGE_DIGITS);
}

uint8_t *decimal_average(uint8_t *to, unsigned_wide value, uint64_t cumulative, struct increment increment)
{
    assert(cumulative > 0 && increment.places <= PLACES_MAX);
    uint64_t rest;
    /* Ticks and their rest are below 2^64 and the factor is below 2^63: both products are below 2^127, and
     * the quotient of the second is below the factor. */
    unsigned_wide scaled = divide(value, cumulative, &rest) * increment.factor;
    scaled += divide((unsigned_wide)rest * increment.factor, cumulative, &rest);
    if (increment.places <= AVERAGE_DIGITS)
        return put_lengthened(to, scaled, rest, cumulative, increment.places);
    return put_shortened(to, scaled, rest != 0, increment.places);
}
