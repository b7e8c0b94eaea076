"""pushbench listen: every technique against the reference server, and the EventSource rules against servers that follow a script."""

import json
import os
import signal
import socket
import subprocess
import time

import pytest

from by_hand import Command, Scripted, in_pieces, run_by_hand, then_wait, without_time
import harness
from harness import PUSHBENCH, Proxy
from servers import PATIENCE_S

TECHNIQUES = [technique for technique in harness.TECHNIQUES if technique != "socketio"]  # in test_socketio_client.py

STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
QUICK = ("--technique", "sse", "--initial-retry", "1ms")
OPEN = {"k": "open"}


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def event(data, id="", type="message"):
    return {"k": "event", "type": type, "data": data, "id": id}


def listen(*arguments):
    code, lines = run_by_hand("listen", *arguments)
    return code, [without_time(line) for line in lines]


def gave_up(lines, reason):
    assert lines[-1]["k"] == "error" and lines[-1]["state"] == 2, lines
    assert reason in lines[-1]["reason"], lines
    return lines[:-1]


# Against the reference server

@pytest.mark.parametrize("technique", TECHNIQUES)
def test_what_is_published_is_printed_at_once(server, technique):
    with Command("listen", f"{server.url}/{technique}?topic=t") as client:
        assert client.next() == OPEN
        previous = 0
        for number, text in enumerate(["hello", "w\u00f6rld \U0001f600", '"quoted"\\'], 1):
            server.publish(text.encode())
            line = client.next()
            assert line.pop("t_ns") > previous
            kind = event(text, str(number)) if technique == "sse" else {"k": "message", "data": text}
            assert line == kind
        assert client.stop() == [] and client.code == 0


@pytest.mark.parametrize("technique", TECHNIQUES)
def test_the_cursor_of_the_url_is_honoured_and_count_ends_it(server, technique):
    for number in range(1, 6):
        server.publish(b"m%d" % number)
    code, lines = listen(f"{server.url}/{technique}?after=1&topic=t", "--count", 4, "--timeout", f"{PATIENCE_S}s")
    assert code == 0
    assert [line["data"] for line in lines if line["k"] != "open"] == ["m2", "m3", "m4", "m5"]


def test_a_websocket_url_needs_no_technique(server):
    server.publish(b"hello")
    code, lines = listen(f"{server.url.replace('http', 'ws')}/websocket?topic=t&after=0", "--count", 1)
    assert (code, lines) == (0, [OPEN, {"k": "message", "data": "hello"}])


def test_binary_messages_are_printed_in_base64(server):
    server.publish(bytes([0, 255]))  # not UTF-8
    code, lines = listen(f"{server.url}/websocket?topic=t&after=0", "--count", 1)
    assert (code, lines) == (0, [OPEN, {"k": "message", "data": "AP8=", "binary": True}])


@pytest.mark.parametrize("technique", TECHNIQUES)
def test_nothing_is_lost_or_doubled_when_the_connection_breaks(server, technique):
    proxy = Proxy(server.url.removeprefix("http://"))
    server.publish(b"before")
    with Command("listen", f"http://{proxy.address}/{technique}?topic=t&after=0", "--initial-retry", "1ms", "--count", 3) as client:
        while client.next().get("data") != "before":
            pass
        accepted = proxy.accepted
        proxy.cut()
        server.publish(b"one")
        server.publish(b"two")
        lines = client.rest()
    assert client.code == 0 and proxy.accepted > accepted
    assert [line["data"] for line in lines if "data" in line] == ["one", "two"]
    errors = [line["state"] for line in lines if line["k"] == "error"]
    # A poll that an idle connection's end cut off is repeated, as RFC 9112 section 9.3.1 allows: that is no failure.
    assert set(errors) <= {0} and (errors or "polling" in technique), lines


def test_a_gap_is_told(start_server):
    server = start_server("--log-size", "2")
    for number in range(5):
        server.publish(b"m%d" % number)
    code, lines = listen(f"{server.url}/http-streaming?topic=t&after=0", "--count", 2)
    assert code == 0
    assert lines == [OPEN, {"k": "gap", "messages": 3}, {"k": "message", "data": "m3"}, {"k": "message", "data": "m4"}]


