"""What every comparison of a round works with: the build, how long to measure, and pushbench as an instrument."""

import json
import pathlib
import subprocess
import tempfile

from .comparison import Unmeasured

HERE = pathlib.Path(__file__).resolve().parent
SERVERS = HERE / "servers"
BUN = HERE / "node_modules/@oven/bun-linux-x64/bin/bun"


class Round:
    """One round. A figure that several comparisons share is measured once in it."""

    def __init__(self, build, measure_s, number=1):
        self.build = pathlib.Path(build)
        self.measure_s = measure_s
        self.number = number
        self._figures = {}

    def program(self, name):
        return self.build / (name if name in ("pushbench", "reference-server") else f"tests/bench/{name}")

    def once(self, key, measure):
        if key not in self._figures:
            try:
                self._figures[key] = measure()
            except (Unmeasured, RuntimeError, subprocess.TimeoutExpired) as error:
                self._figures[key] = error
        if isinstance(self._figures[key], Exception):
            raise Unmeasured(str(self._figures[key]))
        return self._figures[key]

    def push(self, technique, whole=True, **values):
        """Runs pushbench on one technique; returns the run of its result. `whole`: everything owed must have arrived."""
        return self.once(("push", json.dumps([technique, values], sort_keys=True)), lambda: self._push(technique, whole, values))

    def _push(self, technique, whole, values):
        scenario = {
            "name": "peers", "connect": {"rate": "1000000/s", "timeout": "60s"},
            "phases": {"ramp": "120s", "warm-up": "1s", "measure": f"{self.measure_s}s", "drain": "20s"},
            "techniques": [technique], **values,
        }
        with tempfile.TemporaryDirectory(prefix="bench-peers-") as folder:
            path = pathlib.Path(folder) / "scenario.yaml"
            path.write_text(json.dumps(scenario, indent=1))
            process = subprocess.run([self.program("pushbench"), "run", path, "--out", folder, "--no-report", "--quiet", "--seed", "1"],
                                     capture_output=True, text=True, timeout=300)
            result = pathlib.Path(folder) / "result.json"
            if not result.exists():
                raise Unmeasured(f"pushbench ended with {process.returncode}: {process.stderr.strip()}")
            run = json.loads(result.read_text())["runs"][0]
        if whole and (run["missing"] != 0 or run["delivered"] == 0):
            raise Unmeasured(f"{run['missing']} of {run['expected_deliveries']} deliveries missing; {run['failures']}")
        return run


def peer(command, url="http://127.0.0.1:${peer.port}", **files):
    """The target of a scenario that brings its own server."""
    return {"url": url, "programs": {"peer": {"command": [str(part) for part in command], "files": files, "start-timeout": "20s"}}}


def nginx(conf):
    """nginx with one of our configurations; Debian has it in a folder that is not in everybody's PATH."""
    return peer(["nginx", "-p", "${peer.folder}", "-e", "stderr", "-c", "${peer.folder}/nginx.conf"],
                **{"nginx.conf": (SERVERS / conf).read_text()})
