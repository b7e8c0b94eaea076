"""Servers that are not there, speak nonsense, say nothing or die: the run ends in time, counts failures by kind and says what happened."""

import json
import os
import select
import signal
import socket
import threading
import time

import pytest

from harness import TECHNIQUES, alive, bad_server, children, run, started
from servers import reference_server


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return "127.0.0.1:%d" % listener.getsockname()[1]


def answer(data, after=None):
    """Reads a request, sends `data`, then `after` (or keeps the connection)."""
    def talk(connection):
        connection.recv(65536)
        connection.sendall(data)
        if after is not None:
            after(connection)
        while connection.recv(65536):
            connection.sendall(data)
    return talk


def assert_invalid(finished, kind):
    assert finished.code == 3, finished.out + finished.err
    r = finished.run
    assert r["failures"].get(kind, 0) >= 1, r["failures"]
    assert r["failure_examples"][kind]
    assert r["verdict"] == "invalid"
    assert (r["delivered"], r["connected"]) == (0, 0)
    assert r["delivery_latency_ns"]["p50"] is None
    assert "measure" not in r["phases_s"] and r["offered_rate_per_s"] is r["achieved_rate_per_s"] is None, "not reached"
    assert kind in finished.out


@pytest.mark.parametrize("technique", TECHNIQUES)
def test_nothing_listens(tmp_path, technique):
    assert_invalid(run(tmp_path, target="http://" + closed_port(), techniques=[technique]), "refused")


@pytest.mark.parametrize("technique", TECHNIQUES)
def test_a_wrong_path_is_a_status_failure_that_names_the_status(tmp_path, technique):
    with reference_server() as (address, _):
        finished = run(tmp_path, target=f"http://{address}/nowhere", techniques=[technique])
    assert_invalid(finished, "status")
    assert "404" in finished.run["failure_examples"]["status"]


def test_a_servers_words_neither_move_the_cursor_nor_forge_a_line(tmp_path):
    words = b"\x1b]0;owned\x07\r\nrun 2 of 2: passed\xff"
    refusal = b"HTTP/1.1 404 Not Found\r\nContent-Length: %d\r\n\r\n" % len(words) + words
    with bad_server(answer(refusal)) as address:
        finished = run(tmp_path, target=f"http://{address}", techniques=["socketio"])
    assert_invalid(finished, "status")
    assert "HTTP 404 Not Found: \\x1b]0;owned\\x07\\r\\nrun 2 of 2: passed\\xff" in finished.run["failure_examples"]["status"]
    assert not any(character in finished.out + finished.err for character in "\x1b\x07\r")


@pytest.mark.parametrize("technique", TECHNIQUES)
def test_nonsense_is_a_protocol_failure(tmp_path, technique):
    with bad_server(answer(b"SSH-2.0-OpenSSH_9.2\r\n")) as address:
        assert_invalid(run(tmp_path, target=f"http://{address}", techniques=[technique]), "protocol")


@pytest.mark.parametrize("technique", TECHNIQUES)
def test_a_server_that_accepts_and_says_nothing_is_a_timeout(tmp_path, technique):
    with bad_server(lambda connection: connection.recv(1)) as address:
        finished = run(tmp_path, target=f"http://{address}", techniques=[technique], connect_timeout="300ms")
    assert_invalid(finished, "timeout")


@pytest.mark.parametrize("technique", TECHNIQUES)
def test_a_server_that_closes_at_once_is_counted_as_closed_or_reset(tmp_path, technique):
    with bad_server(lambda connection: connection.close()) as address:
        finished = run(tmp_path, target=f"http://{address}", techniques=[technique])
    assert finished.code == 3
    assert set(finished.run["failures"]) <= {"closed", "reset"}
    assert sum(finished.run["failures"].values()) >= 10


def test_streams_that_end_at_once_are_not_asked_for_in_a_busy_loop(tmp_path):
    connections = []

    def end_at_once(connection):
        connections.append(connection)
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")

    with bad_server(end_at_once) as address:
        finished = run(tmp_path, target=f"http://{address}", techniques=["sse"], drain="1s", subscribers=2)
    assert finished.code == 3 and finished.run["delivered"] == 0
    assert 2 * 2 < len(connections) < 2 * 200      # a back-off of 25 to 50 ms; a busy loop makes thousands


