"""pushbench listen: answers with bodies of every kind, whole and cut short."""

import pytest

from by_hand import Scripted, answers_of_every_kind, in_pieces, run_by_hand
from formats import FORMATS
from techniques import HOLDING, HTTP_STREAMS

# Headers, and the messages "a" and "b".
BODIES = {technique: (b"Pushbench-Cursor: 2\r\n", b"a\n", b"b\n") for technique in HOLDING} | {
    technique: (b"Content-Type: %s\r\nPushbench-Cursor: 0\r\n" % FORMATS[technique].content_type,
                FORMATS[technique].message(1, b"a"), FORMATS[technique].message(2, b"b"))
    for technique in HTTP_STREAMS
}
KINDS = list(answers_of_every_kind(b""))


def listen(server, technique, *arguments):
    code, lines = run_by_hand("listen", server.url + "/x", "--technique", technique, "--initial-retry", "1ms", *arguments)
    return code, [line["data"] for line in lines if "data" in line], [line for line in lines if line["k"] == "error"]


@pytest.mark.parametrize("technique", BODIES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_body_of_every_kind_is_read_to_its_end_and_asked_for_again(technique, kind):
    headers, one, two = BODIES[technique]
    with Scripted(in_pieces(answers_of_every_kind(one + two, headers)[kind], 9)) as server:
        code, data, errors = listen(server, technique, "--count", 4)
        assert len(server.requests) >= 2, "it asks again; a poll may have gone once more when the count is reached"
    assert (code, data) == (0, ["a", "b", "a", "b"])
    assert all(error["state"] == 0 and error["reason"] == "the server ended the stream" for error in errors) and len(errors) <= 1


@pytest.mark.parametrize("technique", BODIES)
@pytest.mark.parametrize("kind", ["content-length", "chunked", "http/1.0 with a length"])
def test_a_body_that_is_cut_short_is_told_as_such_and_asked_for_again(technique, kind):
    headers, one, two = BODIES[technique]
    whole = answers_of_every_kind(one + two, headers)[kind]
    cut = whole[:-1] if kind == "chunked" else whole[:1 - len(two)]
    with Scripted(cut, whole) as server:
        code, data, errors = listen(server, technique, "--count", 3)
    # What has come before the cut counts; the answer to the second request is the whole one again.
    assert (code, data) == (0, ["a", "b", "a"] if kind == "chunked" else ["a", "a", "b"])
    assert [(error["state"], error["reason"]) for error in errors[:1]] == [
        (0, "closed: the server closed the connection in the middle of an answer")]
