"""What the end-to-end tests share: running pushbench on a scenario, and servers that misbehave on purpose."""

import contextlib
import json
import pathlib
import socket
import subprocess
import threading

from techniques import BUILD, PUSHBENCH, ROOT, TECHNIQUES, with_interval

__all__ = ["BUILD", "PUSHBENCH", "ROOT", "TECHNIQUES"]

SCENARIO = """
name: test
target: {target}
subscribers: {subscribers}
connect: {{rate: 10000/s, timeout: {connect_timeout}}}
reconnect: {{initial: 50ms, max: 200ms}}
publish: {{rate: {rate}, payload: 100B}}
phases: {{ramp: 5s, warm-up: {warm_up}, measure: {measure}, drain: {drain}}}
techniques: {techniques}
thresholds: {thresholds}
"""


def write_scenario(folder, **values):
    filled = dict(target="reference", subscribers=10, connect_timeout="1s", rate="100/s", warm_up="200ms", measure="1s", drain="3s",
                  techniques=["sse"], thresholds=[])
    filled.update(values)
    # An interval that fits the short phases, where a technique has one.
    filled["techniques"] = json.dumps([with_interval(t, "50ms") if isinstance(t, str) else t for t in filled["techniques"]])
    filled["thresholds"] = json.dumps(filled["thresholds"])
    path = pathlib.Path(folder) / "scenario.yaml"
    path.write_text(SCENARIO.format(**filled))
    return path


class Finished:
    def __init__(self, process, folder):
        self.code, self.out, self.err, self.folder = process.returncode, process.stdout, process.stderr, pathlib.Path(folder)

    @property
    def result(self):
        return json.loads((self.folder / "result.json").read_text())

    @property
    def told(self):
        """The exit code that the result stands for. A verdict is no test's business where it does not make it: a busy machine has its say."""
        verdicts = {one["verdict"] for threshold in self.result["thresholds"] for one in threshold["results"]}
        if "broken" in verdicts:
            return 1
        return 3 if "unknown" in verdicts or all(r["verdict"] == "invalid" for r in self.result["runs"]) else 0

    @property
    def complete(self):
        """It ended as its result says, and every delivery that was owed came once."""
        return self.code == self.told and all(
            r["delivered"] == r["expected_deliveries"] > 0 and (r["missing"], r["duplicate"], r["corrupt"]) == (0, 0, 0) for r in self.result["runs"])

    @property
    def run(self):
        runs = self.result["runs"]
        assert len(runs) == 1, [r["technique"] for r in runs]
        return runs[0]


def run(folder, *arguments, report=False, timeout=60, **values):
    """Runs a scenario made of `values` to its end."""
    out = pathlib.Path(folder) / "out"
    command = [PUSHBENCH, "run", write_scenario(folder, **values), "--out", out, *arguments, *([] if report else ["--no-report"])]
    return Finished(subprocess.run(command, capture_output=True, text=True, timeout=timeout), out)


@contextlib.contextmanager
def started(folder, *arguments, **values):
    """Starts a scenario; yields the process. Its result is in folder/out."""
    command = [PUSHBENCH, "run", write_scenario(folder, **values), "--out", pathlib.Path(folder) / "out", "--no-report", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def children(pid):
    return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def bad_server(talk):
    """A TCP server; `talk(connection)` runs in a thread for each connection. Yields its address."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    open_connections = []

    def serve(connection):
        with contextlib.suppress(OSError):
            talk(connection)

    def accept():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                open_connections.append(connection)
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield "127.0.0.1:%d" % listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in open_connections:
            connection.close()


class Proxy:
    """Passes bytes on to `target`; cut() resets every connection that is open."""

    def __init__(self, target):
        host, port = target.rsplit(":", 1)
        self.target = (host, int(port))
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.open = []
        self.accepted = 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(self.target)
                with self.lock:
                    self.accepted += 1
                    self.open.append((client, server))
                for source, sink in ((client, server), (server, client)):
                    threading.Thread(target=self.copy, args=(source, sink), daemon=True).start()

    @staticmethod
    def copy(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def cut(self):
        with self.lock:
            for pair in self.open:
                for end in pair:
                    with contextlib.suppress(OSError):
                        end.shutdown(socket.SHUT_RDWR)
            self.open.clear()
