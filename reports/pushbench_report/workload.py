"""What was measured under one scenario text, grouped: the series, the capacity searches."""

from dataclasses import dataclass, field

from . import capacity
from .series import Series


@dataclass
class Workload:
    """What was measured under one scenario text: the series are comparable with one another."""

    scenario: dict
    sources: list
    series: list
    searches: list = field(default_factory=list)    # of `pushbench run --find`; results of one have no runs

    @property
    def usable(self):
        return [s for s in self.series if s.usable]


def workloads(sources, styles):
    """Sources with the same scenario text share a workload; the order of the files and of their groups is kept."""
    found = {}
    for source in sources:
        scenario = source.data["scenario"]
        workload = found.setdefault((scenario["name"], scenario["sha256"], scenario["text"]), Workload(scenario, [], []))
        workload.sources.append(source)
        workload.searches += capacity.searches(source, styles)
        for group in source.data["groups"]:
            style = styles.of(group["technique"], (group["variant"], source.name))
            workload.series.append(Series(source, group, [source.data["runs"][place] for place in group["runs"]], style))
    return list(found.values())

