"""What a faster delivery costs: p99 latency over bytes and over server CPU per delivery, with the Pareto line."""

import math
from dataclasses import dataclass

from .. import answers, svg, text
from ..value import Value
from . import Drawing, layout

SLUG = "frontier"
WIDTH, HEIGHT, LEFT, TOP, BOTTOM, GAP, RIGHT = 1100, 430, 74, 16, 54, 56, 20
MOST_NAMES, KEY_COLUMNS = 9, 3    # points with their names beside them; beyond that numbers, and a key in columns
HOW = ("Down and to the left is better. The grey line joins the techniques that nothing beats in both directions "
       "at once; whatever lies above and to the right of it pays more for a later delivery. Variants of one "
       "technique are joined by a thin line. Bars show the range of the repetitions, of three and more the 95 % "
       "confidence interval of their mean.")


@dataclass(frozen=True)
class Panel:
    criterion: answers.Criterion
    axis_title: str
    tick: object


PANELS = (Panel(answers.CRITERIA[1], "bytes per delivery, both directions", lambda value: f"{text.brief(value)} B"),
          Panel(answers.CRITERIA[2], "server CPU per delivery", layout.tick_time))


@dataclass(frozen=True)
class Point:
    series: object
    x: Value
    y: Value


def draw(workload, prefix):
    drawn = [(panel, points) for panel in PANELS if len(points := _points(workload, panel)) >= 2]
    if not drawn:
        return Drawing(SLUG, "Cost frontier", _nothing(workload))
    title = _title(*drawn[0])
    return Drawing(SLUG, "Cost frontier", title, HOW, _picture(drawn, prefix, title), _notes(workload, drawn),
                   ["Technique", "p99 delivery latency", "Bytes per delivery (B)", "Server CPU per delivery (µs)",
                    "On the line"],
                   _table(workload, drawn))


def _points(workload, panel):
    points = []
    for series in workload.usable:
        x, y = panel.criterion.of(series), series.value("delivery_latency.p99")
        if x.ranked and y.ranked and x.value > 0 and y.value > 0:
            points.append(Point(series, x, y))
    return points


def pareto(points):
    """The points that no other point beats in both directions, by ascending cost."""
    front = []
    for point in sorted(points, key=lambda p: (p.x.value, p.y.value)):
        if not front or point.y.value < front[-1].y.value:
            front.append(point)
    return front


def _picture(drawn_panels, prefix, title):
    numbered = _numbers(drawn_panels)
    height = HEIGHT + (layout.LINE_HEIGHT + 3) * math.ceil(len(numbered) / KEY_COLUMNS) + (14 if numbered else 0)
    drawn = svg.figure(WIDTH, height)
    layer_jobs, hover = [], {}
    width = (WIDTH - LEFT - RIGHT - GAP * (len(drawn_panels) - 1)) / len(drawn_panels)
    every_y = [value for _, points in drawn_panels for point in points for value in _range(point.y)]
    for number, (panel, points) in enumerate(drawn_panels):
        left = LEFT + number * (width + GAP)
        axis = svg.axes(drawn, left, TOP, width, HEIGHT - TOP - BOTTOM)
        every_x = [value for point in points for value in _range(point.x)]
        layout.set_log(axis.xaxis, min(every_x) / 1.35, max(every_x) * 1.35, panel.tick)
        layout.set_log(axis.yaxis, min(every_y) / 1.7, max(every_y) * 1.7, layout.tick_time)
        axis.set_xlabel(panel.axis_title)
        axis.set_ylabel("p99 delivery latency" if number == 0 else "")
        hover |= _draw_points(axis, points, panel.criterion)
        layer_jobs.append((axis, points, (left + 4, TOP, left + width, HEIGHT - BOTTOM - 4)))
    layer = svg.overlay(drawn)
    for axis, points, box in layer_jobs:
        _draw_labels(drawn, layer, axis, points, box, numbered)
    _draw_key(layer, numbered)
    return svg.inline(drawn, prefix, title, _description(drawn_panels), hover)


def _range(value):
    return [v for v in (value.low, value.value, value.high) if v]


def _draw_points(axis, points, criterion):
    front = pareto(points)
    axis.plot([p.x.value for p in front], [p.y.value for p in front], color=layout.SENTINEL["line"], linewidth=5,
              alpha=0.75,
              solid_capstyle="round", zorder=1)
    for family in _families(points):
        axis.plot([p.x.value for p in family], [p.y.value for p in family], color=family[0].series.style.colour,
                  linewidth=1)
    hover = {}
    for index, point in enumerate(points):
        style = point.series.style
        for value, line in ((point.x, axis.hlines), (point.y, axis.vlines)):
            other = point.y if value is point.x else point.x
            if value.low is not None and value.high > value.low:
                line(other.value, value.low, value.high, color=style.colour, linewidth=1.4)
        gid = f"point-{criterion.metric}-{index}"
        axis.plot([point.x.value], [point.y.value], marker=style.marker, markersize=10, color=style.colour,
                  markeredgewidth=0,
                  linestyle="none", zorder=3, gid=gid)
        hover[gid] = _words(point, criterion)
    return hover


