"""`pushbench run --find` against servers whose limit is known."""

import json
import signal

from calibration.truth import Faults, truth
from harness import run, started

UNTIL = "missing == 0"
SHORT = ["--set", "phases.drain=1s", "--step", "300ms"]


def find(folder, *arguments, **values):
    return run(folder, *arguments, *SHORT, **{"warm_up": "100ms", "rate": "20/s", **values})


def test_the_number_of_subscribers_that_a_server_serves_is_found_exactly(tmp_path):
    """Of every topic the server forgets all subscribers but the first 24."""
    with truth(Faults(pattern=lambda sequence, subscriber: "drop" if subscriber >= 24 else None)) as (url, _):
        finished = find(tmp_path, "--find", "max-subscribers", "--until", UNTIL, "--precision", "0.1%", target=url, subscribers=16)
    assert finished.code == 0, finished.out + finished.err
    result = finished.result
    assert result["runs"] == []
    search = result["capacity"]
    assert (search["find"], search["until"]) == ("max-subscribers", UNTIL)
    found, = search["techniques"]
    assert (found["technique"], found["carried"], found["too_much"]) == ("sse", 24, 25)
    # A machine so busy that the generator is late as well says so; the numbers are the same.
    blamed = any(step["verdict"] == "generator-limited" for step in found["steps"])
    assert found["limit"] == "server" or blamed
    for step in found["steps"]:
        assert (step["verdict"] == "carried") == (step["offered"] <= 24), step
        assert step["achieved"] == step["offered"], "every subscriber was connected"
        forgotten = max(0, step["offered"] - 24)
        assert step["missing"] * step["offered"] == step["expected_deliveries"] * forgotten
    lines = [line for line in finished.out.splitlines() if line.endswith("carried") or "too much:" in line or "generator-limited:" in line]
    assert len(lines) == len(found["steps"])
    assert "sse: 24 subscribers; 25 were too much" in finished.out or blamed


def test_nothing_beyond_at_most_is_offered(tmp_path):
    finished = find(tmp_path, "--find", "max-rate", "--until", "delivery_latency.p50 < 30s and " + UNTIL, "--at-most", "30")
    assert finished.code == 0, finished.out + finished.err
    found, = finished.result["capacity"]["techniques"]
    assert [step["offered"] for step in found["steps"]] == [20, 30]
    assert (found["carried"], found["too_much"], found["limit"]) == (30, None, "at-most")
    assert "sse: at least 30 messages/s (more was not offered: --at-most)" in finished.out


def test_a_condition_that_never_holds_is_exit_code_1(tmp_path):
    with truth(Faults(pattern=lambda sequence, subscriber: "drop")) as (url, _):
        finished = find(tmp_path, "--find", "max-subscribers", "--until", UNTIL, target=url, subscribers=2)
    found, = finished.result["capacity"]["techniques"]
    assert [step["offered"] for step in found["steps"]] == [2, 2, 1, 1] and found["carried"] is None
    assert (finished.code, found["limit"]) in [(1, "server"), (3, "generator")]


def test_ctrl_c_keeps_the_steps_that_were_made(tmp_path):
    arguments = ["--find", "max-rate", "--until", UNTIL, "--precision", "1%", *SHORT]
    with started(tmp_path, *arguments, warm_up="100ms", rate="20/s") as process:
        for line in process.stdout:
            if line.rstrip().endswith("carried"):
                break
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130, out + err
    result = json.loads((tmp_path / "out" / "result.json").read_text())
    found, = result["capacity"]["techniques"]
    assert result["interrupted"] and found["limit"] == "interrupted" and found["carried"] >= 20
    assert "(interrupted)" in out


def test_what_is_wrong_with_a_condition_is_said_with_its_place(tmp_path):
    finished = find(tmp_path, "--find", "max-rate", "--until", "missing == 0 and delivery_latency.p77 < 1s")
    assert finished.code == 2
    assert "--until: at column 18, 'delivery_latency.p77 < 1s': unknown aggregation 'p77'" in finished.err
    assert not (tmp_path / "out").exists()
