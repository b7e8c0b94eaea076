"""A series is one technique in one variant from one result file: a group of the result, one row of every table."""

from . import text
from .value import of_metric


class Series:
    """`group` is its entry of `groups`; `runs` are the repetitions that it is of, for what is drawn of each of them."""

    def __init__(self, source, group, runs, style):
        self.source, self.group, self.runs, self.style = source, group, runs, style
        self.technique, self.variant = group["technique"], group["variant"]

    @property
    def name(self):
        return f"{self.technique} {self.variant}".strip()

    @property
    def label(self):
        return f"{self.name} · {self.source.name}" if self.source.name else self.name

    def value(self, name):
        """A metric by its name, as in thresholds: "delivery_latency.p99", "missing"."""
        return of_metric(self.group["metrics"].get(name))

    def number(self, name):
        """The same where only the number matters; None when it was not measured."""
        return self.value(name).value

    @property
    def failures(self):
        return self.group["failures"]

    @property
    def failure_examples(self):
        return self.group.get("failure_examples") or {}

    @property
    def verdict(self):
        return self.group["verdict"]

    @property
    def usable(self):
        return self.verdict != "invalid"

    @property
    def verdict_reasons(self):
        return self.group.get("verdict_reasons") or []

    @property
    def left_out(self):
        return self.group["left_out"]

    @property
    def left_out_words(self):
        """What was invalid and is not in the numbers, in words; empty when nothing was."""
        return (f"{self.left_out} of {text.plural(self.left_out + self.repetitions, 'repetition')} invalid and left out"
                if self.left_out else "")

    @property
    def repetitions(self):
        return len(self.group["runs"])

    @property
    def confident(self):
        """Whether any of its numbers has a confidence interval over the repetitions."""
        return any(metric.get("low") is not None for metric in self.group["metrics"].values())

    @property
    def polls(self):
        """Whether it asks on a schedule: only then there are round trips."""
        return self.number("round_trip.p50") is not None
