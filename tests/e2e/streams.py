"""Subscribers of every stream, as bare sockets."""

import re

STREAMS = ["http-streaming", "forever-frame", "sse", "websocket"]


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
