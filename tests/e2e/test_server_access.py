"""Whose requests the server answers: pages of foreign sites, and names that were pointed to this machine (DNS rebinding)."""

import json

import pytest

from servers import Server

WEBSOCKET = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
ENGINE = "/socket.io/?EIO=4&topic=t&transport="
FOREIGN = {"another site": ["Host: localhost", "Origin: https://evil.example"], "a rebound name": ["Host: evil.example:80"],
           "a rebound name's page": ["Host: evil.example:80", "Origin: http://evil.example"]}


def ask(server, method, target, headers, body=b""):
    """(status, body) of one request."""
    with server.connect() as client:
        lines = [f"{method} {target} HTTP/1.1", *headers, f"Content-Length: {len(body)}"]
        client.send(("\r\n".join(lines) + "\r\n\r\n").encode() + body)
        status, answered = client.read_head()
        return status, client.read_exactly(int(answered.get("content-length", "0")))


@pytest.mark.parametrize("who", FOREIGN)
def test_the_foreign_are_refused_whatever_they_ask(server, who):
    assert server.publish(b"secret") == 1
    headers = FOREIGN[who]
    for target in ("/", "/healthz", "/stats", "/polling?topic=t&after=0", "/sse?topic=t&after=0", "/http-streaming?topic=t&after=0",
                   "/forever-frame?topic=t&after=0", "/long-polling?topic=t&after=0", ENGINE + "polling"):
        status, body = ask(server, "GET", target, headers)
        assert status == 403 and b"secret" not in body, target
    for target in ("/websocket?topic=t&after=0", ENGINE + "websocket"):
        assert ask(server, "GET", target, headers + WEBSOCKET)[0] == 403, target
    assert ask(server, "POST", "/publish?topic=t", headers, b"forged")[0] == 403
    assert server.get("/polling?topic=t&after=0") == b"secret\n"
    stats = server.stats()
    assert (stats["bad_requests"], stats["bad_upgrades"], stats["connections"]["open"]) == (10, 2, 1)


def test_a_foreign_post_of_whoever_knows_the_id_does_not_touch_the_session(server):
    with server.connect() as foreign:
        sid = json.loads(server.get(ENGINE + "polling")[1:])["sid"]
        target = f"{ENGINE}polling&sid={sid}"
        foreign.send(f"POST {target} HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\nContent-Length: 2\r\n\r\n".encode())
        foreign.send(b"40")
        assert foreign.read_response()[0] == 403
        foreign.send(f"POST {target} HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\nContent-Length: 2\r\n"
                     "Expect: 100-continue\r\n\r\n".encode())
        foreign.read_until(b"100 Continue\r\n\r\n")       # its head has been seen, and is not the POST of the session
        assert ask(server, "POST", target, ["Host: localhost"], b"40") == (200, b"ok")


def test_options_open_names_and_origins(start_server):
    server = start_server("--hosts", "push.example,other.example", "--origins", "https://example.org")
    headers = ["Host: push.example:8080", "Origin: https://example.org"]
    assert ask(server, "GET", "/healthz", headers) == (200, b"ok\n")
    assert ask(server, "GET", "/healthz", ["Host: push.example", "Origin: http://push.example"]) == (200, b"ok\n")
    assert ask(server, "GET", "/healthz", ["Host: evil.example", "Origin: https://example.org"])[0] == 403
    with server.connect() as client:
        client.get("/websocket?topic=t", "Origin: https://example.org", *WEBSOCKET)
        assert client.read_head()[0] == 101


@pytest.mark.parametrize("listen, said", [("127.0.0.1:0", False), ("localhost:0", False), ("0.0.0.0:0", True), (":0", True)])
def test_a_server_that_other_machines_reach_says_so(listen, said):
    server = Server(listen=listen)
    assert server.get("/healthz") == b"ok\n"
    code, errors = server.stop()
    assert code == 0
    assert ("other machines" in errors and "--hosts" in errors and errors.count("\n") == 1) if said else errors == ""
