/* entry.h - requests become commands. */
#ifndef TICKMESH_VENUE_ENTRY_H
#define TICKMESH_VENUE_ENTRY_H

#include "venue.h"

/* A row of the journal that is being filled. */
struct venue_row {
    struct command *commands;
    char *notes;              /* the text of each command and a 0 after it */
    uint32_t capacity;        /* of commands */
    uint32_t count;
    uint32_t notes_capacity;  /* bytes */
    uint32_t notes_length;
    uint64_t sequence;        /* the last that was stamped */
    int64_t time_ns;          /* of what is stamped now */
};

enum venue_stop {
    VENUE_DONE = 0,           /* no action is left */
    VENUE_FULL = 1,           /* the row is full: go on with another */
    VENUE_ASIDE = 2,          /* the action at start..end is not plain: stamp it the long way, then go on */
};

/* How far a message is read. Begin with zeros. */
struct venue_cursor {
    uint32_t offset;          /* where to go on */
    uint32_t action;          /* how many actions were read, those aside included */
    uint32_t start;           /* of the action aside: its bytes without tag and length */
    uint32_t end;
};

/* Returns how many actions a SubmitOrdersRequest has, or -1 when the message is not plain: anything at its
 * top but actions, or a length that does not fit or takes more bytes than it needs. */
int64_t venue_count(const uint8_t *message, uint32_t length);

/* Stamps the actions of a message that venue_count() takes into a row until it stops, and says why. An
 * action is plain when its outcome is exactly one command; an order that it makes is noted as on its way. An
 * action aside leaves no trace. A row is full that has no room for the longest note. Of a message that
 * venue_count() does not take, all from the first fault on counts as one action aside. */
uint32_t venue_read(struct venue *venue, struct venue_row *row, const uint8_t *message, uint32_t length,
                    struct venue_cursor *cursor);

/* The engine's key of a client order id: BLAKE2b (RFC 7693) of portfolio, 0 and id with 8 bytes of digest,
 * read as little-endian; 1 in place of 0. Returns 0 when a text is longer than it may be. */
uint64_t venue_client_key(const char *portfolio, uint32_t portfolio_length, const char *id,
                          uint32_t id_length);

#endif
