"""A series is one technique in one variant from one result file: its repetitions merged, one row of every table.

Counts add, histograms merge (distribution.py). Costs per delivery are weighted by the deliveries they were divided by,
which is the quotient of the sums.
"""

from functools import cached_property

from . import schema, text
from .distribution import ABSENT, SUMMARY_QUANTILES, Distribution, Value, within

COMPRESSED_KINDS = ("payload", "framing")


def _worst(words, order):
    return max(words, key=order.index, default=order[0])


def _deliveries(run):
    return (run.data.get("bytes") or {}).get("deliveries", run.data["delivered"])


def _connected(run):
    return run.data.get("connected") or run.data["subscribers"]


def _usable(runs):
    """Those that are not invalid; all where every one is."""
    return [run for run in runs if run.data["verdict"] != "invalid"] or runs


class Series:
    """`runs` are the repetitions that everything here is of: an invalid one is left out beside one that is not."""

    def __init__(self, source, technique, variant, runs, style):
        self.source, self.technique, self.variant, self.style = source, technique, variant, style
        self.runs = _usable(runs)
        self.left_out = len(runs) - len(self.runs)
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
    def left_out_words(self):
        """What was invalid and is not in the numbers, in words; empty when nothing was."""
        return (f"{self.left_out} of {text.plural(self.left_out + self.repetitions, 'repetition')} invalid and left out"
                if self.left_out else "")

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
