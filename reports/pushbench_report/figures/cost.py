"""What the server pays: CPU per delivery and memory per subscriber."""

from .. import answers, svg, text
from . import Drawing, layout

SLUG = "cost"
WIDTH, TOP, ROW, BAR, BOTTOM, GAP, VALUE_ROOM = 1100, 34, 34, 20, 30, 34, 78
# Criterion, the unit of its axis in the unit of the criterion, and the words for it.
PANELS = ((answers.CRITERIA[2], 1000, "µs of CPU per delivery"),
          (answers.CRITERIA[3], 1024, "KiB of memory per subscriber"))
COUNTED = (("server_voluntary_switches_per_delivery", "Context switches, it waited"),
           ("server_involuntary_switches_per_delivery", "Context switches, it had to yield"),
           ("server_syscalls_per_delivery", "System calls"))
HOW = ("Shorter is better; bars start at zero. CPU is user and system time of the server process while messages "
       "were measured, divided by the deliveries of that time. Memory is what the process grew by when the "
       "subscribers connected, divided by their number (with phases.memory the slope over several numbers of them); "
       "memory of the kernel (socket buffers) is not in it. A line across the end of a bar is the range of its "
       "repetitions, of three and more the 95 % confidence interval of their mean.")
NOTHING = "The server's CPU and memory were not measured (they are when pushbench starts the server itself or can see its process: target.process)."


def draw(workload, prefix):
    panels = [panel for panel in PANELS if any(panel[0].of(s).value is not None for s in workload.series)]
    rows = [s for s in workload.series if any(panel[0].of(s).value is not None for panel in panels)]
    if not rows:
        return Drawing(SLUG, "Server cost", NOTHING)
    title = _title(workload, panels)
    columns = ["Technique", "CPU per delivery (µs)", "Memory per subscriber (KiB)", "RSS at most", "PSS at most",
               *(f"{words} per delivery" for _, words in COUNTED)]
    table = [[s.label, _spanned(PANELS[0], s), _spanned(PANELS[1], s), text.size(s.number("server_rss")),
              text.size(s.number("server_pss")), *(text.sig3(s.number(metric)) for metric, _ in COUNTED)]
             for s in workload.series]
    return Drawing(SLUG, "Server cost", title, HOW, _picture(panels, rows, prefix, title), _notes(workload, rows),
                   columns, table)


def _spanned(panel, series):
    criterion, unit, _ = panel
    value = criterion.of(series)
    if value.value is None:
        return text.NOT_MEASURED
    return text.sig3(value.value / unit) + answers.span(value, lambda v: text.sig3(v / unit))


def _picture(panels, rows, prefix, title):
    height = TOP + ROW * len(rows) + BOTTOM
    drawn = svg.figure(WIDTH, height)
    left = layout.label_width(rows)
    width = (WIDTH - left - GAP * (len(panels) - 1)) / len(panels)
    hover, headings = {}, []
    for index, panel in enumerate(panels):
        start = left + index * (width + GAP)
        headings.append((start, panel[2]))
        hover |= _panel(svg.axes(drawn, start, TOP, width, ROW * len(rows)), panel, rows, width, index)
    layer = svg.overlay(drawn)
    for start, words in headings:
        layer.text(start, 18, words, va="center", color=layout.SENTINEL["muted"])
    layout.row_labels(layer, rows, left - 6, [TOP + ROW * (number + 0.5) for number in range(len(rows))])
    return svg.inline(drawn, prefix, title, _description(panels, rows), hover)


def _panel(axis, panel, rows, width, index):
    criterion, unit, words = panel
    values = [criterion.of(s) for s in rows]
    reach = max((v.high or v.value or 0) for v in values) / unit or 1
    scale = reach / (width - VALUE_ROOM)
    least = min(0, min((v.value or 0) for v in values) / unit)
    axis.set(xlim=(least, width * scale), ylim=(len(rows) - 0.5, -0.5))
    axis.locator_params(axis="x", nbins=5)
    axis.xaxis.set_major_formatter(lambda value, _: text.brief(value))
    layout.bare_bars(axis)
    hover = {}
    for number, (series, value) in enumerate(zip(rows, values)):
        if value.value is None:
            axis.text(4 * scale, number, "not measured", va="center", color=layout.SENTINEL["muted"], fontsize=12)
            continue
        gid = f"bar-{index}-{number}"
        axis.barh(number, value.value / unit, height=BAR / ROW, color=series.style.colour, linewidth=0)[0].set_gid(gid)
        hover[gid] = f"{series.label}: {text.sig3(value.value / unit)} {words}"
        end = max(0, value.value / unit)
        if value.low is not None and value.high > value.low:
            axis.hlines(number, value.low / unit, value.high / unit, color=layout.SENTINEL["ink"], linewidth=1.6)
            end = max(end, value.high / unit)
        axis.text(end + 6 * scale, number, text.sig3(value.value / unit), va="center", fontsize=12)
    return hover


def _description(panels, rows):
    parts = [f"{series.label}: " + ", ".join(f"{_spanned(panel, series)} {panel[2]}" for panel in panels)
             for series in rows]
    return "Server cost. " + "; ".join(parts) + "."


def _title(workload, panels):
    parts = [_part(panel[0], workload.series) for panel in panels]
    known = [part for part in parts if part]
    if not known:
        return "The server's costs come from invalid runs only and are not compared."
    return "; ".join(known) + "."


def _part(criterion, series):
    ranking = answers.rank(criterion, series)
    if not ranking.ordered:
        return ""
    shown, (best, value) = criterion.unit_text, ranking.ordered[0]
    worst, most = ranking.ordered[-1]
    noun = "CPU per delivery" if criterion is PANELS[0][0] else "memory per subscriber"
    if len(ranking.ordered) == 1:
        return f"{best.label}: {shown(value.value)} {noun}"
    if worst in ranking.best:
        return f"all techniques cost about the same {noun} ({shown(value.value)})"
    who = f"{best.label} needs" if len(ranking.best) == 1 else f"{answers.winners(ranking)} need"
    return f"{who} the least {noun} ({_with_interval(value, shown)}), {worst.label} the most ({_with_interval(most, shown)})"


def _with_interval(value, shown):
    interval = answers.span(value, shown).strip(" ()") if value.confident else ""
    return f"{shown(value.value)}, {interval}" if interval else shown(value.value)


def _notes(workload, rows):
    absent = [series.label for series in workload.series if series not in rows]
    notes = [f"Without server numbers: {text.join(absent)}."] if absent else []
    invalid = [series.label for series in rows if not series.usable]
    return notes + ([f"From invalid runs, not ranked: {text.join(invalid)}."] if invalid else [])
