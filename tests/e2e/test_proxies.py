"""The shipped scenarios through nginx and against nchan, made shorter: what each proxy setting does to each technique."""

import pathlib
import subprocess

from harness import PUSHBENCH, ROOT, Finished

SHORT = "phases={ramp: 15s, warm-up: 300ms, measure: 2s, drain: 1s}"


def run(folder, scenario, *changes, only=()):
    arguments = [word for change in changes for word in ("--set", change)] + (["--only", ",".join(only)] if only else [])
    command = [PUSHBENCH, "run", ROOT / "scenarios" / scenario, "--out", folder / "out", "--no-report", "--set", "subscribers=10", *arguments]
    return Finished(subprocess.run(command, capture_output=True, text=True, timeout=120), pathlib.Path(folder) / "out")


def fired(finished, rule):
    """Techniques whose runs had that rule fire."""
    result = finished.result
    return {result["runs"][w["run"]]["technique"]: w["message"] for w in result["warnings"] if w["rule"] == rule and "run" in w}


def test_nchan_delivers_everything_once_by_each_of_its_ways(tmp_path):
    finished = run(tmp_path, "targets/nchan.yaml", "phases={ramp: 15s, warm-up: 300ms, measure: 1500ms, drain: 5s}")
    assert finished.complete, finished.out + finished.err
    runs = finished.result["runs"]
    assert [(r["technique"], r["variant"]) for r in runs] == [("long-polling", ""), ("http-streaming", "lines"), ("http-streaming", "chunked"), ("sse", ""),
                                                              ("websocket", "")]
    for r in runs:
        assert r["delivered"] == r["published"] * 10 == 750
        assert (r["reordered"], r["foreign"], r["failures"]) == (0, 0, {})
        assert r["server"]["pss_bytes"] > 1_000_000, "nginx and its worker"


def test_nchan_resumes_a_long_poll_on_a_new_connection_for_each_request(tmp_path):
    finished = run(tmp_path, "targets/nchan.yaml", "phases={ramp: 15s, warm-up: 300ms, measure: 1s, drain: 5s}",
                   "techniques=[{long-polling: {path: '/long-polling/{topic}', resume: validators, connection: close}}]")
    assert finished.complete, finished.out + finished.err
    r = finished.run
    assert r["delivered"] == 500
    # One for each message. When the machine is busy, those of the warm-up (150) may come during `measure`, and others after it.
    assert 0 < r["requests"] <= 500 + 150 + 10


def test_a_buffering_proxy_makes_bursts_of_streams_and_rule_32_says_so(tmp_path):
    finished = run(tmp_path, "proxies/nginx-buffered.yaml", "phases={ramp: 15s, warm-up: 300ms, measure: 4s, drain: 1s}", "publish.rate=100/s",
                   only=["http-streaming", "sse", "websocket"])
    found = fired(finished, 32)
    assert set(found) == {"http-streaming", "sse"}, finished.out + finished.err
    assert "a proxy or the server buffers the stream" in found["sse"]
    by_name = {r["technique"]: r for r in finished.result["runs"]}
    assert by_name["websocket"]["missing"] == 0
    assert by_name["sse"]["missing"] > 0, "the last messages wait for a full buffer"


def test_a_proxy_that_does_not_buffer_changes_nothing_but_the_latency(tmp_path):
    finished = run(tmp_path, "proxies/nginx-unbuffered.yaml", SHORT)
    assert finished.complete, finished.out + finished.err
    assert len(finished.result["runs"]) == 6
    assert all(r["failures"] == {} for r in finished.result["runs"])
    assert fired(finished, 32) == {}


def test_streams_that_a_proxy_cuts_go_on_where_they_were(tmp_path):
    finished = run(tmp_path, "proxies/nginx-short-timeout.yaml", "phases={ramp: 15s, warm-up: 2500ms, measure: 3s, drain: 3s}",
                   only=["long-polling", "sse", "websocket"])
    assert finished.complete, finished.out + finished.err
    kinds = {r["technique"]: set(r["failures"]) for r in finished.result["runs"]}
    assert kinds == {"long-polling": {"status"}, "sse": {"closed"}, "websocket": {"closed"}}


def test_heartbeats_keep_streams_open_through_a_short_time_out(tmp_path):
    finished = run(tmp_path, "proxies/nginx-short-timeout.yaml", "phases={ramp: 15s, warm-up: 1s, measure: 3s, drain: 3s}",
                   "server={heartbeat: 200ms, ping-interval: 200ms}", only=["forever-frame", "sse", "websocket"])
    assert finished.complete, finished.out + finished.err
    assert all(r["failures"] == {} for r in finished.result["runs"]), [r["failures"] for r in finished.result["runs"]]
