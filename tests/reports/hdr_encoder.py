"""Encodes HdrHistogram V2 compressed base64 for the tests, from the description of the format; shares no code."""

import base64
import struct
import zlib


def encode(values, lowest=1000, highest=3_600_000_000_000, digits=3):
    """`values` to counts: {value: count}."""
    slots = {}
    for value, count in values.items():
        slots[slot_of(value, lowest, digits)] = slots.get(slot_of(value, lowest, digits), 0) + count
    return encode_slots(slots, lowest, highest, digits)


def slot_of(value, lowest, digits):
    unit = lowest.bit_length() - 1
    magnitude = (2 * 10 ** digits - 1).bit_length()
    bucket = max(0, (value >> unit).bit_length() - magnitude)
    sub = value >> (bucket + unit)
    half = 1 << (magnitude - 1)
    return (bucket + 1) * half + sub - half


def encode_slots(slots, lowest=1000, highest=3_600_000_000_000, digits=3):
    body, at = b"", 0
    for slot in sorted(slots):
        if slot > at:
            body += zigzag(at - slot)
        body += zigzag(slots[slot])
        at = slot + 1
    return wrap(struct.pack(">iiiiqqd", 0x1C849313, len(body), 0, digits, lowest, highest, 1.0) + body)


def wrap(plain):
    squeezed = zlib.compress(plain, 9)
    return base64.b64encode(struct.pack(">ii", 0x1C849314, len(squeezed)) + squeezed).decode()


def zigzag(number):
    word = ((number << 1) ^ (number >> 63)) & (1 << 64) - 1
    out = bytearray()
    while len(out) < 8:
        if word < 0x80:
            out.append(word)
            return bytes(out)
        out.append(word & 0x7F | 0x80)
        word >>= 7
    out.append(word)
    return bytes(out)
