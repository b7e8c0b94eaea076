"""Delivery latency over time: small multiples on shared axes, time across, latency up, colour by how many deliveries."""

from pathlib import Path

import numpy as np

from .. import intervals, svg, text
from ..value import marked
from . import Drawing, layout

SLUG = "heat"
WIDTH, LEFT, RIGHT, TOP, BOTTOM = 1100, 74, 14, 30, 52
PANEL_HEIGHT, GAP, COLUMNS = 170, 48, 2
ROWS = 40                   # latency slots of a panel, even on the log axis
MAX_COLUMNS = 240           # time slots of a panel: more would be narrower than a pixel
MAX_ROWS = 600              # of the table
FAINTEST = 0.12             # of the colour map: a slot with one delivery is seen on white and on black
HOW = ("Each panel is one technique: time goes to the right, latency up, and the brighter a spot, the more deliveries "
       "arrived then with that latency. A level band is a steady run; a gap with a high column after it is a stall. "
       "The first repetition is drawn; all panels share both axes.")


def draw(workload, prefix):
    panels = [panel for series in workload.series if (panel := Panel.of(series))]
    if not panels:
        return Drawing(SLUG, "Latency over time", "No interval logs were found beside the result, so latency cannot be "
                                                  "drawn over time.")
    title = _title(panels)
    columns = ["Technique", "Interval", "Begins (s)", "Deliveries", "p50", "p99", "Slowest"]
    return Drawing(SLUG, "Latency over time", title, HOW, _picture(panels, prefix, title), [], columns, _rows(panels))


class Panel:
    """The intervals of the first repetition of a series that has a log."""

    @classmethod
    def of(cls, series):
        folder = Path(series.source.path).parent
        for run in series.runs:
            name = run.get("interval_log")
            # A name, never a path: a result file from elsewhere must not read what it likes.
            if name and name == Path(name).name and (found := intervals.read(folder / name)):
                return cls(series, found)
        return None

    def __init__(self, series, found):
        self.series, self.intervals = series, found
        self.start = found[0].begin
        self.length = found[-1].begin + found[-1].length - self.start
        self.low = min(max(1, one.histogram.min) for one in found)
        self.high = max(one.histogram.max for one in found)

    def median_spread(self):
        """The greatest median of an interval over the least, of those with enough deliveries to have one."""
        medians = [one.histogram.quantile(0.5) for one in self.intervals if one.histogram.total >= 20]
        return max(medians) / max(1, min(medians)) if medians else 1.0

    def grid(self, edges, length):
        """Deliveries by latency slot (rows) and time slot."""
        slots = min(MAX_COLUMNS, max(1, round(length / max(0.001, np.median([i.length for i in self.intervals])))))
        grid = np.zeros((len(edges) - 1, slots))
        for one in self.intervals:
            middle = one.begin - self.start + one.length / 2
            column = min(slots - 1, int(middle / length * slots))
            values = np.clip(np.sqrt(np.maximum(one.histogram.low, 1) * one.histogram.high.astype(float)), edges[0],
                             edges[-1] * 0.999999)
            grid[:, column] += np.histogram(values, bins=edges, weights=one.histogram.counts)[0]
        return grid


def _picture(panels, prefix, title):
    lines = -(-len(panels) // COLUMNS)
    across = min(COLUMNS, len(panels))
    height = TOP + lines * PANEL_HEIGHT + (lines - 1) * GAP + BOTTOM
    drawn = svg.figure(WIDTH, height)
    layer = svg.overlay(drawn)
    low, high = min(p.low for p in panels) / 1.1, max(p.high for p in panels) * 1.1
    length = max(panel.length for panel in panels)
    edges = np.geomspace(low, high, ROWS + 1)
    grids = [panel.grid(edges, length) for panel in panels]
    most = np.log1p(max(grid.max() for grid in grids))
    width = (WIDTH - LEFT - RIGHT - (across - 1) * LEFT) / across
    for number, (panel, grid) in enumerate(zip(panels, grids)):
        left = LEFT + number % across * (width + LEFT)
        top = TOP + number // across * (PANEL_HEIGHT + GAP)
        axis = svg.axes(drawn, left, top, width, PANEL_HEIGHT)
        _draw_panel(axis, grid, most, length, low, high)
        layout.swatch(layer, panel.series, left + 6, top - 12)
        layer.text(left + 16, top - 12, layout.label(panel.series), va="center")
        if number + across >= len(panels):
            axis.set_xlabel("seconds since the first counted delivery")
    return svg.inline(drawn, prefix, title, _description(panels))


def _draw_panel(axis, grid, most, length, low, high):
    from matplotlib import colormaps
    share = np.log1p(grid) / most if most else grid
    colours = colormaps["viridis"](FAINTEST + (1 - FAINTEST) * share)
    colours[..., 3] = grid > 0    # nothing arrived: the page shows through
    # Rows are even in log latency, so the image lies on the logarithms and the ticks say the values.
    axis.imshow(colours, origin="lower", aspect="auto", interpolation="nearest",
                extent=(0, length, np.log10(low), np.log10(high)))
    ticks = layout.log_ticks(low, high)
    axis.set_yticks(np.log10(ticks), labels=[layout.tick_time(tick) for tick in ticks])
    axis.grid(False)


def _title(panels):
    spreads = [(panel.median_spread(), panel.series.label) for panel in panels]
    worst, name = max(spreads)
    if worst < 1.5:
        return f"Every technique was steady: no median of an interval is more than {text.times(worst)} another."
    return f"{name} varied most over time: its slowest interval's median is {text.times(worst)} its fastest's."


def _description(panels):
    return "Delivery latency over time. " + " ".join(
        f"{panel.series.label}: {len(panel.intervals)} intervals, latencies from {text.duration(panel.low)} to "
        f"{text.duration(panel.high)}." for panel in panels)


def _rows(panels):
    return [[panel.series.label, str(number), text.sig3(one.begin - panel.start), text.count(one.histogram.total),
             *(marked(text.duration(one.histogram.quantile(q)), one.histogram.total, q) for q in (0.5, 0.99)),
             text.duration(one.histogram.max)]
            for panel in panels for number, one in enumerate(panel.intervals, 1)][:MAX_ROWS]
