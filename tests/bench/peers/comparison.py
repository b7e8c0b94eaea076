"""A comparison: two figures of one round, ours and theirs, and what their ratio must be.

A new one is a `Comparison` in one of the lists of server.py and generator.py: a name, a sentence, a goal, and two functions that each
take the round and return one figure in the comparison's unit.
"""

import dataclasses
import statistics
from collections.abc import Callable


@dataclasses.dataclass(frozen=True)
class Goal:
    limit: float
    at_most: bool      # of ours / theirs; else at least

    def met(self, ratio):
        return ratio <= self.limit if self.at_most else ratio >= self.limit

    def __str__(self):
        return f"{'≤' if self.at_most else '≥'} {self.limit:.2f}"


def at_most(limit):
    return Goal(limit, True)


def at_least(limit):
    return Goal(limit, False)


class Unmeasured(Exception):
    """A figure that this round did not bring, in words; the comparison has no verdict."""


@dataclasses.dataclass(frozen=True)
class Comparison:
    name: str                            # part/what-against-whom, the word that --only takes
    title: str
    unit: str                            # of both figures
    goal: Goal
    ours: Callable[["Round"], float]     # noqa: F821 (bench.py)
    theirs: Callable[["Round"], float]   # noqa: F821


@dataclasses.dataclass
class Outcome:
    comparison: Comparison
    pairs: list[tuple[float, float]] = dataclasses.field(default_factory=list)    # (ours, theirs), a round each
    troubles: list[str] = dataclasses.field(default_factory=list)

    @property
    def ratio(self):
        """The median of the rounds' ratios. The two figures of a round are measured one right after the other, so that what drifts meanwhile is
        in both."""
        return statistics.median(ours / theirs for ours, theirs in self.pairs) if self.pairs else None

    @property
    def verdict(self):
        if self.ratio is None:
            return "not measured"
        return "reached" if self.comparison.goal.met(self.ratio) else "missed"

    def as_json(self):
        ratios = [ours / theirs for ours, theirs in self.pairs]
        return {
            "name": self.comparison.name, "title": self.comparison.title, "unit": self.comparison.unit,
            "goal": str(self.comparison.goal), "ratio": self.ratio, "ratios": ratios, "verdict": self.verdict,
            "ours": [ours for ours, _ in self.pairs], "theirs": [theirs for _, theirs in self.pairs],
            "ours_median": statistics.median(ours for ours, _ in self.pairs) if self.pairs else None,
            "theirs_median": statistics.median(theirs for _, theirs in self.pairs) if self.pairs else None,
            "troubles": self.troubles,
        }
