"""Subscribers that do not read."""

import re

import pytest

from curl import Curl
from servers import PONG
from streams import STREAMS, open_stream, wait_for


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
            opcode, told = slow.read_frame()
            lines = [b"\x10" + told if opcode == PONG else told]
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


@pytest.mark.parametrize("technique", STREAMS)
def test_a_subscriber_that_reads_nothing_is_not_held_for_ever(start_server, technique):
    """Nothing more is published: no policy for those who lag behind looks at it."""
    server = start_server("--stall-timeout", "100ms", "--ping-interval", "0s", "--heartbeat", "0s")
    server.publish(b"x" * 12_000_000)
    slow = open_stream(server, technique, receive_buffer=4096, query="topic=t&after=0")
    server.wait_for_stats(lambda stats: stats["connections"]["timed_out"] == 1)
    stats = server.stats()
    assert stats["connections"]["by_technique"][technique] == 0
    slow.read_to_end()
