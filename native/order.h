/* order.h - a live order: one cache line, and an extra record for those that are more than
 * a price and a quantity. */
#ifndef TICKMESH_ORDER_H
#define TICKMESH_ORDER_H

#include <stdint.h>
#include <string.h>

#include "engine.h"
#include "tree.h"

#define SLOT_NONE UINT32_MAX
#define EXTRA_NONE UINT32_MAX

/* Where an order is. */
enum place {
    PLACE_NOWHERE = 0, /* running, or on its way */
    PLACE_BOOK = 1,    /* in the queue of its price; price 0: in its side's queue of MARKET orders */
    PLACE_WAITING = 2, /* in its instrument's list of orders outside the book */
};

struct order {
    uint64_t id;        /* 0 when the slot is free */
    int64_t price;      /* ticks; 0 where it has none */
    int64_t leaves;     /* lots, not yet traded */
    int64_t quantity;   /* lots, in total */
    uint32_t instrument;
    uint32_t node;
    uint32_t pair;      /* slot of (node, instrument) in the position table; PAIR_NONE while held */
    uint32_t extra;     /* EXTRA_NONE for a plain order */
    uint8_t side;
    uint8_t kind;       /* enum order_type; what it has become once it has triggered */
    uint8_t time_in_force;
    uint8_t flags;
    uint8_t self_trade;
    uint8_t place;      /* enum place */
    uint8_t is_listed;  /* it came in a list */
    uint8_t reserved;
    uint32_t page;      /* of its queue, while it is in the book; PAGE_NONE for a queue of MARKET orders */
    uint32_t unused;
};

/* The neighbours of an order in its queue or list, apart from it: whoever comes or goes beside an order does not touch its line. */
struct link {
    uint32_t next;     /* younger; or the next free slot */
    uint32_t previous;
};

/* What an order is in its list. */
enum role {
    ROLE_NONE = 0,
    ROLE_OCO = 1,          /* one trades, triggers or ends: the others end */
    ROLE_PARENT = 2,
    ROLE_HELD = 3,         /* waits for its parent; free afterwards */
    ROLE_HELD_BRACKET = 4, /* waits for its parent; an OCO afterwards */
};

struct extra {
    struct tree_node trigger_node; /* in a trigger tree of its book, while `armed` */
    struct tree_node expiry_node;  /* in the engine's tree of expiries, while `expiry_ns` is not 0 */
    int64_t expiry_ns; /* 0: none */
    int64_t trigger;   /* ticks: trigger price; of a pegged order the offset */
    int64_t distance;  /* of a trailing stop: ticks or basis points */
    int64_t limit;     /* of a pegged order: its limit or 0 */
    int64_t display;   /* lots; 0 for no iceberg */
    int64_t shown;     /* lots of an iceberg that the book shows */
    uint64_t age;      /* what it is older or younger by: its id, or the command that last took its priority */
    uint32_t slot;     /* of its order; or the next free extra */
    uint32_t next;     /* in its book's chain of trailing stops, of pegged or of all-or-none orders, oldest first */
    uint32_t previous;
    uint32_t ring;     /* slot of the next order of its list, the last one's is the first; itself when alone */
    uint8_t role;      /* enum role */
    uint8_t armed;     /* in a trigger tree */
    uint8_t queued;    /* in the activation queue */
    uint8_t chained;
    uint8_t reserved[4];
};

/* Eight bytes as one number, the first the lowest: commands and orders keep what is small in their last eight. */
static inline uint64_t word_of(const uint8_t *bytes)
{
    uint64_t word;

    memcpy(&word, bytes, sizeof word);
    return word;
}

#define BYTE(place, value) ((uint64_t)(value) << (8 * (place)))

/* Whether a live order rests and nothing is special about it: a LIMIT with DAY or GTC, no flag but CANCEL_ON_DISCONNECT. */
static inline int order_rests_plainly(const struct order *order)
{
    const uint64_t free_bits = BYTE(0, 0xff) | BYTE(2, TIF_GTC) | BYTE(3, FLAG_CANCEL_ON_DISCONNECT) | BYTE(4, 0xff);

    return (word_of(&order->side) & ~free_bits) == (BYTE(1, ORDER_LIMIT) | BYTE(5, PLACE_BOOK))
        && order->extra == EXTRA_NONE;
}

#endif
