"""publish.from: subscribers. Everybody speaks in turn, and everybody else in the room hears it."""

import json
import subprocess
import threading

import pytest

from harness import PUSHBENCH, ROOT, Finished, Proxy, run, started
from servers import reference_server


def room(echo):
    return "publish={from: subscribers, echo: %s, rate-per-subscriber: 10/s, payload: 100B}" % str(echo).lower()


def check(finished, listeners):
    """Of a run of four rooms of five members, 200 messages a second for one second."""
    assert finished.complete, finished.out + finished.err
    for r in finished.result["runs"]:
        assert (r["published"], r["publish_failed"], r["connected"]) == (200, 0, 20)
        assert r["delivered"] == r["published"] * listeners, r["technique"]
        assert (r["reordered"], r["foreign"], r["early"], r["failures"]) == (0, 0, 0, {}), r["technique"]
        assert r["send_lag_ns"]["count"] == 200


def test_in_a_chat_delivered_is_spoken_times_the_others(tmp_path):
    """The shipped scenario, with fewer people who talk more."""
    settings = ["topics=4", "subscribers=20", "threads=2", "publish.rate-per-subscriber=10/s", "publish.arrivals=constant", "phases.warm-up=200ms",
                "phases.measure=1s", "techniques[0].polling.interval=50ms"]
    command = [PUSHBENCH, "run", ROOT / "scenarios/workloads/chat-room.yaml", "--out", tmp_path, "--no-report"]
    process = subprocess.run(command + [f"--set={setting}" for setting in settings], capture_output=True, text=True, timeout=60)
    finished = Finished(process, tmp_path)
    check(finished, listeners=4)
    for r in finished.result["runs"]:
        if r["technique"] in ("websocket", "socketio"):
            assert r["own"] == 0, "the server leaves them out"
        else:                                    # by POST the speaker gets its message back, unless the run is over before
            assert 100 < r["own"] <= 200, r["technique"]


def test_with_echo_speakers_hear_themselves(tmp_path):
    finished = run(tmp_path, "--set", room(True), "--set", "topics=4", "--set", "threads=2", techniques=["sse", "websocket"], subscribers=20)
    check(finished, listeners=5)
    assert [r["own"] for r in finished.result["runs"]] == [0, 0]


@pytest.mark.parametrize("technique", ["sse", "websocket"])
def test_messages_of_speakers_that_lost_their_connection_fail_and_the_rest_is_accounted_for(tmp_path, technique):
    with reference_server() as (address, _):
        proxy = Proxy(address)
        with started(tmp_path, "--set", room(False), "--set", "reconnect={initial: 300ms, jitter: 0}", target=f"http://{proxy.address}",
                     measure="2s", subscribers=8, techniques=[technique]) as process:
            threading.Timer(1.2, proxy.cut).start()
            out, err = process.communicate(timeout=40)
    r = json.loads((tmp_path / "out" / "result.json").read_text())["runs"][0]
    assert r["published"] + r["publish_failed"] == 160, out + err
    assert r["publish_failed"] > 0 and r["failures"]["closed"] >= 8, "nobody could speak for 300 ms"
    assert r["expected_deliveries"] == r["published"] * 7
    assert (r["missing"], r["missed_while_away"], r["duplicate"], r["corrupt"]) == (0, 0, 0, 0), out + err
    assert r["delivered"] == r["expected_deliveries"]


def test_segments_of_messages_that_subscribers_post_are_counted(tmp_path):
    """Two polls a second and a hundred POSTs: the POSTs are most of what is sent."""
    finished = run(tmp_path, "--set", "publish={from: subscribers, rate: 100/s, payload: 100B}", "--set", "techniques=[{polling: {interval: 1s}}]",
                   subscribers=2, measure="1500ms")
    assert finished.complete, finished.out + finished.err
    r = finished.run
    assert r["bytes"]["sent"]["tcpip"] / 52 >= r["published"] / 2
    assert r["bytes"]["sent"]["tcpip_1500"] / 52 >= r["published"]
