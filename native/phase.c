#include "phase.h"

#include <assert.h>

#include "auction.h"
#include "collect.h"
#include "enter.h"
#include "place.h"
#include "report.h"
#include "trigger.h"

static int waits_for_the_close(const struct engine *engine, const struct collection *collection,
                               const struct order *order)
{
    (void)engine;
    (void)collection;
    return order->time_in_force == TIF_AT_THE_CLOSE;
}

/* What has waited for the closing auction enters it. */
static void enter_the_close(struct engine *engine, const struct book *book)
{
    struct collection collection = {.wants = waits_for_the_close};

    collect_waiting(engine, &collection, book);
    for (uint32_t i = 0; i < collection.count; i++) {
        uint32_t slot = collected(engine, i);

        assert(slot != SLOT_NONE); /* none is in a list, so none ends through another */
        place_leave(engine, slot);
        enter_order(engine, &engine->pool.orders[slot], slot);
    }
}

void phase_change(struct engine *engine, uint32_t instrument, uint8_t phase, enum reason reason)
{
    struct book *book = &engine->books[instrument];
    uint8_t before = book->phase;

    if (phase == before)
        return;
    book->phase = phase;
    book_changed(engine, book);
    report_phase(engine, instrument, before, phase, reason);
    if (phase == PHASE_CONTINUOUS || (phase == PHASE_CLOSED && phase_is_auction(before)))
        auction_uncross(engine, instrument, phase_is_auction(before));
    if (phase == PHASE_CLOSING_AUCTION)
        enter_the_close(engine, book);
    if (phase == PHASE_CONTINUOUS)
        trigger_look(engine, instrument, book->listing.reference_price);
}
