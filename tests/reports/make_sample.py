"""Makes tests/golden/result-sample.json: what a small run of seven variants, repeated twice, plausibly measures.

Run it by hand after a change of the format: /usr/bin/python3 tests/reports/make_sample.py
"""

import hashlib
import json
from collections import Counter
from pathlib import Path

import numpy as np
from hdr_encoder import encode, slot_of

GOLDEN = Path(__file__).parent.parent / "golden" / "result-sample.json"
SUBSCRIBERS, RATE, SECONDS, PAYLOAD = 250, 10, 8, 120
PUBLISHED = RATE * SECONDS
EXPECTED = PUBLISHED * SUBSCRIBERS
MS = 1_000_000

SCENARIO = """# yaml-language-server: $schema=schema.json
name: quickstart
description: One topic, fanned out to 250 subscribers.
target: reference
topics: 1
subscribers: 250
threads: 1
publish: {rate: 10/s, arrivals: poisson, size: 120B}
phases: {warm-up: 2s, measure: 8s, drain: 5s}
techniques:
  - polling: {interval: 500ms}
  - polling: {interval: 1s}
  - polling: {interval: 5s}
  - long-polling
  - http-streaming
  - sse
  - websocket
repetitions: 2
thresholds:
  - missing == 0
  - delivery_latency.p99 < 50ms on websocket
"""

# technique, variant, poll interval (s) or None, base latency (ms), received framing and HTTP (B), sent HTTP (B),
# server CPU (µs), memory per subscriber (B), requests per delivery
TECHNIQUES = (
    ("polling", "500ms", 0.5, 0.9, (12.3, 31.5), 24.8, 5.1, 1310, 0.2),
    ("polling", "1s", 1.0, 1.0, (12.3, 15.9), 12.5, 3.9, 1318, 0.1),
    ("polling", "5s", 5.0, 1.4, (12.3, 3.3), 2.6, 2.8, 1330, 0.02),
    ("long-polling", "", None, 1.35, (12.3, 161.0), 131.0, 19.4, 1522, 1.0),
    ("http-streaming", "", None, 0.78, (19.3, 0.0), 0.0, 8.9, 1105, 0.0),
    ("sse", "", None, 0.80, (30.1, 0.0), 0.0, 9.1, 1121, 0.0),
    ("websocket", "", None, 0.76, (2.0, 0.0), 0.0, 8.8, 1240, 0.0),
)


def counted(values):
    return {int(value): int(number) for value, number in Counter(np.asarray(values, np.int64).tolist()).items()}


def highest_equivalent(value, lowest=1000):
    """The greatest value in the histogram slot of `value`."""
    step = 1
    while slot_of(value + step, lowest, 3) == slot_of(value, lowest, 3):
        step *= 2
    low, high = value, value + step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if slot_of(middle, lowest, 3) == slot_of(value, lowest, 3) else (low, middle)
    return low


