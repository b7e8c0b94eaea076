"""pushbench run against the reference server: every technique delivers everything, and the numbers agree with each other."""

import collections
import sys

import pytest

from formats import CHUNK, FORMATS
from harness import ROOT, TECHNIQUES, run
from techniques import POLLS

sys.path.insert(0, str(ROOT / "reports"))
from pushbench_report import hdr, intervals, schema  # noqa: E402


@pytest.mark.parametrize("technique", TECHNIQUES)
def test_every_technique_delivers_every_message_to_every_subscriber_once(tmp_path, technique):
    finished = run(tmp_path, techniques=[technique], subscribers=20, thresholds=["missing == 0", "duplicate == 0"])
    assert finished.complete, finished.out + finished.err
    r = finished.run
    assert r["published"] == 100                                   # 100/s, constant, for one second
    assert r["delivered"] == r["expected_deliveries"] == r["published"] * 20
    assert (r["missing"], r["duplicate"], r["reordered"], r["corrupt"], r["failures"]) == (0, 0, 0, 0, {})
    assert r["connected"] == r["subscribers"] == 20
    for name in ("delivery_latency_ns", "service_time_ns"):
        d = r[name]
        assert d["count"] == 2000 and 0 < d["min"] <= d["p50"] <= d["p99"] <= d["max"], (name, d)
    assert r["delivery_latency_ns"]["p50"] >= r["service_time_ns"]["p50"] > 0
    assert r["send_lag_ns"]["count"] == 100
    assert r["readiness_ns"]["count"] == 20
    assert r["fanout_spread_ns"]["count"] == 100


@pytest.mark.parametrize("technique", TECHNIQUES)
def test_bytes_are_split_by_kind_and_add_up(tmp_path, technique):
    r = run(tmp_path, techniques=[technique], subscribers=20).run
    received, sent = r["bytes"]["received"], r["bytes"]["sent"]
    assert received["payload"] == 100 * r["bytes"]["deliveries"]
    assert received["framing"] >= 0 and received["tcpip"] > 0 and received["tls"] is None
    if technique in POLLS:
        assert received["http"] > 0 and sent["http"] > 0 and r["requests"] > 0
    elif technique in FORMATS:
        least, most = (FORMATS[technique].framing(sequence) for sequence in (1, 100))
        chunk = CHUNK if FORMATS[technique].chunked else 0         # messages that are due together share one
        assert least <= received["framing"] / r["bytes"]["deliveries"] <= most + chunk
        assert received["http"] == sent["http"] == 0               # heads went before the window
    else:
        assert 15 <= received["framing"] / r["bytes"]["deliveries"] <= 40, "a header and an event"
    whole = sum(kind[name] for kind in (received, sent) for name in ("payload", "framing", "http", "tcpip"))
    assert r["bytes_per_delivery"] == pytest.approx(whole / r["bytes"]["deliveries"])


@pytest.mark.parametrize("technique", [{"polling": {"interval": "20ms", "validator": "etag"}}, {"long-polling": {"hold": "20ms", "empty": 204}}])
def test_empty_answers_of_either_kind_are_counted_and_lose_nothing(tmp_path, technique):
    finished = run(tmp_path, "--set", "publish.rate=20/s", techniques=[technique], subscribers=20)
    assert finished.complete, finished.out + finished.err
    r = finished.run
    assert r["delivered"] == r["expected_deliveries"] == 400
    assert (r["missing"], r["duplicate"], r["corrupt"], r["failures"]) == (0, 0, 0, {})
    assert 0 < r["empty_answers"] < r["requests"] + 20
    received = r["bytes"]["received"]
    assert received["framing"] == r["bytes"]["deliveries"], "a line feed each: empty answers have no body"


