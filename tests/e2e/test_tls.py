"""pushbench over TLS: every technique, every way in which it fails, redirects, and a session that is resumed."""

import pytest

from by_hand import Command, Scripted, run_by_hand
from harness import TECHNIQUES, bad_server, run
from tls import make_certificate, over_tls


@pytest.fixture
def server(tls_server):
    return tls_server


def address(server):
    return f"localhost:{server.port}"


def test_every_technique_delivers_everything_over_tls_and_leaves_no_key_behind(tmp_path, monkeypatch):
    keys = tmp_path / "keys"
    keys.mkdir()
    monkeypatch.setenv("TMPDIR", str(keys))
    finished = run(tmp_path, "--set", "tls=true", techniques=TECHNIQUES)
    assert finished.complete, finished.out + finished.err
    for r in finished.result["runs"]:
        assert r["failures"] == {}, r["failure_examples"]
        for direction in "received", "sent":
            assert r["bytes"][direction]["tls"] >= (0 if r["requests"] == 0 and direction == "sent" else 1), r["technique"]
        assert r["bytes"]["received"]["tls"] >= 22 * r["bytes"]["deliveries"] / 64  # a record holds some messages, not all
        assert r["tls"]["failures"] == 0
    assert list(keys.iterdir()) == []


def test_a_connection_for_each_poll_resumes_its_session_unless_told_not_to(tmp_path):
    polling = "{interval: 50ms, connection: close, tls: %s}"
    techniques = ", ".join("polling: " + polling % tls for tls in ("true", "{resume: false}", "{max-version: 1.2}", "false"))
    finished = run(tmp_path, "--set", f"techniques=[{techniques}]")
    assert finished.complete, finished.out + finished.err
    runs = {r["variant"]: r for r in finished.result["runs"]}
    assert list(runs) == ["tls", "tls without resumption", "tls 1.2", "plain"]
    assert runs["plain"]["tls"] is None and runs["plain"]["bytes"]["received"]["tls"] is None
    for name in "tls", "tls 1.2":
        assert runs[name]["tls"]["resumed"] == runs[name]["tls"]["handshakes"] > 50, runs[name]["tls"]
    full = runs["tls without resumption"]["tls"]
    assert full["resumed"] == 0 and full["handshakes"] > 50 and full["handshakes_per_s"] > 50
    assert full["handshake_bytes"]["received"] > runs["tls"]["tls"]["handshake_bytes"]["received"] * full["handshakes"] \
        / runs["tls"]["tls"]["handshakes"]
    assert "% of them resumed" in finished.out


def test_socketio_connections_go_to_the_thread_that_has_their_session(tmp_path, start_server, certificate):
    server = start_server("--tls-cert", certificate[0], "--tls-key", certificate[1], "--threads", "3")
    finished = run(tmp_path, "--set", f"tls.ca={certificate[0]}", target=f"https://{address(server)}", connect_timeout="15s",
                   techniques=[{"socketio": {"transport": "polling"}}, {"socketio": {"transport": "upgrade"}}])
    assert finished.complete, finished.out + finished.err


def test_a_target_of_ones_own_over_https(tmp_path, server, certificate):
    finished = run(tmp_path, "--set", f"tls.ca={certificate[0]}", target=f"https://{address(server)}", techniques=["websocket", "sse"])
    assert finished.complete, finished.out + finished.err


@pytest.mark.parametrize("tls, reason", [
    ("true", "self-signed and not a trusted one"),
    ("{ca: CERT, server-name: other.example}", "the server's certificate is for localhost, 127.0.0.1, not for other.example"),
])
def test_a_server_that_is_not_trusted_is_a_failure_of_its_own_kind(tmp_path, server, certificate, tls, reason):
    finished = run(tmp_path, "--set", f"tls={tls.replace('CERT', str(certificate[0]))}", target=f"https://{address(server)}", connect_timeout="10s")
    assert finished.code == 3
    assert set(finished.run["failures"]) == {"tls"}
    assert reason in finished.run["failure_examples"]["tls"]


def test_a_file_of_trusted_certificates_that_cannot_be_read_is_named(tmp_path, server):
    finished = run(tmp_path, "--set", "tls.ca=/nowhere.pem", target=f"https://{address(server)}")
    assert finished.code == 3 and "'/nowhere.pem'" in finished.err
    code, lines = run_by_hand("fetch", f"https://{address(server)}/", "--ca", "/nowhere.pem")
    assert code == 2 and lines == []


