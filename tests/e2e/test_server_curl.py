"""The reference server as seen by clients that this project did not write: curl, npm's ws, and bare sockets."""

import html.parser
import json
import os
import re
import signal
import subprocess

import pytest

from harness import BUILD, ROOT
from servers import PATIENCE_S, masked_frame

STREAMS = ["http-streaming", "forever-frame", "sse", "websocket"]


def curl(*arguments, data=None):
    command = ["curl", "--silent", "--show-error", "--max-time", str(PATIENCE_S), *arguments]
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout


class Curl:
    """A curl that runs on, read line by line."""

    def __init__(self, *arguments):
        command = ["curl", "--silent", "--show-error", "--no-buffer", "--max-time", str(PATIENCE_S), *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def lines(self, count):
        return [self.process.stdout.readline() for _ in range(count)]


def wait_for(server, technique, count=1):
    server.wait_for_stats(lambda stats: stats["connections"]["by_technique"][technique] == count)


def open_stream(server, technique, query="topic=t", receive_buffer=None):
    """A subscriber whose head has been read: every later publish must reach it."""
    client = server.connect(receive_buffer)
    if technique == "websocket":
        topic, _, after = query.removeprefix("topic=").partition("&after=")
        return client.open_websocket(topic, after or None)
    client.get(f"/{technique}?{query}")
    assert client.read_head()[0] == 200
    return client


def read_message(client, technique):
    if technique == "websocket":
        return client.read_frame()[1]
    if technique == "sse":
        event = client.read_chunk()
        return re.search(rb"^data: (.*)$", event, re.M).group(1)
    if technique == "forever-frame":
        script = re.search(rb'pushbench\(\d+,"(.*)"\)', client.read_chunk())
        return script.group(1) if script else read_message(client, technique)    # the page's beginning
    return client.read_chunk().removesuffix(b"\n")


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


@pytest.mark.parametrize("technique", ["http-streaming", "forever-frame", "sse"])
def test_a_stream_behind_the_log_begins_with_a_gap_notice(start_server, technique):
    server = start_server("--log-size", "3")
    for i in range(10):
        server.publish(b"message %d" % i)
    with Curl(f"{server.url}/{technique}?topic=t&after=2") as stream:
        if technique == "sse":
            assert stream.lines(3) == [b"event: gap\n", b'data: {"first":3,"last":7}\n', b"\n"]
            assert stream.lines(2) == [b"id: 8\n", b"data: message 7\n"]
        elif technique == "forever-frame":
            assert stream.lines(6)[4:] == [b'<script>parent.pushbench&&parent.pushbench(%s)</script>\n' % arguments
                                           for arguments in (b'7,3,"gap"', b'8,"message 7"')]
        else:
            assert stream.lines(2) == [b"\x10gap 3 7\n", b"message 7\n"]


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
    topics = [f"/{technique}?topic=t" for technique in ("polling", "long-polling", "http-streaming", "forever-frame", "sse")]
    for target in ("/", "/stats", *topics):
        assert curl("--head", server.url + target).startswith(b"HTTP/1.1 200 OK\r\n")


def test_websocket_by_npm_ws(server):
    script = ROOT / "tests" / "e2e" / "ws_client.js"
    environment = dict(os.environ, NODE_PATH=str(ROOT / "tests" / "npm" / "node_modules"))
    result = subprocess.run(["node", str(script), server.url], capture_output=True, text=True, timeout=3 * PATIENCE_S,
                            env=environment)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.split("\n")[:-1] == [
        "text published by POST arrives",
        "binary arrives as binary",
        "what one client sends reaches both",
        "ping is answered",
        "the cursor resumes",
        "the close code is echoed",
        "a message above the limit ends with 1009",
        "a bad topic is refused with 400",
    ]


@pytest.mark.parametrize("technique", STREAMS)
def test_two_threads_both_get_what_one_connection_publishes(start_server, technique):
    server = start_server("--threads", "2")
    clients = [open_stream(server, technique) for _ in range(32)]    # the kernel spreads them over both threads
    with server.connect() as publisher:
        for i in range(50):
            body = b"message %d" % i
            head = b"POST /publish?topic=t HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n" % len(body)
            publisher.send(head + body)
        for i in range(50):
            assert json.loads(publisher.read_response()[2]) == {"sequence": i + 1}
    for client in clients:
        received = b""
        while received.count(b"message") < 50:
            if technique == "websocket":
                received += client.read_frame()[1]
            else:
                received += client.read_chunk()
        assert [int(n) for n in re.findall(rb"message (\d+)", received)] == list(range(50))
        client.socket.close()
    assert server.stats()["delivered"][technique] == 32 * 50


def test_who_has_been_told_of_a_publish_finds_it_on_every_thread(start_server):
    server = start_server("--threads", "2")
    clients = [server.connect() for _ in range(32)]
    for round_number in range(20):
        sequence = server.publish(b"x")
        for client in clients:
            client.get("/polling?topic=t")
        for client in clients:
            assert client.read_response()[1]["pushbench-cursor"] == str(sequence), round_number


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("threads", ["1", "2"])
def test_a_signal_ends_every_conversation_in_its_own_way(start_server, number, threads):
    server = start_server("--threads", threads)
    sse = open_stream(server, "sse")
    stream = open_stream(server, "http-streaming")
    websocket = open_stream(server, "websocket")
    idle = server.connect().get("/healthz")
    assert idle.read_response()[2] == b"ok\n"
    server.publish(b"last words")
    held = server.connect().get("/long-polling?topic=t")
    wait_for(server, "long-polling")
    server.process.send_signal(number)
    assert read_message(sse, "sse") == b"last words" and sse.read_to_end() == b"0\r\n\r\n"
    assert read_message(stream, "http-streaming") == b"last words" and stream.read_to_end() == b"0\r\n\r\n"
    assert read_message(websocket, "websocket") == b"last words"
    opcode, payload = websocket.read_frame()
    assert (opcode, payload[:2]) == (8, (1001).to_bytes(2, "big"))
    websocket.send(masked_frame(8, payload[:2]))
    assert websocket.read_to_end() == b""
    status, headers, body = held.read_response()
    assert (status, headers["connection"], body) == (200, "close", b"")
    assert idle.read_to_end() == b""
    for client in (sse, stream, websocket, idle, held):
        client.socket.close()
    assert server.wait() == (0, "")


def test_a_second_signal_ends_the_server_at_once(server):
    with open_stream(server, "sse") as client:               # it does not close: the first signal waits for it a while
        server.process.send_signal(signal.SIGTERM)
        client.read_to_end()
        server.process.send_signal(signal.SIGTERM)
        assert server.wait()[0] == -signal.SIGTERM
    server.expected_code = -signal.SIGTERM


def test_a_client_that_never_closes_does_not_keep_the_server(server):
    clients = [open_stream(server, technique) for technique in STREAMS]
    assert server.stop()[0] == 0
    for client in clients:
        client.socket.close()


def run_server(*arguments):
    command = [str(BUILD / "reference-server"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)


@pytest.mark.parametrize("threads", ["1", "2"])
def test_a_port_in_use_is_one_sentence_and_exit_code_2(server, threads):
    result = run_server("--listen", f"127.0.0.1:{server.port}", "--threads", threads)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr == f"reference-server: cannot listen on 127.0.0.1:{server.port}: Address already in use\n"


@pytest.mark.parametrize("arguments, word", [
    (["--hold", "5"], "unit"),
    (["--listen", "nonsense"], "nonsense"),
    (["--policy", "x"], "x"),
    (["--queue", "1Mb"], "1Mb"),
    (["--threads", "0"], "0"),
    (["--unknown"], "--unknown"),
    (["--cors", "a b"], "origin"),
    (["--cors", "*", "--cors-credentials"], "origin"),
    (["--cors-credentials"], "origin"),
    (["--ping-timeout", "0s"], "0s"),
])
def test_a_bad_option_is_exit_code_2(arguments, word):
    result = run_server(*arguments)
    assert result.returncode == 2 and word in result.stderr and result.stdout == ""


def publish_until(server, payload, condition, after_each=lambda: None):
    """Publishes until /stats says so; returns how many messages."""
    for count in range(1, 5_000):
        server.publish(payload)
        after_each()
        if count % 20 == 0 and condition(server.stats()):
            return count
    raise AssertionError(server.stats())


@pytest.mark.parametrize("technique", STREAMS)
def test_a_subscriber_that_does_not_read_is_disconnected_and_slows_nobody(start_server, technique):
    server = start_server("--queue", "64KiB")
    slow = open_stream(server, technique, receive_buffer=4096)
    with Curl(f"{server.url}/http-streaming?topic=t") as quick:
        wait_for(server, "http-streaming", 2 if technique == "http-streaming" else 1)
        payload = b"x" * 20_000
        arrived = []
        # In step with the reader, so that not even a busy machine can make it the slow one.
        count = publish_until(server, payload, lambda stats: stats["disconnected_slow"] == 1,
                              after_each=lambda: arrived.extend(quick.lines(1)))
        assert len(arrived) == count and set(arrived) == {payload + b"\n"}
    slow.read_to_end()
    stats = server.stats()
    assert stats["dropped"] > 0 and stats["disconnected_slow"] == 1


@pytest.mark.parametrize("technique", ["http-streaming", "websocket"])
def test_a_subscriber_that_does_not_read_loses_the_oldest_and_is_told(start_server, technique):
    server = start_server("--queue", "64KiB", "--policy", "drop-oldest")
    slow = open_stream(server, technique, receive_buffer=4096)
    payload = b"x" * 20_000
    count = publish_until(server, payload, lambda stats: stats["dropped"] > 10)
    received = 0
    lost = 0
    rest = b""
    while received + lost < count:
        if technique == "websocket":
            lines = [slow.read_frame()[1]]
        else:
            rest += slow.read_chunk()
            *lines, rest = rest.split(b"\n")
        for line in lines:
            gap = re.fullmatch(rb"\x10gap (\d+) (\d+)", line)
            if gap:
                assert int(gap.group(1)) == received + lost + 1
                lost += int(gap.group(2)) - int(gap.group(1)) + 1
            else:
                assert line == payload
                received += 1
    assert received + lost == count and lost > 10
    stats = server.stats()
    assert (stats["dropped"], stats["delivered"][technique], stats["disconnected_slow"]) == (lost, received, 0)


def test_pipelined_requests_are_answered_in_order(server):
    server.publish(b"one")
    with server.connect() as client:
        client.get("/polling?topic=t&after=0").get("/unknown").get("/healthz").get("/polling?topic=t")
        answers = [client.read_response() for _ in range(4)]
        assert [status for status, _, _ in answers] == [200, 404, 200, 200]
        assert answers[0][2] == b"one\n" and answers[2][2] == b"ok\n"


def test_a_request_behind_a_held_one_waits_for_its_turn(server):
    with server.connect() as client:
        client.get("/long-polling?topic=t").get("/healthz").get("/long-polling?topic=t&after=0")
        wait_for(server, "long-polling")
        server.publish(b"one")
        assert client.read_response()[2] == b"one\n"
        assert client.read_response()[2] == b"ok\n"
        assert client.read_response()[2] == b"one\n"


def test_answers_that_nobody_reads_do_not_pile_up(start_server):
    server = start_server()
    server.publish(b"x" * 500_000)
    before = server.resident_bytes()
    with server.connect(receive_buffer=4096) as client:
        for _ in range(300):                                     # 150 MB of answers
            client.get("/polling?topic=t&after=0")
        server.wait_for_stats(lambda stats: stats["delivered"]["polling"] >= 1)
        assert server.healthy()
        assert server.resident_bytes() < before + 20_000_000
        for _ in range(300):
            assert len(client.read_response()[2]) == 500_001


def test_a_client_that_says_no_more_still_gets_its_answers(server):
    with server.connect() as client:
        client.get("/healthz").get("/healthz")
        client.socket.shutdown(1)
        assert client.read_response()[2] == b"ok\n"
        assert client.read_response()[2] == b"ok\n"
        assert client.read_to_end() == b""


def test_http_1_0_closes_unless_asked_to_stay(server):
    with server.connect() as client:
        client.get("/healthz", "Connection: keep-alive", version="1.0")
        status, headers, _ = client.read_response()
        assert (status, headers["connection"]) == (200, "keep-alive")
        client.get("/healthz", version="1.0")
        assert client.read_response()[1]["connection"] == "close"
        assert client.read_to_end() == b""


def test_an_idle_connection_is_closed_after_a_while(start_server):
    server = start_server("--idle-timeout", "50ms")
    with server.connect() as client:
        client.get("/healthz")
        assert client.read_response()[0] == 200
        assert client.read_to_end() == b""


def test_half_a_request_is_answered_408_after_a_while(start_server):
    server = start_server("--request-timeout", "50ms")
    with server.connect() as client:
        client.send(b"GET /healthz HTTP/1.1\r\nHost")
        assert client.read_response()[0] == 408
        assert client.read_to_end() == b""
    with server.connect() as client:
        assert client.read_to_end() == b"", "a connection that never asks"


def test_continue_is_said_before_a_large_body(server):
    body = b"x" * 100_000
    with server.connect() as client:
        client.send(b"POST /publish?topic=t HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\n"
                    b"Content-Length: 100000\r\n\r\n")
        assert client.read_until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.send(body)
        assert json.loads(client.read_response()[2]) == {"sequence": 1}
    assert curl(f"{server.url}/polling?topic=t&after=0") == body + b"\n"


def test_a_message_above_the_limit_is_refused_with_413(start_server):
    server = start_server("--max-payload", "1KiB")
    with server.connect() as client:
        client.send(b"POST /publish?topic=t HTTP/1.1\r\nHost: test\r\nContent-Length: 1025\r\n\r\n" + b"x" * 1025)
        assert client.read_response()[0] == 413
        assert client.read_to_end() == b""
    assert server.publish(b"x" * 1024) == 1


def test_a_websocket_that_answers_no_ping_is_closed(start_server):
    server = start_server("--ping-interval", "50ms", "--ping-timeout", "50ms")
    with server.connect().open_websocket() as silent:
        assert silent.read_frame() == (9, b"")
        opcode, payload = silent.read_frame()
        assert (opcode, payload[:2]) == (8, (1011).to_bytes(2, "big"))
    with server.connect().open_websocket() as alive:
        for _ in range(10):
            assert alive.read_frame() == (9, b"")
            alive.send(masked_frame(10, b""))


def test_one_server_reports_its_connections_by_technique(server):
    clients = [open_stream(server, technique) for technique in STREAMS]
    poll = server.connect().get("/polling?topic=t")
    poll.read_response()
    by_technique = server.stats()["connections"]["by_technique"]
    assert by_technique == {"polling": 1, "long-polling": 0, "http-streaming": 1, "forever-frame": 1, "sse": 1, "websocket": 1, "socketio": 0}
    for client in (*clients, poll):
        client.socket.close()
    server.wait_for_stats(lambda stats: sum(stats["connections"]["by_technique"].values()) == 0)
