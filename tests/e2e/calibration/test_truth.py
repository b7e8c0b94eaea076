"""Calibration: a server that knows what it did, and a run that must have measured exactly that. Counts and bytes are equal; delays are judged
by lower bounds and by what the same run says of its own lateness, since the machine is shared."""

import pytest

from calibration.table import lateness, milliseconds, note
from calibration.truth import Faults, truth
from formats import FORMATS, STREAMS
from harness import run
from techniques import POLLS

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
        for name, true in (("missing", faults["drop"] + faults["corrupt"]), ("duplicate", faults["twice"]), ("reordered", faults["swap"] if r["technique"] in STREAMS else 0),
                           ("corrupt", bad * sum(pattern(s, 0) == "corrupt" for s in told))):
            note(f"{r['technique']}: {name} of {r['expected_deliveries']}", true, r[name])
        share = r["missing"] / r["expected_deliveries"]
        assert (r["delivery_latency_ns"]["p90"] is None) == (share > 0.1) and r["delivery_latency_ns"]["p99"] is None and r["delivery_latency_ns"]["max"] is None


def test_bytes_are_counted_exactly_by_kind(tmp_path):
    """A comment, or a ping, of 20 characters goes before every message; no HTTP chunks. Everything here is a multiple of the deliveries."""
    with truth(Faults(comment=b"c" * 20)) as (url, server):
        finished = run(tmp_path, target=url, techniques=STREAMS)
    assert finished.complete, finished.out + finished.err
    received = {technique: (form.framing(), len(form.comment(b"c" * 20))) for technique, form in FORMATS.items()}
    sent = dict.fromkeys(STREAMS, 0) | {"websocket": 2 + 4 + 20}      # a pong has a masking key
    for number, r in enumerate(finished.result["runs"]):
        deliveries, technique = r["bytes"]["deliveries"], r["technique"]
        assert deliveries >= 900
        inward = {kind: r["bytes"]["received"][kind] / deliveries for kind in ("payload", "framing", "heartbeat", "http")}
        assert inward == {"payload": 100, "framing": received[technique][0], "heartbeat": received[technique][1], "http": 0}, technique
        outward = {kind: r["bytes"]["sent"][kind] / deliveries for kind in ("payload", "framing", "heartbeat", "http")}
        assert outward == {"payload": 0, "framing": 0, "heartbeat": sent[technique], "http": 0}, technique
        assert r["bytes"]["received"]["tcpip"] % 52 == 0 and r["bytes"]["received"]["tcpip"] > 0
        for kind, true in (("payload", 100), ("framing", received[technique][0]), ("heartbeat", received[technique][1])):
            note(f"{technique}: {kind} bytes received per delivery", true, f"{inward[kind]:g}")
        note(f"{technique}: heartbeat bytes sent per delivery", sent[technique], f"{outward['heartbeat']:g}")
        ten = slice(10 * number, 10 * number + 10)
        note(f"{technique}: handshake bytes, received and sent", f"{sum(server.heads_out[ten]) / 10:g}, {sum(server.heads_in[ten]) / 10:g}",
             f"{r['bytes']['handshake']['received']:g}, {r['bytes']['handshake']['sent']:g}")
        assert r["bytes"]["handshake"] == {"count": 10, "received": sum(server.heads_out[ten]) / 10, "sent": sum(server.heads_in[ten]) / 10}


def test_a_connection_for_each_poll_costs_the_segments_that_begin_and_end_it(tmp_path):
    """The client closes: SYN, ACK, request, FIN and the ACK of the server's go out, SYN with ACK, answer and FIN come in, each at least."""
    with truth() as (url, server):
        r = run(tmp_path, "--set", "techniques=[{polling: {interval: 50ms, connection: close}}]", target=url).run
    polls, at_the_border = r["requests"], 2 * 10
    assert polls >= 150 and r["failures"] == {}
    per_poll = {way: r["bytes"][way]["tcpip"] / 52 / polls for way in ("sent", "received")}
    model = {way: r["bytes"][way]["tcpip_1500"] / 52 / polls for way in ("sent", "received")}
    note("polling, a connection each: segments sent and received per poll, at least", "5, 3", f"{per_poll['sent']:.2f}, {per_poll['received']:.2f}")
    note("polling, a connection each: segments of the model", "6, 5", f"{model['sent']:.2f}, {model['received']:.2f}")
    assert per_poll["sent"] >= 5 * (1 - at_the_border / polls) and per_poll["received"] >= 3 * (1 - at_the_border / polls)
    assert model == {"sent": pytest.approx(6, rel=at_the_border / polls), "received": pytest.approx(5, rel=at_the_border / polls)}


@pytest.mark.parametrize("technique", STREAMS + POLLS)
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
    note(f"{technique}: a delay of 300 ms, p50 less that of a run without (floor {milliseconds(floor['delivery_latency_ns']['p50'])})",
         milliseconds(delay), milliseconds(shift))
    own = 50e6 if technique == "polling" else 0        # its interval: a message waits for a poll
    assert abs(shift - delay) <= own + 0.001 * delay + max(floor["delivery_latency_ns"]["p99"], delayed["delivery_latency_ns"]["p99"] - delay) + lateness(floor) + lateness(delayed)


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


