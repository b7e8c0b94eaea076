"""pushbench listen and fetch as running processes, and servers that follow a script."""

import contextlib
import json
import queue
import signal
import socket
import subprocess
import threading
import time

from harness import PUSHBENCH
from servers import PATIENCE_S


def read_request(connection):
    """(head, body) of the next request; the body by its Content-Length."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return None
        data += piece
    head, body = data.split(b"\r\n\r\n", 1)
    size = 0
    for line in head.split(b"\r\n")[1:]:
        name, value = line.split(b":", 1)
        if name.lower() == b"content-length":
            size = int(value)
    while len(body) < size:
        body += connection.recv(65536)
    return head.decode("latin-1"), body


def chunked(body, size=64):
    """Chunked transfer coding with extensions and a trailer."""
    pieces = [body[at:at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x;a=b\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\nTrailer: x\r\n\r\n"


def answers_of_every_kind(body, headers=b""):
    """A body in each form that HTTP has for one (RFC 9112 section 6.3), by its name."""
    with_length = b"HTTP/1.1 200 OK\r\n" + headers + b"Content-Length: %d\r\n\r\n" % len(body) + body
    in_chunks = b"HTTP/1.1 200 OK\r\n" + headers + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(body)
    until_close = b"HTTP/1.1 200 OK\r\n" + headers + b"\r\n" + body
    return {
        "content-length": with_length,
        "chunked": in_chunks,
        "closed by the peer": until_close,
        "http/1.0 closed by the peer": until_close.replace(b"1.1", b"1.0", 1),
        "http/1.0 with a length": with_length.replace(b"1.1", b"1.0", 1),
        "after 100 continue": b"HTTP/1.1 100 Continue\r\n\r\n" + in_chunks,
        "after 103 early hints": b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + with_length,
    }


def in_pieces(data, size):
    """An answer that leaves in pieces of `size` bytes, each in a segment of its own as far as TCP lets it."""
    def send(connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(data), size):
            connection.sendall(data[at:at + size])
            time.sleep(0)  # lets the reader run; nothing depends on it
    return send


def then_wait(data):
    """Sends, and keeps the connection until the client leaves."""
    def send(connection):
        connection.sendall(data)
        while connection.recv(65536):
            pass
    return send


class Scripted:
    """Answers its n-th connection with the n-th answer and closes it; those after the script with the last one. An answer is bytes, or what
    to do with the connection once its request has been read. `requests` has all requests, (head, body) each."""

    def __init__(self, *answers):
        self.answers = answers
        self.requests = []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.url = "http://" + self.address
        self.connections = []
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        for each in (self.listener, *self.connections):
            each.close()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.connections.append(connection)
                number = len(self.connections) - 1
                threading.Thread(target=self.serve, args=(connection, number), daemon=True).start()

    def serve(self, connection, number):
        with contextlib.suppress(OSError):
            request = read_request(connection)
            if request is not None:
                self.requests.append(request)
                answer = self.answers[min(number, len(self.answers) - 1)]
                if callable(answer):
                    answer(connection)
                else:
                    connection.sendall(answer)
            connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def heads(self):
        return [head for head, _ in self.requests]

    def header(self, number, name):
        """Value of a header of the n-th request, or None."""
        for line in self.requests[number][0].split("\r\n")[1:]:
            if line.split(":", 1)[0].lower() == name.lower():
                return line.split(":", 1)[1].strip()
        return None


class Command:
    """pushbench listen or fetch; its lines as they come."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([PUSHBENCH, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.lines = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(json.loads(line))
        self.lines.put(None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def next(self):
        """The next line; None at the end."""
        return self.lines.get(timeout=PATIENCE_S)

    def rest(self):
        """Everything up to the end of the process."""
        lines = []
        while (line := self.next()) is not None:
            lines.append(line)
        self.code = self.process.wait(timeout=PATIENCE_S)
        return lines

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.rest()


def run_by_hand(*arguments):
    """(exit code, lines) of a command that ends by itself."""
    with Command(*arguments) as command:
        lines = command.rest()
        return command.code, lines


def without_time(line):
    return {key: value for key, value in line.items() if key != "t_ns"}
