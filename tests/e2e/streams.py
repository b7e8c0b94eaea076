"""Subscribers of every stream, as bare sockets."""

from formats import FORMATS, STREAMS

__all__ = ["STREAMS", "open_stream", "read_message", "wait_for"]


def wait_for(server, technique, count=1):
    server.wait_for_stats(lambda stats: stats["connections"]["by_technique"][technique] == count)


def open_stream(server, technique, query="topic=t", receive_buffer=None):
    """A subscriber whose head has been read: every later publish must reach it."""
    client = server.connect(receive_buffer)
    FORMATS[technique].open(client, technique, query)
    return client


def read_message(client, technique):
    return FORMATS[technique].read(client)