# EventSource

def test_the_request_of_an_event_source():
    with Scripted(then_wait(STREAM)) as server, Command("listen", server.url + "/a/b?c=d", "--technique", "sse") as client:
        assert client.next() == OPEN
        assert server.heads()[0].startswith("GET /a/b?c=d HTTP/1.1\r\nHost: %s\r\n" % server.address)
        assert server.header(0, "Accept") == "text/event-stream"
        assert server.header(0, "Last-Event-ID") is None


@pytest.mark.parametrize("size", [1, 2, 3, 1 << 16])
@pytest.mark.parametrize("chunked", [False, True])
def test_the_grammar_survives_every_cut(size, chunked):
    text = (b"\xef\xbb\xbfid: 1\r\ndata: one\r\n\r\n: comment\n\nevent: tick\ndata:two\ndata\ndata:  three\n\n"
            b"id: a\0b\rdata: four\r\ridentity: x\nnothing\nretry: 5x\nid\ndata: \xc3\xa4\n\ndata: never")
    body = chunk(text) + b"0\r\n\r\n" if chunked else text
    with Scripted(in_pieces((CHUNKED if chunked else STREAM) + body, size), b"HTTP/1.1 204 No Content\r\n\r\n") as server:
        code, lines = listen(server.url, *QUICK)
    assert code == 1
    assert gave_up(lines, "204") == [
        OPEN, event("one", "1"), event("two\n\n three", "1", "tick"), event("four", "1"), event("\u00e4", ""),
        {"k": "error", "state": 0, "reason": "the server ended the stream"}]


def test_bytes_that_are_no_utf8_become_replacement_characters():
    with Scripted(STREAM.replace(b"stream\r", b"stream;charset=latin1\r") + b"data: a\xffb\n\n") as server:
        _, lines = listen(server.url, *QUICK, "--count", 1)
    assert lines[1] == event("a\ufffdb")


def test_after_the_end_of_a_stream_it_comes_back_with_the_last_event_id():
    answers = [STREAM + b"id: 4\ndata: a\n\nid: 5\ndata: cut off\n", CHUNKED + chunk(b"id: \xc3\xa4\ndata: b\n\n") + b"0\r\n\r\n",
               STREAM + b"id\ndata: c\n\n", STREAM + b"data: d\n\n"]
    with Scripted(*answers) as server:
        code, lines = listen(server.url + "/s?x", *QUICK, "--count", 4)
        assert [server.header(n, "Last-Event-ID") for n in range(4)] == [None, "4", "\u00e4".encode().decode("latin-1"), None]
        assert {head.split("\r\n")[0] for head in server.heads()} == {"GET /s?x HTTP/1.1"}
    assert code == 0
    ended = {"k": "error", "state": 0, "reason": "the server ended the stream"}
    assert lines == [OPEN, event("a", "4"), ended, OPEN, event("b", "\u00e4"), ended, OPEN, event("c"), ended, OPEN, event("d")]


def test_the_first_request_may_carry_a_last_event_id():
    with Scripted(STREAM + b"data: a\n\n") as server:
        _, lines = listen(server.url, *QUICK, "--last-event-id", "41", "--count", 1)
        assert server.header(0, "Last-Event-ID") == "41"
    assert lines == [OPEN, event("a", "41")]


def test_the_retry_of_the_server_replaces_the_initial_one():
    # With an initial retry of an hour the second request comes in time only if the server's is honoured.
    with Scripted(STREAM + b"retry: 1\ndata: a\n\n", STREAM + b"data: b\n\n") as server:
        code, lines = listen(server.url, "--technique", "sse", "--initial-retry", "1h", "--count", 2, "--timeout", f"{PATIENCE_S}s")
        assert len(server.requests) == 2
    assert code == 0 and [line["data"] for line in lines if line["k"] == "event"] == ["a", "b"]


