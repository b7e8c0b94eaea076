"""What becomes of a connection to the reference server: one request after the other, time-outs, limits."""

import json
import socket

import pytest

from curl import curl
from servers import masked_frame
from streams import wait_for


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


@pytest.mark.parametrize("half_closed", [False, True])
def test_answers_that_nobody_reads_do_not_pile_up(start_server, half_closed):
    server = start_server()
    server.publish(b"x" * 500_000)
    before = server.resident_bytes()
    with server.connect(receive_buffer=4096) as client:
        for _ in range(300):                                     # 150 MB of answers
            client.get("/polling?topic=t&after=0")
        if half_closed:
            client.socket.shutdown(socket.SHUT_WR)               # its last word; the answers are still owed
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