def test_polling_shows_the_age_of_its_data_beside_the_round_trip_of_its_requests(tmp_path):
    finished = run(tmp_path, techniques=[{"polling": {"interval": "200ms"}}, "long-polling"], subscribers=20,
                   thresholds=[{"technique": "polling", "check": "round_trip.p50 > 0ms"}])
    assert finished.complete, finished.out + finished.err
    polling, held = finished.result["runs"]
    trip = polling["round_trip_ns"]
    assert 20 * 3 <= trip["count"] <= 20 * 7, "a client polls five times a second"
    assert abs(trip["count"] - polling["requests"]) <= 20, "one may be out at either end of the window"
    assert 0 < trip["min"] <= trip["p50"] < polling["delivery_latency_ns"]["p50"], "the wait for the next poll is age, and no round trip"
    assert "round_trip" in polling["histograms"]
    assert held["round_trip_ns"] is None and "round_trip" not in held["histograms"]
    assert "data age p50" in finished.out and "wasted" in finished.out


@pytest.mark.parametrize("technique", [{"http-streaming": {"framing": "raw", "limit": 50}}, {"http-streaming": {"encoding": "gzip"}},
                                       {"http-streaming": {"encoding": "gzip", "limit": 50}}, {"long-polling": {"timeout": "20ms"}},
                                       {"http-streaming": {"method": "POST", "body": '{"topic": "{topic}"}', "limit": 50}}])
def test_compressed_raw_and_posted_streams_and_impatient_clients_lose_nothing(tmp_path, technique):
    finished = run(tmp_path, "--set", "publish.rate=40/s", "--set", "publish.payload=200B", techniques=[technique], subscribers=20)
    assert finished.complete, finished.out + finished.err
    r = finished.run
    assert (r["missing"], r["duplicate"], r["corrupt"], r["foreign"], r["failures"]) == (0, 0, 0, 0, {})
    received = r["bytes"]["received"]
    assert received["payload"] == 200 * r["bytes"]["deliveries"] and received["framing"] >= 0
    assert (r["request_timeouts"] > 0) == ("long-polling" in technique)
    if technique.get("http-streaming", {}).get("encoding") == "gzip":
        assert 0 < received["encoded"] < received["decoded"], "six bits a character are compressed to six of eight"
    else:
        assert received["encoded"] is received["decoded"] is None


@pytest.mark.parametrize("technique, server", [({"http-streaming": {"limit": 20}}, {}), ({"http-streaming": {"limit-bytes": "2KB"}}, {}),
                                               ("sse", {"stream-limit": 20}), ("forever-frame", {"stream-limit": 20})])
