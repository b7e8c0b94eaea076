"""The reference server over TLS, as seen by curl, Node.js, npm's ws and Python's ssl."""

import contextlib
import json
import os
import socket
import ssl
import subprocess

import pytest

from harness import BUILD, ROOT
from servers import PATIENCE_S, Client
from techniques import HTTP_STREAMS
from tls import make_certificate


@pytest.fixture
def server(tls_server):
    return tls_server


def trusting(certificate):
    context = ssl.create_default_context(cafile=certificate[0])
    context.set_alpn_protocols(["http/1.1"])
    return context


class TlsClient(Client):
    """A Client over TLS."""

    def __init__(self, port, context, session=None):
        super().__init__(port)
        self.socket = context.wrap_socket(self.socket, server_hostname="localhost", session=session)


def curl(certificate, *arguments):
    command = ["curl", "--silent", "--show-error", "--max-time", str(PATIENCE_S), "--cacert", certificate[0], *arguments]
    return subprocess.run(command, capture_output=True)


def test_it_says_https_and_curl_verifies_it(server, certificate):
    assert server.url.startswith("https://127.0.0.1:")
    url = f"https://localhost:{server.port}"
    answer = curl(certificate, "-d", "hello", f"{url}/publish?topic=t", "-w", "%{http_version} %{ssl_verify_result}")
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.endswith(b"1.1 0")
    assert curl(certificate, f"{url}/polling?topic=t&after=0").stdout == b"hello\n"
    for version in ("--tls-max", "1.2"), ("--tlsv1.3",):
        assert curl(certificate, *version, f"{url}/healthz").stdout == b"ok\n"
    page = curl(certificate, f"{url}/")
    assert b"<html" in page.stdout
    verbose = curl(certificate, "-v", f"{url}/healthz").stderr
    assert b"ALPN: server accepted http/1.1" in verbose, verbose


def test_every_stream_over_curl(server, certificate):
    for technique in HTTP_STREAMS:
        url = f"https://localhost:{server.port}/{technique}?topic={technique}&after=0&limit=3"
        for number in range(3):
            curl(certificate, "-d", f"message {number}", f"https://localhost:{server.port}/publish?topic={technique}")
        answer = curl(certificate, url)
        assert answer.returncode == 0, answer.stderr
        assert [f"message {n}".encode() in answer.stdout for n in range(3)] == [True] * 3


def test_plain_http_on_the_tls_port_is_told_so_in_plain_http(server):
    for size in 1, 1000:
        with Client(server.port) as client:
            request = b"GET /stats HTTP/1.1\r\nHost: x\r\n\r\n"
            for at in range(0, len(request), size):
                client.send(request[at:at + size])
            assert client.read_response()[::2] == (400, b"The plain HTTP request was sent to HTTPS port\n")
            assert client.read_to_end() == b""


def test_tls_on_a_plain_port_is_told_so_in_plain_http(start_server, certificate):
    server = start_server()
    with Client(server.port) as client:
        client.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(512))
        assert client.read_response()[::2] == (400, b"this port speaks plain HTTP, not TLS: use http://\n")
    answer = curl(certificate, f"https://localhost:{server.port}/")
    assert answer.returncode == 35


def test_stats_count_handshakes_resumptions_failures_and_bytes(server, certificate):
    context = trusting(certificate)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with TlsClient(server.port, context) as client:
        client.get("/healthz")
        assert client.read_response()[2] == b"ok\n"
        session = client.socket.session
    with TlsClient(server.port, context, session) as client:
        assert client.socket.session_reused
        with contextlib.suppress(ssl.SSLError):
            ssl.create_default_context().wrap_socket(socket.create_connection(("127.0.0.1", server.port)), server_hostname="localhost")

        def stats():
            client.get("/stats")
            return json.loads(client.read_response()[2])
        while stats()["tls"]["failures"] == 0:  # the alert is on its way
            pass
        seen = stats()
    assert seen["tls"] == {"handshakes": 2, "resumed": 1, "failures": 1}
    assert seen["bytes"]["sent"]["tls"] > 700 and seen["bytes"]["received"]["tls"] > 400


def test_without_tls_nothing_of_it_is_counted(start_server):
    stats = start_server().stats()
    assert stats["tls"] is None and stats["bytes"]["sent"]["tls"] is None


def test_the_connection_ends_with_close_notify(server, certificate):
    context = trusting(certificate)
    with TlsClient(server.port, context) as client:
        assert client.socket.selected_alpn_protocol() == "http/1.1"
        client.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        client.read_response()
        assert client.socket.recv(1) == b""  # an SSLEOFError without close_notify


NODE = """
const https = require('https'), WebSocket = require('ws'), fs = require('fs');
const [port, ca] = [process.argv[2], fs.readFileSync(process.argv[3])];
const socket = new WebSocket(`wss://localhost:${port}/websocket?topic=n`, {ca});
socket.on('error', (error) => { console.log(String(error)); process.exit(1); });
socket.on('open', () => {
  const request = https.request({port, host: 'localhost', path: '/publish?topic=n', method: 'POST', ca}, (answer) => {
    const protocol = answer.socket.getProtocol();
    answer.resume();
    answer.on('end', () => console.log('published', answer.statusCode, protocol));
  });
  request.end('x'.repeat(100000));
});
socket.on('message', (data) => { console.log('message', data.length); socket.close(); });
socket.on('close', (code) => console.log('closed', code));
"""


def test_npm_ws_and_node_https(server, certificate, tmp_path):
    script = tmp_path / "client.js"
    script.write_text(NODE)
    ran = subprocess.run(["node", script, str(server.port), certificate[0]], capture_output=True, text=True, timeout=PATIENCE_S,
                         env={**os.environ, "NODE_PATH": str(ROOT / "tests/npm/node_modules")})
    assert sorted(ran.stdout.splitlines()) == ["closed 1005", "message 100000", "published 200 TLSv1.3"], ran.stderr


@pytest.mark.parametrize("options, words", [
    (["--tls-cert", "{cert}"], "--tls-cert requires --tls-key"),
    (["--tls-key", "{key}"], "--tls-key requires --tls-cert"),
    (["--tls-cert", "/nowhere.pem", "--tls-key", "{key}"], "cannot read the certificate '/nowhere.pem': No such file or directory"),
    (["--tls-cert", "{key}", "--tls-key", "{key}"], "holds no certificate in PEM form"),
    (["--tls-cert", "{cert}", "--tls-key", "{cert}"], "holds no private key in PEM form"),
])
def test_wrong_options_say_what_is_wrong(certificate, options, words):
    options = [option.format(cert=certificate[0], key=certificate[1]) for option in options]
    ran = subprocess.run([BUILD / "reference-server", "--listen", "127.0.0.1:0", *options], capture_output=True, text=True,
                         timeout=PATIENCE_S)
    assert ran.returncode == 2
    assert words in ran.stderr


def test_a_key_of_another_certificate_is_named(certificate, tmp_path):
    other = make_certificate(tmp_path)
    ran = subprocess.run([BUILD / "reference-server", "--listen", "127.0.0.1:0", "--tls-cert", certificate[0], "--tls-key", other[1]],
                         capture_output=True, text=True, timeout=PATIENCE_S)
    assert ran.returncode == 2
    assert f"'{other[1]}' is not the key of '{certificate[0]}'" in ran.stderr
