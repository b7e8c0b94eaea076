"""The summary and the run-health table as data: columns with units, cells with text, sort key and marks."""

from dataclasses import dataclass

from . import answers, text
from .distribution import ABSENT, ENOUGH_BEYOND, Value

BEST = "★"
BAD_UNLESS_ZERO = ("missing", "duplicate", "reordered", "corrupt", "failures")


@dataclass(frozen=True)
class Column:
    key: str
    group: str
    head: str
    unit: str
    show: object                  # number in the column's unit -> text
    of: object                    # Series -> Value
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


def _count(name):
    return lambda series: _value(series.total(name))


def _value(number):
    return ABSENT if number is None else Value("ok", number)


def _quantile(name, quantile):
    return lambda series: series.distribution(name).quantile(quantile)


def _max_latency(series):
    latency = series.latency
    if latency.missing:
        return Value("undelivered", latency.extreme("max"))
    return _value(latency.extreme("max"))


def _failures(series):
    return _value(sum(series.failures.values()))


def _direction(direction):
    return lambda series: _value(series.bytes_in(direction))


LATENCY, CORRECT, WIRE, SERVER = "Delivery latency", "Deliveries", "Per delivery", "Server"

SUMMARY = (
    Column("p50", LATENCY, "p50", "ms", text.sig3, _quantile("delivery_latency", 0.5), 1e6, True),
    Column("p90", LATENCY, "p90", "ms", text.sig3, _quantile("delivery_latency", 0.9), 1e6, True),
    Column("p99", LATENCY, "p99", "ms", text.sig3, _quantile("delivery_latency", 0.99), 1e6, True),
    Column("p999", LATENCY, "p99.9", "ms", text.sig3, _quantile("delivery_latency", 0.999), 1e6, True),
    Column("max", LATENCY, "max", "ms", text.sig3, _max_latency, 1e6),
    Column("delivered", CORRECT, "delivered", "n", text.count, _count("delivered")),
    Column("missing", CORRECT, "missing", "n", text.count, _count("missing"), tip="expected and never arrived"),
    Column("duplicate", CORRECT, "duplicate", "n", text.count, _count("duplicate"), unless_zero=True),
    Column("reordered", CORRECT, "reordered", "n", text.count, _count("reordered"), unless_zero=True),
    Column("corrupt", CORRECT, "corrupt", "n", text.count, _count("corrupt"), unless_zero=True),
    Column("failures", CORRECT, "failures", "n", text.count, _failures, tip="failed connections and conversations"),
    Column("bytes", WIRE, "bytes", "B", text.sig3, lambda s: s.bytes_per_delivery, 1, True,
           "both directions, every kind measured"),
    Column("received", WIRE, "down", "B", text.sig3, _direction("received"), tip="server to client"),
    Column("sent", WIRE, "up", "B", text.sig3, _direction("sent"), tip="client to server"),
    Column("overhead", WIRE, "overhead", "% of payload", text.sig3, lambda s: s.overhead, 0.01, True,
           "bytes that are not payload"),
    Column("requests", WIRE, "requests", "n", text.sig3, lambda s: s.requests_per_delivery),
    Column("cpu", SERVER, "CPU per delivery", "µs", text.sig3, lambda s: s.server_cpu, 1, True),
    Column("memory", SERVER, "memory per subscriber", "KiB", text.sig3, lambda s: s.memory_per_subscriber, 1024, True),
)

POLLING = (
    Column("age50", "Data age", "p50", "ms", text.sig3, _quantile("delivery_latency", 0.5), 1e6,
           tip="received − intended: the delivery latency"),
    Column("age99", "Data age", "p99", "ms", text.sig3, _quantile("delivery_latency", 0.99), 1e6),
    Column("trip50", "Request round trip", "p50", "ms", text.sig3, _quantile("round_trip", 0.5), 1e6,
           tip="a poll due to its answer complete"),
    Column("trip99", "Request round trip", "p99", "ms", text.sig3, _quantile("round_trip", 0.99), 1e6),
    Column("polls", "Polls", "made", "n", text.count, _count("requests")),
    Column("wasted", "Polls", "wasted", "%", text.sig3, lambda s: s.wasted_polls, 0.01,
           tip="answered without a message"),
    Column("skipped", "Polls", "skipped", "n", text.count, _count("skipped_polls"),
           tip="due while an answer was outstanding"),
)

