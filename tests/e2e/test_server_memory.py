"""A server that may not have more memory: what cannot be kept is refused, and it goes on."""

import pathlib
import resource
import subprocess

import pytest

from harness import BUILD
from streams import STREAMS, open_stream, read_message

MIB = 1 << 20


def address_space(process):
    return int(pathlib.Path(f"/proc/{process.pid}/statm").read_text().split()[0]) * resource.getpagesize()


@pytest.fixture
def limited(start_server):
    """Starts a server that may have so many bytes more than it has at its start."""
    symbols = subprocess.run(["nm", "-D", str(BUILD / "reference-server")], capture_output=True, text=True, check=True).stdout
    if "__asan" in symbols or "__tsan" in symbols:
        pytest.skip("a sanitizer takes the whole address space")

    def start(more, *options):
        server = start_server(*options)
        limit = address_space(server.process) + more
        resource.prlimit(server.process.pid, resource.RLIMIT_AS, (limit, limit))
        return server

    return start


def publish(client, body, topic="t"):
    client.send(f"POST /publish?topic={topic} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    return client.read_response()


def test_a_message_that_memory_has_no_room_for_is_refused(limited):
    server = limited(100 * MIB, "--max-payload", "1GiB")
    for _ in range(2):
        with server.connect() as client:
            client.send(b"POST /publish?topic=t HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % (400 * MIB))
            piece = b"x" * MIB
            try:
                for _ in range(400):
                    client.send(piece)
            except (BrokenPipeError, ConnectionResetError):
                pass
            status, headers, body = client.read_response()
            assert (status, headers["connection"], body) == (503, "close", b"out of memory\n")
    assert server.publish(b"small") == 1
    assert server.get("/polling?topic=t&after=0") == b"small\n"


@pytest.mark.parametrize("size, threads", [(100, "1"), (1_000, "2"), (100_000, "1"), (100_000, "2")])
def test_logs_that_memory_has_no_room_for_give_way(limited, size, threads):
    server = limited(60 * MIB, "--log-bytes-total", "100GiB", "--log-bytes", "100GiB", "--log-size", str(1 << 30), "--threads", threads)
    count = 160 * MIB // (size + 128)
    request = f"POST /publish?topic=t HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\n".encode() + b"x" * size
    accepted = asked = 0
    with server.connect() as client:
        while asked < count:
            client.send(request * 200)
            asked += 200
            while client.buffer.count(b"HTTP/1.1 ") < 200 or not client.buffer.endswith(b"\n"):
                client.read_some()
            accepted += client.buffer.count(b"HTTP/1.1 200 OK")
            assert client.buffer.count(b"HTTP/1.1 200 OK") + client.buffer.count(b"HTTP/1.1 503 ") == 200
            client.buffer = b""
    assert accepted > 0.9 * asked
    (topic,) = server.stats()["topics"]
    assert topic["head"] == accepted and topic["first"] > 1
    assert server.publish(b"still here") == topic["head"] + 1


@pytest.mark.parametrize("technique", STREAMS)
def test_whoever_reads_meanwhile_misses_nothing_that_was_published(limited, technique):
    server = limited(150 * MIB, "--log-bytes-total", "100GiB", "--log-bytes", "100GiB")
    with open_stream(server, technique) as reader, server.connect() as client:
        accepted = 0
        for i in range(300):
            if publish(client, b"%03d" % i + b"x" * MIB)[0] == 200:
                accepted += 1
                assert read_message(reader, technique).startswith(b"%03d" % i)
    assert accepted > 150
