"""The reference server of the build under test, and clients that talk to it byte by byte."""

import contextlib
import json
import select
import signal
import socket
import subprocess
import time
import urllib.request

import pytest

from harness import BUILD

PONG = 10          # opcode (RFC 6455, section 11.8)
PATIENCE_S = 20  # an event that has not come by then will not come; never a measured time


class Server:
    """A running reference-server."""

    def __init__(self, *options, listen="127.0.0.1:0", preexec_fn=None):
        command = [str(BUILD / "reference-server"), "--listen", listen, *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=preexec_fn)
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE_S)
        line = self.process.stdout.readline() if ready else ""
        prefix = "reference-server listening on "
        assert line.startswith(prefix), f"{line!r} {self.kill_and_read_errors()}"
        self.url = line[len(prefix):].strip()
        self.port = int(self.url.rsplit(":", 1)[1])
        self.ended = None
        self.expected_code = 0

    def kill_and_read_errors(self):
        self.process.kill()
        return self.process.communicate()[1]

    def get(self, target):
        with urllib.request.urlopen(self.url + target, timeout=PATIENCE_S) as answer:
            return answer.read()

    def healthy(self):
        return self.get("/healthz") == b"ok\n"

    def stats(self):
        return json.loads(self.get("/stats"))

    def publish(self, message, topic="t"):
        request = urllib.request.Request(f"{self.url}/publish?topic={topic}", data=message, method="POST")
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return json.loads(answer.read())["sequence"]

    def wait_for_stats(self, condition):
        """Polls /stats until the condition holds, and returns them."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            stats = self.stats()
            if condition(stats):
                return stats
            assert time.monotonic() < deadline, stats

    def resident_bytes(self):
        return self.stats()["rss_bytes"]

    def connect(self, receive_buffer=None):
        return Client(self.port, receive_buffer)

    def stop(self, number=signal.SIGTERM):
        """Ends the server by a signal; returns (exit code, stderr)."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.wait()

    def wait(self):
        if self.ended is None:
            try:
                _, errors = self.process.communicate(timeout=PATIENCE_S)
            except subprocess.TimeoutExpired:
                pytest.fail(f"the server did not end: {self.kill_and_read_errors()}")
            self.ended = self.process.returncode, errors
        return self.ended


class Client:
    """A TCP connection that reads what it is told to read and nothing more."""

    def __init__(self, port, receive_buffer=None):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect(("127.0.0.1", port))
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)
        return self

    def get(self, target, *headers, version="1.1"):
        lines = [f"GET {target} HTTP/{version}", "Host: test", *headers]
        return self.send(("\r\n".join(lines) + "\r\n\r\n").encode())

    def read_some(self):
        data = self.socket.recv(1 << 16)
        self.buffer += data
        return data

    def read_until(self, mark):
        """Everything up to and including `mark`."""
        while mark not in self.buffer:
            assert self.read_some(), f"closed before {mark!r}: {self.buffer[:500]!r}"
        end = self.buffer.index(mark) + len(mark)
        taken, self.buffer = self.buffer[:end], self.buffer[end:]
        return taken

    def read_exactly(self, size):
        while len(self.buffer) < size:
            assert self.read_some(), f"closed after {len(self.buffer)} of {size} bytes"
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken

    def read_head(self):
        """(status, {header: value}) of the next response; names in lower case."""
        lines = self.read_until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:] if line)
        return int(lines[0].split()[1]), {name.lower(): value for name, value in headers.items()}

    def read_response(self):
        """(status, headers, body) of a response with Content-Length."""
        status, headers = self.read_head()
        return status, headers, self.read_exactly(int(headers.get("content-length", "0")))

    def read_chunk(self):
        size = int(self.read_until(b"\r\n"), 16)
        chunk = self.read_exactly(size)
        assert self.read_exactly(2) == b"\r\n"
        return chunk

    def read_to_end(self):
        """Everything until the peer closes. A reset is an end, too."""
        try:
            while self.read_some():
                pass
        except ConnectionResetError:
            pass
        taken, self.buffer = self.buffer, b""
        return taken

    def open_websocket(self, topic="t", after=None):
        query = f"topic={topic}" + ("" if after is None else f"&after={after}")
        self.get(f"/websocket?{query}", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
        status, headers = self.read_head()
        assert status == 101 and headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        return self

    def read_frame(self):
        """(opcode, payload) of one unmasked, final frame."""
        first, second = self.read_exactly(2)
        assert first & 0xF0 == 0x80 and second & 0x80 == 0, (first, second)
        size = second
        if size == 126:
            size = int.from_bytes(self.read_exactly(2), "big")
        elif size == 127:
            size = int.from_bytes(self.read_exactly(8), "big")
        return first & 0x0F, self.read_exactly(size)


def masked_frame(opcode, payload, fin=True):
    """A client's frame (RFC 6455, section 5.2)."""
    mask = b"\x11\x22\x33\x44"
    head = bytes([(0x80 if fin else 0) | opcode])
    if len(payload) < 126:
        head += bytes([0x80 | len(payload)])
    elif len(payload) < 1 << 16:
        head += bytes([0x80 | 126]) + len(payload).to_bytes(2, "big")
    else:
        head += bytes([0x80 | 127]) + len(payload).to_bytes(8, "big")
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


@contextlib.contextmanager
def reference_server(*options):
    """A server; yields (address, process)."""
    server = Server(*options)
    try:
        yield server.url.removeprefix("http://"), server.process
    finally:
        server.process.kill()
        server.process.communicate()
