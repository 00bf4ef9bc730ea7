/* band.h - the static band of an instrument: kept as edges, so that an order compares and does not divide. */
#ifndef TICKMESH_BAND_H
#define TICKMESH_BAND_H

#include "book.h"

/* Sets the middle of the static band and its width; 0 basis points are no band. */
static inline void band_stand(struct book *book, int64_t price, int64_t bps)
{
    book->static_price = price;
    book->static_bps = bps;
    book->static_low = bps == 0 ? 0 : band_low(price, bps);
    book->static_high = bps == 0 ? INT64_MAX : band_high(price, bps);
}

/* The price of an auction, of a listing, or one that was set: the last price and the middle of the static band. */
static inline void band_price(struct book *book, int64_t price)
{
    listing_price(&book->listing, price);
    band_stand(book, price, book->static_bps);
}

#endif
