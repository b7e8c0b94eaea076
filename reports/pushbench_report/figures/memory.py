"""What one more subscriber costs in memory: readings at several numbers of subscribers, and the line through them."""

from .. import svg, text
from . import Drawing, layout

SLUG = "memory"
LINEAR = 0.95    # r² of validity rule 25
WIDTH, HEIGHT, LEFT, TOP, BOTTOM, GAP, RIGHT, LABEL = 1100, 360, 84, 34, 52, 84, 16, 150
# The side, its heading, and the name of its slope.
PANELS = (("server", "the server: memory of its processes (PSS)", "server_pss"),
          ("generator", "the load generator itself (PSS)", "generator_pss"))
SLOPES = (("server_pss", "Server PSS"), ("server_private", "Server private"), ("server_sockets", "Server sockets"),
          ("generator_pss", "Generator PSS"), ("generator_private", "Generator private"),
          ("generator_sockets", "Generator sockets"), ("kernel_slab", "Kernel structures, both ends"))
HOW = ("Each point is a reading some seconds after so many subscribers were subscribed; the line through them is the least "
       "squares fit, and its slope is what one more subscriber costs. Where it meets the left edge is what the program "
       "costs by itself. r\u00b2 near 1 says that memory does grow in a line. Sockets are the buffers that the kernel charges "
       "to them; the structures of the kernel are those of the whole machine, whatever else it does.")


def draw(workload, prefix):
    """None where no scenario asked for it (phases.memory)."""
    rows = [s for s in workload.series if _memory(s)]
    if not rows:
        return None
    panels = [panel for panel in PANELS if any(_lines(s, panel) for s in rows)]
    title = _title(rows)
    if not panels:
        return Drawing(SLUG, "Memory per subscriber", "No process of the scenario let its memory be read.")
    columns = ["Technique", "counts", *(f"{words} (B per subscriber; r\u00b2)" for _, words in SLOPES)]
    table = [[s.label, ", ".join(text.count(n) for n in _counts(s)), *(_slope_words(s, name) for name, _ in SLOPES)]
             for s in rows]
    return Drawing(SLUG, "Memory per subscriber", title, HOW, _picture(panels, rows, prefix, title), [], columns, table)


def _memory(series):
    """`memory` of the repetitions that have it."""
    return [memory for run in series.runs if (memory := run.get("memory"))]


def _counts(series):
    return sorted({point["subscribers"] for memory in _memory(series) for point in memory["points"]})


def _slope(series, name):
    """Over the repetitions; None where there is none."""
    return (series.group.get("memory_slopes") or {}).get(name)


def _slope_words(series, name):
    slope = _slope(series, name)
    return f"{text.sig3(slope['bytes_per_subscriber'])}; {slope['r2']:.3f}" if slope else text.NOT_MEASURED


def _lines(series, panel):
    """(points, slope) of each repetition: points are (subscribers, bytes)."""
    side, _, name = panel
    return [([(p["subscribers"], p[side]["pss_bytes"]) for p in memory["points"] if p[side].get("pss_bytes") is not None], slope)
            for memory in _memory(series) if (slope := memory["slopes"].get(name))]


def _picture(panels, rows, prefix, title):
    drawn = svg.figure(WIDTH, HEIGHT)
    width = (WIDTH - LEFT - RIGHT - LABEL * len(panels) - GAP * (len(panels) - 1)) / len(panels)
    hover, headings, labels = {}, [], []
    for index, panel in enumerate(panels):
        start = LEFT + index * (width + LABEL + GAP)
        axis = svg.axes(drawn, start, TOP, width, HEIGHT - TOP - BOTTOM)
        headings.append((start, panel[1]))
        hover |= _panel(axis, panel, rows, index)
        labels.append((start + width, [(s, *_end(drawn, axis, s, panel)) for s in rows if _lines(s, panel)]))
    layer = svg.overlay(drawn)
    for start, words in headings:
        layer.text(start, 16, words, va="center", color=layout.SENTINEL["muted"])
    for right, ends in labels:
        places = layout.spread([y for _, _, y in ends], layout.LINE_HEIGHT, TOP, HEIGHT - BOTTOM)
        for (series, x, y), place in zip(ends, places):
            layer.plot([x + 4, right + 10], [y, place], color=series.style.colour, linewidth=0.8)
            layer.text(right + 13, place, text.shorten(series.label, 20), va="center", fontsize=12)
    return svg.inline(drawn, prefix, title, _description(panels, rows), hover)


