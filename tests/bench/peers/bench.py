"""What every comparison of a round works with: the build, how long to measure, and pushbench as an instrument."""

import json
import pathlib
import subprocess
import tempfile

from .comparison import Unmeasured
from .soundness import BUSY_MACHINE, examine, messages_owed

HERE = pathlib.Path(__file__).resolve().parent
SERVERS = HERE / "servers"
BUN = HERE / "node_modules/@oven/bun-linux-x64/bin/bun"


class Round:
    """One round. Every figure is measured when it is asked for, never kept for another comparison: the other side of a
    pair runs right before or after it."""

    def __init__(self, build, measure_s, number=1):
        self.build = pathlib.Path(build)
        self.measure_s = measure_s
        self.number = number
        self._notes = []

    def program(self, name):
        return self.build / (name if name in ("pushbench", "reference-server") else f"tests/bench/{name}")

    def take_notes(self):
        """What is doubtful of the figures since the last call, in words."""
        notes, self._notes = self._notes, []
        return notes

    def push(self, technique, deliveries=True, tolerated=BUSY_MACHINE, **values):
        """Runs pushbench on one technique; returns the run of its result, which carried the whole load (soundness.py)."""
        scenario = {
            "name": "peers", "connect": {"rate": "1000000/s", "timeout": "60s"},
            "phases": {"ramp": "120s", "warm-up": "1s", "measure": f"{self.measure_s}s", "drain": "20s"},
            "techniques": [technique], **values,
        }
        result = self._result_of(scenario)
        self._notes += examine(result, messages_owed(scenario), deliveries, tolerated)
        return result["runs"][0]

    def _result_of(self, scenario):
        with tempfile.TemporaryDirectory(prefix="bench-peers-") as folder:
            path = pathlib.Path(folder) / "scenario.yaml"
            path.write_text(json.dumps(scenario, indent=1))
            process = subprocess.run([self.program("pushbench"), "run", path, "--out", folder, "--no-report", "--quiet", "--seed", "1"],
                                     capture_output=True, text=True, timeout=900)
            result = pathlib.Path(folder) / "result.json"
            if not result.exists():
                raise Unmeasured(f"pushbench ended with {process.returncode}: {process.stderr.strip()}")
            return json.loads(result.read_text())


def peer(command, url="http://127.0.0.1:${peer.port}", **files):
    """The target of a scenario that brings its own server."""
    return {"url": url, "programs": {"peer": {"command": [str(part) for part in command], "files": files, "start-timeout": "20s"}}}


def nginx(conf):
    """nginx with one of our configurations; Debian has it in a folder that is not in everybody's PATH."""
    return peer(["nginx", "-p", "${peer.folder}", "-e", "stderr", "-c", "${peer.folder}/nginx.conf"],
                **{"nginx.conf": (SERVERS / conf).read_text()})
