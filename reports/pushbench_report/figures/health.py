"""How well the generator ran, over time: busy loops, late loops and stolen time, one line a technique."""

from .. import svg, text
from . import Drawing, layout

SLUG = "health"
WIDTH, LEFT, RIGHT, TOP, BOTTOM = 1100, 74, 220, 26, 52
PANEL_HEIGHT, GAP = 120, 46
BUSY = 0.8                  # as validity rule 9
HOW = ("The generator's own state while it measured, second by second; in a run of more than ten minutes a point is the "
       "busiest and the latest of several seconds. A loop that is busy for more than 80\u00a0% of a second, or late by a "
       "large part of the latency, puts its own delay into the numbers; stolen time is what the hypervisor gave to "
       "somebody else.")
PANELS = (("loop_busy", "busiest loop", 100), ("loop_lag_ns", "greatest loop lag", 1), ("steal", "stolen time", 100))


def draw(workload, prefix):
    lines = [(series, run["series"]) for series in workload.series for run in series.runs[:1]
             if any((run.get("series") or {}).get("measuring") or [])]
    if not lines:
        return Drawing(SLUG, "Run health", "The results have no series, so the generator's state cannot be drawn.")
    title = _title(lines)
    columns = ["Technique", "Intervals", "Busiest loop", "Greatest lag", "Most stolen"]
    return Drawing(SLUG, "Run health", title, HOW, _picture(lines, prefix, title), [], columns, _rows(lines))


def points(series, name):
    """(time, value) of the intervals within `measure` that have one; time is the middle of the interval, seconds."""
    values = series.get(name) or []
    return [(end - length / 2, value) for end, length, measuring, value in
            zip(series["end_s"], series["length_s"], series["measuring"], values) if measuring and value is not None]


def _picture(lines, prefix, title):
    height = TOP + len(PANELS) * PANEL_HEIGHT + (len(PANELS) - 1) * GAP + BOTTOM
    drawn = svg.figure(WIDTH, height)
    layer = svg.overlay(drawn)
    for number, (name, words, scale) in enumerate(PANELS):
        top = TOP + number * (PANEL_HEIGHT + GAP)
        axis = svg.axes(drawn, LEFT, top, WIDTH - LEFT - RIGHT, PANEL_HEIGHT)
        layer.text(LEFT, top - 12, words, va="center")
        _draw_panel(axis, lines, name, scale)
        if number == len(PANELS) - 1:
            axis.set_xlabel("seconds of measure")
    for number, (series, _) in enumerate(lines):
        y = TOP + 8 + number * layout.LINE_HEIGHT
        layout.swatch(layer, series, WIDTH - RIGHT + 24, y)
        layer.text(WIDTH - RIGHT + 36, y, layout.label(series), va="center")
    return svg.inline(drawn, prefix, title, _description(lines))


def _draw_panel(axis, lines, name, scale):
    greatest = 0
    for series, data in lines:
        found = points(data, name)
        if not found:
            continue
        greatest = max(greatest, *(value for _, value in found))
        axis.plot([t for t, _ in found], [scale * value for _, value in found], **layout.line_style(series),
                  marker=series.style.marker, markersize=5, markeredgewidth=0)
    if name == "loop_lag_ns":
        axis.set_ylim(0, max(1, greatest) * 1.15)
        axis.set_yticks(axis.get_yticks()[:-1], labels=[layout.tick_time(t) for t in axis.get_yticks()[:-1]])
        axis.set_ylim(0, max(1, greatest) * 1.15)
    else:
        axis.set_ylim(0, 100 if name == "loop_busy" else max(1, 115 * greatest))
        axis.set_ylabel("%")
    if name == "loop_busy":
        axis.axhline(100 * BUSY, color=svg.theme.SENTINEL["muted"], linewidth=1, linestyle=(0, (2, 2)))


def _greatest(data, name):
    return max((value for _, value in points(data, name)), default=None)


def _title(lines):
    busiest, series = max(((_greatest(data, "loop_busy") or 0, series) for series, data in lines), key=lambda x: x[0])
    late = max(_greatest(data, "loop_lag_ns") or 0 for _, data in lines)
    state = ("The generator was never short of time" if busiest <= BUSY else
             f"The generator was short of time with {series.label}")
    return f"{state}: its busiest loop was at {text.percent(busiest)}, its latest {text.duration(late)} late."


def _description(lines):
    return "State of the load generator over time. " + " ".join(
        f"{row[0]}: busiest loop {row[2]}, greatest lag {row[3]}." for row in _rows(lines))


def _rows(lines):
    rows = []
    for series, data in lines:
        steal = _greatest(data, "steal")
        rows.append([series.label, text.count(len(points(data, "loop_busy"))),
                     text.percent(_greatest(data, "loop_busy") or 0), text.duration(_greatest(data, "loop_lag_ns") or 0),
                     text.NOT_MEASURED if steal is None else text.percent(steal)])
    return rows
