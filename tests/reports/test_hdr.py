import base64
import json
import random
import struct
import zlib
from pathlib import Path

import pytest
from hdr_encoder import encode, encode_slots, wrap
from pushbench_report import hdr

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
REFERENCE = json.loads((GOLDEN / "hdr-histogram-js.json").read_text(encoding="utf-8"))["histograms"]


@pytest.mark.parametrize("golden", REFERENCE, ids=lambda g: g["name"])
def test_a_histogram_of_another_implementation_has_its_counts_and_percentiles(golden):
    histogram = hdr.decode(golden["encoded"])
    assert histogram.total == golden["total"]
    for percentile, value in golden["p"]:
        assert histogram.quantile(percentile / 100) == value, percentile
    if golden["total"]:
        assert histogram.mean == pytest.approx(golden["mean"], rel=1e-12)
        assert histogram.low[-1] <= golden["max"] <= histogram.max


def test_an_empty_histogram_has_no_quantiles():
    empty = hdr.decode(encode({}))
    assert empty.total == 0
    assert (empty.min, empty.max, empty.mean, empty.quantile(0.5)) == (None, None, None, None)


def test_the_encoder_of_these_tests_writes_what_another_implementation_reads_the_same():
    golden = next(g for g in REFERENCE if g["name"] == "1..10000")
    ours = hdr.decode(encode({value: 1 for value in range(1, 10001)}, 1, 3_600_000_000))
    theirs = hdr.decode(golden["encoded"])
    assert ours.counts.tolist() == theirs.counts.tolist() and ours.high.tolist() == theirs.high.tolist()


def test_quantiles_of_a_population_with_missing_values_end_where_the_values_end():
    histogram = hdr.decode(encode({5000: 99}, 1))
    assert histogram.quantile(0.99, of=100) == histogram.quantile(0.5, of=100)
    assert histogram.quantile(0.991, of=100) is None


@pytest.mark.parametrize("quantile, population, rank", [
    (0.999, 1000, 999), (0.99, 100, 99), (0.5, 3, 2), (0.9, 10, 9), (0.29, 100, 29), (0.57, 100, 57), (1, 7, 7),
                                                        (0, 7, 0)])
def test_ranks_are_free_of_binary_rounding(quantile, population, rank):
    assert hdr.ceil_rank(quantile, population) == rank


def compressed(plain, cookie=0x1C849314, length=None):
    squeezed = zlib.compress(plain)
    return base64.b64encode(struct.pack(">ii", cookie, len(squeezed) if length is None else length) + squeezed).decode()


def plain(cookie=0x1C849313, length=None, digits=3, lowest=1, highest=1 << 30, body=b""):
    return struct.pack(">iiiiqqd", cookie, len(body) if length is None else length, 0, digits, lowest, highest,
                       1.0) + body


@pytest.mark.parametrize("text, says", [
    ("", "too few for a header"), ("HISTÄ", "not base64"), ("HIST!AAA", "not base64"),
                                        ("HISTFAAA", "too few for a header"),
    (compressed(plain(), cookie=0x1C849301), "its cookie is 0x1c849301"),
    (compressed(plain(), length=100000), "announces 100000 compressed bytes"),
    (compressed(plain(), length=-1), "announces -1 compressed bytes"),
    (compressed(plain(), length=5), "ends early"),
    (base64.b64encode(struct.pack(">ii", 0x1C849314, 4) + b"nope").decode(), "zlib stream is broken"),
    (wrap(b"short"), "fewer than the 40 of a header"), (wrap(plain(cookie=7)), "the cookie of its content"),
    (wrap(plain(digits=9)), "9 significant digits"), (wrap(plain(lowest=0)), "its range is 0"),
                                        (wrap(plain(lowest=8, highest=9)), "its range is 8 to 9"),
    (wrap(plain(length=3)), "announces 3 bytes of counts"), (wrap(plain(body=b"\x80")), "cut off"),
    (encode_slots({1 << 20: 1}), "a count in slot 1048576"),
    (wrap(plain(highest=(1 << 63) - 1, body=b"\x02")), "63 bits"), (wrap(b"\0" * (65 << 20)), "inflates to more than"),
])
def test_malformed_text_is_refused_with_the_reason(text, says):
    with pytest.raises(hdr.HistogramError, match=says):
        hdr.decode(text)


def test_every_cut_of_a_histogram_is_refused_or_decoded_but_never_crashes():
    text = encode({value * 997: 3 for value in range(1, 300)})
    for end in range(0, len(text), 3):
        with pytest.raises(hdr.HistogramError):
            hdr.decode(text[:end])


def test_any_bytes_as_counts_give_a_histogram_or_a_reason():
    noise = random.Random(7)
    outcomes = set()
    for _ in range(400):
        body = noise.randbytes(noise.randrange(1, 12))
        try:
            outcomes.add(hdr.decode(wrap(plain(body=body))).total >= 0)
        except hdr.HistogramError:
            outcomes.add("refused")
    assert outcomes == {True, "refused"}