def summary(values, population=None, lowest=1000):
    """As the load generator writes it: quantiles of `population`, null from `undelivered_from` on."""
    ordered = np.sort(np.asarray(values, np.int64))
    population = population or len(ordered)
    found = {"count": len(ordered), "min": int(ordered[0]), "mean": round(float(ordered.mean()), 1)}
    for name, per_mille in (("p50", 500), ("p90", 900), ("p99", 990), ("p999", 999)):
        rank = max(1, -(-per_mille * population // 1000))
        found[name] = highest_equivalent(int(ordered[rank - 1]), lowest) if rank <= len(ordered) else None
    found["max"] = int(ordered[-1])
    if population > len(ordered):
        found["undelivered_from"] = len(ordered) / population
    return found


def latencies(random, interval, base):
    """Fan-out in turn over the subscribers, with a tail; with polling also the wait for the next poll."""
    turn = np.tile(np.linspace(0.12, 1.0, SUBSCRIBERS) * base * 2, PUBLISHED)
    noise = random.gamma(2.0, 0.06, EXPECTED) + (random.random(EXPECTED) < 0.004) * random.exponential(3.0, EXPECTED)
    wait = random.random(EXPECTED) * interval * 1000 if interval else 0.0
    return np.round((turn + noise + wait) * 1000) * 1000


def recorded(random, base, interval, latency):
    """The values of every histogram in nanoseconds, by its name."""
    return {
        "delivery_latency": latency, "service_time": np.maximum(1000, latency - 40_000),
        "send_lag": np.round(random.gamma(2.0, 18, PUBLISHED)) * 1000,
        "readiness": np.round(random.gamma(3.0, 700, SUBSCRIBERS)) * 1000,
        "fanout_spread": np.round(base * 2000 + random.gamma(2.0, 120, PUBLISHED)) * 1000 + (interval or 0) * 1e9,
        "loop_lag": np.round(random.gamma(1.5, 25, 400)) * 1000,
    }


def round_trips(interval, base, repetition):
    """Of its own generator: a technique that does not poll has none."""
    random = np.random.default_rng([20261123, repetition, round(interval * 1000)])
    return np.round((base * 0.4 + random.gamma(2.0, 0.05, round(SUBSCRIBERS * SECONDS / interval))) * 1000) * 1000


def run(random, row, repetition):
    technique, variant, interval, base, (framing, http), sent_http, cpu, memory, requests = row
    latency = latencies(random, interval, base)
    missing = 37 if variant == "5s" else 0
    latency = np.sort(latency)[:EXPECTED - missing] if missing else latency
    values = recorded(random, base, interval, latency)
    if interval:
        values["round_trip"] = round_trips(interval, base, repetition)
    wobble = 1 + random.normal(0, 0.02)
    delivered = len(latency)
    received = {"payload": PAYLOAD * delivered, "framing": round(framing * delivered), "http": round(http * delivered),
                "tls": None,
                "tcpip": round((66 if not interval else 70 * requests) * delivered)}
    sent = {"payload": 0, "framing": 0, "http": round(sent_http * delivered), "tls": None,
            "tcpip": round((33 if not interval else 70 * requests) * delivered)}
    histograms = {name: encode(counted(v)) for name, v in values.items()}
    bandwidth = np.round(random.normal(sum(v or 0 for v in received.values()) / SUBSCRIBERS / SECONDS, 12, SUBSCRIBERS))
    histograms["subscriber_bandwidth"] = encode(counted(bandwidth), 1, 1 << 40)
    of_expected = ("delivery_latency", "service_time")
    found = {name: summary(v, EXPECTED if name in of_expected else None) for name, v in values.items()}
    return {
        "technique": technique, "variant": variant, "repetition": repetition, "subscribers": SUBSCRIBERS,
            "connected": SUBSCRIBERS,
        "topics": 1, "published": PUBLISHED, "publish_failed": 0, "expected_deliveries": EXPECTED,
            "delivered": delivered,
        "missing": missing, "duplicate": 0, "reordered": 0, "corrupt": 0, "failures": {"reset": 3} if missing else {},
        "failure_examples": {"reset": "read 127.0.0.1:38311: connection reset by peer"} if missing else {},
        "phases_s": {"ramp": 0.21, "warm_up": 2.0, "measure": float(SECONDS), "drain": 5.0 if missing else 0.05},
        "offered_rate_per_s": float(RATE), "achieved_rate_per_s": 9.99,
            "delivery_latency_ns": found["delivery_latency"],
        "service_time_ns": found["service_time"], "send_lag_ns": found["send_lag"], "readiness_ns": found["readiness"],
        "round_trip_ns": found.get("round_trip"), "fanout_spread_ns": found["fanout_spread"],
        "bytes": {"received": received, "sent": sent, "window_s": float(SECONDS), "deliveries": delivered},
        "bytes_per_delivery": round(sum(v or 0 for d in (received, sent) for v in d.values()) / delivered, 2),
        "subscriber_bandwidth_bytes_per_s": summary(bandwidth, lowest=1), "requests": round(requests * delivered),
        "empty_answers": round(requests * delivered * 0.1) if interval else 0, "skipped_polls": 0,
        "server": {"cpu_us_per_delivery": round(cpu * wobble, 3), "rss_bytes": 7_300_000 + memory * SUBSCRIBERS,
                   "pss_bytes": 4_100_000 + memory * SUBSCRIBERS, "bytes_per_subscriber": round(memory * wobble)},
        "generator": {"cpu_us_per_delivery": round(0.8 * cpu * wobble, 3), "loop_lag_ns": found["loop_lag"],
                      "rss_bytes": 22_000_000},
        "verdict": "doubtful" if missing else "valid",
        "verdict_reasons": ["0.185 % of the deliveries are missing"] if missing else [], "histograms": histograms,
    }


def sample():
    random = np.random.default_rng(20261120)
    runs = [run(random, row, repetition) for repetition in (1, 2) for row in TECHNIQUES]
    names = [(row[0], row[1]) for row in TECHNIQUES]
    return {
        "schema_version": 1, "tool": {"name": "pushbench", "version": "0.1.0", "commit": "abc1234"},
        "host": {"cpu": "AMD EPYC 7B13", "cores": 2, "memory_bytes": 25_769_803_776, "kernel": "6.18.5",
                 "os": "Debian GNU/Linux 12",
                 "clocksource": "tsc"},
        "command": "pushbench run scenarios/quickstart.yaml --repeat 2", "started": "2026-11-20T19:00:00Z",
        "ended": "2026-11-20T19:02:31Z", "interrupted": False,
        "scenario": {"name": "quickstart", "text": SCENARIO, "sha256": hashlib.sha256(SCENARIO.encode()).hexdigest(),
                     "path": "scenarios/quickstart.yaml"},
        "warnings": [
            {"rule": 3, "level": "warn", "message": "0.185 % undelivered: p99.9 is 'not delivered'", "run": 2},
            {"rule": 30, "level": "warn", "message": "2 cores: generator and server share CPUs; CPU/msg valid, "
                                                     "capacity is not",
             "run": None},
            {"rule": 22, "level": "info",
             "message": "loopback: absolute latencies are lower bounds; byte and CPU comparisons hold", "run": None},
        ],
        "thresholds": [
            {"expression": "missing == 0", "technique": None, "variant": None, "results": [
                {"technique": t, "variant": v, "value": 74 if v == "5s" else 0,
                 "verdict": "broken" if v == "5s" else "passed"}
                for t, v in names]},
            {"expression": "delivery_latency.p99 < 50ms", "technique": "websocket", "variant": None, "results": [
                {"technique": "websocket", "variant": "", "value": 2_180_000, "verdict": "passed"}]},
        ],
        "runs": runs,
    }


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(sample(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
