"""A series is one technique in one variant from one result file: its repetitions merged, one row of every table.

Counts add, histograms merge; a percentile is never averaged. Costs per delivery are weighted by the deliveries they
were divided by, which is the quotient of the sums. `low` and `high` beside a value are the least and the greatest
repetition; where the result has a confidence interval (three repetitions and more), they are its ends.
"""

from dataclasses import dataclass, replace
from functools import cached_property

from . import hdr, schema

ENOUGH_BEYOND = 10      # samples beyond a percentile, below which it is greyed and never called best
SUMMARY_QUANTILES = {0.5: "p50", 0.9: "p90", 0.99: "p99", 0.999: "p999"}
COMPRESSED_KINDS = ("payload", "framing")
OF_EXPECTED = ("delivery_latency", "service_time")    # a missing delivery is +infinity in these


@dataclass(frozen=True)
class Value:
    """A number, or why there is none. state: "ok", "few" (samples), "undelivered", "absent" (not measured)."""

    state: str = "absent"
    value: float = None
    low: float = None
    high: float = None
    beyond: float = None    # samples beyond the percentile
    confident: bool = False    # low and high are the 95 % confidence interval over the repetitions

    @property
    def ranked(self):
        return self.state == "ok"


ABSENT = Value()


def within(value, interval, factor=1):
    """The value with the confidence interval of `interval` ({middle, low, high}, or None) instead of its range."""
    if interval is None or value.value is None:
        return value
    return replace(value, low=interval["low"] / factor, high=interval["high"] / factor, confident=True)


def _worst(words, order):
    return max(words, key=order.index, default=order[0])


class Part:
    """What one run has of a distribution; falsy when it has nothing."""

    def __init__(self, run, name):
        summary = run.data
        for key in schema.HISTOGRAMS[name].split("."):
            summary = (summary or {}).get(key)
        self.summary = summary or {}
        self.histogram = run.histograms.get(name)
        self.recorded = self.summary.get("count", self.histogram.total if self.histogram else 0)
        if not self.recorded and self.histogram is None:
            self.histogram = hdr.Histogram()
        self.population = self.recorded
        nothing_arrived = not run.data["delivered"]    # then there may be no summary, and every delivery is missing
        if name in OF_EXPECTED and (self.recorded or nothing_arrived):
            self.population = max(self.recorded, run.data["expected_deliveries"])

    def __bool__(self):
        return bool(self.population)

    def quantile(self, quantile):
        if hdr.ceil_rank(quantile, self.population or 1) > self.recorded:
            return None
        given = self.summary.get(SUMMARY_QUANTILES.get(quantile))
        if given is None and self.histogram is not None:
            return self.histogram.quantile(quantile, self.population)
        return given

    def extreme(self, name):
        given = self.summary.get(name)
        return getattr(self.histogram, name) if given is None and self.histogram is not None else given


class Distribution:
    """One of the histograms of a series with its summaries."""

    def __init__(self, runs, name, intervals=None):
        self.intervals = intervals or {}    # by quantile
        self.parts = [part for run in runs if (part := Part(run, name))]
        histograms = [part.histogram for part in self.parts]
        self.histogram = hdr.merge(histograms) if self.parts and all(h is not None for h in histograms) else None
        self.recorded = sum(part.recorded for part in self.parts)
        self.population = sum(part.population for part in self.parts)

    @property
    def missing(self):
        return max(0, self.population - self.recorded)

    @property
    def undelivered_from(self):
        """The quantile from which on nothing arrived; None when everything did."""
        return self.recorded / self.population if self.missing else None

    def quantile(self, quantile):
        if not self.population:
            return ABSENT
        beyond = self.population * (1 - quantile)
        if hdr.ceil_rank(quantile, self.population) > self.recorded:
            return Value("undelivered", beyond=beyond)
        value = self._merged_quantile(quantile)
        if value is None:
            given = self.parts[0].summary.get("undelivered_from") if len(self.parts) == 1 else None
            return ABSENT if given is None or quantile < given else Value("undelivered", beyond=beyond)
        each = [part.quantile(quantile) for part in self.parts]
        known = [v for v in each if v is not None] if len(each) > 1 else []
        state = "ok" if beyond + 1e-6 >= ENOUGH_BEYOND else "few"
        ranged = Value(state, value, min(known, default=None), max(known, default=None), beyond)
        return within(ranged, self.intervals.get(quantile))

    def _merged_quantile(self, quantile):
        if len(self.parts) == 1:
            return self.parts[0].quantile(quantile)
        return self.histogram.quantile(quantile, self.population) if self.histogram else None

    def extreme(self, name):
        """The exact `min` or `max` of everything that arrived."""
        known = [part.extreme(name) for part in self.parts]
        known = [value for value in known if value is not None]
        return {"min": min, "max": max}[name](known) if known else None

    @property
    def mean(self):
        if len(self.parts) == 1:
            return self.parts[0].summary.get("mean")
        return self.histogram.mean if self.histogram else None


