"""The summary and the run-health table as data: columns with units, cells with text, sort key and marks."""

from dataclasses import dataclass

from . import answers, text
from .value import ENOUGH_BEYOND

BEST = "★"
BAD_UNLESS_ZERO = ("missing", "duplicate", "reordered", "corrupt", "failures")


@dataclass(frozen=True)
class Column:
    metric: str
    group: str
    head: str
    unit: str
    show: object                  # number in the column's unit -> text
    factor: float = 1             # divides the value into the column's unit
    ranked: bool = False          # the least value is marked
    tip: str = ""
    unless_zero: bool = False     # left out when it is zero everywhere


@dataclass
class Cell:
    text: str
    sort: str = ""                # data-v of the cell; empty sorts last
    marks: str = ""               # CSS classes
    tip: str = ""
    best: bool = False
    interval: str = ""        # "1.20–1.31": the 95 % confidence interval in the column's unit


@dataclass
class Row:
    series: object
    cells: list


LATENCY, CORRECT, WIRE, SERVER = "Delivery latency", "Deliveries", "Per delivery", "Server"
MS, US, KIB, PERCENT = 1e6, 1e3, 1024, 0.01


def _percentiles(metric, group, shorts, **more):
    return tuple(Column(f"{metric}.{short}", group, text.PERCENTILES.get(short, short), "ms", text.sig3, MS, **more) for short in shorts)


SUMMARY = (
    *_percentiles("delivery_latency", LATENCY, ("p50", "p75", "p90", "p95", "p99", "p999", "p9999"), ranked=True),
    Column("delivery_latency.max", LATENCY, "max", "ms", text.sig3, MS),
    Column("delivered", CORRECT, "delivered", "n", text.count),
    Column("missing", CORRECT, "missing", "n", text.count, tip="expected and never arrived"),
    Column("duplicate", CORRECT, "duplicate", "n", text.count, unless_zero=True),
    Column("reordered", CORRECT, "reordered", "n", text.count, unless_zero=True),
    Column("corrupt", CORRECT, "corrupt", "n", text.count, unless_zero=True),
    Column("failures", CORRECT, "failures", "n", text.count, tip="failed connections and conversations"),
    Column("bytes_per_delivery", WIRE, "bytes", "B", text.sig3, ranked=True, tip="both directions, every kind measured"),
    Column("received_per_delivery", WIRE, "down", "B", text.sig3, tip="server to client"),
    Column("sent_per_delivery", WIRE, "up", "B", text.sig3, tip="client to server"),
    Column("overhead", WIRE, "overhead", "% of payload", text.sig3, PERCENT, ranked=True, tip="bytes that are not payload"),
    Column("requests_per_delivery", WIRE, "requests", "n", text.sig3),
    Column("server_cpu_per_delivery", SERVER, "CPU per delivery", "µs", text.sig3, US, ranked=True),
    Column("server_bytes_per_subscriber", SERVER, "memory per subscriber", "KiB", text.sig3, KIB, ranked=True),
)

POLLING = (
    *_percentiles("delivery_latency", "Data age", ("p50", "p99"), tip="received − intended: the delivery latency"),
    *_percentiles("round_trip", "Request round trip", ("p50", "p99"), tip="a poll due to its answer complete"),
    Column("requests", "Polls", "made", "n", text.count),
    Column("wasted_poll_share", "Polls", "wasted", "%", text.sig3, PERCENT, tip="answered without a message"),
    Column("skipped_polls", "Polls", "skipped", "n", text.count, tip="due while an answer was outstanding"),
)

HEALTH = (
    Column("connected", "Clients", "connected", "n", text.count, tip="in the repetition with the fewest"),
    Column("empty_answers", "Clients", "empty answers", "n", text.count),
    Column("skipped_polls", "Clients", "skipped polls", "n", text.count, tip="due while an answer was outstanding"),
    *_percentiles("readiness", "Readiness", ("p50", "p99"), tip="connecting to subscribed"),
    Column("offered_rate", "Publisher", "offered", "msg/s", text.brief),
    Column("achieved_rate", "Publisher", "achieved", "msg/s", text.brief),
    *_percentiles("send_lag", "Send lag", ("p50", "p99"), tip="sent − intended"),
    *_percentiles("service_time", "Service time", ("p50", "p99"), tip="received − sent"),
    *_percentiles("fanout_spread", "Fan-out spread", ("p50", "p99"), tip="first to last receiver of one message"),
    Column("loop_lag.p99", "Generator", "loop lag p99", "ms", text.sig3, MS),
    Column("generator_cpu_per_delivery", "Generator", "CPU per delivery", "µs", text.sig3, US),
)


def table(columns, series):
    """Rows of cells; columns that nothing fills are left out."""
    kept, rows = [], [Row(s, []) for s in series]
    for column in columns:
        values = [s.value(column.metric) for s in series]
        if all(value.state == "absent" or (column.unless_zero and not value.value) for value in values):
            continue
        kept.append(column)
        best = _best(column, series, values)
        for row, value in zip(rows, values):
            row.cells.append(cell(column, value, row.series in best))
    return kept, rows


def _best(column, series, values):
    ranked = [(s, v) for s, v in zip(series, values) if s.usable and v.ranked]
    if not column.ranked or len(ranked) < 2:
        return []
    least = min((v for _, v in ranked), key=lambda v: v.value)
    best = [s for s, v in ranked if answers.tied(column.metric, least, v)]
    return best if len(best) < len(ranked) else []


def cell(column, value, best=False):
    if value.state == "absent":
        return Cell(text.NOT_MEASURED, marks="none", tip="not measured")
    if value.state == "undelivered":
        return Cell(text.NOT_DELIVERED, "inf", "undelivered", "deliveries are missing")
    number = value.value / column.factor if column.factor != 1 else value.value
    shown, tip = column.show(number), ""
    if value.low is not None and value.high is not None and column.show is text.sig3:
        words = "95 % confidence interval over the repetitions" if value.confident else "repetitions"
        tip = f"{words}: {column.show(value.low / column.factor)} to {column.show(value.high / column.factor)}"
    if value.state == "few":
        tip = f"only {value.beyond:.3g} samples beyond this percentile; {ENOUGH_BEYOND} are needed"
        return Cell(shown, f"{number:.9g}", "few", tip)
    marks = "best" if best else "bad" if column.metric in BAD_UNLESS_ZERO and number else ""
    return Cell(shown, f"{number:.9g}", marks, tip, best, _interval(column, value))


def _interval(column, value):
    """Both ends, when there is a confidence interval that three digits show."""
    if not value.confident:
        return ""
    low, high = column.show(value.low / column.factor), column.show(value.high / column.factor)
    return f"{low}–{high}" if low != high else ""


def groups(columns):
    """(group, number of columns) for the upper header row."""
    spans = []
    for column in columns:
        if spans and spans[-1][0] == column.group:
            spans[-1][1] += 1
        else:
            spans.append([column.group, 1])
    return spans
