"""The reference server as read by clients that others wrote: npm's eventsource, and undici's fetch for every technique."""

import json
import os
import signal
import subprocess

import pytest

from harness import ROOT
from servers import PATIENCE_S, Server

CLIENTS = ["eventsource", "sse", "http-streaming", "http-streaming gzip", "forever-frame", "long-polling", "polling"]
COUNT = 20


class NodeClient:
    """push_client.js, read line by line."""

    def __init__(self, client, server, count):
        environment = dict(os.environ, NODE_PATH=str(ROOT / "tests" / "npm" / "node_modules"))
        self.process = subprocess.Popen(["node", ROOT / "tests" / "e2e" / "push_client.js", client, server.url, str(count)],
                                        stdout=subprocess.PIPE, text=True, env=environment)
        self.opened = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def wait_until_open(self):
        self.opened = json.loads(self.process.stdout.readline())
        assert self.opened["open"]
        return self

    def messages(self, count):
        """The next `count` [data, id]; reconnects in between are passed over."""
        found = []
        while len(found) < count:
            line = json.loads(self.process.stdout.readline())
            if isinstance(line, list):
                found.append(line)
        return found


@pytest.mark.parametrize("client", CLIENTS)
def test_every_message_arrives_once_and_in_order(start_server, client):
    server = start_server("--hold", "2s")
    with NodeClient(client, server, COUNT) as node:
        node.wait_until_open()
        assert node.opened.get("encoding") == ("gzip" if client.endswith("gzip") else None)
        texts = [f"message {i} äöü" for i in range(1, COUNT + 1)]
        assert server.publish(texts[0].encode()) == 1
        assert node.messages(1) == [[texts[0], 1]], "each is there before the next is published: nothing holds it back"
        for text in texts[1:]:
            server.publish(text.encode())
        assert node.messages(COUNT - 1) == [[text, i] for i, text in enumerate(texts[1:], 2)]
        assert node.process.wait(PATIENCE_S) == 0


@pytest.mark.parametrize("client", CLIENTS)
def test_a_server_that_is_killed_and_started_again_is_found(start_server, client):
    technique = {"eventsource": "sse"}.get(client, client.split()[0])
    server = start_server("--hold", "500ms", "--retry", "50ms")
    with NodeClient(client, server, 6) as node:
        node.wait_until_open()
        for text in (b"a", b"b", b"c"):
            server.publish(text)
        assert [data for data, _ in node.messages(3)] == ["a", "b", "c"]
        server.expected_code = -signal.SIGKILL
        server.stop(signal.SIGKILL)
        again = Server("--hold", "500ms", "--retry", "50ms", listen=f"127.0.0.1:{server.port}")
        try:
            again.wait_for_stats(lambda stats: stats["connections"]["by_technique"][technique] == 1)
            for text in (b"d", b"e", b"f"):
                again.publish(text)
            assert [data for data, _ in node.messages(3)] == ["d", "e", "f"]
        finally:
            assert again.stop()[0] == 0


def test_websocket_by_npm_ws(server):
    script = ROOT / "tests" / "e2e" / "ws_client.js"
    environment = dict(os.environ, NODE_PATH=str(ROOT / "tests" / "npm" / "node_modules"))
    result = subprocess.run(["node", str(script), server.url], capture_output=True, text=True, timeout=3 * PATIENCE_S,
                            env=environment)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.split("\n")[:-1] == [
        "text published by POST arrives",
        "binary arrives as binary",
        "what one client sends reaches both",
        "ping is answered",
        "the cursor resumes",
        "the close code is echoed",
        "a message above the limit ends with 1009",
        "a bad topic is refused with 400",
    ]
