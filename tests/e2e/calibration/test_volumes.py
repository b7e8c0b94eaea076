"""Calibration of what subscribers receive by the hour and by the second."""

import pytest

from calibration.table import note
from calibration.truth import Faults, truth
from formats import FORMATS
from harness import run
from techniques import HTTP_STREAMS

HEADERS = 52     # IPv4, TCP and the time-stamp option


@pytest.mark.parametrize("technique, beat", [(t, len(FORMATS[t].heartbeat)) for t in HTTP_STREAMS if FORMATS[t].heartbeat])
def test_idle_bytes_are_the_heartbeats_of_the_window(tmp_path, technique, beat):
    """Five heartbeats to each of ten, each in a segment of its own, in a second in which nothing is published. The kernel may add an acknowledgement."""
    with truth(Faults(beats=(10, 5, 0.1))) as (url, server):
        r = run(tmp_path, "--set", "phases.idle=1500ms", target=url, techniques=[technique]).run
    idle = r["idle"]
    received = idle["received_bytes_per_client_hour"] * idle["window_s"] * 10 / 3600
    note(f"{technique}: bytes of five heartbeats to an idle subscriber, TCP and IP included", 5 * (beat + HEADERS), f"{received / 10:g}")
    assert received == pytest.approx(round(received))
    segments, rest = divmod(round(received) - 50 * beat, HEADERS)
    assert rest == 0 and 50 <= segments <= 50 + 3 * 10
    assert (r["missing"], r["failures"]) == (0, {})


@pytest.mark.parametrize("technique, framing", [(t, FORMATS[t].framing()) for t in HTTP_STREAMS])
def test_the_bandwidth_of_a_subscriber_is_its_bytes_by_the_second(tmp_path, technique, framing):
    with truth() as (url, server):
        finished = run(tmp_path, target=url, techniques=[technique])
    assert finished.complete, finished.out + finished.err
    r = finished.run
    window, bandwidth = r["bytes"]["window_s"], r["subscriber_bandwidth_bytes_per_s"]
    true = r["bytes"]["deliveries"] / 10 * (100 + framing) / window
    note(f"{technique}: bytes per second and subscriber", f"{true:.1f}", f"{bandwidth['mean']:.1f}")
    # Whole bytes, three digits; and a message may be on the way when the windows of bytes and of deliveries begin or end.
    message = (100 + framing) / window
    assert bandwidth["count"] == 10 and abs(bandwidth["mean"] - true) <= 1 + 0.001 * true + message
    assert bandwidth["max"] - bandwidth["min"] <= 2 * message + 0.002 * true
