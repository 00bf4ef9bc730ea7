/* proto.h - protobuf's wire format, written forwards.
 *
 * Each function writes one field at `to` and returns where it ends; a field with its default value is not
 * there, as in proto3. Fields in the order of their numbers give the bytes that protobuf's own serialisers
 * give. Nothing here knows how much room there is: who calls knows what a message takes at most. */
#ifndef TICKMESH_VENUE_PROTO_H
#define TICKMESH_VENUE_PROTO_H

#include <stdint.h>
#include <string.h>

#define PROTO_VARINT 0
#define PROTO_BYTES 2

/* Length bytes that are kept free for what is shorter than 128 bytes, and for what is likely not. */
#define PROTO_SHORT 1
#define PROTO_LONG 2

static inline uint8_t *proto_varint(uint8_t *to, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *to++ = (uint8_t)(value | 0x80);
    *to++ = (uint8_t)value;
    return to;
}

static inline uint8_t *proto_number(uint8_t *to, uint32_t field, uint64_t value)
{
    if (value == 0)
        return to;
    return proto_varint(proto_varint(to, field << 3 | PROTO_VARINT), value);
}

static inline uint8_t *proto_text(uint8_t *to, uint32_t field, const char *text, uint32_t length)
{
    if (length == 0)
        return to;
    to = proto_varint(proto_varint(to, field << 3 | PROTO_BYTES), length);
    memcpy(to, text, length);
    return to + length;
}

/* Begins a field whose length is not known yet, with `room` bytes for it. Returns where its content goes. */
static inline uint8_t *proto_open(uint8_t *to, uint32_t field, uint32_t room)
{
    return proto_varint(to, field << 3 | PROTO_BYTES) + room;
}

/* Ends the field whose content goes from `content` to `end`, less than 2^14 bytes: content moves when its
 * length does not take `room` bytes. Returns where the field ends. */
static inline uint8_t *proto_close(uint8_t *content, uint8_t *end, uint32_t room)
{
    uint32_t length = (uint32_t)(end - content);
    uint32_t takes = length < 0x80 ? 1 : 2;
    if (takes != room)
        memmove(content - room + takes, content, length);
    proto_varint(content - room, length);
    return end - room + takes;
}

/* A google.protobuf.Timestamp: there also when it is the first moment of 1970. */
static inline uint8_t *proto_moment(uint8_t *to, uint32_t field, int64_t time_ns)
{
    const int64_t second_ns = 1000000000;
    int64_t seconds = time_ns / second_ns;
    int64_t nanos = time_ns % second_ns;
    if (nanos < 0) {
        seconds--;
        nanos += second_ns;
    }
    uint8_t *content = proto_open(to, field, PROTO_SHORT);
    uint8_t *end = proto_number(content, 1, (uint64_t)seconds);
    return proto_close(content, proto_number(end, 2, (uint64_t)nanos), PROTO_SHORT);
}

#endif