def reason_of(*arguments):
    code, lines = run_by_hand("fetch", *arguments)
    assert code == 1 and lines[-1]["complete"] is False, lines
    return lines[-1]["reason"]


def test_fetch_says_why_tls_failed(server, certificate, start_server, tmp_path):
    url = f"https://{address(server)}/healthz"
    assert run_by_hand("fetch", url, "--ca", certificate[0])[1][-1] == {"k": "end", "complete": True, "bytes": 3}
    assert run_by_hand("fetch", url, "--insecure")[0] == 0
    assert reason_of(url) == f"tls: {address(server)}: the server's certificate is self-signed and not a trusted one"
    other = make_certificate(tmp_path, "DNS:other.example,IP:192.0.2.1")
    wrong = address(start_server("--tls-cert", other[0], "--tls-key", other[1]))
    assert reason_of(f"https://{wrong}/", "--ca", other[0]).endswith("is for other.example, 192.0.2.1, not for localhost")
    plain = start_server()
    assert reason_of(f"https://{address(plain)}/", "--insecure") == f"tls: {address(plain)}: the server speaks plain HTTP, use http://"
    _, lines = run_by_hand("fetch", url.replace("https", "http"))
    assert lines[0]["status"] == 400


def test_a_peer_that_closes_or_says_nothing_during_the_handshake():
    with bad_server(lambda connection: (connection.recv(65536), connection.close())) as closing:
        assert "closed the connection during the TLS handshake" in reason_of(f"https://{closing}/", "--insecure")
    with bad_server(lambda connection: connection.recv(1)) as silent:
        assert reason_of(f"https://{silent}/", "--insecure", "--timeout", "300ms").startswith("timeout: ")
    with bad_server(lambda connection: (connection.recv(1), connection.sendall(b"\x00\x01garbage" * 20))) as nonsense:
        assert "is no TLS" in reason_of(f"https://{nonsense}/", "--insecure")


@pytest.mark.parametrize("goodbye", [True, False])
def test_a_body_that_ends_with_the_connection_is_complete_only_with_close_notify(certificate, goodbye):
    def talk(connection):
        connection.recv(65536)
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\nhalf a sto")
    with bad_server(over_tls(talk, certificate, goodbye)) as front:
        code, lines = run_by_hand("fetch", f"https://{front}/", "--ca", certificate[0])
    assert (code, lines[-1]["complete"]) == (0, True) if goodbye else (1, False)
    assert goodbye or "close_notify" in lines[-1]["reason"]


def test_listen_over_wss_and_https(server, certificate):
    for url in "wss", "https":
        technique = "websocket" if url == "wss" else "sse"
        with Command("listen", f"{url}://{address(server)}/{technique}?topic={technique}", "--ca", certificate[0], "--count", "1") as command:
            assert command.next() == {"k": "open"}
            run_by_hand("fetch", f"https://{address(server)}/publish?topic={technique}", "--body", "hello", "--ca", certificate[0])
            assert command.next()["data"] == "hello"
            assert command.rest() == [] and command.code == 0


def test_redirects_lead_to_https_and_back(server, certificate, start_server):
    def leads_to(url):
        return b"HTTP/1.1 307 Temporary Redirect\r\nLocation: %s/sse?topic=t&after=0\r\nContent-Length: 0\r\n\r\n" % url.encode()

    def one_message(front, other):
        run_by_hand("fetch", f"{other}/publish?topic=t", "--body", "hello", "--ca", certificate[0])
        with Command("listen", f"{front}/sse?topic=t&after=0", "--ca", certificate[0], "--count", "1") as command:
            lines = command.rest()
        assert [line["k"] for line in lines] == ["open", "event"] and lines[1]["data"] == "hello", lines

    secure = f"https://{address(server)}"
    with Scripted(leads_to(secure)) as front:
        one_message(front.url, secure)
    plain = f"http://{address(start_server())}"

    def talk(connection):
        connection.recv(65536)
        connection.sendall(leads_to(plain))
        connection.recv(65536)
    with bad_server(over_tls(talk, certificate)) as front:
        one_message(f"https://{front}", plain)
