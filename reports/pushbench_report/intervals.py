"""The log of intervals beside a result file (FORMAT.md, `interval_log`): HdrHistogram's log format 1.3."""

from dataclasses import dataclass
from pathlib import Path

from . import hdr

TAG = "Tag=delivery_latency"
MAX_BYTES = 64 << 20    # an hour at one second has about 4 MB


@dataclass
class Interval:
    """Deliveries of one interval; seconds from the start of the log."""

    begin: float
    length: float
    histogram: hdr.Histogram


def read(path):
    """The intervals in `path`; none when there is no such file or it is damaged: a report must not fail for it."""
    path = Path(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            return []
        lines = path.read_text(encoding="ascii").splitlines()
        return [_interval(line) for line in lines if line.startswith(TAG + ",")]
    except (OSError, ValueError):
        return []


def _interval(line):
    _, begin, length, _, encoded = line.split(",")
    return Interval(float(begin), float(length), hdr.decode(encoded))
