"""How many topics and how much of their messages the server keeps, and that many of either keep nobody from it."""

import pytest

from streams import STREAMS, open_stream, wait_for


@pytest.mark.parametrize("threads", ["1", "3"])
def test_topics_that_clients_asked_for_go_with_them(start_server, threads):
    server = start_server("--max-topics", "4", "--threads", threads)
    for round_trip in range(5):
        clients = [open_stream(server, technique, f"topic={technique} {round_trip}".replace(" ", "_")) for technique in STREAMS]
        for client in clients:
            client.socket.close()
        server.wait_for_stats(lambda stats: sum(stats["connections"]["by_technique"].values()) == 0 and stats["topics_total"] == 0)
    assert server.publish(b"x", "new") == 1


@pytest.mark.parametrize("threads", ["1", "3"])
def test_topics_that_nobody_reads_make_room_for_new_ones(start_server, threads):
    server = start_server("--max-topics", "50", "--threads", threads)
    with open_stream(server, "sse", "topic=read") as reader:
        for i in range(500):
            assert server.publish(b"x", f"t{i}") == 1
        assert server.publish(b"still here", "read") == 1
        assert b"data: still here\n" in reader.read_chunk()
    stats = server.wait_for_stats(lambda stats: stats["topics_total"] <= 50)
    assert {"read", "t499"} <= {topic["name"] for topic in stats["topics"]}
    assert server.get("/polling?topic=t499&after=0") == b"x\n"


def test_when_every_topic_is_read_there_is_no_room(start_server):
    server = start_server("--max-topics", "1")
    with open_stream(server, "sse", "topic=read"), server.connect() as client:
        client.send(b"POST /publish?topic=other HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx")
        assert client.read_response()[::2] == (503, b"too many topics\n")
        client.get("/sse?topic=other")
        assert client.read_response()[0] == 503
    wait_for(server, "sse", 0)
    assert server.publish(b"x", "other") == 1


@pytest.mark.parametrize("threads", ["1", "3"])
def test_all_logs_together_have_a_bound(start_server, threads):
    server = start_server("--log-bytes-total", "1MB", "--threads", threads)
    with open_stream(server, "sse", "topic=t0"):
        for i in range(400):
            server.publish(b"x" * 10_000, f"t{i % 40}")
        stats = server.stats()
        kept = sum(topic["head"] - topic["first"] + 1 for topic in stats["topics"])
        assert 90 <= kept <= 1_000_000 // 10_000
        assert next(topic for topic in stats["topics"] if topic["name"] == "t39")["head"] == 10
        assert server.get("/polling?topic=t39&after=0").startswith(b"\x10gap 1 ")
