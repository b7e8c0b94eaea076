"""What the figures share: axis ticks in words, labels that do not overlap, swatches of a series, horizontal bars."""

import math

from .. import svg, text, theme

LINE_HEIGHT = 17
LABEL_CHARACTERS = 30


def spread(wanted, gap, low, high):
    """Positions near `wanted` that keep `gap` from each other and stay within low..high as far as they fit."""
    if not wanted:
        return []
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    gap = min(gap, (high - low) / max(1, len(wanted) - 1)) if len(wanted) > 1 else gap
    blocks = []    # of [sum of wanted tops, members]: neighbours that touch move together around their mean
    for index in order:
        blocks.append([wanted[index], [index]])
        while len(blocks) > 1 and _top(blocks[-1], gap, low, high) < _bottom(blocks[-2], gap, low, high) + gap:
            total, members = blocks.pop()
            offset = gap * len(blocks[-1][1])
            blocks[-1][0] += total - offset * len(members)
            blocks[-1][1] += members
    placed = [0.0] * len(wanted)
    for block in blocks:
        for place, index in enumerate(block[1]):
            placed[index] = _top(block, gap, low, high) + gap * place
    return placed


def _top(block, gap, low, high):
    total, members = block
    return min(max(total / len(members), low), high - gap * (len(members) - 1))


def _bottom(block, gap, low, high):
    return _top(block, gap, low, high) + gap * (len(block[1]) - 1)


def log_ticks(low, high):
    """Round values between low and high: powers of ten, and steps between them when there are few."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    span = math.log10(high / low)
    steps = (1, 1.5, 2, 3, 5, 7) if span < 1 else (1, 2, 5) if span < 2.2 else (1,)
    return [step * 10.0 ** decade for decade in decades for step in steps if low <= step * 10.0 ** decade <= high]


def set_log(axis, low, high, words):
    """A log axis with ticks in words and without minor ticks. `axis` is ax.xaxis or ax.yaxis."""
    set_limits = axis.axes.set_xlim if axis.axis_name == "x" else axis.axes.set_ylim
    (axis.axes.set_xscale if axis.axis_name == "x" else axis.axes.set_yscale)("log")
    set_limits(low, high)
    ticks = log_ticks(low, high)
    axis.set_ticks(ticks, labels=[words(tick) for tick in ticks])
    axis.set_ticks([], minor=True)


def tick_time(ns):
    return text.duration(ns, text.brief)


def label(series):
    return text.shorten(series.label, LABEL_CHARACTERS)


def swatch(layer, series, x, y):
    """The marker of a series before its label, at pixels."""
    layer.plot([x], [y], marker=series.style.marker, markersize=8, color=series.style.colour, markeredgewidth=0,
               linestyle="none")


def row_labels(layer, series, right, centres):
    for one, centre in zip(series, centres):
        layer.text(right - 16, centre, label(one), ha="right", va="center")
        swatch(layer, one, right - 6, centre)


def label_width(series):
    """Pixels that the longest row label needs with its swatch."""
    return max(7.4 * len(label(one)) for one in series) + 30


def line_style(series):
    return {"color": series.style.colour, "linestyle": series.style.dash}


def bare_bars(axis):
    """Axes of horizontal bars: no y ticks, vertical grid only."""
    axis.yaxis.set_ticks([])
    axis.grid(axis="y", visible=False)
    axis.spines["bottom"].set_visible(False)
    axis.tick_params(axis="x", length=0)


SENTINEL = theme.SENTINEL
to_pixels = svg.to_pixels


def place_labels(points, widths, box, lines=()):
    """Left edges and middles of labels beside `points` (pixels) that cover no point and no other label, if possible.

    Greedy, each label at its cheapest candidate: overlaps cost most, then leader lines over other points, then covering
    one of `lines` (of points), then distance. `box` is (left, top, right, bottom).
    """
    dots = [dot for line in lines for start, end in zip(line, line[1:]) for dot in _dots(start, end)]
    taken = [(x - 8, y - 8, x + 8, y + 8) for x, y in points]
    places = []
    for (x, y), width in zip(points, widths):
        candidates = [_rectangle(x, y, width, angle, distance) for distance in (15, 28, 44, 62, 84, 110)
                      for angle in ANGLES]
        inside = [c for c in candidates if _within(c, box)] or [_pushed_inside(c, box) for c in candidates]
        others = [point for point in points if point != (x, y)]
        best = min(inside, key=lambda c: 10 * sum(_common_area(c, other) for other in taken)
                   + _leader_cost((x, y), c, others) + 4 * sum(_covers(c, dot) for dot in dots))
        taken.append(best)
        places.append((best[0], (best[1] + best[3]) / 2))
    return places


ANGLES = tuple(math.radians(degrees) for degrees in (0, 180, -25, 25, 155, 205, -50, 50, 130, 230, -75, 75, 105, 255))


def _covers(rectangle, dot):
    return rectangle[0] - 3 < dot[0] < rectangle[2] + 3 and rectangle[1] < dot[1] < rectangle[3]


def _dots(start, end):
    """Points every few pixels of a segment."""
    number = int(math.dist(start, end) / 4) + 1
    return [(start[0] + (end[0] - start[0]) * i / number, start[1] + (end[1] - start[1]) * i / number)
            for i in range(number)]


def _leader_cost(point, rectangle, others):
    """The length of the leader from the point to the label, and a fine for every other point it passes closely."""
    end = min(max(point[0], rectangle[0]), rectangle[2]), (rectangle[1] + rectangle[3]) / 2
    return math.dist(point, end) + 150 * sum(_distance_to_segment(other, point, end) < 10 for other in others)


def _distance_to_segment(point, start, end):
    across, down = end[0] - start[0], end[1] - start[1]
    squared = across ** 2 + down ** 2
    share = ((point[0] - start[0]) * across + (point[1] - start[1]) * down) / squared if squared else 0
    share = max(0, min(1, share))
    return math.dist(point, (start[0] + share * across, start[1] + share * down))


def _rectangle(x, y, width, angle, distance):
    across, down = distance * math.cos(angle), distance * math.sin(angle)
    left = x + across if math.cos(angle) >= 0 else x + across - width
    return left, y + down - LINE_HEIGHT / 2, left + width, y + down + LINE_HEIGHT / 2


def _within(rectangle, box):
    return all(rectangle[i] >= box[i] for i in (0, 1)) and all(rectangle[i] <= box[i] for i in (2, 3))


def _pushed_inside(rectangle, box):
    left = max(box[0], min(rectangle[0], box[2] - (rectangle[2] - rectangle[0])))
    top = max(box[1], min(rectangle[1], box[3] - LINE_HEIGHT))
    return left, top, left + rectangle[2] - rectangle[0], top + LINE_HEIGHT


def _common_area(a, b):
    return max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))
