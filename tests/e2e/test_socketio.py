"""The server's Socket.IO and Engine.IO as the official client and the protocols' texts see them."""

import json
import os
import socket
import subprocess

import pytest

from harness import ROOT
from servers import PATIENCE_S, Server

HUNDRED = [str(i) for i in range(100)]


def node(script, *arguments, **environment):
    environment = dict(os.environ, NODE_PATH=str(ROOT / "tests" / "npm" / "node_modules"), **environment)
    command = ["node", str(ROOT / "tests" / "e2e" / script), *arguments]
    process = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout.splitlines()


@pytest.mark.parametrize("threads", ["1", "4"])  # connections come to any of them, sessions live on one
@pytest.mark.parametrize("transports", ["polling", "websocket", "polling,websocket"])
def test_the_official_client(transports, threads):
    server = Server("--threads", threads)
    try:
        parts = {line.pop("part"): line for line in map(json.loads, node("socketio_client.js", server.url, transports))}
        upgrades = server.stats()["socketio"]["upgrades"]
    finally:
        server.stop()
    assert parts["order"] == {"order": HUNDRED, "transport": transports.split(",")[-1]}
    assert parts["kinds"]["kinds"] == ['a "quoted"\n\\ \u20ac \U0001f600 \u0001', {"hex": "00ff011e"}, "told", {"hex": b"bytes".hex()}]
    assert parts["emits"] == {"speaker": ["all", "end"], "other": ["all", "all but me", "end", "you alone"], "next": 1, "one": {"sockets": 1}}
    assert parts["rooms"] == {"joined": {"joined": "room"}, "seen": ["first", {"hex": b"second".hex()}], "left": {"left": "room"}, "leaked": 0}
    assert parts["asks"] == {"asks": ["why!", "b"]}
    assert parts["refused"] == {"refused": "Invalid namespace", "bad": "auth.topic is no string"}
    assert parts["after"] == {"after": ["two"]}
    assert parts["recovered"] == {"recovered": True, "seen": ["1", "2", "3"]}
    assert (upgrades > 0) == ("," in transports)


@pytest.mark.parametrize("transports", ["polling", "websocket", "polling,websocket"])
def test_the_official_client_comes_back_after_the_server_was_killed(transports):
    server = Server()
    environment = dict(os.environ, NODE_PATH=str(ROOT / "tests" / "npm" / "node_modules"))
    command = ["node", str(ROOT / "tests" / "e2e" / "socketio_reconnect.js"), server.url, transports]
    client = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    again = None
    try:
        assert client.stdout.readline() == "connected\n"
        server.publish(b"before")
        assert client.stdout.readline() == "message before\n"
        server.process.kill()
        server.process.wait()
        assert client.stdout.readline() == "disconnected\n"
        again = Server(listen=f"127.0.0.1:{server.port}")
        assert client.stdout.readline() == "connected\n"
        again.publish(b"after")
        assert client.stdout.readline() == "message after\n"
    finally:
        client.kill()
        client.wait()
        if again is not None:
            again.stop()


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
def test_the_rules_of_the_protocols(secure, certificate):
    options = ["--tls-cert", certificate[0], "--tls-key", certificate[1]] if secure else []
    server = Server("--conformance", "--ping-interval", "300ms", "--ping-timeout", "200ms", "--max-payload", "1000000",
                    "--connect-timeout", "1s", *options)
    try:
        lines = node("engineio_rules.js", server.url, NODE_EXTRA_CA_CERTS=str(certificate[0]))
    finally:
        server.stop()
    assert len(lines) == 35
    assert [line for line in lines if not line.startswith("ok: ")] == []


def test_a_connection_takes_the_requests_behind_the_one_in_hand_to_another_thread():
    server = Server("--threads", "4")
    try:
        sid = json.loads(server.get("/socket.io/?EIO=4&transport=polling")[1:])["sid"]
        ok = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
        post = f"POST /socket.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n3".encode()
        for _ in range(16):                      # the kernel spreads them over all threads
            with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S) as client:
                client.sendall(ok + post + ok + post + ok)
                client.shutdown(socket.SHUT_WR)
                answer = b"".join(iter(lambda: client.recv(65536), b""))
            bodies = [part.rsplit(b"\r\n\r\n", 1)[1] for part in answer.split(b"HTTP/1.1 200 OK\r\n")[1:]]
            assert bodies == [b"ok\n", b"ok", b"ok\n", b"ok", b"ok\n"], answer
        assert server.stats()["requests"] >= 80
    finally:
        server.stop()


def test_the_official_client_for_pages_is_served(tmp_path):
    script = ROOT / "tests" / "npm" / "node_modules" / "socket.io-client" / "dist" / "socket.io.min.js"
    server = Server("--socketio-client", str(script), "--socketio-path", "/push/")
    try:
        assert server.get("/push/socket.io.js") == script.read_bytes()
        assert server.get("/push/?EIO=4&transport=polling").startswith(b'0{"sid":"')
    finally:
        server.stop()
