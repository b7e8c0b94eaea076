"""The `socketio` technique against the npm `socket.io` server, over each transport."""

import contextlib
import json
import os
import pathlib
import queue
import subprocess
import threading
import time
import urllib.request

import pytest

from by_hand import Command, without_time
import harness
from servers import PATIENCE_S

PROGRAM = pathlib.Path(__file__).parent / "socketio_server.js"
TRANSPORTS = ["upgrade", "polling", "websocket"]
BUSY = {"pingInterval": 300, "pingTimeout": 15000}  # a pong that is due comes, however busy the machine


PATIENT = {"connect_timeout": "15s"}  # connecting takes several round trips


def run(folder, *arguments, **values):
    return harness.run(folder, *arguments, **(PATIENT | values))


def started(folder, *arguments, **values):
    return harness.started(folder, *arguments, **(PATIENT | values))


class Server:
    """The program running; `seen` has what it has printed and was waited for."""

    def __init__(self, **options):
        self.process = subprocess.Popen(["node", PROGRAM, json.dumps(options)], stdout=subprocess.PIPE)
        self.lines = queue.Queue()
        self.seen = []
        threading.Thread(target=self.read, daemon=True).start()
        self.port = self.wait_for("listening")["port"]
        self.url = f"http://127.0.0.1:{self.port}"

    def read(self):
        for line in self.process.stdout:
            self.lines.put(json.loads(line))

    def wait_for(self, kind, count=1):
        """Until `count` lines of that kind have come in all; returns the last."""
        while sum(line["k"] == kind for line in self.seen) < count:
            self.seen.append(self.lines.get(timeout=PATIENCE_S))
        return [line for line in self.seen if line["k"] == kind][-1]

    def all(self, kind):
        with contextlib.suppress(queue.Empty):
            while True:
                self.seen.append(self.lines.get_nowait())
        return [line for line in self.seen if line["k"] == kind]

    def stats(self):
        with urllib.request.urlopen(self.url + "/stats", timeout=PATIENCE_S) as answer:
            return json.loads(answer.read())

    def wait_for_stats(self, condition):
        deadline = time.monotonic() + PATIENCE_S
        while not condition(stats := self.stats()):
            assert time.monotonic() < deadline, stats
        return stats

    def cut(self):
        urllib.request.urlopen(urllib.request.Request(self.url + "/cut", method="POST"), timeout=PATIENCE_S).close()

    def end(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


def on(*transports, **options):
    return [{"socketio": {"transport": transport, **options}} for transport in transports]


@pytest.mark.parametrize("kind", ["text", "binary"])
def test_every_message_comes_once_over_every_transport_and_every_ping_is_answered(tmp_path, kind):
    with Server(**BUSY) as server:
        finished = run(tmp_path, "--set", f"publish.type={kind}", "--set", "topics=3", target=server.url, subscribers=30,
                       techniques=on(*TRANSPORTS))
        assert finished.complete, finished.out
        assert [r["expected_deliveries"] for r in finished.result["runs"]] == [1000, 1000, 1000]  # 100 messages, 10 of 30 subscribers
        assert [r["failures"] for r in finished.result["runs"]] == [{}, {}, {}]
        assert len(server.all("upgraded")) == 30
        began = [line["transport"] for line in server.all("connected")]
        assert (began.count("polling"), began.count("websocket")) == (60, 30)
        assert server.stats()["heartbeats"] >= 90
        assert {line["reason"] for line in server.all("closed")} <= {"transport close", "transport error"}


def test_subscribers_publish_over_their_own_connection_and_wait_for_the_acknowledgement(tmp_path):
    with Server(**BUSY) as server:
        finished = run(tmp_path, "--set", "publish.from=subscribers", target=server.url, subscribers=6,
                       techniques=on(*TRANSPORTS, ack=True))
        assert finished.complete, finished.out
        assert [r["expected_deliveries"] for r in finished.result["runs"]] == [600, 600, 600]
        assert all(r["round_trip_ns"]["count"] > 0 for r in finished.result["runs"])
        assert server.stats()["published"] == 0  # by POST


def test_nothing_is_lost_where_the_server_recovers_the_connection_state(tmp_path):
    with Server(connectionStateRecovery={}) as server:
        with started(tmp_path, target=server.url, subscribers=10, measure="2s", techniques=on("websocket")) as process:
            server.wait_for_stats(lambda stats: stats["published"] > 50)
            server.cut()
            assert process.wait(timeout=60) in (0, 3)
        [result] = json.loads((tmp_path / "out" / "result.json").read_text())["runs"]
        assert len([line for line in server.all("connected") if line["recovered"]]) == 10
        assert result["failures"] == {"closed": 10}
        assert (result["missing"], result["duplicate"]) == (0, 0)
        assert result["delivered"] == result["expected_deliveries"] > 0


def test_the_shipped_scenario_starts_the_server_from_npm(tmp_path):
    packages = harness.ROOT / "tests" / "npm" / "node_modules"
    command = [harness.PUSHBENCH, "run", harness.ROOT / "scenarios/targets/socketio.yaml", "--out", tmp_path, "--no-report",
               "--set=subscribers=20", "--set=phases={ramp: 15s, warm-up: 200ms, measure: 1s, drain: 5s}"]
    process = subprocess.run(command, env=dict(os.environ, NODE_PATH=str(packages)), capture_output=True, text=True, timeout=60)
    finished = harness.Finished(process, tmp_path)
    assert finished.code == finished.told, finished.out + finished.err
    assert [r["delivered"] for r in finished.result["runs"]] == [20 * r["published"] for r in finished.result["runs"]]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_server_that_was_killed_is_found_again(tmp_path, transport):
    with Server() as first:
        with started(tmp_path, target=first.url, subscribers=5, measure="30s", techniques=on(transport)) as process:
            first.wait_for_stats(lambda stats: stats["published"] > 20)
            first.end()
            with Server(port=first.port) as second:
                second.wait_for("connected", 5)
                second.wait_for_stats(lambda stats: stats["published"] > 20)
                process.terminate()
                process.wait(timeout=60)
        [result] = json.loads((tmp_path / "out" / "result.json").read_text())["runs"]
        assert sum(result["failures"].values()) >= 5
        assert result["delivered"] > 0 and (result["duplicate"], result["corrupt"]) == (0, 0)


def test_the_client_does_not_come_again_where_the_server_refuses_it(tmp_path):
    with Server() as server:
        finished = run(tmp_path, "--set", "phases.ramp=1s", target=server.url, subscribers=3,
                       techniques=on("websocket", namespace="/closed"))
        assert finished.run["failures"] == {"status": 3}
        assert "refused the namespace /closed: not for you" in finished.out


def listen(server, *arguments):
    return Command("listen", f"{server.url}/?topic=t", "--technique", "socketio", "--timeout", "20s", *arguments)


def line_of(command, kind):
    """The next line of that kind."""
    while (line := command.next()) is not None:
        if line["k"] == kind:
            return without_time(line)
    raise AssertionError(f"no {kind}")


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_listen_shows_events_and_emits_and_prints_acknowledgements(transport):
    emits = ["--emit", 'echo ["a",{"b":[1,null]}]', "--emit", 'shape ["news",1,{"two":"\\u00e4"}]', "--emit", 'publish "to all"', "--emit", "ask"]
    with Server() as server:
        with listen(server, "--transport", transport, "--auth", '{"token":"x"}', *emits) as command:
            session = line_of(command, "session")
            assert session["transport"] == ("websocket" if transport == "websocket" else "polling") and session["sid"]
            lines = {}
            while {"echo", "publish", "news", "message", "question"} - lines.keys():
                line = without_time(command.next())
                lines[line.get("emit") or line.get("type") or line["k"]] = line
            assert lines["echo"] == {"k": "ack", "emit": "echo", "data": ["a", {"b": [1, None]}]}
            assert lines["publish"] == {"k": "ack", "emit": "publish", "data": ["ok"]}
            assert lines["news"] == {"k": "message", "type": "news", "data": [1, {"two": "ä"}]}
            assert lines["message"] == {"k": "message", "type": "message", "data": ["to all"]}
            assert lines["question"] == {"k": "message", "type": "question", "data": [1]}
            assert server.wait_for("answered")["args"] == []
            assert server.wait_for("connected")["auth"] == {"token": "x"}
            if transport == "upgrade":
                assert "transport" in lines or line_of(command, "transport") == {"k": "transport", "name": "websocket"}
            assert command.stop() is not None
            assert command.code == 0


def test_listen_shows_binary_arguments_in_base64_and_only_the_events_asked_for():
    with Server() as server:
        with listen(server, "--event", "message", "--count", "1", "--emit", 'shape ["other"]') as command:
            line_of(command, "open")
            server.wait_for("connected")
            request = urllib.request.Request(server.url + "/publish?topic=t", data=b"\0\xff", method="POST",
                                             headers={"Content-Type": "application/octet-stream"})
            urllib.request.urlopen(request, timeout=PATIENCE_S).close()
            assert line_of(command, "message") == {"k": "message", "type": "message", "data": ["AP8="], "binary": True}
            command.rest()
            assert command.code == 0


def test_listen_tells_why_the_server_let_it_go():
    with Server() as server:
        with listen(server, "--emit", "leave") as command:
            lines = command.rest()
        assert without_time(lines[-1]) == {"k": "error", "state": 2, "reason": "closed: the server disconnected the client from the namespace /"}
        assert command.code == 1
        with listen(server, "--namespace", "/nowhere") as command:
            lines = command.rest()
        assert "the server refused the namespace /nowhere: Invalid namespace" in lines[-1]["reason"]


@pytest.mark.parametrize("wrong, sentence", [(["--auth", "[1]"], "must be a JSON object"), (["--emit", "say hello"], "arguments in JSON"),
                                             (["--namespace", "chat"], "begins with '/'")])
def test_listen_says_what_is_wrong_with_its_options(wrong, sentence):
    with Command("listen", "http://127.0.0.1:1/socket.io/", *wrong) as command:
        assert command.rest() == []
        assert command.code == 2 and sentence in command.process.stderr.read().decode()