def test_a_stall_of_one_second_at_1000_messages_a_second_is_in_every_percentile_it_belongs_to(tmp_path):
    """3,000 messages of which 1,000 wait 1 s, 999 ms, ... 1 ms: from 2/3 on the quantile q is 3 s x (q - 2/3). What the machine adds is what the
    run says of its own lateness, what the server says of its, and what the other messages show (p50)."""
    with truth(Faults(stall_at=WARM_UP + 500, stall_s=1.0)) as (url, server):
        r = run(tmp_path, "--set", "phases.warm-up=20ms", target=url, subscribers=1, rate="1000/s", measure="3s").run
    latency = r["delivery_latency_ns"]
    assert r["delivered"] == r["expected_deliveries"] == 3000 and server.stalled > 900
    more = latency["p50"] + 3 * lateness(r) + server.late_s * 1e9
    for name, rank in (("p90", 2700), ("p99", 2970), ("p999", 2997), ("max", 3000)):
        waited = (1.0 - (3000 - rank) / 1000) * 1e9
        note(f"sse: a stall of 1 s at 1,000 messages/s, {name}", milliseconds(waited), milliseconds(latency[name]))
        # The server's second begins when it sees the message, which is later than the message was due.
        assert waited * 0.999 <= latency[name] <= waited * 1.001 + more, (name, latency, server.late_s)


@pytest.mark.parametrize("resumes", [False, True])
@pytest.mark.parametrize("technique", STREAMS)
def test_what_passed_while_clients_were_away_is_counted_as_missed_or_replayed(tmp_path, technique, resumes):
    """Every stream is cut after message 12 of 20/s and comes back about 300 ms later, between two messages."""
    with truth(Faults(cut_at=12, resumes=resumes)) as (url, server):
        r = run(tmp_path, "--set", "reconnect={initial: 300ms, max: 300ms, jitter: 0}", "--set", "phases.drain=500ms", target=url, techniques=[technique],
                subscribers=5, rate="20/s", measure="2s").run
    missed, replayed = sum(server.missed), sum(server.replayed)
    assert len(server.missed) == 5 and missed >= 5
    assert r["published"] == 40 and r["expected_deliveries"] == 200
    note(f"{technique}, {'resumes' if resumes else 'does not resume'}: missed while away", 0 if resumes else missed, r["missed_while_away"])
    note(f"{technique}, {'resumes' if resumes else 'does not resume'}: replayed", replayed, r["replayed"])
    assert (r["missing"], r["missed_while_away"]) == ((0, 0) if resumes else (missed, missed))
    assert replayed == (missed if resumes else 0)
    # A message that was due before the client was back and reached the server after it: none, unless this machine was late.
    assert replayed <= r["replayed"] <= replayed + 5 * int(lateness(r) / 50e6 + 0.5)
    assert (r["duplicate"], r["reordered"]) == (0, 0)


def test_what_was_dropped_before_the_cut_is_missing_and_not_missed_while_away(tmp_path):
    """A server that drops messages 10, 11 and 12 of a reader and then its connection."""
    with truth(Faults(cut_at=12, pattern=lambda sequence, subscriber: "drop" if 10 <= sequence <= 12 else None)) as (url, server):
        r = run(tmp_path, "--set", "reconnect={initial: 300ms, max: 300ms, jitter: 0}", "--set", "phases.drain=500ms", target=url, subscribers=5,
                rate="20/s", measure="2s").run
    missed = sum(server.missed)
    note("sse, 3 messages dropped before a cut: missing, missed while away", f"{15 + missed}, {missed}", f"{r['missing']}, {r['missed_while_away']}")
    assert (r["missing"], r["missed_while_away"]) == (15 + missed, missed)


def test_a_server_that_sends_everything_twice_delivers_it_once(tmp_path):
    with truth(Faults(pattern=lambda sequence, subscriber: "twice")) as (url, server):
        r = run(tmp_path, target=url, techniques=["http-streaming"]).run
    deliveries = r["bytes"]["deliveries"]
    note("http-streaming, everything twice: payload bytes received per delivery", 200, f"{r['bytes']['received']['payload'] / deliveries:g}")
    assert r["duplicate"] == 10 * MEASURED
    assert r["bytes"]["received"]["payload"] == pytest.approx(200 * deliveries, rel=0.03), "a window may begin or end between two copies"


def test_the_place_in_the_fan_out_shows_in_spread_and_deciles(tmp_path):
    """20 subscribers that connect one after the other; the n-th gets every message n x 5 ms after the first."""
    with truth(Faults(stagger_s=0.005)) as (url, server):
        r = run(tmp_path, "--set", "connect.rate=50/s", "--set", "publish.rate=20/s", target=url, subscribers=20, measure="1500ms").run
    assert r["delivered"] == r["expected_deliveries"] == 20 * 30
    first, last = r["fanout_position_ns"]["first_decile"], r["fanout_position_ns"]["last_decile"]
    late = lateness(r) + r["generator"]["jitter_ns"]["max"] + r["delivery_latency_ns"]["min"]
    apart = last["p50"] - first["p50"]
    note("fan-out: spread from first to last of 20 subscribers, 5 ms apart, p50", milliseconds(95e6), milliseconds(r["fanout_spread_ns"]["p50"]))
    note("fan-out: last decile less first decile, p50", milliseconds(90e6), milliseconds(apart))
    assert abs(r["fanout_spread_ns"]["p50"] - 95e6) <= 0.001 * 95e6 + late
    assert abs(apart - 90e6) <= 0.001 * 90e6 + late
