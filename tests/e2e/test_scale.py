"""More subscribers than a process may have descriptors."""

import re
import resource
import subprocess

import pytest
from harness import BUILD, PUSHBENCH, ROOT, Finished, write_scenario
from refusals import ARCHITECTURE, refuse_more_descriptors

LIMIT = 600


def limited():
    resource.setrlimit(resource.RLIMIT_NOFILE, (LIMIT, LIMIT))


def refused():
    limited()
    refuse_more_descriptors()


@pytest.mark.parametrize("technique", ["sse", "websocket", {"socketio": {"transport": "websocket"}}], ids=str)
def test_threads_get_descriptor_tables_of_their_own_when_one_is_too_small(tmp_path, technique):
    scenario = write_scenario(tmp_path, subscribers=1200, techniques=[technique], rate="20/s", connect_timeout="5s", drain="10s")
    process = subprocess.run([PUSHBENCH, "run", scenario, "--out", tmp_path / "out", "--no-report"], capture_output=True, text=True,
                             timeout=60, preexec_fn=limited)
    finished = Finished(process, tmp_path / "out")
    assert finished.complete, finished.err + finished.out
    assert finished.run["connected"] == 1200 and finished.run["failures"] == {}
    if f"({LIMIT})" in finished.err:
        assert f"1200 subscribers with 1200 connections are more than a descriptor table may hold ({LIMIT}): each thread has a table of its own" in finished.err
        assert f"1216 connections are more than a descriptor table may hold ({LIMIT})" in finished.err
        assert finished.run["generator"]["threads"] >= 3
    else:   # where the limit may be raised, it is raised instead
        assert "table of its own" not in finished.err


def test_connections_that_subscribers_post_over_have_descriptors_too(tmp_path):
    """350 event streams and as many connections for what their subscribers say; 10 messages for each of five in a room."""
    scenario = write_scenario(tmp_path, subscribers=350, connect_timeout="5s", drain="10s")
    settings = ("topics=70", "publish={from: subscribers, rate: 350/s, payload: 100B}")
    process = subprocess.run([PUSHBENCH, "run", scenario, "--out", tmp_path / "out", "--no-report", *(f"--set={setting}" for setting in settings)],
                             capture_output=True, text=True, timeout=60, preexec_fn=limited)
    finished = Finished(process, tmp_path / "out")
    assert finished.complete, finished.err + finished.out
    assert finished.run["connected"] == 350 and finished.run["failures"] == {} and finished.run["publish_failed"] == 0


@pytest.mark.skipif(ARCHITECTURE is None, reason="the numbers of system calls are not known for this processor")
def test_where_the_kernel_grants_nothing_the_run_is_refused_with_the_number_that_fits(tmp_path):
    scenario = write_scenario(tmp_path, subscribers=1200, connect_timeout="5s", drain="10s")
    command = [PUSHBENCH, "run", scenario, "--out", tmp_path / "out", "--no-report"]
    process = subprocess.run(command, capture_output=True, text=True, timeout=60, preexec_fn=refused)
    told = re.search(r"1200 subscribers do not fit on this machine: about (\d+) do\n", process.stderr)
    assert process.returncode == 3 and told, process.stderr
    assert re.search(r"file descriptors +600 a table, needed 1,\d+; lift it: ulimit -Hn 1\d+ ", process.stderr)
    command.append(f"--set=subscribers={told[1]}")
    finished = Finished(subprocess.run(command, capture_output=True, text=True, timeout=60, preexec_fn=refused), tmp_path / "out")
    assert finished.complete, finished.err + finished.out
    assert finished.run["connected"] == int(told[1]) and finished.run["failures"] == {} and "table" not in finished.err


@pytest.mark.skipif(ARCHITECTURE is None, reason="the numbers of system calls are not known for this processor")
def test_where_the_kernel_grants_nothing_the_server_does_not_start_and_tells_the_number_that_fits():
    def serve(connections):
        return subprocess.Popen([BUILD / "reference-server", "--listen", "127.0.0.1:0", "--connections", str(connections)],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=refused)
    out, err = serve(1216).communicate(timeout=20)
    assert out == "" and ("1216 connections do not fit: 600 descriptors are allowed, 1324 are needed; "
                          "raise it with: ulimit -Hn 1324 (about 492 fit)") in err
    with serve(492) as server:
        assert server.stdout.readline().startswith("reference-server listening on ")
        server.terminate()
        assert "table" not in server.communicate(timeout=20)[1]


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