def _deliveries(run):
    return (run.data.get("bytes") or {}).get("deliveries", run.data["delivered"])


def _connected(run):
    return run.data.get("connected") or run.data["subscribers"]


class Series:
    def __init__(self, source, technique, variant, runs, style):
        self.source, self.technique, self.variant, self.runs, self.style = source, technique, variant, runs, style
        self._distributions = {}

    @property
    def name(self):
        return f"{self.technique} {self.variant}".strip()

    @property
    def label(self):
        return f"{self.name} · {self.source.name}" if self.source.name else self.name

    def distribution(self, name):
        """One of schema.HISTOGRAMS over all repetitions."""
        if name not in self._distributions:
            intervals = {q: self.confidence.get(f"{name}.{short}") for q, short in SUMMARY_QUANTILES.items()}
            self._distributions[name] = Distribution(self.runs, name, intervals)
        return self._distributions[name]

    @cached_property
    def confidence(self):
        """What the repetitions say together, by metric as in thresholds; empty with fewer than three."""
        for entry in self.source.data.get("confidence") or []:
            if (entry["technique"], entry["variant"]) == (self.technique, self.variant):
                return entry["metrics"]
        return {}

    @property
    def latency(self):
        return self.distribution("delivery_latency")

    def total(self, name):
        """Sum of a count over the repetitions; None when one of them did not measure it."""
        values = [run.data.get(name) for run in self.runs]
        return None if None in values else sum(values)

    @cached_property
    def failures(self):
        return self._add("failures", lambda a, b: a + b)

    @cached_property
    def failure_examples(self):
        return self._add("failure_examples", lambda a, b: a)

    def _add(self, name, combine):
        merged = {}
        for run in self.runs:
            for kind, item in (run.data.get(name) or {}).items():
                merged[kind] = combine(merged[kind], item) if kind in merged else item
        return merged

    @property
    def verdict(self):
        return _worst([run.data["verdict"] for run in self.runs], schema.VERDICTS)

    @property
    def usable(self):
        return self.verdict != "invalid"

    @property
    def verdict_reasons(self):
        return list(dict.fromkeys(reason for run in self.runs for reason in run.data.get("verdict_reasons") or []))

    @property
    def repetitions(self):
        return len(self.runs)

    # Bytes

    @cached_property
    def bytes_deliveries(self):
        """Deliveries in the window in which bytes were counted."""
        return sum(run.data["bytes"]["deliveries"] for run in self.runs if run.data.get("bytes"))

    def bytes_of(self, direction, kind):
        """Bytes of one kind per delivery as they travelled; None when not measured in every repetition."""
        plain = self.plain_bytes_of(direction, kind)
        return plain if plain is None or kind not in COMPRESSED_KINDS else plain * self._compression(direction)

    def _compression(self, direction):
        """What is left of payload and framing where bodies were compressed: every byte of a body counts alike."""
        encoded, decoded, content = (self.plain_bytes_of(direction, k) for k in ("encoded", "decoded", "payload"))
        if not decoded:
            return 1
        content += self.plain_bytes_of(direction, "framing")
        return (content - decoded + encoded) / content

    def plain_bytes_of(self, direction, kind):
        """The same before compression."""
        if not self.bytes_deliveries or not all(run.data.get("bytes") for run in self.runs):
            return None
        values = [run.data["bytes"][direction].get(kind) for run in self.runs]
        return None if None in values else sum(values) / self.bytes_deliveries

    def bytes_in(self, direction):
        """All measured kinds of one direction, per delivery."""
        kinds = [value for kind in schema.BYTE_KINDS if (value := self.bytes_of(direction, kind)) is not None]
        return sum(kinds) if kinds else None

    @property
    def handshake_bytes(self):
        """Bytes of a connection until it was subscribed, both directions; None when not measured in every repetition."""
        given = [(run.data.get("bytes") or {}).get("handshake") for run in self.runs]
        count = sum(part["count"] for part in given) if all(given) else 0
        return sum((part["received"] + part["sent"]) * part["count"] for part in given) / count if count else None

    @property
    def idle_bytes_per_client_hour(self):
        """Both directions, TCP/IP headers included; None when not every repetition had an idle phase."""
        given = [run.data.get("idle") for run in self.runs]
        window = sum(part["window_s"] for part in given) if all(given) else 0
        hourly = ("received_bytes_per_client_hour", "sent_bytes_per_client_hour")
        return sum(part[name] * part["window_s"] for part in given for name in hourly) / window if window else None

    @cached_property
    def bytes_per_delivery(self):
        given = [run.data.get("bytes_per_delivery") for run in self.runs]
        if self.repetitions == 1:
            return Value("ok", given[0]) if given[0] is not None else self._bytes_summed()
        summed = self._bytes_summed()
        known = [value for value in given if value is not None]
        if not summed.ranked:
            return ABSENT
        ranged = Value("ok", summed.value, min(known, default=None), max(known, default=None))
        return within(ranged, self.confidence.get("bytes_per_delivery"))

    def _bytes_summed(self):
        directions = [value for d in ("received", "sent") if (value := self.bytes_in(d)) is not None]
        return Value("ok", sum(directions)) if directions else ABSENT

    @property
    def overhead(self):
        """Bytes that are not payload, as a fraction of the payload."""
        payload, total = self.plain_bytes_of("received", "payload"), self.bytes_per_delivery
        return Value("ok", (total.value - payload) / payload) if payload and total.ranked else ABSENT

    @property
    def requests_per_delivery(self):
        requests = self.total("requests")
        measured = requests is not None and self.bytes_deliveries
        return Value("ok", requests / self.bytes_deliveries) if measured else ABSENT

    @property
    def polls(self):
        """Whether it asks on a schedule: only then there are round trips."""
        return self.distribution("round_trip").recorded > 0

    @property
    def wasted_polls(self):
        """The share of the polls that brought nothing."""
        requests, empty = self.total("requests"), self.total("empty_answers")
        return Value("ok", empty / requests) if requests and empty is not None else ABSENT

    # Server and generator

    def per_delivery_cost(self, where, name):
        """`server.cpu_us_per_delivery` and its like: weighted by deliveries."""
        return self._weighted(where, name, _deliveries)

    @cached_property
    def server_cpu(self):
        cpu = self.per_delivery_cost("server", "cpu_us_per_delivery")
        return within(cpu, self.confidence.get("server_cpu_per_delivery"), 1000)    # ns, shown in µs

    @cached_property
    def memory_per_subscriber(self):
        return self._weighted("server", "bytes_per_subscriber", _connected)

    def _weighted(self, where, name, weight):
        values = [(run.data.get(where) or {}).get(name) for run in self.runs]
        if None in values:
            return ABSENT
        weights = [weight(run) for run in self.runs]
        if self.repetitions == 1:
            return Value("ok", values[0])
        if not sum(weights):
            return ABSENT
        mean = sum(v * w for v, w in zip(values, weights)) / sum(weights)
        return Value("ok", mean, min(values), max(values))

    def greatest(self, where, name):
        values = [value for run in self.runs if (value := (run.data.get(where) or {}).get(name)) is not None]
        return max(values, default=None)


@dataclass
class Workload:
    """What was measured under one scenario text: the series are comparable with one another."""

    scenario: dict
    sources: list
    series: list

    @property
    def usable(self):
        return [s for s in self.series if s.usable]


def workloads(sources, styles):
    """Sources with the same scenario text share a workload; the order of the files and of the runs is kept."""
    found = {}
    for source in sources:
        scenario = source.data["scenario"]
        workload = found.setdefault((scenario["name"], scenario["sha256"], scenario["text"]),
                                    Workload(scenario, [], []))
        workload.sources.append(source)
        groups = {}
        for run in source.runs:
            groups.setdefault((run.data["technique"], run.data["variant"]), []).append(run)
        for (technique, variant), runs in groups.items():
            style = styles.of(technique, (variant, source.name))
            workload.series.append(Series(source, technique, variant, runs, style))
    return list(found.values())
