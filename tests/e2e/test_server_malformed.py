"""Whatever a client sends, it is answered or its connection ends, and the server goes on serving others."""

import random

import pytest

from servers import Server, masked_frame

POST = b"POST /publish?topic=t HTTP/1.1\r\nHost: t\r\n"
GET = b"GET /healthz HTTP/1.1\r\nHost: t\r\n"
KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="

# What is sent, and the statuses that may answer it.
HTTP = {
    "empty line only": (b"\r\n\r\nGET /healthz HTTP/1.1\r\nHost: t\r\n\r\n", {200, 400}),
    "no version": (b"GET /healthz\r\n\r\n", {400, 505}),
    "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 505}),
    "HTTP/3.7": (b"GET / HTTP/3.7\r\nHost: t\r\n\r\n", {400, 505}),
    "TLS hello": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(200)), {400}),
    "unknown method": (b"BREW /polling?topic=t HTTP/1.1\r\nHost: t\r\n\r\n", {501}),
    "lower case method": (b"get /healthz HTTP/1.1\r\nHost: t\r\n\r\n", {501}),
    "no host": (b"GET /healthz HTTP/1.1\r\n\r\n", {400}),
    "two hosts": (b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", {400}),
    "blank in the target": (b"GET /health z HTTP/1.1\r\nHost: t\r\n\r\n", {400, 505}),
    "control byte in the target": (b"GET /\x01 HTTP/1.1\r\nHost: t\r\n\r\n", {400}),
    "NUL in a value": (GET + b"X: a\x00b\r\n\r\n", {400}),
    "blank before the colon": (b"GET /healthz HTTP/1.1\r\nHost : t\r\n\r\n", {400}),
    "header without colon": (GET + b"nonsense\r\n\r\n", {400}),
    "folded header": (GET + b"X: a\r\n b\r\n\r\n", {400}),
    "two lengths": (POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", {400}),
    "length and chunks": (POST + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
                          b"1\r\na\r\n0\r\n\r\n", {400}),
    "negative length": (POST + b"Content-Length: -1\r\n\r\n", {400}),
    "length in words": (POST + b"Content-Length: one\r\n\r\n", {400}),
    "endless length": (POST + b"Content-Length: 99999999999999999999\r\n\r\n", {400, 413}),
    "too long": (POST + b"Content-Length: 16777217\r\n\r\n", {413}),
    "bad chunk size": (POST + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", {400}),
    "huge chunk size": (POST + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", {400, 413}),
    "chunk without end": (POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n", {400}),
    "unknown coding": (POST + b"Transfer-Encoding: magic\r\n\r\n", {400, 501}),
    "large target": (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: t\r\n\r\n", {414, 431}),
    "large head": (b"GET / HTTP/1.1\r\nHost: t\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", {431}),
    "many headers": (b"GET / HTTP/1.1\r\nHost: t\r\n" + b"X: a\r\n" * 1_000 + b"\r\n", {431}),
    "topic of bad escapes": (b"GET /polling?topic=%zz%&after=%31 HTTP/1.1\r\nHost: t\r\n"
                             b"Connection: close\r\n\r\n", {200, 400}),
    "huge topic": (b"GET /sse?topic=" + b"t" * 5_000 + b" HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", {400}),
    "cursor out of range": (b"GET /polling?topic=t&after=18446744073709551616 HTTP/1.1\r\nHost: t\r\n"
                            b"Connection: close\r\n\r\n", {400}),
    "negative hold": (b"GET /long-polling?topic=t&hold=-1 HTTP/1.1\r\nHost: t\r\n"
                      b"Connection: close\r\n\r\n", {400}),
    "CONNECT": (b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n"
                b"Connection: close\r\n\r\n", {400, 404, 405, 501}),
    "asterisk": (b"OPTIONS * HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", {204}),
}


@pytest.fixture(scope="module")
def shared():
    server = Server("--request-timeout", "300ms", "--log-size", "100")
    yield server
    assert server.stop() == (0, "")


@pytest.mark.parametrize("name", HTTP)
def test_bad_http_is_answered_and_the_connection_ends(shared, name):
    data, statuses = HTTP[name]
    with shared.connect() as client:
        try:
            client.send(data)
        except (BrokenPipeError, ConnectionResetError):
            pass
        status, headers, _ = client.read_response()
        assert status in statuses
        if status != 200:
            assert client.read_to_end() == b"", "nothing after the refusal is taken for a request"
    assert shared.healthy()


@pytest.mark.parametrize("name", [name for name, (data, _) in HTTP.items() if len(data) <= 1_000])
def test_bad_http_byte_by_byte_is_answered_the_same(shared, name):
    data, statuses = HTTP[name]
    with shared.connect() as client:
        try:
            for i in range(len(data)):
                client.send(data[i:i + 1])
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert client.read_response()[0] in statuses
    assert shared.healthy()


def test_a_refused_body_is_no_request(shared):
    before = shared.publish(b"mark", "smuggled")
    hidden = b"POST /publish?topic=smuggled HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\n\r\nx"
    with shared.connect() as client:
        client.send(POST + b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n" % len(hidden)
                    + hidden)
        assert client.read_response()[0] == 400
        assert client.read_to_end() == b""
    assert shared.publish(b"mark", "smuggled") == before + 1


# Frames after a good handshake, and the close code that answers them.
FRAMES = {
    "unmasked": (b"\x81\x01a", 1002),
    "reserved bit": (b"\xc1" + masked_frame(1, b"a")[1:], 1002),
    "reserved data opcode": (b"\x83" + masked_frame(1, b"a")[1:], 1002),
    "reserved control opcode": (b"\x8b" + masked_frame(1, b"a")[1:], 1002),
    "continuation of nothing": (masked_frame(0, b"a"), 1002),
    "text inside text": (masked_frame(1, b"a", fin=False) + masked_frame(1, b"b"), 1002),
    "fragmented ping": (masked_frame(9, b"a", fin=False), 1002),
    "long ping": (masked_frame(9, b"a" * 126), 1002),
    "close of one byte": (masked_frame(8, b"a"), 1002),
    "close with a code that nobody may send": (masked_frame(8, b"\x03\xed"), 1002),
    "close with text that is no UTF-8": (masked_frame(8, b"\x03\xe8\xff"), 1007),
    "text that is no UTF-8": (masked_frame(1, b"\xc3\x28"), 1007),
    "text that is no UTF-8, unfinished": (masked_frame(1, b"a\xed\xa0\x80", fin=False), 1007),
    "longer than allowed": (b"\x82\xff" + (1 << 40).to_bytes(8, "big") + b"mask", 1009),
    "length with the top bit": (b"\x82\xff" + (1 << 63).to_bytes(8, "big") + b"mask", 1002),
    "length not in its shortest form": (b"\x82\xfe\x00\x05mask" + b"12345", 1002),
}


@pytest.mark.parametrize("name", FRAMES)
@pytest.mark.parametrize("cut", [False, True])
def test_bad_frames_end_the_connection_with_their_code(shared, name, cut):
    data, code = FRAMES[name]
    with shared.connect().open_websocket("bad") as client:
        try:
            for piece in ([data[i:i + 1] for i in range(len(data))] if cut else [data]):
                client.send(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass
        opcode, payload = client.read_frame()
        assert opcode == 8
        allowed = {1002, 1009} if "length" in name else {code}
        assert int.from_bytes(payload[:2], "big") in allowed
        assert client.read_to_end() == b""
    assert shared.healthy()


@pytest.mark.parametrize("headers, status", [
    ([], 426),
    (["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"], 400),
    (["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: x"], 400),
    (["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 7", KEY], 426),
    (["Upgrade: h2c", "Connection: Upgrade", "Sec-WebSocket-Version: 13", KEY], 426),
])
def test_what_is_no_handshake_is_refused_and_the_connection_goes_on(shared, headers, status):
    with shared.connect() as client:
        client.get("/websocket?topic=t", *headers)
        assert client.read_response()[0] == status
        client.get("/healthz")
        assert client.read_response()[2] == b"ok\n"


def test_an_upgrade_that_nobody_asked_this_route_for_is_ignored(shared):
    with shared.connect() as client:
        client.get("/healthz", "Upgrade: h2c", "Connection: Upgrade")
        assert client.read_response()[2] == b"ok\n"
        client.get("/healthz")
        assert client.read_response()[2] == b"ok\n"


def test_noise_on_any_route_does_no_harm(shared):
    dice = random.Random(20261120)
    beginnings = [b"", b"GET /", POST, b"GET /sse?topic=t HTTP/1.1\r\nHost: t\r\n\r\n",
                  b"GET /long-polling?topic=t HTTP/1.1\r\nHost: t\r\n\r\n",
                  b"GET /websocket?topic=t HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"]
    for _ in range(300):
        with shared.connect() as client:
            try:
                client.send(dice.choice(beginnings) + dice.randbytes(dice.randrange(1, 3_000)))
            except (BrokenPipeError, ConnectionResetError):
                pass
    assert shared.healthy()
    shared.wait_for_stats(lambda stats: stats["connections"]["open"] == 1)


def test_every_cut_of_a_good_conversation_leaves_nothing_behind(shared):
    conversation = (b"POST /publish?topic=cut HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhello"
                    b"GET /websocket?topic=cut HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
                    + masked_frame(1, b"hello") + masked_frame(8, b"\x03\xe8"))
    for end in range(1, len(conversation), 3):
        with shared.connect() as client:
            client.send(conversation[:end])
    assert shared.healthy()
    shared.wait_for_stats(lambda stats: stats["connections"]["open"] == 1)
