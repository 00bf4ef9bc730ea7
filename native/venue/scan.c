#include "scan.h"

#include <string.h>

#include "expect.h"

#define VARINT 0      /* wire types */
#define DELIMITED 2
#define LENGTH_BYTES 4

static int is_printable(struct text text)
{
    uint32_t strange = 0;

    for (uint32_t i = 0; i < text.length; i++)
        strange |= (uint8_t)(text.bytes[i] - ' ') > '~' - ' ';
    return strange == 0;
}

/* Reads one field whose tag, and length or number, take a byte each. Returns the bit of its number, or 0. */
static uint32_t read_field(struct text *rest, struct shape shape, struct fields *fields)
{
    if (UNLIKELY(rest->length < 2))
        return 0;
    uint8_t tag = (uint8_t)rest->bytes[0], value = (uint8_t)rest->bytes[1];
    uint32_t number = tag >> 3, bit = UINT32_C(1) << number;
    *rest = (struct text){rest->bytes + 2, rest->length - 2};
    if ((tag & 7) == VARINT && (shape.numbers & bit) != 0 && value < 0x80) {
        fields->values[number] = value;
        return bit;
    }
    if (UNLIKELY((tag & 7) != DELIMITED || (shape.texts & bit) == 0 || value >= 0x80 || value > rest->length))
        return 0;
    fields->values[number] = value;
    fields->texts[number] = rest->bytes;
    *rest = (struct text){rest->bytes + value, rest->length - value};
    return is_printable(scan_text(fields, number)) ? bit : 0;
}

int scan_fields(struct text message, struct shape shape, struct fields *fields)
{
    uint32_t seen = 0;

    memset(fields->values, 0, sizeof fields->values);
    while (message.length != 0) {
        uint32_t bit = read_field(&message, shape, fields);
        if (UNLIKELY(bit == 0 || (seen & bit) != 0))
            return 0;
        seen |= bit;
    }
    return 1;
}

/* Reads a varint of the fewest bytes that its value needs. Returns how many, or 0. */
static uint32_t read_length(struct text rest, uint32_t *value)
{
    *value = 0;
    for (uint32_t i = 0; i < LENGTH_BYTES && i < rest.length; i++) {
        uint8_t byte = (uint8_t)rest.bytes[i];
        *value |= (uint32_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80)
            return byte != 0 || i == 0 ? i + 1 : 0;
    }
    return 0;
}

int scan_part(struct text *rest, uint32_t number, struct text *part)
{
    if (rest->length == 0 || (uint8_t)rest->bytes[0] != (number << 3 | DELIMITED))
        return 0;
    struct text after = {rest->bytes + 1, rest->length - 1};
    uint32_t length, bytes = read_length(after, &length);
    if (bytes == 0 || length > after.length - bytes)
        return 0;
    *part = (struct text){after.bytes + bytes, length};
    *rest = (struct text){part->bytes + length, after.length - bytes - length};
    return 1;
}
