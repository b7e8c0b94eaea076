"""`pushbench run --find` against servers whose limit is known."""

import contextlib
import http.server
import json
import signal
import threading

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


def test_a_ramp_is_long_enough_for_the_subscribers_that_a_step_adds(tmp_path):
    """The scenario's own ramp holds for 19 of them."""
    slow = ["--set", "connect.rate=64/s", "--set", "phases.ramp=300ms"]
    finished = find(tmp_path, "--find", "max-subscribers", "--until", "corrupt == 0", "--at-most", "32", *slow, subscribers=16)
    assert finished.code == 0, finished.out + finished.err
    found, = finished.result["capacity"]["techniques"]
    assert [(step["offered"], step["achieved"]) for step in found["steps"]] == [(16, 16), (32, 32)]
    assert (found["carried"], found["limit"]) == (32, "at-most")


@contextlib.contextmanager
def takes_the_second_subscriber_late():
    """Not before the fifth message: after the measuring began."""
    first, fifth, over, published = threading.Event(), threading.Event(), threading.Event(), []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            if first.is_set():
                fifth.wait(30)
            first.set()
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
            over.wait(30)

        def do_POST(self):
            published.append(self.rfile.read(int(self.headers["Content-Length"])))
            if len(published) == 5:
                fifth.set()
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    over.set()
    server.shutdown()
    server.server_close()


def test_who_comes_after_the_measuring_began_was_not_connected_in_time(tmp_path):
    with takes_the_second_subscriber_late() as url:
        finished = find(tmp_path, "--find", "max-subscribers", "--until", "corrupt == 0", "--max-steps", "1", "--set", "phases.ramp=200ms",
                        "--set", "connect.timeout=20s", target=url, subscribers=2, measure="1s")
    step, = finished.result["capacity"]["techniques"][0]["steps"]
    assert step["achieved"] == 1 and "1 of 2 subscribers were connected in time" in step["reason"]


def test_a_condition_that_cannot_be_measured_ends_the_search_at_once(tmp_path):
    """The memory of a subscriber is not known of ten."""
    finished = find(tmp_path, "--find", "max-rate", "--until", "server_bytes_per_subscriber < 1GiB", subscribers=10)
    assert finished.code == 3, finished.out + finished.err
    found, = finished.result["capacity"]["techniques"]
    assert [step["verdict"] for step in found["steps"]] == ["unknown"]
    assert (found["carried"], found["limit"]) == (None, "unknown")
    assert "sse: unknown: server_bytes_per_subscriber < 1GiB: not measured" in finished.out


def test_a_step_that_would_measure_nothing_is_refused(tmp_path):
    finished = find(tmp_path, "--find", "max-rate", "--until", "delivery_latency.p999 < 1s", subscribers=1, rate="1/s")
    assert finished.code == 2
    assert "there are 10,000 deliveries; write --step" in finished.err
