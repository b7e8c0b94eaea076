"""The answer box: which series is best by each criterion, what ties with it, and which are dominated.

By rules, and never as one score."""

import math
from dataclasses import dataclass

from . import text
from .value import ABSENT, Value

# Repeated runs on one machine differ by several percent in time, CPU and memory, and hardly in bytes: nearer than this
# is called a tie, whatever the few repetitions at hand say.
TIE_OF_BYTES = 0.01
TIE_OTHERWISE = 0.05
BYTE_METRICS = ("bytes_per_delivery", "overhead")
CONFIDENCE = f"95{text.NO_BREAK}% CI"


@dataclass(frozen=True)
class Criterion:
    metric: str
    title: str       # "Lowest p99 delivery latency"
    noun: str        # "p99 delivery latency"
    unit_text: object

    def of(self, series):
        return series.value(self.metric)


CRITERIA = (
    Criterion("delivery_latency.p99", "Lowest p99 delivery latency", "p99 delivery latency", text.duration),
    Criterion("bytes_per_delivery", "Fewest bytes per delivery", "bytes per delivery", lambda v: f"{text.sig3(v)}{text.NO_BREAK}B"),
    Criterion("server_cpu_per_delivery", "Least server CPU per delivery", "server CPU per delivery", text.duration),
    Criterion("server_bytes_per_subscriber", "Least memory per subscriber", "server memory per subscriber", text.size),
)


def tied(metric, best, other):
    """Whether `other` is no worse than `best` by more than noise: their ranges (or confidence intervals) overlap, or too little."""
    if best.high is not None and other.low is not None and other.low <= best.high:
        return True
    tolerance = TIE_OF_BYTES if metric in BYTE_METRICS else TIE_OTHERWISE
    return other.value <= best.value + tolerance * abs(best.value)


@dataclass(frozen=True)
class Ranking:
    """The series that have a usable value, best first; `best` are the first and those tied with it."""

    criterion: Criterion
    ordered: list     # of (Series, Value)
    best: list        # of Series

    def value(self, series):
        return next((value for s, value in self.ordered if s is series), ABSENT)


def rank(criterion, series):
    values = [(s, criterion.of(s)) for s in series if s.usable]
    ordered = sorted((pair for pair in values if pair[1].ranked), key=lambda pair: pair[1].value)
    best = [s for s, value in ordered if tied(criterion.metric, ordered[0][1], value)]
    return Ranking(criterion, ordered, best)


def winners(ranking):
    """The best by name, for a title: "a", "a and b", "a and 4 others"."""
    names = [s.label for s in ranking.best]
    return text.join(names) if len(names) <= 3 else f"{names[0]} and {len(names) - 1} others"


def answer(ranking):
    """One criterion as the card of the answer box: winner, value, and how far the others are."""
    if not ranking.ordered:
        return {"title": ranking.criterion.title, "winners": [], "value": "", "span": "",
                "rest": "Not measured by any usable run."}
    shown = ranking.criterion.unit_text
    winner, value = ranking.ordered[0]
    worse = [(s, v) for s, v in ranking.ordered if s not in ranking.best]
    rest = []
    if len(ranking.best) > 1:
        rest.append(f"A tie of {len(ranking.best)}: they differ by no more than noise.")
    if worse:
        rest.append(f"Next: {worse[0][0].label}, {_more(worse[0][1].value, value.value)} ({shown(worse[0][1].value)}).")
    if len(worse) > 1:
        rest.append(f"Most: {worse[-1][0].label}, {_more(worse[-1][1].value, value.value)} "
                    f"({shown(worse[-1][1].value)}).")
    doubtful = [s.label for s in ranking.best if s.verdict == "doubtful"]
    if doubtful:
        rest.append(f"Mind that {text.join(doubtful)} {'is' if len(doubtful) == 1 else 'are'} doubtful.")
    if len(ranking.ordered) == 1:
        rest.append("Nothing to compare it with.")
    return {"title": ranking.criterion.title, "winners": ranking.best, "value": shown(value.value),
            "span": span(value, shown),
            "rest": " ".join(rest)}


def span(value, shown):
    """" (0.39 ms to 0.44 ms)" when repetitions differ visibly; of three and more " (95 % CI 0.39 ms to 0.44 ms)"."""
    if value.low is None or shown(value.low) == shown(value.high):
        return ""
    return f" ({CONFIDENCE + ' ' if value.confident else ''}{shown(value.low)} to {shown(value.high)})"


def _more(value, best):
    return text.more(value / best) if best > 0 else "more"


def dominated(series):
    """(worse, better) pairs: `worse` costs more than `better` by every criterion measured for both, two at least."""
    usable = [s for s in series if s.usable]
    values = {id(s): {c.metric: _comparable(c.of(s)) for c in CRITERIA} for s in usable}
    pairs = []
    for worse in usable:
        beaten_by = [s for s in usable if s is not worse and _dominates(values[id(s)], values[id(worse)])]
        if beaten_by:
            nearest = min(beaten_by, key=lambda s: getattr(values[id(s)]["bytes_per_delivery"], "value", math.inf))
            pairs.append((worse, nearest))
    return pairs


def _comparable(value):
    """A percentile that was not delivered is infinite here: it loses against everything that was."""
    if value.state == "undelivered":
        return Value("ok", math.inf)
    return value if value.ranked else None


def _dominates(better, worse):
    shared = [key for key in better if better[key] and worse[key]]
    return len(shared) >= 2 and all(
        better[key].value < worse[key].value and not tied(key, better[key], worse[key]) for key in shared)


def dominated_sentences(series):
    by_better = {}
    for worse, better in dominated(series):
        by_better.setdefault(better.label, []).append(worse.label)
    return [f"{text.join(worse)} {'is' if len(worse) == 1 else 'are'} dominated: {better} costs less by every "
            f"criterion measured."
            for better, worse in by_better.items()]
