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
PERCENTILES = {"p50": 5000, "p75": 7500, "p90": 9000, "p95": 9500, "p99": 9900, "p999": 9990, "p9999": 9999}
OF_EXPECTED = ("delivery_latency", "service_time")

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
    for name, parts in PERCENTILES.items():    # of 10,000
        rank = max(1, -(-parts * population // 10_000))
        found[name] = highest_equivalent(int(ordered[rank - 1]), lowest) if rank <= len(ordered) else None
    found["max"] = int(ordered[-1]) if population == len(ordered) else None
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
    found = {name: summary(v, EXPECTED if name in OF_EXPECTED else None) for name, v in values.items()}
    values["subscriber_bandwidth"] = bandwidth
    return values, {
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


def metric(value, each=None, **more):
    return {"value": value, "low": None, "high": None, "error": None, "fitness": "usable", "reason": None, **more,
            "each": each or [value, value]}


def distribution_metrics(name, both):
    """Of the values of two repetitions: all of them in one list, whatever each says by itself."""
    lowest = 1 if name == "subscriber_bandwidth" else 1000
    populations = [EXPECTED if name in OF_EXPECTED else len(values) for values in both]
    whole = summary(np.concatenate(both), sum(populations), lowest)
    each = [summary(values, population, lowest) for values, population in zip(both, populations)]
    found = {}
    for short in ("min", "mean", *PERCENTILES, "max"):
        more = {"undelivered": True} if whole[short] is None else {}
        if short in PERCENTILES:
            more["samples_beyond"] = sum(populations) * (10_000 - PERCENTILES[short]) / 10_000
            if more["samples_beyond"] < 10:
                more |= {"fitness": "unusable", "reason": "with fewer than 10 samples beyond it"}
        found[f"{name}.{short}"] = metric(whole[short], [one[short] for one in each], **more)
    return found


def number_metrics(runs):
    deliveries = sum(run["bytes"]["deliveries"] for run in runs)
    found = {name: metric(sum(run[name] for run in runs), [run[name] for run in runs]) for name in
             ("published", "publish_failed", "expected_deliveries", "delivered", "missing", "duplicate", "reordered", "corrupt",
              "requests", "empty_answers", "skipped_polls")}
    found["failures"] = metric(sum(sum(run["failures"].values()) for run in runs))
    found["connected"] = metric(min(run["connected"] for run in runs))
    found["offered_rate"] = metric(float(RATE))
    found["achieved_rate"] = metric(9.99)
    for way in ("received", "sent"):
        for kind in runs[0]["bytes"][way]:
            values = [run["bytes"][way][kind] for run in runs]
            if None not in values:
                found[f"{way}_{kind}_per_delivery"] = metric(sum(values) / deliveries)
        found[f"{way}_per_delivery"] = metric(sum(value or 0 for run in runs for value in run["bytes"][way].values()) / deliveries)
    each = [run["bytes_per_delivery"] for run in runs]
    total = found["received_per_delivery"]["value"] + found["sent_per_delivery"]["value"]
    requests = found["requests"]["value"]
    cpu, memory = ([run["server"][name] for run in runs] for name in ("cpu_us_per_delivery", "bytes_per_subscriber"))
    return found | {
        "bytes_per_delivery": metric(total, each), "payload_per_delivery": metric(float(PAYLOAD)),
        "overhead": metric((total - PAYLOAD) / PAYLOAD, [(one - PAYLOAD) / PAYLOAD for one in each]),
        "requests_per_delivery": metric(requests / deliveries),
        "wasted_poll_share": metric(found["empty_answers"]["value"] / requests if requests else None),
        "server_cpu_per_delivery": metric(1000 * sum(c * run["bytes"]["deliveries"] for c, run in zip(cpu, runs)) / deliveries,
                                          [1000 * c for c in cpu]),
        "server_bytes_per_subscriber": metric(sum(memory) / len(memory), memory),
        "server_rss": metric(max(run["server"]["rss_bytes"] for run in runs)),
        "server_pss": metric(max(run["server"]["pss_bytes"] for run in runs)),
        "generator_cpu_per_delivery": metric(1000 * sum(run["generator"]["cpu_us_per_delivery"] for run in runs) / len(runs)),
    }


def spectrum(both):
    whole = np.sort(np.concatenate(both)).astype(np.int64)
    population = 2 * EXPECTED
    end = min(population / 10, 1 / (1 - len(whole) / population) if len(whole) < population else np.inf)
    quantiles = sorted({round(1 - 1 / x, 12) for x in [*np.geomspace(1, end, 150), 2, 10, 100]})
    lists = [(whole, population), *((np.sort(values).astype(np.int64), EXPECTED) for values in both)]
    points = [(q, [highest_equivalent(int(values[min(max(1, int(np.ceil(q * of))), len(values)) - 1])) for values, of in lists])
              for q in quantiles]
    return {"quantile": quantiles, "value": [v[0] for _, v in points],
            "least": [min(v) for _, v in points], "greatest": [max(v) for _, v in points]}


def group(row, number, measured):
    """Both repetitions of one variant."""
    places = [number, number + len(TECHNIQUES)]
    values, runs = zip(*(measured[place] for place in places))
    metrics = {}
    for name in values[0]:
        metrics |= distribution_metrics(name, [one[name] for one in values])
    doubtful = runs[0]["verdict"] == "doubtful"
    return {"technique": row[0], "variant": row[1], "runs": places, "left_out": 0, "verdict": runs[0]["verdict"],
            "verdict_reasons": runs[0]["verdict_reasons"], "failures": {"reset": 6} if doubtful else {},
            "failure_examples": runs[0]["failure_examples"], "metrics": metrics | number_metrics(runs),
            "spectrum": spectrum([one["delivery_latency"] for one in values]), "memory_slopes": None}


def sample():
    random = np.random.default_rng(20261120)
    measured = [run(random, row, repetition) for repetition in (1, 2) for row in TECHNIQUES]
    groups = [group(row, number, measured) for number, row in enumerate(TECHNIQUES)]
    names = [(row[0], row[1]) for row in TECHNIQUES]
    return {
        "schema_version": 2, "tool": {"name": "pushbench", "version": "0.1.0", "commit": "abc1234"},
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
                {"technique": t, "variant": v, "value": 74 if v == "5s" else 0, "measured": "74" if v == "5s" else "0",
                 "verdict": "broken" if v == "5s" else "passed"}
                for t, v in names]},
            {"expression": "delivery_latency.p99 < 50ms", "technique": "websocket", "variant": None, "results": [
                {"technique": "websocket", "variant": "", "value": 2_180_000, "measured": "2.18 ms",
                 "verdict": "passed"}]},
        ],
        "groups": groups,
        "runs": [one for _, one in measured],
    }


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(sample(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
