"""Fixtures of the browser tests: a server that can be killed and started again on its port, and Chromium."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

import pytest

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS / "e2e"))

from servers import PATIENCE_S, Server  # noqa: E402


class Browser:
    """Chromium with one page; what browser.js can do, by name."""

    def __init__(self, profile):
        node = shutil.which("node")
        assert node, "node is missing: run `make deps`"
        environment = dict(os.environ, NODE_PATH=str(TESTS / "npm" / "node_modules"))
        self.process = subprocess.Popen([node, TESTS / "browser" / "browser.js", profile], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, env=environment)

    def do(self, command, **arguments):
        self.process.stdin.write(json.dumps({"do": command, **arguments}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the browser ended"
        answer = json.loads(line)
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def open(self, url, scheme="light", width=1440, height=900):
        self.do("open", url=url, scheme=scheme, width=width, height=height)

    def wait(self, expression):
        self.do("wait", expression=expression)

    def evaluate(self, expression):
        return self.do("evaluate", expression=expression)

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def browser(tmp_path):
    browser = Browser(tmp_path / "profile")
    yield browser
    browser.close()


class RestartableServer:
    def __init__(self, *options):
        client = TESTS / "npm" / "node_modules" / "socket.io-client" / "dist" / "socket.io.min.js"
        self.options = ("--socketio-client", str(client), *options)
        self.running = Server(*self.options)
        self.url = self.running.url

    def kill(self):
        self.running.stop(signal.SIGKILL)

    def start_again(self):
        self.running = Server(*self.options, listen=self.url.removeprefix("http://"))


@pytest.fixture
def start_server():
    """Starts servers with options; each one must end cleanly."""
    servers = []

    def start(*options):
        servers.append(RestartableServer(*options))
        return servers[-1]

    yield start
    for server in servers:
        code, errors = server.running.stop()
        assert code == 0, errors
        assert "Sanitizer" not in errors and "runtime error" not in errors, errors


@pytest.fixture
def server(start_server):
    return start_server()
