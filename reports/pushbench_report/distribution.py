"""A distribution over the repetitions of a series: histograms merge, and a percentile is never averaged.

`low` and `high` beside a value are the least and the greatest repetition; where the result has a confidence interval
(three repetitions and more) that holds the value, they are its ends.
"""

from dataclasses import dataclass, replace

from . import hdr, schema, text

ENOUGH_BEYOND = 10      # samples beyond a percentile, below which it is greyed and never called best
SUMMARY_QUANTILES = {0.5: "p50", 0.9: "p90", 0.99: "p99", 0.999: "p999"}
ROUNDING = 1e-9         # repetitions that are all alike have an interval without width
OF_EXPECTED = ("delivery_latency", "service_time")    # a missing delivery is +infinity in these


def enough(samples, quantile):
    """Whether so many samples are enough for a percentile to be believed; those that never came count."""
    return samples * (1 - quantile) + 1e-6 >= ENOUGH_BEYOND


def marked(shown, samples, quantile):
    """A percentile as text, marked where it has too few samples beyond it."""
    return shown if enough(samples, quantile) else f"{shown} {text.FEW}"


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
    """The value with the confidence interval of `interval` ({middle, low, high}, or None) instead of its range.

    The interval is of the mean over the repetitions and the value is of all deliveries merged. Where they are so unlike
    that it does not hold the value, it would be read as the value's: then the range stays.
    """
    if interval is None or value.value is None:
        return value
    low, high = interval["low"] / factor, interval["high"] / factor
    if not low * (1 - ROUNDING) <= value.value <= high * (1 + ROUNDING):
        return value
    return replace(value, low=low, high=high, confident=True)


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
        state = "ok" if enough(self.population, quantile) else "few"
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