def _families(points):
    """The variants of each technique of each result, by ascending cost."""
    families = {}
    for point in sorted(points, key=lambda p: p.x.value):
        families.setdefault((point.series.technique, point.series.source.name), []).append(point)
    return list(families.values())


def _numbers(drawn_panels):
    """{label: (number, series)} when there are too many points to write their names beside them; empty otherwise."""
    every = list(dict.fromkeys(point.series for _, points in drawn_panels for point in points))
    return {s.label: (number, s) for number, s in enumerate(every, 1)} if len(every) > MOST_NAMES else {}


def _draw_key(layer, numbered):
    for index, (number, series) in enumerate(numbered.values()):
        row, column = divmod(index, KEY_COLUMNS)
        x, y = LEFT + column * (WIDTH - LEFT) / KEY_COLUMNS, HEIGHT + 14 + row * (layout.LINE_HEIGHT + 3)
        layer.text(x + 18, y, str(number), va="center", ha="right", color=layout.SENTINEL["muted"])
        layout.swatch(layer, series, x + 30, y)
        layer.text(x + 42, y, layout.label(series), va="center")


def _draw_labels(drawn, layer, axis, points, box, numbered):
    pixels = [layout.to_pixels(drawn, axis, p.x.value, p.y.value) for p in points]
    lines = [[layout.to_pixels(drawn, axis, p.x.value, p.y.value) for p in line]
             for line in (pareto(points), *_families(points))]
    names = [str(numbered[p.series.label][0]) if numbered else layout.label(p.series) for p in points]
    widths = [7.2 * len(name) + 2 for name in names]
    places = layout.place_labels(pixels, widths, box, lines)
    for point, name, (x, y), (left, middle), width in zip(points, names, pixels, places, widths):
        near = min(max(x, left), left + width)
        if (near - x) ** 2 + (middle - y) ** 2 > 19 ** 2:
            layer.plot([x, near], [y, middle], color=point.series.style.colour, linewidth=0.8, alpha=0.8)
        anchor = "left" if left + width / 2 >= x else "right"
        layer.text(left if anchor == "left" else left + width, middle, name, va="center", ha=anchor, fontsize=12)


def _words(point, criterion):
    cost = f"{criterion.unit_text(point.x.value)} {criterion.noun}"
    return f"{point.series.label}: p99 {text.duration(point.y.value)}, {cost}"


def _description(drawn_panels):
    return " ".join(f"{panel.axis_title}: " + "; ".join(_words(p, panel.criterion) for p in points) + "."
                    for panel, points in drawn_panels)


def _title(panel, points):
    front = pareto(points)
    noun, shown = panel.criterion.noun, panel.criterion.unit_text
    if len(front) == 1:
        return (f"{front[0].series.label} is both the fastest and the cheapest in {noun}: "
                f"p99 {text.duration(front[0].y.value)}{_interval(front[0].y, text.duration)} for "
                f"{shown(front[0].x.value)}{_interval(front[0].x, shown)}.")
    cheap, fast = front[0], front[-1]
    rise = "rise" if panel.criterion is answers.CRITERIA[1] else "rises"
    return (f"From {cheap.series.label} to {fast.series.label}, p99 falls from "
            f"{text.duration(cheap.y.value)}{_interval(cheap.y, text.duration)} to "
            f"{text.duration(fast.y.value)}{_interval(fast.y, text.duration)} while {noun} {rise} from "
            f"{shown(cheap.x.value)}{_interval(cheap.x, shown)} to {shown(fast.x.value)}{_interval(fast.x, shown)}.")


def _interval(value, shown):
    """Of three repetitions and more; a range of two says little."""
    return answers.span(value, shown) if value.confident else ""


def _nothing(workload):
    if len(workload.usable) < 2:
        return "Fewer than two techniques were measured well enough to weigh speed against cost."
    return "Speed cannot be weighed against cost: fewer than two techniques have both a p99 and a cost per delivery."


def _notes(workload, drawn):
    shown = {id(point.series) for _, points in drawn for point in points}
    absent = [series.label for series in workload.series if id(series) not in shown]
    return [f"Left out (invalid, or p99 not delivered or from too few samples): {text.join(absent)}."] if absent else []


def _table(workload, drawn):
    front = {id(point.series) for _, points in drawn for point in pareto(points)}
    return [[s.label, _p99(s), text.sig3(s.number("bytes_per_delivery")), _micros(s.number("server_cpu_per_delivery")),
             "yes" if id(s) in front else "no"] for s in workload.series]


def _micros(ns):
    return text.NOT_MEASURED if ns is None else text.sig3(ns / 1000)


def _p99(series):
    value = series.value("delivery_latency.p99")
    if value.state == "undelivered":
        return text.NOT_DELIVERED
    return text.duration(value.value) + (" n<" if value.state == "few" else "")