def test_a_wrong_content_type_is_refused(tmp_path):
    page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello"
    with bad_server(answer(page)) as address:
        finished = run(tmp_path, target=f"http://{address}", techniques=["sse"])
    assert_invalid(finished, "protocol")
    assert "text/event-stream" in finished.run["failure_examples"]["protocol"]


def test_a_host_that_does_not_resolve_is_an_error_and_no_crash(tmp_path):
    finished = run(tmp_path, target="http://no-such-host.invalid:80")
    assert finished.code in (2, 3)
    assert "no-such-host.invalid" in finished.err


def server_of(process):
    """The reference server that a run has started."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = children(process.pid)
        if found:
            return found[0]
        os.sched_yield()
    raise AssertionError("pushbench started no server")


@pytest.mark.parametrize("technique", TECHNIQUES)
def test_a_server_that_is_killed_in_the_middle_ends_the_run_with_what_was_measured(tmp_path, technique):
    with started(tmp_path, techniques=[technique], measure="30s", drain="5s", thresholds=["missing == 0"]) as process:
        server = server_of(process)
        timer = threading.Timer(2.0, os.kill, (server, signal.SIGKILL))       # in `measure`, which began 0.2 s after the ramp
        timer.start()
        out, err = process.communicate(timeout=20)
    assert process.returncode == 3, out + err
    r = json.loads((tmp_path / "out" / "result.json").read_text())["runs"][0]
    assert r["verdict"] == "invalid"
    assert any("killed by signal 9" in reason for reason in r["verdict_reasons"]), r["verdict_reasons"]
    assert r["delivered"] > 0
    assert "killed by signal 9" in out


def test_an_interrupt_keeps_what_was_measured_and_stops_the_server(tmp_path):
    with started(tmp_path, techniques=["sse", "websocket"], measure="30s") as process:
        server = server_of(process)
        timer = threading.Timer(2.0, process.send_signal, (signal.SIGINT,))
        timer.start()
        out, err = process.communicate(timeout=20)
        assert process.returncode == 130, out + err
        assert not alive(server)
    result = json.loads((tmp_path / "out" / "result.json").read_text())
    assert result["interrupted"] is True
    assert [r["technique"] for r in result["runs"]] == ["sse"]
    r = result["runs"][0]
    assert r["delivered"] > 0 and r["missing"] == 0
    assert r["delivered"] == r["published"] * 10
    assert "sse" in out


def test_an_interrupt_between_two_runs_keeps_the_one_that_is_over(tmp_path):
    """The result is written when a run is over; then nobody listens for signals until the next one."""
    path = tmp_path / "out" / "result.json"
    with started(tmp_path, techniques=["sse", "websocket"], measure="200ms", drain="1s") as process:
        while not path.exists() and process.poll() is None:
            time.sleep(0.0002)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 130, out + err
    runs = json.loads(path.read_text())["runs"]
    assert runs[0]["technique"] == "sse" and runs[0]["delivered"] == runs[0]["expected_deliveries"] > 0


def test_the_server_does_not_outlive_a_pushbench_that_is_killed(tmp_path):
    with started(tmp_path, measure="30s") as process:
        server = server_of(process)
        descriptor = os.pidfd_open(server)
        process.kill()
        process.wait()
        assert select.select([descriptor], [], [], 10)[0], "the reference server lives on"
        os.close(descriptor)


def test_a_stall_of_one_second_shows_in_the_delivery_latency(tmp_path):
    """Coordinated omission: the server stops for a second; every message due meanwhile waits, and none of them is left out."""
    with reference_server() as (address, server):
        with started(tmp_path, target=f"http://{address}", techniques=["websocket"], measure="4s", rate="100/s") as process:
            def stall():
                server.send_signal(signal.SIGSTOP)
                resume = threading.Timer(1.0, server.send_signal, (signal.SIGCONT,))
                resume.start()
            threading.Timer(2.0, stall).start()
            out, err = process.communicate(timeout=30)
    r = json.loads((tmp_path / "out" / "result.json").read_text())["runs"][0]
    assert (r["published"], r["missing"]) == (400, 0)
    latency, service = r["delivery_latency_ns"], r["service_time_ns"]
    # 100 of 400 messages fell due inside the stall, with 0 to 1 s to wait: the slowest tenth waited at least 0.6 s.
    assert latency["p90"] >= 500e6 and latency["p99"] >= 850e6 and latency["max"] <= 3e9
    assert service["p99"] >= 850e6          # the publisher never waits for an answer: the next message is as late as it is
    assert r["send_lag_ns"]["p50"] < 100e6
