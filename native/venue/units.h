/* units.h - decimal text becomes a number of increments. */
#ifndef TICKMESH_VENUE_UNITS_H
#define TICKMESH_VENUE_UNITS_H

#include "scan.h"

/* Returns how many increments of `factor` / 10^`places` a decimal is, 1..ENGINE_NUMBER_MAX; or 0 when it is
 * not what the contract's pattern of decimals takes, no exact multiple, zero or too large. 0 < factor <
 * 2^63, places <= VENUE_PLACES_MAX. */
int64_t units_read(struct text text, uint64_t factor, uint8_t places);

#endif
