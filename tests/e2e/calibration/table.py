"""What was true beside what was measured, for people: with PUSHBENCH_CALIBRATION=FILE every test adds its lines there (`make calibration`)."""

import os


def milliseconds(ns):
    return f"{ns / 1e6:.3f} ms"


def lateness(r):
    """What the run says of its own disturbance, in ns: how far its clocks and its publisher were off at worst."""
    return r["send_lag_ns"]["max"] + r["generator"]["loop_lag_ns"]["max"]


def note(quantity, true, measured):
    """One line: a quantity, what the server under test did, what the result says."""
    path = os.environ.get("PUSHBENCH_CALIBRATION")
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"| {quantity} | {true} | {measured} |\n")
