"""What a server costs that pushbench did not start: which process it is, its CPU time, and memory as a slope."""

import contextlib
import subprocess
import sys

import pytest

from calibration.table import note
from harness import run

SERVER = """
import asyncio, sys, time

HELD, BURNT, MARK = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
writers, held = [], []

async def serve(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\\r\\n\\r\\n")
            if head.startswith(b"POST"):
                size = int(head.lower().split(b"content-length: ")[1].split(b"\\r\\n")[0])
                body = await reader.readexactly(size)
                until = time.process_time() + BURNT
                while time.process_time() < until: pass
                for one in writers: one.write(b"data: %s\\n\\n" % body)
                writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n")
            else:
                held.append(b"x" * HELD)
                writers.append(writer)
                writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Type: text/event-stream\\r\\nConnection: close\\r\\n\\r\\n")
    except (ConnectionError, asyncio.IncompleteReadError):
        if writer in writers: writers.remove(writer)
        writer.close()

async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""


@contextlib.contextmanager
def foreign_server(held=0, burnt_s=0.0, mark="plain-server"):
    """Holds so many bytes for each stream and burns so much CPU time for each message; yields (its port, its pid)."""
    process = subprocess.Popen([sys.executable, "-c", SERVER, str(held), str(burnt_s), mark], stdout=subprocess.PIPE, text=True)
    try:
        yield int(process.stdout.readline()), process.pid
    finally:
        process.kill()
        process.communicate()


def test_memory_is_a_slope_and_cpu_time_is_that_of_the_process_on_the_port(tmp_path):
    """100,000 bytes more for each subscriber, 2 ms more for each message."""
    held, burnt_s = 100_000, 0.002
    runs = []
    for name, values in (("without", {}), ("with", dict(held=held, burnt_s=burnt_s))):
        folder = tmp_path / name
        folder.mkdir()
        with foreign_server(**values) as (port, pid):
            finished = run(folder, "--set", "phases.memory={counts: [50, 100, 200], settle: 100ms}", target=f"http://127.0.0.1:{port}", subscribers=200,
                           rate="20/s")
        assert finished.code == finished.told, finished.out + finished.err
        r = finished.run
        assert r["server"]["process"]["pid"] == pid and r["server"]["process"]["chosen_by"] == "port"
        assert "found by its port: " in finished.out and "slope over 3 counts" in finished.out
        runs.append(r)
    plain, heavy = runs
    assert [point["subscribers"] for point in heavy["memory"]["points"]] == [50, 100, 200]
    slopes = heavy["memory"]["slopes"]
    assert slopes["server_pss"]["r2"] > 0.99 and slopes["server_pss"]["points"] == 3
    assert heavy["server"]["bytes_per_subscriber"] == slopes["server_pss"]["bytes_per_subscriber"]
    added = slopes["server_private"]["bytes_per_subscriber"] - plain["memory"]["slopes"]["server_private"]["bytes_per_subscriber"]
    note("server: memory per subscriber, slope with 100,000 B more less slope without", f"{held} B", f"{added:.0f} B")
    assert added == pytest.approx(held, rel=0.05)
    assert 0 < slopes["generator_pss"]["bytes_per_subscriber"] < held / 2
    assert heavy["server"]["sockets"]["count"] >= 201, "the listening one among them"
    each, burnt = (r["server"]["cpu_s"] / r["published"] * 1e3 for r in runs)
    note("server: CPU time per message with 2 ms burnt less that without", "2.000 ms", f"{burnt - each:.3f} ms")
    assert heavy["server"]["cpu_s"] >= 0.9 * heavy["published"] * burnt_s, "messages at the ends of the window may be burnt outside of it"
    assert heavy["server"]["voluntary_switches_per_delivery"] > 0
    assert heavy["phases_s"]["memory"] >= 0.3


def test_the_process_is_named_by_a_part_of_its_command_or_its_pid(tmp_path):
    with foreign_server(mark="marked-for-this-test") as (port, pid):
        for how, value in (("command", "marked-for-this-test"), ("pid", pid)):
            finished = run(tmp_path, "--set", f"target={{url: 'http://127.0.0.1:{port}', process: {{{how}: {value}}}}}", measure="200ms", rate="50/s")
            assert finished.complete, finished.out + finished.err
            assert (finished.run["server"]["process"]["pid"], finished.run["server"]["process"]["chosen_by"]) == (pid, how)
        assert run(tmp_path, "--set", f"target={{url: 'http://127.0.0.1:{port}', process: none}}", measure="200ms", rate="50/s").run["server"] is None


def test_system_calls_are_counted_where_asked_for(tmp_path):
    """Of the reference server, 50 subscribers: a write for each, and what one publish needs."""
    finished = run(tmp_path, "--set", "target={url: reference, syscalls: true}", subscribers=50, rate="50/s", measure="1s")
    assert finished.code == finished.told, finished.out + finished.err
    counted = finished.run["server"]["syscalls_per_delivery"]
    if counted is None:
        assert "system calls are not counted: " in finished.out
        pytest.skip("the kernel does not let us")
    note("server: system calls per delivery, 50 subscribers (a write for each, and those of the publish)", "1 and more", f"{counted:.3f}")
    assert 0.95 <= counted <= 1.5, "messages at the ends of the window may be written outside of it"


@pytest.mark.parametrize("process, says", [
    ("{pid: 4194303}", "'pid: 4194303': there is no process 4194303 (or /proc does not show it)"),
    ("{command: no process is called this}", "no process has 'no process is called this' in its command line"),
    ("{port: 1}", "nobody listens on port 1 of this machine"),
])
def test_a_process_that_is_not_there_is_an_error_before_anything_runs(tmp_path, process, says):
    finished = run(tmp_path, "--set", f"target={{url: 'http://127.0.0.1:1', process: {process}}}")
    assert finished.code == 3 and "key 'target.process': " in finished.err and says in finished.err
    assert finished.result["runs"] == [] and finished.result["interrupted"]


def test_attempts_are_counted_and_repetitions_run_in_an_order_of_their_own(tmp_path):
    def attempt(number):
        finished = run(tmp_path, "--repeat", "3", "--seed", "5", techniques=["sse", "websocket", "http-streaming"], measure="100ms", warm_up="10ms",
                       subscribers=2, rate="50/s")
        assert finished.code == finished.told, finished.out + finished.err
        result = finished.result                            # read now: the next attempt overwrites it
        assert result["attempts"]["number"] == number
        return finished.out, result["runs"]

    (first, runs), (second, again) = attempt(1), attempt(2)
    assert "attempt of this scenario" not in first
    verdict = {"valid": 0, "doubtful": 1, "invalid": 2}
    worst = max((r["verdict"] for r in runs), key=verdict.get)
    assert f"2nd attempt of this scenario today (previous: {worst})" in second
    assert [(r["repetition"], r["technique"]) for r in runs] == [(n, t) for n in (1, 2, 3) for t in ("sse", "websocket", "http-streaming")]
    assert sorted(r["order"] for r in runs) == list(range(1, 10))
    orders = {tuple(r["order"] - 3 * (n - 1) for r in runs if r["repetition"] == n) for n in (1, 2, 3)}
    assert len(orders) > 1, "with this seed"
    assert [r["order"] for r in again] == [r["order"] for r in runs], "the seed decides"
    assert "drawn at random (seed 5)" in first
