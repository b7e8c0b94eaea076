"""A run whose subscribers are sent to another server, and one whose subscribers are sent away for good."""

import socket
import threading

import pytest

from harness import Proxy, bad_server, run
from servers import reference_server
from techniques import HTTP


def redirecting(target):
    """Sends every GET to `target` and passes everything else on to it."""
    def talk(connection):
        data = connection.recv(65536)
        if data.startswith(b"GET "):
            path = data.split(b" ")[1]
            connection.sendall(b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://%s%s\r\nContent-Length: 0\r\n\r\n" % (target.encode(), path))
            return
        host, port = target.rsplit(":", 1)
        server = socket.create_connection((host, int(port)))
        server.sendall(data)
        threading.Thread(target=Proxy.copy, args=(server, connection), daemon=True).start()
        Proxy.copy(connection, server)
    return talk


@pytest.mark.parametrize("technique", HTTP)
def test_every_message_arrives_from_the_server_that_a_redirect_names(tmp_path, technique):
    with reference_server() as (address, _), bad_server(redirecting(address)) as front:
        finished = run(tmp_path, target=f"http://{front}", techniques=[technique])
    r = finished.run
    assert r["delivered"] == r["expected_deliveries"] == 10 * r["published"] > 0, finished.out + finished.err
    assert (r["missing"], r["duplicate"], r["corrupt"], r["failures"]) == (0, 0, 0, {}), finished.out + finished.err


def test_a_204_ends_each_sse_subscriber_with_one_failure(tmp_path):
    def talk(connection):
        while connection.recv(65536):
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
    with bad_server(talk) as address:
        finished = run(tmp_path, target=f"http://{address}", techniques=["sse"])
    assert finished.code == 3
    assert finished.run["failures"] == {"status": 10}
    assert "204" in finished.run["failure_examples"]["status"]
