"""WebSocket against npm's `ws`, client and server, with and without permessage-deflate."""

import contextlib
import json
import os
import subprocess

import pytest

from by_hand import Command, run_by_hand, without_time
from harness import ROOT, run
from servers import PATIENCE_S

ENVIRONMENT = dict(os.environ, NODE_PATH=str(ROOT / "tests" / "npm" / "node_modules"))
BOTH_ALONE = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"


@contextlib.contextmanager
def ws_server(**options):
    process = subprocess.Popen(["node", ROOT / "tests" / "e2e" / "ws_server.js", json.dumps(options)], stdout=subprocess.PIPE, text=True,
                               env=ENVIRONMENT)
    try:
        yield process, "127.0.0.1:%d" % int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("options, deflate, agreed", [
    ({"perMessageDeflate": False}, "context-takeover", "no extension"),
    ({"perMessageDeflate": {"threshold": 0}}, "context-takeover", "permessage-deflate"),
    ({"perMessageDeflate": {"threshold": 0}}, "no-context-takeover", BOTH_ALONE),
    ({"perMessageDeflate": {"threshold": 0, "serverMaxWindowBits": 9, "clientMaxWindowBits": 9, "serverNoContextTakeover": True}},
     "context-takeover", "permessage-deflate; server_no_context_takeover; server_max_window_bits=9; client_max_window_bits=9"),
])
def test_the_echo_answers_npm_ws(start_server, options, deflate, agreed):
    server = start_server("--conformance", "--deflate", deflate, "--subprotocol", "chat.v1,chat.v2")
    result = subprocess.run(["node", ROOT / "tests" / "e2e" / "ws_echo_client.js", server.url, json.dumps(options)], capture_output=True,
                            text=True, timeout=6 * PATIENCE_S, env=ENVIRONMENT)
    assert result.returncode == 0, result.stdout + result.stderr
    told = result.stdout.splitlines()
    assert sorted(told[0].split("; ")) == sorted(agreed.split("; "))
    assert told[1:] == ["subprotocol", "text and binary", "fragments with a ping between them", "sixteen mebibytes", "close codes",
                        "errors"]


@pytest.mark.parametrize("offer, options, agreed", [
    ("off", {"perMessageDeflate": True}, ""),
    ("on", {"perMessageDeflate": False}, ""),
    ("on", {"perMessageDeflate": {"threshold": 0}}, "permessage-deflate"),
    ("on", {"perMessageDeflate": {"threshold": 0, "serverMaxWindowBits": 10, "clientMaxWindowBits": 9}},
     "permessage-deflate; server_max_window_bits=10; client_max_window_bits=9"),
    ("no-context-takeover", {"perMessageDeflate": {"threshold": 0}}, BOTH_ALONE),
])
def test_listen_answers_an_npm_ws_server_until_it_closes(offer, options, agreed):
    with ws_server(**options) as (process, address):
        code, lines = run_by_hand("listen", f"ws://{address}/cases?case=1&agent=x", "--echo", "--deflate", offer, "--subprotocol", "other",
                                  "--subprotocol", "chat.v2")
        told = json.loads(process.stdout.readline())
    assert code == 0
    assert lines[0] == {"k": "open"}
    assert lines[-1] == {"k": "close", "code": 1000, "reason": "all asked"}
    assert [line["k"] for line in lines[1:-1]] == ["message"] * 9
    assert [line.get("binary", False) for line in lines[1:-1]] == [False] * 5 + [True] * 3 + [False]
    assert (told["answered"], told["whole"], told["code"], told["protocol"]) == (told["of"], True, 1000, "chat.v2")
    assert sorted(told["extensions"].split("; ")) == sorted(agreed.split("; "))


def test_listen_with_echo_fails_where_there_is_no_websocket(server):
    code, lines = run_by_hand("listen", f"{server.url.replace('http', 'ws')}/nothing", "--echo")
    assert code == 1
    assert [without_time(line)["k"] for line in lines] == ["error"]


def test_listen_prints_the_close_frame_of_a_server_that_ends(start_server):
    server = start_server()
    with Command("listen", f"{server.url}/websocket?topic=t") as client:
        assert client.next() == {"k": "open"}
        server.stop()
        assert client.next() == {"k": "close", "code": 1001, "reason": "the server is shutting down"}
        assert client.next()["state"] == 0


def deflated(finished):
    received = finished.run["bytes"]["received"]
    assert all(received[kind] >= 0 for kind in ("payload", "framing", "http"))
    return finished.run["compression"]


@pytest.mark.parametrize("offer", ["on", "no-context-takeover"])
def test_a_run_against_npm_ws_with_deflate(tmp_path, offer):
    with ws_server(perMessageDeflate={"threshold": 0}) as (_, address):
        finished = run(tmp_path, "--set", f"techniques=[websocket: {{deflate: {offer}}}]", "--set", "publish.payload=1KiB",
                       target=f"http://{address}", subscribers=20)
    assert finished.complete, finished.err
    counts = deflated(finished)
    assert counts["messages"] == finished.run["bytes"]["deliveries"]
    assert 0 < counts["compressed_bytes"] == finished.run["bytes"]["received"]["encoded"]


@pytest.mark.parametrize("mode", ["context-takeover", "no-context-takeover"])
def test_a_run_tells_what_the_reference_server_has_compressed(tmp_path, mode):
    finished = run(tmp_path, "--set", "techniques=[websocket: {deflate: on}]", "--set", f"server.deflate={mode}", "--set", "publish.payload=1KiB",
                   subscribers=20)
    assert finished.complete, finished.err
    counts = deflated(finished)
    assert counts["messages"] == finished.run["bytes"]["deliveries"]
    assert counts["payload_bytes"] == 1024 * counts["messages"]


def test_a_run_without_an_offer_has_no_compression(tmp_path):
    finished = run(tmp_path, "--set", "server.deflate=context-takeover", techniques=["websocket"])
    assert finished.complete, finished.err
    assert deflated(finished) is None
