"""Results of schema version 1, which had no `groups`: each of their runs becomes a group of its own.

Nothing is merged: what several repetitions say together is the measuring program's to work out, and that one did not.
"""

import math
import re

from . import schema

UNITS = (      # of the metrics that thresholds could be about, by their names
    (re.compile(r"(delivery_latency|service_time|send_lag|readiness|round_trip|fanout_spread)\.|server_cpu_per_delivery"), "time"),
    (re.compile(r"bytes_per_delivery|server_bytes_per_subscriber"), "size"),
    (re.compile(r"\w+_share"), "share"))
OF_EXPECTED = ("delivery_latency", "service_time")
POINTS = 150


def upgrade(data, histograms):
    """Adds to a result of version 1 what later ones have. `histograms` are those of each run, decoded, by name."""
    alike = {}
    for run in data["runs"]:
        alike.setdefault((run["technique"], run["variant"]), []).append(run)
    data["groups"] = [_group(place, run, decoded, len(alike[run["technique"], run["variant"]]) > 1)
                      for place, (run, decoded) in enumerate(zip(data["runs"], histograms))]
    for threshold in data.get("thresholds") or []:
        for result in threshold["results"]:
            result["unit"] = next((unit for pattern, unit in UNITS if pattern.match(threshold["expression"].strip())), "count")


def spectrum(histogram, population):
    """Points of one histogram, even in log 1 / (1 - quantile), to the last with ten deliveries beyond it."""
    if not histogram or not histogram.total or population <= 10:
        return None
    last = min(1 - 10 / population, histogram.total / population)
    end = math.log(1 / (1 - last))
    points = [(q, histogram.quantile(q, population)) for q in
              (round(1 - math.exp(-end * i / (POINTS - 1)), 12) for i in range(POINTS))]
    known = [point for point in points if point[1] is not None]
    return {"quantile": [q for q, _ in known], "value": [value for _, value in known]}


def _group(place, run, histograms, repeated):
    latency = histograms.get("delivery_latency")
    variant = f"{run['variant']} #{run['repetition']}".strip() if repeated else run["variant"]
    return {"technique": run["technique"], "variant": variant, "runs": [place], "left_out": 0,
            "verdict": run["verdict"], "verdict_reasons": run.get("verdict_reasons"), "failures": run["failures"],
            "failure_examples": run.get("failure_examples"), "metrics": _metrics(run),
            "spectrum": spectrum(latency, max(run["expected_deliveries"], latency.total) if latency else 0),
            "memory_slopes": (run.get("memory") or {}).get("slopes")}


def _metrics(run):
    values = {name: run.get(name) for name in schema.RUN_COUNTS}
    values |= {"connected": run.get("connected"), "failures": sum(run["failures"].values()),
               "offered_rate": run.get("offered_rate_per_s"), "achieved_rate": run.get("achieved_rate_per_s"),
               "bytes_per_delivery": run.get("bytes_per_delivery")}
    values |= _bytes(run) | _server(run)
    found = {name: _metric(value) for name, value in values.items() if value is not None}
    for name, field in schema.HISTOGRAMS.items():
        found |= _distribution(run, name, field)
    return found


def _metric(value, **more):
    return {"value": value, "fitness": "usable", **more}


def _distribution(run, name, field):
    summary = run
    for key in field.split("."):
        summary = (summary or {}).get(key)
    if not summary:
        return {}
    recorded = summary["count"]
    population = max(recorded, run["expected_deliveries"]) if name in OF_EXPECTED else recorded
    found = {}
    for short in ("min", "mean", *schema.PERCENTILES, "max"):
        value = summary.get(short)
        beyond = {"samples_beyond": population * (1 - schema.PERCENTILES[short])} if short in schema.PERCENTILES else {}
        if value is not None:
            found[f"{name}.{short}"] = _metric(value, **beyond)
        elif short in summary and population > recorded:
            found[f"{name}.{short}"] = _metric(None, undelivered=True, **beyond)
    return found


def _bytes(run):
    counted = run.get("bytes") or {}
    deliveries = counted.get("deliveries")
    if not deliveries:
        return {}
    found, total = {}, 0
    for way in ("received", "sent"):
        kinds = {kind: _travelled(counted[way], kind) for kind in schema.BYTE_KINDS}
        known = [value for value in kinds.values() if value is not None]
        found |= {f"{way}_{kind}_per_delivery": value / deliveries for kind, value in kinds.items() if value is not None}
        if known:
            found[f"{way}_per_delivery"] = sum(known) / deliveries
        total += sum(known)
    payload = counted["received"].get("payload")
    modelled = [counted[way].get("tcpip_1500") for way in ("received", "sent")]
    handshake, idle = counted.get("handshake"), run.get("idle")
    found |= {"payload_per_delivery": payload / deliveries if payload is not None else None,
              "overhead": (total - payload) / payload if payload else None,
              "modelled_tcpip_per_delivery": None if None in modelled else sum(modelled) / deliveries,
              "requests_per_delivery": run["requests"] / deliveries if run.get("requests") is not None else None,
              "handshake_bytes": handshake["received"] + handshake["sent"] if handshake else None,
              "idle_bytes_per_client_hour": idle["received_bytes_per_client_hour"] + idle["sent_bytes_per_client_hour"] if idle else None}
    return found


def _travelled(counts, kind):
    """Payload and framing are counted before compression: every byte of a body counts alike."""
    value, decoded = counts.get(kind), counts.get("decoded")
    if value is None or kind not in ("payload", "framing") or not decoded:
        return value
    content = counts["payload"] + counts["framing"]
    return value * (content - decoded + counts["encoded"]) / content


def _server(run):
    server, generator = run.get("server") or {}, run.get("generator") or {}
    requests, empty = run.get("requests"), run.get("empty_answers")
    found = {f"server_{name}": server.get(name) for name in
             ("voluntary_switches_per_delivery", "involuntary_switches_per_delivery", "syscalls_per_delivery", "bytes_per_subscriber")}
    found |= {"server_rss": server.get("rss_bytes"), "server_pss": server.get("pss_bytes"),
              "wasted_poll_share": empty / requests if requests and empty is not None else None}
    for who, of in (("server", server), ("generator", generator)):
        if of.get("cpu_us_per_delivery") is not None:
            found[f"{who}_cpu_per_delivery"] = 1000 * of["cpu_us_per_delivery"]
    return found
