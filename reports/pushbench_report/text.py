"""Numbers as text: three significant digits, "–" for what was not measured, units in words."""

import math

NOT_MEASURED = "–"
NOT_DELIVERED = "not delivered"
FEW = "n<"             # beside a percentile with too few samples beyond it
NO_BREAK = "\u00a0"    # between a number and its unit

PERCENTILES = {"p999": "p99.9", "p9999": "p99.99"}    # as people write them

TIME_UNITS = ((1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1, "ns"))
SIZE_UNITS = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"), (1, "B"))


def sig3(value):
    """1234.5 is "1,230", 12.34 is "12.3", 0.001234 is "0.00123"; exact zero is "0"."""
    if value is None:
        return NOT_MEASURED
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    rounded = round(value, 2 - exponent)
    exponent = math.floor(math.log10(abs(rounded)))    # 999.9 has become 1,000
    return f"{rounded:,.{max(0, 2 - exponent)}f}"


def count(value):
    """Counts are exact: every digit is shown."""
    return NOT_MEASURED if value is None else f"{round(value):,}"


def duration(ns, shown=sig3):
    return _scaled(ns, TIME_UNITS, shown)


def size(number_of_bytes):
    return _scaled(number_of_bytes, SIZE_UNITS, sig3)


def _scaled(value, units, shown):
    if value is None:
        return NOT_MEASURED
    for factor, unit in units:
        if abs(value) >= factor * 0.9995 or factor == 1:
            return f"{shown(value / factor)}{NO_BREAK}{unit}"
    return NOT_MEASURED


def seconds(value):
    """A length of time a person waits: "8 s", "1 min 23 s"."""
    if value is None:
        return NOT_MEASURED
    if value < 60:
        return f"{sig3(round(value, 1))} s" if value != int(value) else f"{int(value)} s"
    whole = round(value)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    words = [f"{hours} h"] if hours else []
    words += [f"{minutes} min"] if minutes else []
    words += [f"{rest} s"] if rest and not hours else []
    return " ".join(words)


def brief(value):
    """As sig3 without zeros that say nothing, for settings and axis ticks: 10 instead of 10.0."""
    shown = sig3(value)
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def times(ratio):
    """How many times as much: "1.3 times", "12,000 times"."""
    return f"{sig3(ratio) if ratio >= 100 else f'{ratio:.2g}'}{NO_BREAK}times"


def more(ratio):
    """The same as a comparison: "4 % more", "3.7 times as much"."""
    return f"{100 * (ratio - 1):.2g}{NO_BREAK}% more" if ratio < 1.995 else f"{times(ratio)} as much"


def percent(fraction):
    return NOT_MEASURED if fraction is None else f"{sig3(100 * fraction)}{NO_BREAK}%"


def plural(number, word, words=None):
    return f"{count(number)} {word if number == 1 else words or word + 's'}"


def join(words):
    """"a", "a and b", "a, b and c"."""
    words = list(words)
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1] if words else ""


def shorten(text, length):
    """With the middle left out when it is too long: the technique is at the start, the result's name at the end."""
    return text if len(text) <= length else f"{text[:(length + 1) // 2]}…{text[-(length // 2 - 1):]}"
