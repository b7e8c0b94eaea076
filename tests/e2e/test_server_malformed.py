"""Whatever a client sends, it is answered or its connection ends, and the server goes on serving others."""

import json
import random

import pytest

from servers import Server, masked_frame
from techniques import HTTP

GET = b"GET /healthz HTTP/1.1\r\nHost: t\r\n"
GET_1_0 = b"GET /healthz HTTP/1.0\r\n"
POST = b"POST /publish?topic=t HTTP/1.1\r\nHost: t\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="

# What is sent, and the statuses that may answer it: the connection ends then.
REFUSED = {
    "no version": (b"GET /healthz\r\n\r\n", {505}),
    "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 505}),
    "HTTP/3.7": (b"GET / HTTP/3.7\r\nHost: t\r\n\r\n", {505}),
    "HTTP/1.x": (b"GET / HTTP/1.x\r\nHost: t\r\n\r\n", {400}),
    "another protocol": (b"GET / RTSP/1.0\r\nHost: t\r\n\r\n", {400}),
    "TLS hello": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(200)), {400}),
    "unknown method": (b"BREW /polling?topic=t HTTP/1.1\r\nHost: t\r\n\r\n", {501}),
    "method of another protocol": (b"DESCRIBE / HTTP/1.1\r\nHost: t\r\n\r\n", {501}),
    "lower case method": (b"get /healthz HTTP/1.1\r\nHost: t\r\n\r\n", {501}),
    "blank before the method": (b" GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n", {400}),
    "no host": (b"GET /healthz HTTP/1.1\r\n\r\n", {400}),
    "absolute target without Host": (b"GET http://t/healthz HTTP/1.1\r\n\r\n", {400}),
    "absolute target of another scheme": (b"GET ftp://t/healthz HTTP/1.1\r\nHost: t\r\n\r\n", {400}),
    "absolute target without a host": (b"GET http:///healthz HTTP/1.1\r\nHost: t\r\n\r\n", {400}),
    "two hosts": (b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", {400}),
    "two equal hosts": (b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", {400}),
    "a host that is none": (b"GET /healthz HTTP/1.1\r\nHost: a/b\r\n\r\n", {400}),
    "blank in the target": (b"GET /health z HTTP/1.1\r\nHost: t\r\n\r\n", {400}),
    "control byte in the target": (b"GET /\x01 HTTP/1.1\r\nHost: t\r\n\r\n", {400}),
    "NUL in a value": (GET + b"X: a\x00b\r\n\r\n", {400}),
    "NUL in a name": (GET + b"X\x00: a\r\n\r\n", {400}),
    "control byte in a value": (GET + b"X: a\x01\r\n\r\n", {400}),
    "blank before the colon": (b"GET /healthz HTTP/1.1\r\nHost : t\r\n\r\n", {400}),
    "header without colon": (GET + b"nonsense\r\n\r\n", {400}),
    "header without name": (GET + b": x\r\n\r\n", {400}),
    "folded header": (GET + b"X: a\r\n b\r\n\r\n", {400}),
    "bare LF after the request line": (b"GET /healthz HTTP/1.1\nHost: t\r\n\r\n", {400}),
    "bare LF after a header": (GET + b"X: a\nY: b\r\n\r\n", {400}),
    "bare LF at the end": (GET + b"\n", {400}),
    "bare CR": (GET + b"X: a\rY: b\r\n\r\n", {400}),
    "two lengths": (POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", {400}),
    "the same length twice": (POST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nab", {400}),
    "a list of lengths": (POST + b"Content-Length: 2, 2\r\n\r\nab", {400}),
    "length and chunks": (POST + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", {400}),
    "chunks and length": (POST + b"Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n1\r\na\r\n0\r\n\r\n", {400}),
    "empty coding and length": (POST + b"Transfer-Encoding:\r\nContent-Length: 1\r\n\r\na", {400}),
    "negative length": (POST + b"Content-Length: -1\r\n\r\n", {400}),
    "length in words": (POST + b"Content-Length: one\r\n\r\n", {400}),
    "endless length": (POST + b"Content-Length: 99999999999999999999\r\n\r\n", {400, 413}),
    "too long": (POST + b"Content-Length: 16777217\r\n\r\n", {413}),
    "too long and waiting": (POST + b"Expect: 100-continue\r\nContent-Length: 16777217\r\n\r\n", {413}),
    "unknown expectation": (POST + b"Expect: miracles\r\nContent-Length: 1\r\n\r\na", {417}),
    "bad chunk size": (CHUNKED + b"xyz\r\n", {400}),
    "blank after a chunk size": (CHUNKED + b"1 \r\na\r\n0\r\n\r\n", {400}),
    "bare LF after a chunk size": (CHUNKED + b"1\na\r\n0\r\n\r\n", {400}),
    "huge chunk size": (CHUNKED + b"ffffffffffffffff\r\n", {400, 413}),
    "chunk size that overflows": (CHUNKED + b"10000000000000001\r\na\r\n0\r\n\r\n", {400, 413}),
    "chunk without end": (CHUNKED + b"1\r\nabc\r\n0\r\n\r\n", {400}),
    "bad chunk extension": (CHUNKED + b"1;a\x01\r\na\r\n0\r\n\r\n", {400}),
    "bare LF after the trailers": (CHUNKED + b"1\r\na\r\n0\r\n\n", {400}),
    "folded trailer": (CHUNKED + b"1\r\na\r\n0\r\nX: y\r\n z\r\n\r\n", {400}),
    "unknown coding": (POST + b"Transfer-Encoding: magic\r\n\r\n", {501}),
    "chunks in HTTP/1.0": (POST.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400}),
    "large target": (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: t\r\n\r\n", {414}),
    "large head": (b"GET / HTTP/1.1\r\nHost: t\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", {431}),
    "many headers": (b"GET / HTTP/1.1\r\nHost: t\r\n" + b"X: a\r\n" * 1_000 + b"\r\n", {431}),
    "large trailers": (CHUNKED + b"1\r\na\r\n0\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", {431}),
}

# Answered, and the next request on the connection is answered as well.
ANSWERED = {
    "empty lines before it": (b"\r\n\r\n" + GET + b"\r\n", 200),
    "absolute target": (b"GET http://elsewhere:80/healthz HTTP/1.1\r\nHost: t\r\n\r\n", 200),
    "asterisk": (b"OPTIONS * HTTP/1.1\r\nHost: t\r\n\r\n", 204),
    "no such method here": (b"PUT /healthz HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\nhi", 405),
    "no such path": (b"POST /nowhere HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\nhi", 404),
    "a GET with a body": (GET + b"Content-Length: 2\r\n\r\nhi", 200),
    "chunks with extensions and trailers": (CHUNKED + b'1;a;b="c d"\r\na\r\n0;e\r\nX: y\r\nContent-Length: 7\r\n\r\n', 200),
    "an upgrade that nobody does": (POST + b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nhi", 200),
    "topic of bad escapes": (b"GET /polling?topic=%zz%&after=%30 HTTP/1.1\r\nHost: t\r\n\r\n", 200),
    "huge topic": (b"GET /sse?topic=" + b"t" * 5_000 + b" HTTP/1.1\r\nHost: t\r\n\r\n", 400),
    "cursor out of range": (b"GET /polling?topic=t&after=18446744073709551616 HTTP/1.1\r\nHost: t\r\n\r\n", 400),
    "negative hold": (b"GET /long-polling?topic=t&hold=-1 HTTP/1.1\r\nHost: t\r\n\r\n", 400),
    "HTTP/1.0 that stays": (GET_1_0 + b"Connection: keep-alive\r\n\r\n", 200),
}

# Answered, and the connection ends: what is behind it is no request.
LAST = {
    "close": (GET + b"Connection: close\r\n\r\n", 200),
    "close among others": (GET + b"Connection: keep-alive, Close\r\n\r\n", 200),
    "HTTP/1.0": (GET_1_0 + b"\r\n", 200),
    "HTTP/1.0 that cannot decide": (GET_1_0 + b"Connection: keep-alive\r\nConnection: close\r\n\r\n", 200),
    "HTTP/1.0 that waits for 100": (POST.replace(b"1.1", b"1.0") + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi", 200),
    "CONNECT": (b"CONNECT localhost:443 HTTP/1.1\r\nHost: localhost:443\r\n\r\n", 404),
}

# Pipelined behind each of them: it leaves a trace when it is taken for a request.
NEXT = b"POST /publish?topic=next HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\n\r\nx"


@pytest.fixture(scope="module")
def shared():
    server = Server("--request-timeout", "300ms", "--log-size", "100")
    yield server
    assert server.stop() == (0, "")


def send(client, data, cut):
    try:
        for piece in ([data[i:i + 1] for i in range(len(data))] if cut else [data]):
            client.send(piece)
    except (BrokenPipeError, ConnectionResetError):
        pass


def published_next(server):
    return next((topic["head"] for topic in server.stats()["topics"] if topic["name"] == "next"), 0)


def rows(table):
    """Each whole, and byte by byte where that is no matter of minutes."""
    return [pytest.param(*row, cut, id=name + (", cut" if cut else ""))
            for name, row in table.items() for cut in (False, True) if not cut or len(row[0]) <= 1_000]


@pytest.mark.parametrize("data, statuses, cut", rows(REFUSED))
def test_bad_http_is_refused_and_the_connection_ends(shared, data, statuses, cut):
    before = published_next(shared)
    with shared.connect() as client:
        send(client, data + NEXT, cut)
        status, headers, _ = client.read_response()
        assert status in statuses and headers["connection"] == "close"
        assert client.read_to_end() == b"", "nothing after the refusal is taken for a request"
    assert published_next(shared) == before


@pytest.mark.parametrize("data, status, cut", rows(ANSWERED))
def test_unusual_http_is_answered_and_so_is_what_follows(shared, data, status, cut):
    before = published_next(shared)
    with shared.connect() as client:
        send(client, data + NEXT, cut)
        assert client.read_response()[0] == status
        status, _, body = client.read_response()
        assert (status, json.loads(body)) == (200, {"sequence": before + 1})


@pytest.mark.parametrize("data, status, cut", rows(LAST))
def test_what_follows_the_last_request_is_ignored(shared, data, status, cut):
    before = published_next(shared)
    with shared.connect() as client:
        send(client, data + NEXT, cut)
        answer = client.read_response()
        assert (answer[0], answer[1]["connection"]) == (status, "close")
        assert client.read_to_end() == b""
    assert published_next(shared) == before


@pytest.mark.parametrize("target", ["/", "/healthz", "/stats", "/nowhere", "/publish?topic=t", "/websocket?topic=t",
                                    *(f"/{technique}?topic=t" for technique in HTTP)])
def test_an_answer_to_head_is_a_head_and_the_next_request_is_answered(shared, target):
    with shared.connect() as client:
        client.send(b"HEAD %s HTTP/1.1\r\nHost: t\r\n\r\n" % target.encode() + GET + b"\r\n")
        status, headers = client.read_head()
        assert (status == 405) == ("allow" in headers)
        assert status == {"/nowhere": 404, "/publish?topic=t": 405, "/websocket?topic=t": 426}.get(target, 200)
        assert client.read_response()[2] == b"ok\n"


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
