"""A number of a group as the result has it (FORMAT.md, `groups[].metrics`): nothing is merged or averaged here.

`low` and `high` are the 95 % confidence interval over the repetitions where the result has one (three of them and more),
else the least and the greatest repetition.
"""

from dataclasses import dataclass

from . import text

ENOUGH_BEYOND = 10      # samples beyond a percentile, below which it is greyed and never called best


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


def of_metric(metric):
    """The Value of one entry of `metrics`, or of none."""
    if metric is None:
        return ABSENT
    beyond = metric.get("samples_beyond")
    if metric.get("undelivered"):
        return Value("undelivered", beyond=beyond)
    if metric.get("value") is None:
        return ABSENT
    state = "few" if beyond is not None and beyond + 1e-6 < ENOUGH_BEYOND else "ok"
    low, high = metric.get("low"), metric.get("high")
    if low is not None and high is not None:
        return Value(state, metric["value"], low, high, beyond, confident=True)
    each = [one for one in metric.get("each") or [] if one is not None]
    return Value(state, metric["value"], min(each, default=None), max(each, default=None), beyond)