def test_a_long_retry_of_the_server_is_waited_for():
    with Scripted(STREAM + b"retry: 3600000\ndata: a\n\n") as server:
        with Command("listen", server.url, *QUICK) as client:
            assert [client.next()["k"] for _ in range(3)] == ["open", "event", "error"]
            assert client.stop() == []
        assert len(server.requests) == 1


def test_a_server_that_asks_for_no_delay_and_goes_away_is_not_asked_in_a_busy_loop():
    server = Scripted(STREAM + b"retry: 0\ndata: a\n\n")
    with server:
        client = Command("listen", server.url, "--technique", "sse", "--initial-retry", "0ms")
    with client:
        refused = []
        while len(refused) < 7:
            if client.next().get("reason", "").startswith("refused"):
                refused.append(time.monotonic())
        client.stop()
    assert refused[-1] - refused[0] >= 0.010 * (2 + 4 + 8 + 16 + 32), "10 ms, and twice as long each time"


@pytest.mark.parametrize("status", ["204 No Content", "404 Not Found", "500 Internal Server Error", "503 Service Unavailable"])
def test_every_status_but_200_is_for_good(status):
    with Scripted(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nContent-Type: text/event-stream\r\n\r\n".encode()) as server:
        code, lines = listen(server.url, *QUICK)
        assert len(server.requests) == 1
    assert code == 1 and gave_up(lines, status) == []


@pytest.mark.parametrize("type", [b"Content-Type: text/plain\r\n", b"", b"Content-Type: application/x-ndjson\r\n"])
def test_another_content_type_is_for_good(type):
    with Scripted(b"HTTP/1.1 200 OK\r\n" + type + b"\r\ndata: a\n\n") as server:
        code, lines = listen(server.url, *QUICK)
        assert len(server.requests) == 1
    assert code == 1 and gave_up(lines, "Content-Type") == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_to_another_server_without_the_secrets(status):
    with Scripted(STREAM + b"data: a\n\n") as last, \
            Scripted(b"HTTP/1.1 %d Moved\r\nLocation: %s/there?x\r\nContent-Length: 0\r\n\r\n" % (status, last.url.encode())) as first:
        code, lines = listen(first.url + "/here", *QUICK, "--count", 1, "--last-event-id", "3", "--header", "Authorization: secret",
                             "--header", "X-Kept: yes")
        assert last.heads()[0].startswith(f"GET /there?x HTTP/1.1\r\nHost: {last.address}\r\n")
        assert (last.header(0, "Authorization"), last.header(0, "X-Kept"), last.header(0, "Last-Event-ID")) == (None, "yes", "3")
        assert first.header(0, "Authorization") == "secret"
    assert (code, lines) == (0, [OPEN, event("a", "3")])


def test_a_redirect_may_be_relative():
    with Scripted(b"HTTP/1.1 302 Found\r\nLocation: ../c\r\nContent-Length: 0\r\n\r\n", STREAM + b"data: a\n\n") as server:
        code, _ = listen(server.url + "/a/b/x", *QUICK, "--count", 1)
        assert server.heads()[1].startswith("GET /a/c HTTP/1.1\r\n")
    assert code == 0


def test_redirects_in_a_circle_end():
    with Scripted(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n") as server:
        code, lines = listen(server.url, *QUICK)
        assert len(server.requests) == 21
    assert code == 1 and gave_up(lines, "redirected more than 20 times") == []


def test_nobody_listens_is_tried_again_until_the_time_is_over():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = "http://127.0.0.1:%d/sse" % closed.getsockname()[1]
    with Command("listen", url, "--initial-retry", "1ms") as client:
        for _ in range(3):
            line = client.next()
            assert line["k"] == "error" and line["state"] == 0 and line["reason"].startswith("refused")
        client.stop()


def test_a_silent_server_is_a_read_timeout_and_tried_again():
    with Scripted(then_wait(b""), then_wait(STREAM), STREAM + b"data: a\n\n") as server:
        code, lines = listen(server.url, *QUICK, "--read-timeout", "100ms", "--count", 1)
        assert len(server.requests) == 3
    assert code == 0
    silent = {"k": "error", "state": 0, "reason": "timeout: nothing read for 100ms"}
    assert lines == [silent, OPEN, silent, OPEN, event("a")]


# The tool

@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(server, number):
    with Command("listen", f"{server.url}/sse?topic=t") as client:
        assert client.next() == OPEN
        assert client.stop(number) == [] and client.code == 0
        assert client.process.stderr.read() == b""


def test_time_out_before_the_count_is_a_failure_and_without_a_count_none(server):
    url = f"{server.url}/sse?topic=t"
    assert listen(url, "--timeout", "50ms")[0] == 0
    assert listen(url, "--timeout", "50ms", "--count", 1)[0] == 1


def test_method_body_and_headers_are_those_of_the_command_line():
    with Scripted(STREAM + b"data: a\n\n") as server:
        listen(server.url + "/chat", *QUICK, "--count", 1, "--body", '{"a":1}', "--header", "Content-Type: application/json",
               "--header", "accept: x/y", "--header", "Host: example")
        listen(server.url + "/chat", *QUICK, "--count", 1, "--method", "PUT")
        head, body = server.requests[0]
        assert head.startswith("POST /chat HTTP/1.1\r\n") and body == b'{"a":1}'
        assert (server.header(0, "Content-Type"), server.header(0, "Accept"), server.header(0, "Host")) == ("application/json", "x/y", "example")
        assert head.lower().count("accept:") == head.lower().count("host:") == 1
        assert server.heads()[1].startswith("PUT /chat ") and server.header(1, "Content-Length") == "0"


def test_pretty_is_the_same_indented():
    with Scripted(STREAM + b"data: a\n\n") as server:
        shown = subprocess.run([PUSHBENCH, "listen", server.url, *QUICK, "--count", "1", "--pretty"], capture_output=True, text=True,
                               timeout=PATIENCE_S)
    assert shown.returncode == 0 and '\n  "k": "event",\n' in shown.stdout
    decoder, rest, seen = json.JSONDecoder(), shown.stdout, []
    while rest.strip():
        value, end = decoder.raw_decode(rest.lstrip())
        seen.append(value["k"])
        rest = rest.lstrip()[end:]
    assert seen == ["open", "event"]


def test_it_ends_when_nobody_reads_what_it_prints():
    reader, writer = os.pipe()
    with Scripted(then_wait(STREAM + b"data: a\n\n")) as server:
        os.close(reader)
        ended = subprocess.run([PUSHBENCH, "listen", server.url, *QUICK], stdout=writer, stderr=subprocess.PIPE, timeout=PATIENCE_S)
        os.close(writer)
    assert ended.returncode == 1 and ended.stderr == b""


@pytest.mark.parametrize("arguments, words", [
    ([], "URL"),
    (["nonsense"], "must be a URL"),
    (["http://h:99999/sse"], "port"),
    (["http://127.0.0.1:1/stream"], "--technique"),
    (["http://127.0.0.1:1/stream", "--technique", "carrier-pigeon"], "long-polling"),
    (["ws://127.0.0.1:1/x", "--technique", "sse"], "ws"),
    (["http://127.0.0.1:1/sse", "--header", "nocolon"], "Name: value"),
    (["http://127.0.0.1:1/sse", "--header", "A: b\r\nC: d"], "Name: value"),
    (["http://127.0.0.1:1/sse", "--method", "GET /"], "method"),
    (["http://127.0.0.1:1/sse", "--timeout", "5"], "--timeout"),
    (["http://127.0.0.1:1/sse", "--count", "-1"], "count"),
    (["http://127.0.0.1:1/websocket", "--body", "x"], "--body is not for the technique websocket"),
    (["http://127.0.0.1:1/polling", "--last-event-id", "x"], "--last-event-id"),
])
def test_usage_errors_say_what_is_wrong(arguments, words):
    shown = subprocess.run([PUSHBENCH, "listen", *arguments], capture_output=True, text=True, timeout=PATIENCE_S)
    assert shown.returncode == 2 and words in shown.stderr and shown.stdout == ""
