/* decimal.h - numbers as plain decimal text: no exponent, no sign but a minus, a digit before the point.
 *
 * Each function writes at `to`, at most DECIMAL_MAX bytes and no 0 at the end, and returns where the text
 * ends. */
#ifndef TICKMESH_VENUE_DECIMAL_H
#define TICKMESH_VENUE_DECIMAL_H

#include <stdint.h>

#include "value.h"

#define DECIMAL_MAX 56 /* a minus, 39 digits, a point and 12 more, and some */

/* The smallest step of a price or a quantity: `factor` / 10^`places`. 0 < factor < 2^63, places <= 24. */
struct increment {
    uint64_t factor;
    uint32_t places;
};

/* A whole number. */
uint8_t *decimal_whole(uint8_t *to, uint64_t value);

/* So many increments with all their places; within +-2^64, so that the product takes 127 bits. */
uint8_t *decimal_units(uint8_t *to, wide units, struct increment increment);

/* So many millionths, without zeros at the end; within +-2^64. */
uint8_t *decimal_micro(uint8_t *to, wide millionths);

/* The mean price of what traded: `value` / `cumulative` increments, rounded half even to 12 digits, without
 * zeros at the end. `cumulative` is more than 0, and `value` below `cumulative` * 2^64. */
uint8_t *decimal_average(uint8_t *to, unsigned_wide value, uint64_t cumulative, struct increment increment);

#endif