HEALTH = (
    Column("connected", "Clients", "connected", "n", text.count, lambda s: _least(s, "connected"),
           tip="in the repetition with the fewest"),
    Column("empty", "Clients", "empty answers", "n", text.count, _count("empty_answers")),
    Column("skipped", "Clients", "skipped polls", "n", text.count, _count("skipped_polls"),
           tip="due while an answer was outstanding"),
    Column("ready50", "Readiness", "p50", "ms", text.sig3, _quantile("readiness", 0.5), 1e6,
           tip="connecting to subscribed"),
    Column("ready99", "Readiness", "p99", "ms", text.sig3, _quantile("readiness", 0.99), 1e6),
    Column("offered", "Publisher", "offered", "msg/s", text.brief, lambda s: _rate(s, "offered_rate_per_s")),
    Column("achieved", "Publisher", "achieved", "msg/s", text.brief, lambda s: _rate(s, "achieved_rate_per_s")),
    Column("lag50", "Send lag", "p50", "ms", text.sig3, _quantile("send_lag", 0.5), 1e6, tip="sent − intended"),
    Column("lag99", "Send lag", "p99", "ms", text.sig3, _quantile("send_lag", 0.99), 1e6),
    Column("service50", "Service time", "p50", "ms", text.sig3, _quantile("service_time", 0.5), 1e6,
           tip="received − sent"),
    Column("service99", "Service time", "p99", "ms", text.sig3, _quantile("service_time", 0.99), 1e6),
    Column("spread50", "Fan-out spread", "p50", "ms", text.sig3, _quantile("fanout_spread", 0.5), 1e6,
           tip="first to last receiver of one message"),
    Column("spread99", "Fan-out spread", "p99", "ms", text.sig3, _quantile("fanout_spread", 0.99), 1e6),
    Column("loop99", "Generator", "loop lag p99", "ms", text.sig3, _quantile("loop_lag", 0.99), 1e6),
    Column("gencpu", "Generator", "CPU per delivery", "µs", text.sig3,
           lambda s: s.per_delivery_cost("generator", "cpu_us_per_delivery")),
)


def _least(series, name):
    return _value(min((run.data[name] for run in series.runs if run.data.get(name) is not None), default=None))


def _rate(series, name):
    values = [run.data.get(name) for run in series.runs]
    return ABSENT if None in values else Value("ok", sum(values) / len(values), min(values), max(values))


def table(columns, series):
    """Rows of cells; columns that nothing fills are left out."""
    kept, rows = [], [Row(s, []) for s in series]
    for column in columns:
        values = [column.of(s) for s in series]
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
    best = [s for s, v in ranked if answers.tied(column.key, least, v)]
    return best if len(best) < len(ranked) else []


def cell(column, value, best=False):
    if value.state == "absent":
        return Cell(text.NOT_MEASURED, marks="none", tip="not measured")
    if value.state == "undelivered":
        tip = "deliveries are missing"
        if value.value:
            tip = f"slowest that arrived: {column.show(value.value / column.factor)} {column.unit}"
        return Cell(text.NOT_DELIVERED, "inf", "undelivered", tip)
    number = value.value / column.factor if column.factor != 1 else value.value
    shown, tip = column.show(number), ""
    if value.low is not None and value.high is not None and column.show is text.sig3:
        words = "95 % confidence interval over the repetitions" if value.confident else "repetitions"
        tip = f"{words}: {column.show(value.low / column.factor)} to {column.show(value.high / column.factor)}"
    if value.state == "few":
        tip = f"only {value.beyond:.3g} samples beyond this percentile; {ENOUGH_BEYOND} are needed"
        return Cell(shown, f"{number:.9g}", "few", tip)
    marks = "best" if best else "bad" if column.key in BAD_UNLESS_ZERO and number else ""
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