def test_streams_that_end_by_design_lose_nothing_and_are_no_failure(tmp_path, technique, server):
    settings = [f"--set=server.{key}={value}" for key, value in server.items()]
    finished = run(tmp_path, *settings, techniques=[technique], subscribers=20)
    assert finished.complete, finished.out + finished.err
    r = finished.run
    assert r["delivered"] == r["expected_deliveries"] == 2000
    assert (r["missing"], r["duplicate"], r["reordered"], r["corrupt"], r["failures"]) == (0, 0, 0, 0, {})
    assert 20 * (100 // 20 - 1) <= r["requests"] <= 20 * (100 // 20 + 1), "a request for each 20 messages"


def test_polls_in_step_with_the_messages_of_a_topic_make_a_run_doubtful(tmp_path):
    """100 messages a second over ten topics: one to each topic every 100 ms, as often as its subscribers ask by two of these."""
    techniques = [{"polling": {"interval": "100ms"}}, {"polling": {"interval": "100ms", "timing": "closed", "variant": "closed"}}, "sse"]
    finished = run(tmp_path, "--set", "topics=10", techniques=techniques)
    assert finished.complete, finished.out + finished.err
    told = [w["message"] for w in finished.result["warnings"] if w["rule"] == 20]
    assert told == ["publish period of a topic is 1 x the interval of polling fixed-rate: data age is an aliasing artefact"]
    assert finished.result["runs"][0]["verdict"] != "valid"


def test_idle_subscribers_cost_their_heartbeats_and_their_empty_polls(tmp_path):
    finished = run(tmp_path, "--set", "phases.idle=600ms", "--set", "server.heartbeat=50ms", techniques=["websocket", "sse", "polling"], subscribers=20,
                   measure="300ms")
    assert finished.complete, finished.out + finished.err
    quiet, beating, polling = (r["idle"] for r in finished.result["runs"])
    assert quiet["requests"] == beating["requests"] == 0 and polling["requests"] >= 20
    assert quiet["received_bytes_per_client_hour"] < beating["received_bytes_per_client_hour"]
    assert polling["sent_bytes_per_client_hour"] > quiet["sent_bytes_per_client_hour"]
    # A worker's window begins when the worker has heard of it, which is later than the phase on a busy machine.
    assert all(0.3 < idle["window_s"] and idle["server_cpu_us_per_client_s"] > 0 for idle in (beating, polling))
    assert all(r["phases_s"]["idle"] >= 0.6 for r in finished.result["runs"])


def test_server_and_generator_costs_are_measured(tmp_path):
    r = run(tmp_path, techniques=["websocket"], subscribers=100).run
    assert r["server"]["cpu_us_per_delivery"] > 0
    assert r["server"]["pss_bytes"] > 500_000
    assert r["generator"]["cpu_us_per_delivery"] > 0
    assert r["generator"]["loop_lag_ns"]["count"] > 10


def test_the_series_and_the_interval_log_add_up_to_the_run(tmp_path):
    finished = run(tmp_path, "--set", "threads=1", techniques=["sse"], subscribers=100, measure="2s")
    assert finished.complete, finished.out + finished.err
    r = finished.run
    series = r["series"]
    assert len({len(column) for column in series.values()}) == 1
    assert sum(series["latency_count"]) == r["delivered"] == 20_000
    assert sum(series["delivered"]) >= r["delivered"] and sum(series["published"]) >= r["published"]
    assert max(series["connected"]) == 100
    measured = [length for length, measuring in zip(series["length_s"], series["measuring"]) if measuring]
    assert sum(measured) == pytest.approx(r["phases_s"]["measure"], rel=0.05)
    assert r["interval_log"] == "sse-1.hlog"
    found = intervals.read(finished.folder / "sse-1.hlog")
    assert sum(interval.histogram.total for interval in found) == r["delivered"]
    assert together(interval.histogram for interval in found) == together([hdr.decode(r["histograms"]["delivery_latency"])])
    assert r["generator"]["read_delay_ns"]["count"] > 0, "the kernel stamps what one connection receives"
    assert r["generator"]["jitter_ns"]["count"] > 0


def together(histograms):
    """Counts of all by slot."""
    counts = collections.Counter()
    for histogram in histograms:
        for slot in zip(histogram.low.tolist(), histogram.high.tolist(), histogram.counts.tolist()):
            counts[slot[:2]] += slot[2]
    return counts


def quantile(counts, quantile, population):
    rank, seen = max(1, hdr.ceil_rank(quantile, population)), 0
    for (_, high), count in sorted(counts.items()):
        seen += count
        if seen >= rank:
            return high
    return None


def test_a_group_is_its_repetitions_as_one(tmp_path):
    """Worked out again from the runs: their histograms decoded and merged, their counts added, their costs divided once."""
    finished = run(tmp_path, "--repeat", "3", techniques=["sse", "polling"], subscribers=20, measure="500ms")
    result = finished.result
    assert [(group["technique"], group["variant"]) for group in result["groups"]] == [("sse", ""), ("polling", "")]
    for group in result["groups"]:
        runs, metrics = [result["runs"][place] for place in group["runs"]], group["metrics"]
        assert {r["technique"] for r in runs} == {group["technique"]} and len(runs) + group["left_out"] == 3
        for name in ("published", "expected_deliveries", "delivered", "missing", "duplicate", "requests"):
            assert metrics[name]["value"] == sum(r[name] for r in runs), name
        merged = together(hdr.decode(r["histograms"]["delivery_latency"]) for r in runs)
        expected = sum(r["expected_deliveries"] for r in runs)
        for name, q in schema.PERCENTILES.items():
            assert metrics[f"delivery_latency.{name}"]["value"] == quantile(merged, q, expected), name
        line = group["spectrum"]
        assert line["value"][1:] == [quantile(merged, q, expected) for q in line["quantile"][1:]]
        deliveries = sum(r["bytes"]["deliveries"] for r in runs)
        wire = sum(r["bytes_per_delivery"] * r["bytes"]["deliveries"] for r in runs)
        assert metrics["bytes_per_delivery"]["value"] == pytest.approx(wire / deliveries)
        assert metrics["server_cpu_per_delivery"]["value"] == pytest.approx(1e9 * sum(r["server"]["cpu_s"] for r in runs) / deliveries)
        if len(runs) > 1:
            assert metrics["delivery_latency.p50"]["each"] == [r["delivery_latency_ns"]["p50"] for r in runs]
        if len(runs) == 3:
            low, high = (metrics["bytes_per_delivery"][end] for end in ("low", "high"))
            rounding = 1e-9 * high
            assert low - rounding <= metrics["bytes_per_delivery"]["value"] <= high + rounding
            assert "95 % confidence interval" in finished.out


def test_topics_threads_and_repetitions(tmp_path):
    finished = run(tmp_path, "--set", "topics=3", "--set", "threads=2", "--set", "server={threads: 2}", "--repeat", "2",
                   techniques=["sse", "websocket"], subscribers=30, thresholds=["missing == 0"])
    assert finished.complete, finished.out + finished.err
    runs = finished.result["runs"]
    assert [(r["technique"], r["repetition"]) for r in runs] == [("sse", 1), ("websocket", 1), ("sse", 2), ("websocket", 2)]
    for r in runs:
        # 100 messages over three topics of ten subscribers each: every message goes to ten.
        assert (r["published"], r["delivered"], r["missing"]) == (100, 1000, 0)


@pytest.mark.parametrize("arrivals, published", [("poisson", None), ("burst, burst: 10", 100), ("ramp, to: 300/s", None)])
def test_every_kind_of_arrivals_delivers_everything(tmp_path, arrivals, published):
    finished = run(tmp_path, "--set", "publish={rate: 100/s, payload: 64B, arrivals: %s}" % arrivals, thresholds=["missing == 0"])
    assert finished.complete, finished.out + finished.err
    r = finished.run
    assert r["delivered"] == r["published"] * 10
    assert published is None or r["published"] == published


def test_every_technique_of_a_repetition_gets_the_same_schedule(tmp_path):
    runs = run(tmp_path, "--seed", "1", "--repeat", "2", "--set", "publish={rate: 200/s, arrivals: poisson}", techniques=["sse", "websocket"]).result["runs"]
    published = [r["published"] for r in runs]
    assert published[0] == published[1] and published[2] == published[3]
    assert published[0] != published[2]            # another repetition, another draw (seed 1 gives unequal ones)


def test_the_same_seed_makes_the_same_schedule(tmp_path):
    published = set()
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        published.add(run(folder, "--seed", "7", "--set", "publish={rate: 200/s, arrivals: poisson}").run["published"])
    assert len(published) == 1


def test_binary_payloads(tmp_path):
    finished = run(tmp_path, "--set", "publish.type=binary", techniques=["websocket", "http-streaming"], thresholds=["missing == 0"])
    assert finished.complete, finished.out + finished.err


def test_a_broken_threshold_exits_with_1_and_says_what_was_measured(tmp_path):
    finished = run(tmp_path, thresholds=["delivery_latency.p50 < 1ns", "missing == 0"])
    assert finished.code == (3 if finished.run["verdict"] == "invalid" else 1)      # a busy machine may leave nothing to judge
    assert "delivery_latency.p50 < 1ns: measured" in finished.out
    if finished.code == 3:
        return
    verdicts = {t["expression"]: t["results"][0]["verdict"] for t in finished.result["thresholds"]}
    assert verdicts == {"delivery_latency.p50 < 1ns": "broken", "missing == 0": "passed"}


def test_a_threshold_on_a_percentile_of_few_deliveries_is_judged_and_says_so(tmp_path):
    finished = run(tmp_path, techniques=["sse", "websocket"], thresholds=["delivery_latency.p999 < 1h", "delivery_latency.p99 < 1h"])
    by = {t["expression"]: [r["samples_beyond"] for r in t["results"]] for t in finished.result["thresholds"]}
    assert by["delivery_latency.p999 < 1h"] == pytest.approx([1, 1]) and by["delivery_latency.p99 < 1h"] == pytest.approx([10, 10])
    if finished.code == 0:      # a busy machine may leave nothing to judge
        assert "delivery_latency.p999 < 1h: met by 2 of 2, some with fewer than 10 samples beyond it" in finished.out
        assert "delivery_latency.p99 < 1h: met by 2 of 2\n" in finished.out
