"""pushbench fetch: one exchange with bodies of every kind, whole and cut short."""

import socket
import subprocess

import pytest

from by_hand import Scripted, answers_of_every_kind, in_pieces, run_by_hand, then_wait
from harness import PUSHBENCH
from servers import PATIENCE_S

BODY = b"0123456789" * 50


COMPLETE = answers_of_every_kind(BODY)
WITH_LENGTH, CHUNKED = COMPLETE["content-length"], COMPLETE["chunked"]


def fetch(*arguments):
    return run_by_hand("fetch", *arguments)


def assert_error(code, lines, reason, body_bytes):
    assert code == 1
    last = lines[-1]
    assert last["k"] == "error" and last["complete"] is False and reason in last["reason"], lines
    assert last["bytes"] == body_bytes == sum(line["bytes"] for line in lines if line["k"] == "body")


@pytest.mark.parametrize("kind", COMPLETE)
@pytest.mark.parametrize("size", [1, 7, 1 << 16])
def test_a_body_of_every_kind_is_complete(kind, size):
    with Scripted(in_pieces(COMPLETE[kind], size)) as server:
        code, lines = fetch(server.url + "/x?y")
        assert server.heads()[0].startswith(f"GET /x?y HTTP/1.1\r\nHost: {server.address}\r\n")
    assert code == 0, lines
    assert lines[0]["k"] == "head" and lines[0]["status"] == 200
    assert lines[0]["version"] == ("1.0" if "1.0" in kind else "1.1")
    assert lines[-1] == {"k": "end", "complete": True, "bytes": len(BODY)}
    assert [line["k"] for line in lines[1:-1]] == ["body"] * (len(lines) - 2)
    assert sum(line["bytes"] for line in lines[1:-1]) == len(BODY)


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body_is_complete_at_its_head(status):
    with Scripted(then_wait(b"HTTP/1.1 %d Nothing\r\nContent-Length: 5\r\n\r\n" % status)) as server:
        code, lines = fetch(server.url)
    assert code == 0 and [line["k"] for line in lines] == ["head", "end"] and lines[-1]["bytes"] == 0


def test_an_answer_to_head_has_no_body():
    with Scripted(then_wait(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")) as server:
        code, lines = fetch(server.url, "--method", "HEAD")
        assert server.heads()[0].startswith("HEAD / ")
    assert code == 0 and lines[-1] == {"k": "end", "complete": True, "bytes": 0}


@pytest.mark.parametrize("answer, reason, size", [
    (WITH_LENGTH[:-3], "closed", len(BODY) - 3),
    (CHUNKED[:-9], "closed", len(BODY)),
    (b"HTTP/1.1 200 OK\r\nContent-Le", "closed", 0),
    (b"", "closed", 0),
    (b"SSH-2.0-OpenSSH_9.2\r\n", "protocol", 0),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nxyz\r\n", "protocol", 3),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", "protocol", 0),
], ids=["length cut", "chunks cut", "head cut", "nothing", "no HTTP", "bad chunk", "two lengths"])
def test_what_is_cut_short_or_wrong_is_an_error(answer, reason, size):
    with Scripted(answer) as server:
        code, lines = fetch(server.url)
    assert_error(code, lines, reason, size)


def test_a_body_that_does_not_end_in_time_is_an_error():
    with Scripted(then_wait(WITH_LENGTH[:-1])) as server:
        assert_error(*fetch(server.url, "--timeout", "200ms"), "timeout", len(BODY) - 1)
        assert_error(*fetch(server.url, "--read-timeout", "200ms"), "timeout", len(BODY) - 1)


def test_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = "http://127.0.0.1:%d/" % closed.getsockname()[1]
    assert_error(*fetch(url), "refused", 0)


def test_every_status_is_an_answer_and_redirects_are_shown():
    with Scripted(b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n") as server:
        code, lines = fetch(server.url)
        assert len(server.requests) == 1
    assert code == 0 and lines[0]["status"] == 302 and lines[0]["headers"]["location"] == "/x"


def test_headers_are_in_lower_case_and_joined():
    with Scripted(b"HTTP/1.1 200 OK\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 0\r\n\r\n") as server:
        _, lines = fetch(server.url)
    assert lines[0]["headers"] == {"x-a": "1, 2", "content-length": "0"}


def test_method_body_and_headers_reach_the_server(server):
    code, lines = fetch(f"{server.url}/publish?topic=t", "--body", "hello", "--header", "Expect: 100-continue")
    assert code == 0 and lines[0]["status"] == 200
    code, lines = fetch(f"{server.url}/polling?topic=t&after=0")
    assert code == 0 and lines[-1]["bytes"] == len("hello\n")
    code, lines = fetch(f"{server.url}/publish?topic=t", "--method", "DELETE")
    assert code == 0 and lines[0]["status"] == 405


def test_usage_errors():
    for arguments in ([], ["nonsense"], ["ws://h/"], ["http://h/", "--timeout", "soon"], ["http://h/", "--technique", "sse"]):
        shown = subprocess.run([PUSHBENCH, "fetch", *arguments], capture_output=True, text=True, timeout=PATIENCE_S)
        assert shown.returncode == 2 and shown.stdout == "" and shown.stderr
