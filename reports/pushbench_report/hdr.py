"""Decoder of HdrHistogram's V2 compressed encoding.

Layout, all big-endian: base64 of [cookie 0x1c849314, int32 length, zlib stream]; the stream holds [cookie 0x1c849313,
int32 payload length, int32 normalizing offset, int32 significant digits, int64 lowest discernible value, int64 highest
trackable value, float64 conversion ratio] and then the counts as ZigZag LEB128 of at most nine bytes, where a negative
number -n stands for n empty slots (HdrHistogram's "V2 encoding format").
"""

import base64
import binascii
import struct
import zlib
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

COMPRESSED_COOKIE = 0x1C849304
PLAIN_COOKIE = 0x1C849303
COOKIE_WORD_SIZE_BITS = 0xF0    # the word-size nibble does not matter in V2
HEADER = struct.Struct(">iiiiqqd")
MAX_PLAIN_BYTES = 64 << 20      # of one histogram after inflating; a real one has well under 1 MiB


class HistogramError(ValueError):
    """The text is no HdrHistogram in V2 compressed encoding; the message says why."""


@dataclass
class Histogram:
    """Slots that hold something, by ascending value: each counts the values from `low` to `high`, both included."""

    low: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    high: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    counts: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))

    @property
    def total(self):
        return int(self.counts.sum())

    @property
    def min(self):
        return int(self.low[0]) if len(self.low) else None

    @property
    def max(self):
        return int(self.high[-1]) if len(self.high) else None

    @property
    def mean(self):
        """As HdrHistogram defines it: every value counts as the middle of its slot."""
        if not self.total:
            return None
        middle = self.low + (self.high - self.low + 1) // 2
        return float(np.dot(middle.astype(float), self.counts.astype(float)) / self.total)

    def quantile(self, quantile, of=None):
        """The highest value of the slot that holds rank ceil(quantile * of), at least rank 1.

        `of` is the number of values there should be, recorded and missing; None when the rank is beyond the recorded.
        """
        population = self.total if of is None else of
        if population <= 0:
            return None
        rank = max(1, ceil_rank(quantile, population))
        slot = int(np.searchsorted(np.cumsum(self.counts), rank))
        return int(self.high[slot]) if slot < len(self.high) else None


def ceil_rank(quantile, population):
    """ceil(quantile * population), free of binary rounding: 0.999 of 1000 is 999, not 1000."""
    exact = Fraction(repr(float(quantile))) * population
    return -((-exact.numerator) // exact.denominator)


def decode(text):
    """The Histogram in `text`; HistogramError when it is not one."""
    return _decode_plain(_inflate(_unwrap(text)))


def _unwrap(text):
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise HistogramError(f"it is not base64 ({error})") from None
    if len(raw) < 8:
        raise HistogramError(f"it has {len(raw)} bytes, too few for a header")
    cookie, length = struct.unpack_from(">ii", raw)
    if cookie & ~COOKIE_WORD_SIZE_BITS != COMPRESSED_COOKIE:
        raise HistogramError(f"its cookie is 0x{cookie & 0xFFFFFFFF:08x}, not that of HdrHistogram V2 compressed "
                             f"(HISTFAAA…)")
    if length < 0 or length > len(raw) - 8:
        raise HistogramError(f"it announces {length} compressed bytes and holds {len(raw) - 8}")
    return raw[8:8 + length]


def _inflate(compressed):
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(compressed, MAX_PLAIN_BYTES)
    except zlib.error as error:
        raise HistogramError(f"its zlib stream is broken ({error})") from None
    if inflater.unconsumed_tail:
        raise HistogramError(f"it inflates to more than {MAX_PLAIN_BYTES} bytes")
    if not inflater.eof:
        raise HistogramError("its zlib stream ends early")
    return plain


def _decode_plain(plain):
    if len(plain) < HEADER.size:
        raise HistogramError(f"its content has {len(plain)} bytes, fewer than the {HEADER.size} of a header")
    cookie, length, _offset, digits, lowest, highest, _ratio = HEADER.unpack_from(plain)
    if cookie & ~COOKIE_WORD_SIZE_BITS != PLAIN_COOKIE:
        raise HistogramError(f"the cookie of its content is 0x{cookie & 0xFFFFFFFF:08x}, not that of HdrHistogram V2")
    if not 0 <= digits <= 5:
        raise HistogramError(f"it has {digits} significant digits; 0 to 5 are possible")
    if lowest < 1 or highest < 2 * lowest:
        raise HistogramError(f"its range is {lowest} to {highest}; it must start at 1 or more and span a factor of 2 "
                             f"at least")
    if length < 0 or length > len(plain) - HEADER.size:
        raise HistogramError(f"it announces {length} bytes of counts and holds {len(plain) - HEADER.size}")
    indices, counts = _read_counts(plain[HEADER.size:HEADER.size + length])
    return _place(indices, counts, digits, lowest, highest)


def _read_counts(data):
    indices, counts = [], []
    index = position = 0
    while position < len(data):
        value, position = _zigzag(data, position)
        if value > 0:
            indices.append(index)
            counts.append(value)
        index += -value if value < 0 else 1
    return indices, counts


def _zigzag(data, position):
    value = shift = 0
    while True:
        if position >= len(data):
            raise HistogramError("its last count is cut off")
        byte = data[position]
        position += 1
        if shift == 56:    # the ninth byte carries eight bits and ends the number
            value |= byte << shift
            break
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            break
        shift += 7
    return (value >> 1) ^ -(value & 1), position


def _place(indices, counts, digits, lowest, highest):
    """Slot numbers to the values they stand for: sub-buckets of equal width, twice as wide in every further bucket."""
    unit_magnitude = lowest.bit_length() - 1
    half_magnitude = (2 * 10 ** digits - 1).bit_length() - 1
    half_count = 1 << half_magnitude
    buckets, reach = 1, (2 * half_count) << unit_magnitude
    while reach <= highest:
        reach <<= 1
        buckets += 1
    slots = (buckets + 1) * half_count
    if indices and indices[-1] >= slots:
        raise HistogramError(f"it has a count in slot {indices[-1]}; its range has {slots} slots")
    if sum(counts) >= 1 << 62 or reach >= 1 << 63:
        raise HistogramError("its counts or values exceed 63 bits")
    index = np.array(indices, np.int64)
    bucket = (index >> half_magnitude) - 1
    sub = (index & (half_count - 1)) + half_count
    sub = np.where(bucket < 0, sub - half_count, sub)
    shift = np.maximum(bucket, 0) + unit_magnitude
    low = sub << shift
    return Histogram(low, low + (np.int64(1) << shift) - 1, np.array(counts, np.int64))
