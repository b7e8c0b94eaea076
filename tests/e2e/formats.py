"""How each technique writes, by its specification and independent of the code under test: one class a format. Tests that read or write
streams themselves are about the techniques that have a row in FORMATS."""

import re

from techniques import HTTP_STREAMS

CHUNK = len("fff\r\n\r\n")      # around a piece of a chunked body of less than 4 KiB


class Format:
    content_type = b"text/plain; charset=utf-8"
    preamble_lines = 0        # before the first message
    heartbeat = b""
    chunked = True

    def message(self, sequence, payload):
        """One message whose text needs no escapes; no sequence: of a server that numbers none."""
        raise NotImplementedError

    def comment(self, text):
        """What says nothing and goes before a message; empty where the format has none."""
        return b""

    def gap(self, first, last):
        raise NotImplementedError

    def payload(self, piece):
        """The text of the message in a piece of the stream; None where there is none."""
        raise NotImplementedError

    def framing(self, sequence=None, size=100):
        return len(self.message(sequence, b"x" * size)) - size

    def open(self, client, technique, query):
        client.get(f"/{technique}?{query}")
        assert client.read_head()[0] == 200

    def read_piece(self, client):
        return client.read_chunk()

    def read(self, client):
        payload = None
        while payload is None:
            payload = self.payload(self.read_piece(client))
        return payload


class Lines(Format):
    def message(self, sequence, payload):
        return payload + b"\n"

    def gap(self, first, last):
        return b"\x10gap %d %d\n" % (first, last)

    def payload(self, piece):
        return piece.removesuffix(b"\n")


class Scripts(Format):
    content_type = b"text/html"
    preamble_lines = 4
    heartbeat = b"\n"
    pattern = re.compile(rb'pushbench\(\d+,"(.*)"\)')

    def script(self, arguments):
        return b"<script>parent.pushbench&&parent.pushbench(%s)</script>\n" % arguments

    def message(self, sequence, payload):
        return self.script(b'%d,"%s"' % (sequence or 1, payload))

    def gap(self, first, last):
        return self.script(b'%d,%d,"gap"' % (last, first))

    def payload(self, piece):
        script = self.pattern.search(piece)       # else it is the page's beginning
        return script and script.group(1)


class Events(Format):
    content_type = b"text/event-stream"
    heartbeat = b":\n\n"
    pattern = re.compile(rb"^data: (.*)$", re.M)

    def message(self, sequence, payload):
        return (b"" if sequence is None else b"id: %d\n" % sequence) + b"data: %s\n\n" % payload

    def comment(self, text):
        return b": %s\n\n" % text

    def gap(self, first, last):
        return b'event: gap\ndata: {"first":%d,"last":%d}\n\n' % (first, last)

    def payload(self, piece):
        return self.pattern.search(piece).group(1)


class Frames(Format):
    content_type = None
    chunked = False

    def message(self, sequence, payload):
        assert len(payload) < 126
        return bytes([0x81, len(payload)]) + payload

    def comment(self, text):
        return bytes([0x89, len(text)]) + text    # a ping

    def open(self, client, technique, query):
        topic, _, after = query.removeprefix("topic=").partition("&after=")
        client.open_websocket(topic, after or None)

    def read_piece(self, client):
        return client.read_frame()[1]

    def payload(self, piece):
        return piece


FORMATS = {"http-streaming": Lines(), "forever-frame": Scripts(), "sse": Events(), "websocket": Frames()}
STREAMS = list(FORMATS)          # what bare sockets subscribe to
assert set(HTTP_STREAMS) <= set(STREAMS), "tests/e2e/formats.py: a stream of the table has no format here"
