"""Connections that break in the middle of a run: everything is delivered once all the same, and the failures are counted."""

import contextlib
import json
import socket
import threading

import pytest

from harness import TECHNIQUES, started
from servers import reference_server


class Proxy:
    """Passes bytes on to `target`; cut() resets every connection that is open."""

    def __init__(self, target):
        host, port = target.rsplit(":", 1)
        self.target = (host, int(port))
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.open = []
        self.accepted = 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(self.target)
                with self.lock:
                    self.accepted += 1
                    self.open.append((client, server))
                for source, sink in ((client, server), (server, client)):
                    threading.Thread(target=self.copy, args=(source, sink), daemon=True).start()

    @staticmethod
    def copy(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def cut(self):
        with self.lock:
            for pair in self.open:
                for end in pair:
                    with contextlib.suppress(OSError):
                        end.shutdown(socket.SHUT_RDWR)
            self.open.clear()


@pytest.mark.parametrize("technique", TECHNIQUES)
def test_nothing_is_lost_or_doubled_when_every_connection_breaks(tmp_path, technique):
    with reference_server() as (address, _):
        proxy = Proxy(address)
        with started(tmp_path, target=f"http://{proxy.address}", techniques=[technique], measure="3s", rate="50/s", subscribers=8) as process:
            threading.Timer(1.5, proxy.cut).start()
            out, err = process.communicate(timeout=40)
        assert proxy.accepted >= 2 * 8 if technique != "polling" else proxy.accepted > 8
    r = json.loads((tmp_path / "out" / "result.json").read_text())["runs"][0]
    assert r["expected_deliveries"] == r["published"] * 8
    # The publisher's connection broke too: what was on its way is counted as not published, unless somebody received it.
    assert r["published"] + r["publish_failed"] == 150
    assert r["published"] >= 130, out + err
    assert (r["missing"], r["duplicate"], r["corrupt"]) == (0, 0, 0), out + err
    assert r["delivered"] == r["expected_deliveries"]
