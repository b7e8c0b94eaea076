"""Delivery latency by percentile: x is 1/(1-p) on a log scale, so that the tail gets the room it deserves."""

import math

import numpy as np

from .. import answers, svg, text
from ..schema import PERCENTILES
from ..value import ENOUGH_BEYOND
from . import Drawing, layout

SLUG = "spectrum"
WIDTH, LEFT, TOP, BOTTOM = 1100, 74, 14, 52
TICKS = (0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999)
TABLE = ("min", "p50", "p75", "p90", "p95", "p99", "p999", "p9999", "max")
HOW = ("Each line is one technique; read it from left to right: half of the deliveries were faster than the line "
       "at 50\u00a0%, all but one in a hundred faster than at 99\u00a0%. Lower is better. A line stops at the "
       f"last percentile that has at least {ENOUGH_BEYOND} deliveries beyond it; where deliveries are missing it "
       "leaves through the top, because a missing delivery is infinitely late. Latency is counted from when the "
       "schedule meant to publish.")
FLOOR = (" The dotted grey line is the floor of the tool: the same load against a server that does nothing else. What is not well above "
         "it is the load generator's and the kernel's latency.")


def draw(workload, prefix):
    lines = [line for series in workload.series if (line := Line.of(series))]
    if not lines:
        return Drawing(SLUG, "Latency spectrum", _nothing(workload))
    title = _title(workload, lines)
    columns, rows = _table(workload)
    floors = [_line(spectrum) for source in workload.sources if (spectrum := (source.data.get("floor") or {}).get("spectrum"))]
    how = HOW + _band_words(lines) + (FLOOR if floors else "")
    return Drawing(SLUG, "Latency spectrum", title, how, _picture(lines, floors, prefix, title),
                   _notes(workload, lines),
                   columns, rows)


class Line:
    """The points of one series, and with repetitions the band between the least and the greatest of them."""

    @classmethod
    def of(cls, series):
        spectrum = series.group.get("spectrum")
        return cls(series, spectrum) if spectrum and spectrum["quantile"] else None

    def __init__(self, series, spectrum):
        self.series = series
        self.x, self.y = _line(spectrum)
        self.low, self.high = (_column(spectrum.get(name)) for name in ("least", "greatest"))
        missing, expected = series.number("missing") or 0, series.number("expected_deliveries") or 0
        self.lost = missing / expected if expected else 0
        # The line leaves through the top only where the loss is large enough to be seen as a percentile.
        self.leaves = missing >= ENOUGH_BEYOND


def _line(spectrum):
    """x = 1 / (1 - quantile) and y."""
    return 1 / (1 - np.array(spectrum["quantile"])), np.maximum(1, np.array(spectrum["value"], float))


def _column(values):
    """None where not every repetition has every point."""
    return None if not values or None in values else np.maximum(1, np.array(values, float))


def _stops(last):
    return [1 / (1 - q) for q in TICKS if q <= last]


def _picture(lines, floors, prefix, title):
    height = max(430, TOP + BOTTOM + layout.LINE_HEIGHT * (len(lines) + 2))
    right = max(7.4 * len(_end_label(line)) for line in lines) + 66
    drawn = svg.figure(WIDTH, height)
    axis = svg.axes(drawn, LEFT, TOP, WIDTH - LEFT - right, height - TOP - BOTTOM)
    low = min([line.y.min() for line in lines] + [y.min() for _, y in floors])
    high = max([line.y.max() for line in lines] + [y.max() for _, y in floors])
    layout.set_log(axis.yaxis, low / 1.25, high * (2.2 if any(line.leaves for line in lines) else 1.25),
                   layout.tick_time)
    reach = max(line.x[-1] for line in lines)
    axis.set(xscale="log", xlim=(1, reach * 1.08), ylabel="delivery latency",
             xlabel="percentile of expected deliveries")
    ticks = [q for q in TICKS if 1 / (1 - q) <= reach * 1.08]
    axis.set_xticks([1 / (1 - q) for q in ticks], labels=[_percentile(q) for q in ticks])
    axis.set_xticks([], minor=True)
    hover = {}
    for number, line in enumerate(lines):
        _draw_line(axis, line, f"line{number}")
        hover[f"line{number}"] = _hover(line.series)
    for number, (x, y) in enumerate(floors):
        shown = x <= reach
        axis.plot(x[shown], y[shown], color=layout.SENTINEL["muted"], linewidth=1.4, linestyle=":", gid=f"floor{number}")
        hover[f"floor{number}"] = f"floor of the tool: 50 % {text.duration(y[np.abs(x - 2).argmin()])}"
    _end_labels(drawn, axis, lines, WIDTH - right, height)
    return svg.inline(drawn, prefix, title, _description(lines), hover)


