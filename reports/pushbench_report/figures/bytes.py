"""Bytes on the wire per delivery by kind, both directions at one scale."""

import math

from .. import answers, svg, text
from ..schema import BYTE_KINDS
from . import Drawing, layout

SLUG = "bytes"
WIDTH, TOP, ROW, BAR, BOTTOM, GAP = 1100, 58, 34, 20, 34, 26
KIND_WORDS = {"payload": "payload", "framing": "framing", "http": "HTTP heads", "tls": "TLS", "tcpip": "TCP/IP headers"}
DIRECTIONS = (("received", "server → client"), ("sent", "client → server"))
HOW = ("One bar a technique and direction, all at the same scale: what travels for one delivered message. Payload "
       "is the message itself; framing is what the protocol wraps around it (SSE fields, WebSocket headers, "
       "chunk sizes); HTTP heads are request and response heads, spread over the messages they fetched. Requests "
       "that came back empty count too. Heartbeats do not: they are paid by the hour, not by the message.")
# Beside the bars, in the table: what is not paid by the delivery, and a model. (heading, metric)
BESIDE = (("TCP/IP headers modelled on a 1,500-byte link (B)", "modelled_tcpip_per_delivery"),
          ("handshake (B a connection)", "handshake_bytes"),
          ("idle (B a client and hour)", "idle_bytes_per_client_hour"))


def draw(workload, prefix):
    rows = [s for s in workload.series if any(_all_of(s, direction) is not None for direction, _ in DIRECTIONS)]
    if not rows:
        return Drawing(SLUG, "Bytes per delivery", "No run counted bytes per delivery, so there is nothing to stack.")
    rows.sort(key=_total)
    title = _title(rows)
    beside = [(heading, metric) for heading, metric in BESIDE if any(s.number(metric) is not None for s in rows)]
    columns = ["Technique", *(f"{words}: {KIND_WORDS[kind]} (B)" for _, words in DIRECTIONS for kind in _kinds(rows)),
               "total (B)", *(heading for heading, _ in beside)]
    table = [[s.label, *(text.sig3(_of_kind(s, d, kind)) for d, _ in DIRECTIONS for kind in _kinds(rows)),
              text.sig3(_total(s)), *(text.sig3(s.number(metric)) for _, metric in beside)] for s in rows]
    return Drawing(SLUG, "Bytes per delivery", title, HOW, _picture(rows, prefix, title), _notes(workload, rows),
                   columns, table)


def _of_kind(series, direction, kind):
    return series.number(f"{direction}_{kind}_per_delivery")


def _all_of(series, direction):
    return series.number(f"{direction}_per_delivery")


def _total(series):
    return series.number("bytes_per_delivery") or 0


def _kinds(rows):
    return [kind for kind in BYTE_KINDS
            if any(_of_kind(series, direction, kind) is not None for series in rows for direction, _ in DIRECTIONS)]


def _picture(rows, prefix, title):
    height = TOP + ROW * len(rows) + BOTTOM
    drawn = svg.figure(WIDTH, height)
    left = layout.label_width(rows)
    greatest = [max((_all_of(series, d) or 0) for series in rows) for d, _ in DIRECTIONS]
    widths = _panel_widths(greatest, WIDTH - left - GAP - 2 * VALUE_ROOM)
    scale = max(g / w for g, w in zip(greatest, widths)) or 1    # bytes a pixel, the same in both panels
    step = _round_up(90 * scale)
    hover, start, layer_texts = {}, left, []
    for (direction, words), width in zip(DIRECTIONS, widths):
        axis = svg.axes(drawn, start, TOP, width + VALUE_ROOM, ROW * len(rows))
        axis.set(xlim=(0, (width + VALUE_ROOM) * scale), ylim=(len(rows) - 0.5, -0.5))
        axis.set_xticks(ticks := _ticks(step, (width + VALUE_ROOM - 16) * scale),
                        labels=[f"{tick:,.0f} B" for tick in ticks])
        layout.bare_bars(axis)
        for number, series in enumerate(rows):
            hover |= _bar(axis, series, direction, number, scale)
        layer_texts.append((start, words))
        start += width + VALUE_ROOM + GAP
    _surroundings(drawn, rows, left, layer_texts)
    return svg.inline(drawn, prefix, title, _description(rows), hover)


