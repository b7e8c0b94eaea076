"""More subscribers than a process may have descriptors."""

import resource
import subprocess

import pytest
from harness import PUSHBENCH, Finished, write_scenario

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
