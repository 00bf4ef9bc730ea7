#include "units.h"

#include <assert.h>

#include "expect.h"
#include "venue.h"

#define DIGITS_MAX 18 /* before the point, and after it */
#define WORD_DIGITS 19 /* whatever has so many digits is below 2^64 */
#define WIDE_DIGITS 38 /* and below 2^128 */

__extension__ typedef unsigned __int128 unsigned_wide;

/* The digits before the point and after it. */
struct decimal {
    uint64_t whole;
    uint64_t fraction;
    uint32_t whole_digits;
    uint32_t fraction_digits;
};

/* A power of ten and the next two. */
#define THREE_FROM(unit) (unit), 10 * (unit), 100 * (unit)

static const uint64_t TENS[WORD_DIGITS + 1] = {
    THREE_FROM(UINT64_C(1)),
    THREE_FROM(UINT64_C(1000)),
    THREE_FROM(UINT64_C(1000000)),
    THREE_FROM(UINT64_C(1000000000)),
    THREE_FROM(UINT64_C(1000000000000)),
    THREE_FROM(UINT64_C(1000000000000000)),
    UINT64_C(1000000000000000000),
    UINT64_C(10000000000000000000),
};

static unsigned_wide ten_to(uint32_t power)
{
    return power <= WORD_DIGITS ? TENS[power] : (unsigned_wide)TENS[WORD_DIGITS] * TENS[power - WORD_DIGITS];
}

/* Reads digits up to the first byte that is none, at most one more than may be. Returns how many. */
static uint32_t read_digits(struct text text, uint64_t *value)
{
    uint32_t count = 0;

    *value = 0;
    for (; count < text.length && count <= DIGITS_MAX; count++) {
        uint8_t digit = (uint8_t)(text.bytes[count] - '0');
        if (digit > 9)
            break;
        *value = *value * 10 + digit;
    }
    return count;
}

/* Takes apart ^(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?$. Returns 1, or 0 for other text. */
static int read_decimal(struct text text, struct decimal *decimal)
{
    uint32_t digits = decimal->whole_digits = read_digits(text, &decimal->whole);

    if (digits == 0 || digits > DIGITS_MAX || (digits > 1 && text.bytes[0] == '0'))
        return 0;
    decimal->fraction = decimal->fraction_digits = 0;
    if (digits == text.length)
        return 1;
    struct text after = {text.bytes + digits + 1, text.length - digits - 1};
    digits = decimal->fraction_digits = read_digits(after, &decimal->fraction);
    return after.bytes[-1] == '.' && digits != 0 && digits <= DIGITS_MAX && digits == after.length;
}

/* Leaves out zeros that stand beyond the increment's last place. Returns 0 when other digits stand there. */
static int trim(struct decimal *decimal, uint32_t places)
{
    for (; decimal->fraction_digits > places; decimal->fraction_digits--) {
        if (decimal->fraction % 10 != 0)
            return 0;
        decimal->fraction /= 10;
    }
    return 1;
}

/* Returns the units of a decimal that is too long for 64 bits. */
static int64_t divide_widely(const struct decimal *decimal, uint64_t factor, uint32_t places)
{
    if (decimal->whole_digits + places > WIDE_DIGITS)
        return 0; /* 10^38 and more is too much in units of any factor */
    unsigned_wide scaled = decimal->whole * ten_to(places);
    scaled += decimal->fraction * ten_to(places - decimal->fraction_digits);
    unsigned_wide units = scaled / factor;
    return units * factor == scaled && units <= ENGINE_NUMBER_MAX ? (int64_t)units : 0;
}

int64_t units_read(struct text text, uint64_t factor, uint8_t places)
{
    struct decimal decimal;

    assert(factor != 0 && places <= VENUE_PLACES_MAX);
    if (!read_decimal(text, &decimal) || !trim(&decimal, places))
        return 0;
    if (UNLIKELY(decimal.whole_digits + places > WORD_DIGITS))
        return divide_widely(&decimal, factor, places);
    uint64_t scaled = decimal.whole * TENS[places];
    scaled += decimal.fraction * TENS[places - decimal.fraction_digits];
    uint64_t units = scaled / factor;
    return units * factor == scaled && units <= ENGINE_NUMBER_MAX ? (int64_t)units : 0;
}
