"""The reference server as a process: signals, options, threads, a port in use."""

import json
import re
import signal
import subprocess

import pytest

from harness import BUILD
from servers import PATIENCE_S, masked_frame
from streams import STREAMS, open_stream, read_message, wait_for
from techniques import TECHNIQUES


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


def test_one_server_reports_its_connections_by_technique(server):
    clients = [open_stream(server, technique) for technique in STREAMS]
    poll = server.connect().get("/polling?topic=t")
    poll.read_response()
    by_technique = server.stats()["connections"]["by_technique"]
    assert by_technique == {technique: int(technique in [*STREAMS, "polling"]) for technique in TECHNIQUES}
    for client in (*clients, poll):
        client.socket.close()
    server.wait_for_stats(lambda stats: sum(stats["connections"]["by_technique"].values()) == 0)
