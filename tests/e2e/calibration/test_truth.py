"""Calibration: a server that knows what it did, and a run that must have measured exactly that. Counts and bytes are equal; delays are judged
by lower bounds and by what the same run says of its own lateness, since the machine is shared."""

import pytest

from calibration.truth import Faults, truth
from harness import run

STREAMS = ["sse", "http-streaming", "websocket"]
POLLS = ["polling", "long-polling"]
WARM_UP, MEASURED = 20, 100              # messages: 100/s, constant, 200 ms and 1 s


def measured(sequence):
    return WARM_UP < sequence <= WARM_UP + MEASURED


def pattern(sequence, subscriber):
    """Every second subscriber of a stream has a bad line."""
    if subscriber % 2 == 1:
        return None
    return {3: "drop", 5: "twice", 7: "swap", 9: "corrupt"}.get(sequence % 10)


def test_without_faults_nothing_is_found(tmp_path):
    with truth() as (url, server):
        finished = run(tmp_path, target=url, techniques=STREAMS + POLLS)
    assert finished.complete, finished.out + finished.err
    for r in finished.result["runs"]:
        assert (r["published"], r["delivered"]) == (MEASURED, 10 * MEASURED), r["technique"]
        assert [r[kind] for kind in ("missing", "missed_while_away", "replayed", "duplicate", "reordered", "corrupt", "early", "own", "foreign")] == [0] * 9


@pytest.mark.parametrize("techniques", [STREAMS, POLLS])
def test_losses_duplicates_swaps_and_damage_are_counted_exactly(tmp_path, techniques):
    with truth(Faults(pattern=pattern)) as (url, server):
        finished = run(tmp_path, "--set", "phases.drain=500ms", target=url, techniques=techniques)
    for r in finished.result["runs"]:
        told = [s for s in range(1, WARM_UP + MEASURED + 1)]
        bad = 5 if r["technique"] in STREAMS else 10     # subscribers; a poll's answer is the same for all, and has no swaps
        faults = {kind: bad * sum(pattern(s, 0) == kind and measured(s) for s in told) for kind in ("drop", "twice", "swap", "corrupt")}
        assert r["published"] == MEASURED, finished.out + finished.err
        assert r["expected_deliveries"] == 10 * MEASURED
        assert r["missing"] == faults["drop"] + faults["corrupt"], r["technique"]
        assert r["delivered"] == r["expected_deliveries"] - r["missing"]
        assert r["duplicate"] == faults["twice"]
        assert r["reordered"] == (faults["swap"] if r["technique"] in STREAMS else 0)
        assert r["corrupt"] == bad * sum(pattern(s, 0) == "corrupt" for s in told), "measured or not"
        assert r["delivery_latency_ns"]["count"] == r["delivered"]
        share = r["missing"] / r["expected_deliveries"]
        assert (r["delivery_latency_ns"]["p90"] is None) == (share > 0.1) and r["delivery_latency_ns"]["p99"] is None and r["delivery_latency_ns"]["max"] is None


def test_bytes_are_counted_exactly_by_kind(tmp_path):
    """A comment, or a ping, of 20 characters goes before every message; no HTTP chunks. Everything here is a multiple of the deliveries."""
    with truth(Faults(comment=b"c" * 20)) as (url, server):
        finished = run(tmp_path, target=url, techniques=STREAMS)
    assert finished.complete, finished.out + finished.err
    received = {"sse": (len("data: \n\n"), len(": \n\n") + 20), "http-streaming": (len("\n"), 0), "websocket": (2, 2 + 20)}
    sent = {"sse": 0, "http-streaming": 0, "websocket": 2 + 4 + 20}      # a pong has a masking key
    for number, r in enumerate(finished.result["runs"]):
        deliveries, technique = r["bytes"]["deliveries"], r["technique"]
        assert deliveries >= 900
        inward = {kind: r["bytes"]["received"][kind] / deliveries for kind in ("payload", "framing", "heartbeat", "http")}
        assert inward == {"payload": 100, "framing": received[technique][0], "heartbeat": received[technique][1], "http": 0}, technique
        outward = {kind: r["bytes"]["sent"][kind] / deliveries for kind in ("payload", "framing", "heartbeat", "http")}
        assert outward == {"payload": 0, "framing": 0, "heartbeat": sent[technique], "http": 0}, technique
        assert r["bytes"]["received"]["tcpip"] % 52 == 0 and r["bytes"]["received"]["tcpip"] > 0
        ten = slice(10 * number, 10 * number + 10)
        assert r["bytes"]["handshake"] == {"count": 10, "received": sum(server.heads_out[ten]) / 10, "sent": sum(server.heads_in[ten]) / 10}


def lateness(r):
    """What the run says of its own disturbance, in ns: how far its clocks and its publisher were off at worst."""
    return r["send_lag_ns"]["max"] + r["generator"]["loop_lag_ns"]["max"]


@pytest.mark.parametrize("technique", ["sse", "websocket", "long-polling"])
def test_a_fixed_delay_is_measured_as_that_delay(tmp_path, technique):
    delay = 300_000_000
    runs = []
    for name, delay_s in (("without", 0), ("with", delay / 1e9)):
        folder = tmp_path / name
        folder.mkdir()
        with truth(Faults(delay_s=delay_s)) as (url, server):
            runs.append(run(folder, target=url, techniques=[technique], subscribers=4).run)
    floor, delayed = runs
    assert (floor["missing"], delayed["missing"]) == (0, 0)
    assert delayed["delivery_latency_ns"]["min"] >= delay * 0.999, "a histogram has three digits"
    assert delayed["service_time_ns"]["min"] >= delay * 0.999
    shift = delayed["delivery_latency_ns"]["p50"] - floor["delivery_latency_ns"]["p50"]
    assert abs(shift - delay) <= 0.001 * delay + max(floor["delivery_latency_ns"]["p99"], delayed["delivery_latency_ns"]["p99"] - delay) + lateness(floor) + lateness(delayed)


def test_a_stall_of_one_second_is_where_arithmetic_puts_it(tmp_path):
    """200 messages in two seconds, the 50th to the 149th of them held until the second is over: the i-th of those waits 1 s less i x 10 ms. The
    server sees a message only after it was due, so what is measured may be longer and never shorter."""
    with truth(Faults(stall_at=WARM_UP + 50, stall_s=1.0)) as (url, server):
        r = run(tmp_path, target=url, subscribers=5, measure="2s").run
    assert server.stalled >= 90 and r["delivered"] == r["expected_deliveries"] == 1000
    latency, service = r["delivery_latency_ns"], r["service_time_ns"]
    for name, rank in (("p90", 180), ("p99", 198), ("max", 200)):
        waited = 1.0 - (200 - rank) * 0.01
        assert latency[name] >= waited * 0.999e9, (name, latency)
    assert service["max"] >= 0.999e9 - r["send_lag_ns"]["max"]


def test_a_percentile_beyond_what_was_delivered_is_not_delivered(tmp_path):
    with truth(Faults(pattern=lambda sequence, subscriber: "drop" if sequence % 50 == 0 else None)) as (url, server):
        r = run(tmp_path, "--set", "phases.drain=300ms", target=url, subscribers=5).run
    assert r["missing"] == 2 * 5 and r["expected_deliveries"] == 500
    assert r["delivery_latency_ns"]["p90"] is not None and r["delivery_latency_ns"]["p99"] is None
    assert r["delivery_latency_ns"]["undelivered_from"] == pytest.approx(0.98)