def _draw_line(axis, line, gid):
    style = layout.line_style(line.series)
    if line.low is not None:
        axis.fill_between(line.x, line.low, line.high, color=style["color"], alpha=0.16, linewidth=0)
    marks = [int(np.abs(line.x - x).argmin()) for x in _stops(1 - 1 / line.x[-1])[1:]]
    axis.plot(line.x, line.y, **style, marker=line.series.style.marker, markersize=7, markeredgewidth=0,
              markevery=marks, gid=gid,
              solid_joinstyle="round")
    if line.leaves:
        top = axis.get_ylim()[1]
        axis.plot([line.x[-1]] * 2, [line.y[-1], top], color=style["color"], linestyle=(0, (1, 2)), linewidth=1.6)
        axis.plot([line.x[-1]], [top], marker="x", markersize=9, markeredgewidth=2, color=style["color"], clip_on=False)


def _end_labels(drawn, axis, lines, left, height):
    """Names at the line ends, moved apart, with a thin leader from the end to its name."""
    layer = svg.overlay(drawn)
    top = axis.get_ylim()[1]
    ends = [layout.to_pixels(drawn, axis, line.x[-1], top if line.leaves else line.y[-1]) for line in lines]
    places = layout.spread([y for _, y in ends], layout.LINE_HEIGHT, TOP + 8, height - BOTTOM - 8)
    for line, (x, y), place in zip(lines, ends, places):
        layer.plot([x + 8, left + 4, left + 22], [y, y, place], color=line.series.style.colour, linewidth=0.8,
                   alpha=0.8)
        layout.swatch(layer, line.series, left + 30, place)
        layer.text(left + 40, place, _end_label(line), va="center")


def _end_label(line):
    return layout.label(line.series) + (f" ({text.percent(line.lost)} missing)" if line.leaves else "")


def _percentile(quantile):
    return f"{100 * quantile:.10g}{text.NO_BREAK}%"


def _hover(series):
    return f"{series.label}: " + ", ".join(f"{_percentile(PERCENTILES[short])} {_cell(series.value(f'delivery_latency.{short}'))}"
                                           for short in ("p50", "p90", "p99", "p999"))


def _description(lines):
    return "Delivery latency by percentile. " + ". ".join(_hover(line.series) for line in lines) + "."


def _cell(value):
    if value.state == "absent":
        return text.NOT_MEASURED
    if value.state == "undelivered":
        return text.NOT_DELIVERED
    return text.duration(value.value) + (f" {text.FEW}" if value.state == "few" else "")


def _title(workload, lines):
    ranking = answers.rank(answers.CRITERIA[0], workload.series)
    if not ranking.ordered:
        return f"No technique has a p99 that can be ranked; the {text.plural(len(lines), 'line')} below stop before it."
    if len(ranking.ordered) == 1:
        series, value = ranking.ordered[0]
        return f"{series.label} delivers 99 % of its messages within {text.duration(value.value)}{_span(value)}."
    first, value = ranking.ordered[0]
    last, worst = ranking.ordered[-1]
    who = f"{first.label} is fastest" if len(ranking.best) == 1 else f"{answers.winners(ranking)} are fastest"
    title = f"{who}: p99 {text.duration(value.value)}{_span(value)}"
    if last in ranking.best:
        return title + ", and nothing differs by more than the noise."
    ratio = text.times(worst.value / max(1, value.value))
    return f"{title}; {last.label} takes {text.duration(worst.value)}, {ratio} as long."


def _span(value):
    return answers.span(value, text.duration)


def _band_words(lines):
    banded = any(line.low is not None for line in lines)
    return " The band around a line is the range of its repetitions." if banded else ""


def _nothing(workload):
    if not workload.series:
        return "No run was made, so there is no latency to draw."
    delivered = sum(series.number("delivered") or 0 for series in workload.series)
    if not delivered:
        return "Nothing was delivered, so there is no latency to draw."
    return "There were not enough deliveries to draw a line."


def _notes(workload, lines):
    notes = []
    drawn = {id(line.series) for line in lines}
    absent = [series.label for series in workload.series if id(series) not in drawn]
    if absent:
        notes.append(f"Without a line (nothing delivered, too few samples or no histogram): {text.join(absent)}.")
    for line in lines:
        if line.lost:
            arrived = math.floor(1e4 * (1 - line.lost)) / 1e2
            missing, expected = (text.count(line.series.number(name)) for name in ("missing", "expected_deliveries"))
            notes.append(f"{line.series.label}: {missing} of {expected} "
                         f"deliveries are missing; percentiles above {arrived:g}{text.NO_BREAK}% are not delivered.")
    return notes


def _table(workload):
    columns = ["Technique", "Expected deliveries", *(text.PERCENTILES.get(short, short) for short in TABLE)]
    rows = [[series.label, text.count(series.number("expected_deliveries")),
             *(_cell(series.value(f"delivery_latency.{short}")) for short in TABLE)] for series in workload.series]
    return columns, rows