VALUE_ROOM = 58    # pixels behind the longest bar for its number


def _panel_widths(greatest, room):
    """Proportional to the longest bar of each direction, but wide enough for its heading."""
    least = 120
    share = [g / (sum(greatest) or 1) * room for g in greatest]
    if share[0] < least:
        return [least, room - least]
    return [room - least, least] if share[1] < least else share


def _round_up(value):
    """The next of 1, 2 and 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    return max(1, next(step * power for step in (1, 2, 5, 10) if step * power >= value))


def _ticks(step, end):
    return [step * number for number in range(int(end / step) + 1)]


def _bar(axis, series, direction, number, scale):
    start, hover = 0.0, {}
    for kind in BYTE_KINDS:
        value = _of_kind(series, direction, kind)
        if not value:
            continue
        gid = f"bar-{direction}-{number}-{kind}"
        axis.barh(number, value, left=start, height=BAR / ROW, color=layout.SENTINEL[f"k-{kind}"],
                  edgecolor=layout.SENTINEL["paper"], linewidth=0.8)[0].set_gid(gid)
        hover[gid] = f"{series.label}, {direction}: {KIND_WORDS[kind]} {text.sig3(value)} B per delivery"
        start += value
    shown = text.sig3(_all_of(series, direction))
    axis.text(start + 6 * scale, number, shown, va="center", fontsize=12)
    return hover


def _surroundings(drawn, rows, left, headings):
    layer = svg.overlay(drawn)
    x = left
    for kind in _kinds(rows):
        layer.add_patch(_square(x, 7, layout.SENTINEL[f"k-{kind}"]))
        layer.text(x + 18, 14, KIND_WORDS[kind], va="center")
        x += 18 + 7.6 * len(KIND_WORDS[kind]) + 22
    for start, words in headings:
        layer.text(start, 44, words, va="center", color=layout.SENTINEL["muted"])
    layout.row_labels(layer, rows, left - 6, [TOP + ROW * (number + 0.5) for number in range(len(rows))])


def _square(x, y, colour):
    from matplotlib.patches import Rectangle
    return Rectangle((x, y), 13, 13, facecolor=colour, linewidth=0)


def _description(rows):
    parts = []
    for series in rows:
        for direction, words in DIRECTIONS:
            kinds = ", ".join(f"{KIND_WORDS[k]} {text.sig3(v)}" for k in BYTE_KINDS
                              if (v := _of_kind(series, direction, k)) is not None)
            parts.append(f"{series.label} {words}: {kinds or 'not measured'}")
    return "Bytes per delivery. " + "; ".join(parts) + "."


def _title(rows):
    best, worst = rows[0], rows[-1]
    payload = best.number("received_payload_per_delivery")
    need = f"{_total_words(best)} on the wire per delivery"
    carry = f" to carry {text.sig3(payload)} B of payload" if payload else ""
    if len(rows) == 1:
        return f"{best.label} needs {need}{carry}."
    if _total(worst) < 1.01 * _total(best):
        return f"All techniques need the same {need}{carry}."
    ratio = f", {text.times(_total(worst) / _total(best))} as much" if _total(best) else ""
    return f"{best.label} needs {need}{carry}; {worst.label} needs {_total_words(worst)}{ratio}."


def _total_words(series):
    value = series.value("bytes_per_delivery")
    shown = f"{text.sig3(_total(series))} B"
    return shown + answers.span(value, lambda v: f"{text.sig3(v)} B") if value.confident else shown


def _notes(workload, rows):
    notes = []
    unmeasured = [KIND_WORDS[kind] for kind in BYTE_KINDS if kind not in _kinds(rows)]
    if unmeasured:
        notes.append(f"Not measured and not in the bars: {text.join(unmeasured)}.")
    absent = [series.label for series in workload.series if series not in rows]
    if absent:
        notes.append(f"Without byte counts: {text.join(absent)}.")
    invalid = [series.label for series in rows if not series.usable]
    if invalid:
        notes.append(f"Invalid runs are drawn too: {text.join(invalid)}.")
    return notes
