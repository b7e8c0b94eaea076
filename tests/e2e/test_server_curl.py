"""Every HTTP technique of the reference server as curl reads it."""

import html.parser
import json
import re
import signal
import subprocess

import pytest

from curl import Curl, curl
from harness import ROOT
from servers import PATIENCE_S, Server
from formats import FORMATS
from streams import wait_for
from techniques import HOLDING, HTTP, HTTP_STREAMS


def test_polling_by_curl(server):
    for text in (b"one", b"two", b"three"):
        assert b"sequence" in curl("--data-binary", "@-", f"{server.url}/publish?topic=t", data=text)
    assert curl(f"{server.url}/polling?topic=t&after=0") == b"one\ntwo\nthree\n"
    answer = curl("--include", f"{server.url}/polling?topic=t&after=2")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n") and b"\r\nPushbench-Cursor: 3\r\n" in answer
    assert answer.endswith(b"\r\n\r\nthree\n")
    assert curl(f"{server.url}/polling?topic=t") == b""
    assert curl("--http1.0", f"{server.url}/polling?topic=t&after=2") == b"three\n"
    answer = curl("--include", "--header", "Connection: close", f"{server.url}/polling?topic=t")
    assert b"\r\nConnection: close\r\n" in answer


def test_long_polling_by_curl_waits_for_the_message(server):
    with Curl(f"{server.url}/long-polling?topic=t") as waiting:
        wait_for(server, "long-polling")
        server.publish(b"late")
        assert waiting.process.stdout.read() == b"late\n"


def test_long_polling_by_curl_ends_empty_after_the_hold(start_server):
    server = start_server("--hold", "50ms")
    assert curl(f"{server.url}/long-polling?topic=t") == b""


def test_a_long_poll_that_leaves_frees_its_place_at_once(server):
    with Curl(f"{server.url}/long-polling?topic=t"):
        wait_for(server, "long-polling")
    wait_for(server, "long-polling", 0)
    server.publish(b"nobody")
    assert server.stats()["delivered"]["long-polling"] == 0


def test_http_streaming_by_curl(server):
    server.publish(b"old")
    with Curl(f"{server.url}/http-streaming?topic=t") as stream:
        wait_for(server, "http-streaming")
        for i in range(100):
            server.publish(b"message %d" % i)
        assert stream.lines(100) == [b"message %d\n" % i for i in range(100)]
    with Curl("--http1.0", f"{server.url}/http-streaming?topic=t&after=99") as stream:
        assert stream.lines(2) == [b"message 98\n", b"message 99\n"]


def test_empty_answers_by_curl(server):
    server.publish(b"one")
    status = ["--output", "/dev/null", "--write-out", "%{http_code} %{size_download}"]
    poll = f"{server.url}/polling?topic=t&after=1"
    assert curl(*status, poll) == b"200 0"
    assert curl(*status, "--header", 'If-None-Match: "1"', poll) == b"304 0"
    assert curl(*status, f"{server.url}/long-polling?topic=t&hold=1&empty=204") == b"204 0"
    assert curl(*status, f"{server.url}/long-polling?topic=t&hold=1") == b"200 0"


def test_streams_end_by_design_as_http_says(start_server):
    server = start_server("--stream-limit", "5")
    for i in range(9):
        server.publish(b"message %d" % i)
    lines = [b"message %d\n" % i for i in range(9)]
    stream = f"{server.url}/http-streaming?topic=t&after="
    assert curl(stream + "0") == b"".join(lines[:5])
    assert curl(stream + "5&limit=2") == b"".join(lines[5:7])
    assert curl(stream + "0&limit-bytes=10", "--data", "any body") == b"".join(lines[:2])
    assert curl("--http1.0", stream + "7&limit=1") == lines[7]
    assert curl(f"{server.url}/sse?topic=t&after=4").count(b"data: ") == 5
    assert curl(f"{server.url}/forever-frame?topic=t&after=0&limit=3").count(b"<script>") == 3
    server.wait_for_stats(lambda stats: sum(stats["connections"]["by_technique"].values()) == 0)


