"""Calibration of what a run says of its answers: how long they took, and what came in them that was nobody's."""

import pytest

from calibration.table import lateness, milliseconds, note
from calibration.truth import Faults, truth
from formats import STREAMS
from harness import run
from techniques import POLLS

ANSWER = 200_000_000     # ns


@pytest.mark.parametrize("technique", STREAMS)
def test_readiness_is_the_time_that_the_server_takes_to_answer(tmp_path, technique):
    with truth(Faults(answer_s=ANSWER / 1e9)) as (url, server):
        r = run(tmp_path, target=url, techniques=[technique], connect_timeout="10s").run
    ready = r["readiness_ns"]
    note(f"{technique}: an answer after 200 ms, readiness, least and most", milliseconds(ANSWER), f"{milliseconds(ready['min'])}, {milliseconds(ready['max'])}")
    assert ready["count"] == 10 and ready["min"] >= ANSWER * 0.999


def test_the_round_trip_of_a_poll_is_the_time_that_the_server_takes_to_answer(tmp_path):
    with truth(Faults(answer_s=ANSWER / 1e9)) as (url, server):
        r = run(tmp_path, target=url, techniques=[{"polling": {"interval": "400ms"}}], subscribers=4, measure="2s").run
    trip = r["round_trip_ns"]
    note("polling: an answer after 200 ms, round trip, least and p50", milliseconds(ANSWER), f"{milliseconds(trip['min'])}, {milliseconds(trip['p50'])}")
    assert r["missing"] == 0 and trip["count"] >= 8
    assert ANSWER * 0.999 <= trip["min"] <= ANSWER * 1.001 + lateness(r) + r["generator"]["jitter_ns"]["max"] + server.late_s * 1e9


def test_messages_without_a_marker_are_counted_as_foreign(tmp_path):
    with truth(Faults(pattern=lambda sequence, subscriber: "foreign" if sequence % 10 == 0 else None)) as (url, server):
        finished = run(tmp_path, target=url, techniques=STREAMS + POLLS)
    assert finished.complete, finished.out + finished.err
    for r in finished.result["runs"]:
        note(f"{r['technique']}: foreign messages", 10 * 12, r["foreign"])
        assert (r["foreign"], r["corrupt"], r["missing"]) == (10 * 12, 0, 0), "120 messages, measured or not, to ten subscribers"


@pytest.mark.parametrize("technique", STREAMS)
def test_messages_of_another_topic_are_counted_as_corrupt(tmp_path, technique):
    with truth(Faults(stray=range(10, 60, 10))) as (url, server):
        r = run(tmp_path, "--set", "topics=2", target=url, techniques=[technique]).run
    note(f"{technique}: messages of another topic", server.strays, r["corrupt"])
    assert server.strays == 2 * 5 * 5 == r["corrupt"], "five messages of each topic to the five subscribers of the other"
    assert (r["foreign"], r["duplicate"], r["missing"]) == (0, 0, 0)


def test_messages_from_before_a_subscription_are_counted_as_early(tmp_path):
    """The last subscriber is answered after the 20th message of 20/s, of which four were in the warm-up, and gets them all."""
    with truth(Faults(late=(4, 20))) as (url, server):
        r = run(tmp_path, "--set", "phases.ramp=300ms", target=url, subscribers=5, connect_timeout="10s", rate="20/s", measure="2s").run
    measured = sum(sequence > 4 for sequence in server.early)
    note("sse: measured messages from before a subscription", measured, r["early"])
    # One that was due before the answer and reached the server after it: none, unless this machine was late.
    assert measured >= 16 and measured <= r["early"] <= measured + int(lateness(r) / 50e6 + 0.5)
    assert (r["missing"], r["duplicate"], r["foreign"]) == (0, 0, 0)
