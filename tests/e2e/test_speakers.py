"""publish.from: subscribers. Everybody speaks in turn, and everybody else in the room hears it."""

import json
import threading

import pytest

from harness import TECHNIQUES, Proxy, run, started
from servers import reference_server


def room(echo):
    return "publish={from: subscribers, echo: %s, rate-per-subscriber: 10/s, payload: 100B}" % str(echo).lower()


@pytest.mark.parametrize("echo", [False, True])
def test_delivered_is_spoken_times_those_who_listen(tmp_path, echo):
    """Four rooms of five members on two threads; 200 messages a second."""
    techniques = ["sse", "websocket"] if echo else TECHNIQUES
    finished = run(tmp_path, "--set", room(echo), "--set", "topics=4", "--set", "threads=2", techniques=techniques, subscribers=20,
                   thresholds=["missing == 0"])
    assert finished.complete, finished.out + finished.err
    runs = finished.result["runs"]
    assert [r["technique"] for r in runs] == techniques
    for r in runs:
        assert (r["published"], r["publish_failed"], r["connected"]) == (200, 0, 20)
        assert r["delivered"] == r["published"] * (5 if echo else 4), r["technique"]
        assert (r["reordered"], r["foreign"], r["early"], r["failures"]) == (0, 0, 0, {}), r["technique"]
        assert r["send_lag_ns"]["count"] == 200
        if echo or r["technique"] == "websocket":
            assert r["own"] == 0
        else:                                    # by POST the speaker gets its message back, unless the run is over before
            assert 100 < r["own"] <= 200


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
