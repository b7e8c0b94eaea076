"""More subscribers than a process may have descriptors."""

import resource
import subprocess

import pytest
from harness import PUSHBENCH, ROOT, Finished, write_scenario

LIMIT = 600


def limited():
    resource.setrlimit(resource.RLIMIT_NOFILE, (LIMIT, LIMIT))


@pytest.mark.parametrize("technique", ["sse", "websocket", {"socketio": {"transport": "websocket"}}], ids=str)
def test_threads_get_descriptor_tables_of_their_own_when_one_is_too_small(tmp_path, technique):
    scenario = write_scenario(tmp_path, subscribers=1200, techniques=[technique], rate="20/s", connect_timeout="5s", drain="10s")
    process = subprocess.run([PUSHBENCH, "run", scenario, "--out", tmp_path / "out", "--no-report"], capture_output=True, text=True,
                             timeout=60, preexec_fn=limited)
    finished = Finished(process, tmp_path / "out")
    assert finished.complete, finished.err + finished.out
    assert finished.run["connected"] == 1200 and finished.run["failures"] == {}
    # Where the limit may be raised, it is raised instead.
    if f"({LIMIT})" in finished.err:
        assert f"1200 subscribers are more than a descriptor table may hold ({LIMIT}): each thread has a table of its own" in finished.err
        assert f"1216 connections are more than a descriptor table may hold ({LIMIT})" in finished.err
        assert finished.run["generator"]["threads"] >= 3


# The shipped scenarios, with less of everything: what their files say runs.
@pytest.mark.parametrize("name, only", [
    *(("million", technique) for technique in ("sse", "websocket", "http-streaming", "forever-frame", "long-polling")),
    ("max", "websocket"), ("socketio", "socketio"), ("tls", "websocket"),
])
def test_the_scenarios_of_scale_run_technique_by_technique(tmp_path, name, only):
    command = [PUSHBENCH, "run", ROOT / f"scenarios/scale/{name}.yaml", "--only", only, "--out", tmp_path, "--no-report", "--quiet"]
    for override in ("subscribers=300", "publish.rate=4/s", "phases.warm-up=100ms", "phases.measure=1s"):
        command += ["--set", override]
    finished = Finished(subprocess.run(command, capture_output=True, text=True, timeout=60), tmp_path)
    assert finished.complete, finished.err + finished.out
    assert all(run["technique"] == only and run["connected"] == 300 and run["failures"] == {} for run in finished.result["runs"])


def test_socketio_clients_at_scale_answer_heartbeats(tmp_path):
    """A client that leaves a ping unanswered is dropped after 1.2 s of the 2."""
    command = [PUSHBENCH, "run", ROOT / "scenarios/scale/socketio.yaml", "--out", tmp_path, "--no-report", "--quiet"]
    for override in ("subscribers=300", "publish.rate=4/s", "phases.measure=2s", "server.ping-interval=200ms", "server.ping-timeout=1s"):
        command += ["--set", override]
    finished = Finished(subprocess.run(command, capture_output=True, text=True, timeout=60), tmp_path)
    assert finished.complete, finished.err + finished.out
    assert finished.run["connected"] == 300 and finished.run["failures"] == {}
