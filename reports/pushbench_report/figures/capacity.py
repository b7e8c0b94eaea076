"""How much a server carries: what arrived and how late it was, against what was offered (`pushbench run --find`)."""

from .. import svg, text
from ..capacity import VERDICTS
from ..value import ENOUGH_BEYOND, enough, marked
from . import Drawing, layout

SLUG = "capacity"
KIND = "Capacity"
WIDTH, HEIGHT, LEFT, TOP, BOTTOM, GAP, RIGHT = 1100, 380, 84, 34, 56, 96, 170
HOW = ("Each point is one run of the search, with the load that it offered. Filled: the condition held. Hollow: it did not. "
       "The dashed upright line is the knee, the greatest load that was carried. On the dotted diagonal everything that was "
       "offered arrived. Cross: not carried, and the load generator may be the reason. Hatched in a technique's colour: the "
       "generator was the limit of its search there, so nothing is said of the server. Plus: nobody knows, what the condition "
       f"asks was not measured. A p99 with fewer than {ENOUGH_BEYOND} deliveries beyond it (n<) is not drawn.")


def draw_each(searches, prefix):
    """A figure for each quantity that was searched for."""
    kinds = dict.fromkeys(s.find for s in searches)
    return [draw([s for s in searches if s.find == find], f"{prefix}-{find}") for find in kinds]


def draw(searches, prefix):
    """Of searches for the same quantity."""
    slug, known = f"{SLUG}-{searches[0].find}", [s for s in searches if s.steps]
    title = _title(known)
    columns = ["Run", "Offered", "Achieved", "p99", "Missing", "Verdict", "Why"]
    rows = [[f"{s.label}, {number}", text.count(step["offered"]), text.sig3(step["achieved"]), _p99_words(step), text.count(step["missing"]),
             VERDICTS[step["verdict"]], step.get("reason") or text.NOT_MEASURED] for s in known for number, step in enumerate(s.steps, 1)]
    if not known:
        return Drawing(slug, KIND, "The search ended before its first run was over.")
    return Drawing(slug, KIND, title, HOW, _picture(known, prefix, title), [], columns, rows)


def _p99(step):
    """As far as it means something."""
    return _read_p99(step) if enough(step["expected_deliveries"], 0.99) else None


def _read_p99(step):
    return (step.get("delivery_latency_ns") or {}).get("p99")


def _p99_words(step):
    if not step.get("delivery_latency_ns"):
        return text.NOT_MEASURED
    p99 = _read_p99(step)
    return text.NOT_DELIVERED if p99 is None else marked(text.duration(p99), step["expected_deliveries"], 0.99)


def _picture(searches, prefix, title):
    drawn = svg.figure(WIDTH, HEIGHT)
    width = (WIDTH - LEFT - RIGHT - GAP) / 2
    left = svg.axes(drawn, LEFT, TOP, width, HEIGHT - TOP - BOTTOM)
    right = svg.axes(drawn, LEFT + width + GAP, TOP, width, HEIGHT - TOP - BOTTOM)
    hover = _panel(left, searches, "achieved", lambda step: step["achieved"])
    hover |= _panel(right, searches, "p99", _p99)
    offered = [step["offered"] for s in searches for step in s.steps]
    layout.set_log(left.yaxis, *_limits([step["achieved"] for s in searches for step in s.steps if step["achieved"] > 0] + offered), text.brief)
    left.plot([min(offered), max(offered)], [min(offered), max(offered)], color=layout.SENTINEL["muted"], linewidth=1, linestyle=":")
    times = [p99 for s in searches for step in s.steps if (p99 := _p99(step))]
    layout.set_log(right.yaxis, *_limits(times or [1e6]), layout.tick_time)
    for axis in (left, right):
        layout.set_log(axis.xaxis, *_limits(offered), text.brief)
        axis.set_xlabel(f"{searches[0].unit} offered")
    _legend(drawn, searches, title)
    return svg.inline(drawn, prefix, title, _description(searches), hover)


def _limits(values):
    return min(values) / 1.3, max(values) * 1.3


def _panel(axis, searches, name, value):
    hover = {}
    for number, search in enumerate(searches):
        if blamed := search.generator_limited:
            axis.axvspan(blamed[0], blamed[-1] * 1.3, facecolor="none", edgecolor=search.style.colour, hatch="//", linewidth=0, alpha=0.35)
        drawn = sorted((step["offered"], value(step)) for step in search.steps
                       if step["verdict"] in ("carried", "too-much") and value(step))
        axis.plot([x for x, _ in drawn], [y for _, y in drawn], linewidth=1.4, **layout.line_style(search))
        if search.knee is not None:
            axis.axvline(search.knee, color=search.style.colour, linewidth=1, linestyle="--")
        for place, step in enumerate(search.steps):
            if not value(step):
                continue
            gid = f"capacity-{name}-{number}-{place}"
            axis.plot([step["offered"]], [value(step)], gid=gid, **_marker(search, step["verdict"]))
            hover[gid] = f"{search.label}: {text.count(step['offered'])} {search.unit} offered, p99 {_p99_words(step)}, {VERDICTS[step['verdict']]}"
    return hover


def _marker(search, verdict):
    if verdict == "generator-limited":
        return {"marker": "x", "markersize": 8, "color": search.style.colour, "linestyle": "none"}
    if verdict == "unknown":
        return {"marker": "+", "markersize": 9, "color": search.style.colour, "linestyle": "none"}
    face = search.style.colour if verdict == "carried" else "none"
    return {"marker": search.style.marker, "markersize": 8, "color": search.style.colour, "markerfacecolor": face,
            "markeredgewidth": 1.6, "linestyle": "none"}


def _legend(drawn, searches, title):
    layer = svg.overlay(drawn)
    width = (WIDTH - LEFT - RIGHT - GAP) / 2
    layer.text(LEFT, 16, f"{searches[0].unit} that {'arrived' if searches[0].find == 'max-rate' else 'were connected'}", va="center",
               color=layout.SENTINEL["muted"])
    layer.text(LEFT + width + GAP, 16, "delivery latency, p99", va="center", color=layout.SENTINEL["muted"])
    for row, search in enumerate(searches):
        y = TOP + 16 + row * 2.6 * layout.LINE_HEIGHT
        layout.swatch(layer, search, WIDTH - RIGHT + 16, y)
        layer.text(WIDTH - RIGHT + 28, y, text.shorten(search.label, 20), va="center")
        words = "nothing carried" if search.knee is None else text.count(search.knee)
        layer.text(WIDTH - RIGHT + 28, y + layout.LINE_HEIGHT, words, va="center", color=layout.SENTINEL["muted"])


def _title(searches):
    parts = [f"{s.label}: {s.data['summary']}" for s in searches]
    return f"{'; '.join(parts)}." if parts else ""


def _description(searches):
    parts = []
    for s in searches:
        steps = ", ".join(f"{text.count(step['offered'])} offered: {text.sig3(step['achieved'])} achieved, p99 {_p99_words(step)}, {VERDICTS[step['verdict']]}"
                          for step in s.steps)
        parts.append(f"{s.label}, until {s.until}: {s.data['summary']}. {steps}")
    return "What arrived and its p99 against what was offered. " + ". ".join(parts) + "."