class Scripts(html.parser.HTMLParser):
    """The sources of a page's scripts, found by a parser that is not ours."""

    def __init__(self, page):
        super().__init__()
        self.sources, self.others = [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.others.append(tag)
        if tag == "script":
            self.sources.append("")

    def handle_data(self, data):
        if self.others[-1:] == ["script"] and data != "\n":
            self.sources[-1] += data


def test_a_forever_frame_calls_the_parents_function_with_each_message(server):
    texts = ["plain", "", "</script><script>alert(1)</script>", "<!-- <script> -->", "quote \" ' \\ \\n",
             "\u2028\u2029", "\0\x01\r\n\t\x1f\x7f", "\u00e4\u20ac\U0001f600\ufeff\u0085", "".join(map(chr, range(128)))]
    octets = bytes(range(256))
    for text in texts:
        server.publish(text.encode())
    server.publish(octets)
    with Curl(f"{server.url}/forever-frame?topic=t&after=0") as stream:
        page = b"".join(stream.lines(4 + len(texts) + 1)).decode()
    parsed = Scripts(page)
    assert parsed.others == ["meta", "title"] + ["script"] * (len(texts) + 1)
    node = subprocess.run(["node", str(ROOT / "tests" / "e2e" / "frame_client.js")], input=json.dumps(parsed.sources),
                          capture_output=True, text=True, check=True, timeout=PATIENCE_S)
    assert json.loads(node.stdout) == [[i, text] for i, text in enumerate(texts, 1)] + [
        [len(texts) + 1, octets.decode("latin-1"), "bytes"]]


def test_sse_by_curl(server):
    with Curl(f"{server.url}/sse?topic=t") as stream:
        wait_for(server, "sse")
        server.publish(b"one")
        server.publish(b"two\nlines")
        assert b"".join(stream.lines(7)) == b"id: 1\ndata: one\n\nid: 2\ndata: two\ndata: lines\n\n"
    with Curl("--header", "Last-Event-ID: 1", f"{server.url}/sse?topic=t&after=0") as stream:
        assert stream.lines(1) == [b"id: 2\n"]


def test_sse_heartbeats_come_without_messages(start_server):
    server = start_server("--heartbeat", "20ms", "--retry", "3s")
    with Curl(f"{server.url}/sse?topic=t") as stream:
        assert stream.lines(1) == [b"retry: 3000\n"]
        lines = [line for line in stream.lines(8) if line != b"\n"]
        assert len(lines) >= 3 and all(line.startswith(b":") for line in lines)


@pytest.mark.parametrize("technique", HTTP_STREAMS)
def test_a_stream_behind_the_log_begins_with_a_gap_notice(start_server, technique):
    server = start_server("--log-size", "3")
    for i in range(10):
        server.publish(b"message %d" % i)
    expected = FORMATS[technique].gap(3, 7) + FORMATS[technique].message(8, b"message 7")
    with Curl(f"{server.url}/{technique}?topic=t&after=2") as stream:
        read = b"".join(stream.lines(FORMATS[technique].preamble_lines + expected.count(b"\n")))
    assert read.endswith(expected)


def test_cors_is_answered_when_asked_for(start_server, server):
    with_cors = start_server("--cors", "https://example.org")
    allowed = b"\r\nAccess-Control-Allow-Origin: https://example.org\r\n"
    preflight = curl("--include", "--request", "OPTIONS", "--header", "Origin: https://example.org",
                     "--header", "Access-Control-Request-Method: GET", f"{with_cors.url}/sse?topic=t")
    assert preflight.startswith(b"HTTP/1.1 204 No Content\r\n") and allowed in preflight
    assert allowed in curl("--include", f"{with_cors.url}/polling?topic=t")
    assert b"Access-Control" not in curl("--include", f"{server.url}/polling?topic=t")
    assert b"\r\nAllow: GET, HEAD, OPTIONS\r\n" in curl("--include", "--request", "OPTIONS", f"{server.url}/sse")


def test_cors_with_credentials_names_the_origin(start_server):
    server = start_server("--cors", "https://example.org", "--cors-credentials")
    answer = curl("--include", "--header", "Origin: https://example.org", f"{server.url}/polling?topic=t")
    for line in (b"Access-Control-Allow-Origin: https://example.org", b"Access-Control-Allow-Credentials: true", b"Vary: Origin"):
        assert b"\r\n" + line + b"\r\n" in answer


def test_http_streaming_compressed_is_read_by_curl_as_it_comes(server):
    with Curl("--compressed", f"{server.url}/http-streaming?topic=t") as stream:
        wait_for(server, "http-streaming")
        for i in range(1, 4):
            server.publish(b"message %d" % i)
            assert stream.lines(1) == [b"message %d\n" % i]
    whole = curl("--compressed", f"{server.url}/http-streaming?topic=t&after=0&limit=3&framing=raw")
    assert whole == b"message 1message 2message 3", "curl checks the trailer"


def test_head_by_curl(server):
    topics = [f"/{technique}?topic=t" for technique in HTTP]
    for target in ("/", "/stats", *topics):
        assert curl("--head", server.url + target).startswith(b"HTTP/1.1 200 OK\r\n")


def numbers_after(server, technique, cursor, count):
    """The numbers of the next `count` messages behind the cursor, as curl gets them in one answer."""
    url = f"{server.url}/{technique}?topic=t&limit={count}"
    if technique == "sse":
        answer = curl("--header", f"Last-Event-ID: {cursor}", url + "&after=0")     # as an EventSource comes back
    else:
        answer = curl(f"{url}&after={cursor}")
    return [int(number) for number in re.findall(rb"message (\d+)", answer)]


@pytest.mark.parametrize("technique", HTTP)
def test_curl_resumes_behind_the_last_message_it_has_seen(server, technique):
    for number in range(1, 9):
        server.publish(b"message %d" % number)
    assert numbers_after(server, technique, 0, 8) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert numbers_after(server, technique, 5, 3) == [6, 7, 8]


# 52: no answer; 18: a body that is not whole.
@pytest.mark.parametrize("technique, code", [*((t, 52) for t in HOLDING), *((t, 18) for t in HTTP_STREAMS)])
def test_curl_sees_that_the_end_of_a_killed_server_is_no_end_of_the_answer(start_server, technique, code):
    server = start_server()
    with Curl(f"{server.url}/{technique}?topic=t") as running:
        wait_for(server, technique)
        server.expected_code = -signal.SIGKILL
        server.stop(signal.SIGKILL)
        assert running.process.wait(PATIENCE_S) == code


@pytest.mark.parametrize("technique", HTTP)
def test_curl_resumes_after_a_restart_of_the_server_and_misses_nothing(start_server, technique):
    server = start_server()
    for number in range(1, 4):
        server.publish(b"message %d" % number)
    assert numbers_after(server, technique, 0, 3) == [1, 2, 3]
    instance = server.stats()["instance"]
    server.expected_code = -signal.SIGKILL
    server.stop(signal.SIGKILL)
    again = Server(listen=f"127.0.0.1:{server.port}")
    try:
        for number in range(4, 6):
            again.publish(b"message %d" % number)     # before curl is back
        # The log begins anew, and `instance` says so: a cursor of the old one means nothing and reading starts at 0.
        assert again.stats()["instance"] != instance
        assert numbers_after(again, technique, 0, 2) == [4, 5]
        again.publish(b"message 6")
        assert numbers_after(again, technique, 2, 1) == [6]
    finally:
        assert again.stop()[0] == 0


def test_an_old_last_event_id_after_a_restart_means_from_now_on(start_server):
    server = start_server()
    server.publish(b"message 1")
    with Curl("--header", "Last-Event-ID: 7", f"{server.url}/sse?topic=t") as stream:
        wait_for(server, "sse")
        server.publish(b"message 2")
        assert stream.lines(2) == [b"id: 2\n", b"data: message 2\n"]