def _panel(axis, panel, rows, index):
    hover, tops, rights = {}, [0], [0]
    for number, series in enumerate(rows):
        for repetition, (points, slope) in enumerate(_lines(series, panel)):
            xs, ys = [x for x, _ in points], [y / (1 << 20) for _, y in points]
            ends = [0, max(xs)]
            axis.plot(ends, [(slope["bytes_at_zero"] + slope["bytes_per_subscriber"] * x) / (1 << 20) for x in ends],
                      linewidth=1.4, **layout.line_style(series))
            gid = f"memory-{index}-{number}-{repetition}"
            axis.plot(xs, ys, marker=series.style.marker, markersize=7, color=series.style.colour, markeredgewidth=0,
                      linestyle="none", gid=gid)
            hover[gid] = f"{series.label}: {text.size(slope['bytes_per_subscriber'])} per subscriber, r\u00b2 {slope['r2']:.3f}"
            tops.append(max(ys))
            rights.append(max(xs))
    axis.set(xlim=(0, max(rights) * 1.02), ylim=(0, max(tops) * 1.1 or 1))
    axis.locator_params(nbins=5)
    axis.xaxis.set_major_formatter(lambda value, _: text.brief(value))
    axis.yaxis.set_major_formatter(lambda value, _: f"{text.brief(value)} MiB")
    axis.set_xlabel("subscribers")
    return hover


def _end(drawn, axis, series, panel):
    """Where the first line of the series ends, in pixels."""
    points, slope = _lines(series, panel)[0]
    last = max(x for x, _ in points)
    return layout.to_pixels(drawn, axis, last, (slope["bytes_at_zero"] + slope["bytes_per_subscriber"] * last) / (1 << 20))


def _claimed(series, name):
    """The slope, where memory grew in a line in every repetition; elsewhere it is no cost of a subscriber."""
    slope = _slope(series, name)
    return slope["bytes_per_subscriber"] if slope and slope["r2"] >= LINEAR else None


def _title(rows):
    known = [(s, cost) for s in rows if (cost := _claimed(s, "server_pss")) is not None]
    own = [cost for s in rows if (cost := _claimed(s, "generator_pss")) is not None]
    generator = f"the load generator itself needs {_range(own)} for one of its own" if own else ""
    if not known:
        return (generator[:1].upper() + generator[1:] or "Memory did not grow in a line that could be drawn") + "."
    known.sort(key=lambda pair: pair[1])
    (least, low), (most, high) = known[0], known[-1]
    words = f"One more subscriber costs the server {text.size(low)} with {least.label}"
    if most is not least:
        words += f" and {text.size(high)} with {most.label}"
    return words + (f"; {generator}." if generator else ".")


def _range(values):
    low, high = text.size(min(values)), text.size(max(values))
    return low if low == high else f"{low} to {high}"


def _description(panels, rows):
    parts = []
    for series in rows:
        for panel in panels:
            if not _lines(series, panel):
                continue
            read = ", ".join(f"{text.count(x)}: {text.size(y)}" for points, _ in _lines(series, panel) for x, y in points)
            parts.append(f"{series.label}, {panel[0]}, {_slope_words(series, panel[2])} B per subscriber (r\u00b2 after the "
                         f"semicolon); {read}")
    return "Memory at several numbers of subscribers. " + ". ".join(parts) + "."
