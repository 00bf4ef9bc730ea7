/* scan.h - the fields of a plain protobuf message.
 *
 * Plain is what every generated client writes: known fields of the types that they have, each at most
 * once, in any order; text of at most 127 printable ASCII bytes; numbers of at most 127. A field that is
 * there but empty or 0 reads as one that is not there, as proto3 has it. */
#ifndef TICKMESH_VENUE_SCAN_H
#define TICKMESH_VENUE_SCAN_H

#include <stdint.h>

#define SCAN_FIELDS 12 /* field numbers are below it */

/* Bytes of a message, of which nothing is a copy. */
struct text {
    const char *bytes;
    uint32_t length;
};

/* Which fields a message may have: bit 1 << number. */
struct shape {
    uint32_t texts;
    uint32_t numbers;
};

/* Small, since every message begins with an empty one. */
struct fields {
    uint8_t values[SCAN_FIELDS];      /* a number, or the length of a text */
    const char *texts[SCAN_FIELDS];   /* of those that are not empty */
};

/* Takes apart a message. Returns 1, or 0 when it is not plain. */
int scan_fields(struct text message, struct shape shape, struct fields *fields);

static inline struct text scan_text(const struct fields *fields, uint32_t number)
{
    uint8_t length = fields->values[number];

    return (struct text){length != 0 ? fields->texts[number] : "", length};
}

/* Takes a field that is a message or text, of any length below 2^28, from the front of `rest`. Returns 1, or
 * 0 when what stands there is another field, ends too early or writes its length in more bytes than it
 * needs. */
int scan_part(struct text *rest, uint32_t number, struct text *part);

#endif
