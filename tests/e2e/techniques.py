"""The techniques as the program's own table has them: `pushbench techniques --json`. A test that is about all of a kind asks here."""

import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("PUSHBENCH_BUILD", ROOT / "build"))
PUSHBENCH = BUILD / "pushbench"

TABLE = {row["name"]: row for row in json.loads(subprocess.run([PUSHBENCH, "techniques", "--json"], capture_output=True, check=True).stdout)}
TECHNIQUES = list(TABLE)


def of_kind(*kinds):
    return [name for name, row in TABLE.items() if row["kind"] in kinds]


POLLS = of_kind("polls")                  # a request after the other
HTTP_STREAMS = of_kind("stream")          # one endless answer
HTTP = of_kind("polls", "stream")
HOLDING = [name for name, row in TABLE.items() if row["hold"]]    # polls that the server may hold


def with_interval(technique, interval):
    """An entry of a scenario: a technique that asks by the clock does so at this interval."""
    option = TABLE[technique]["interval"]
    return {technique: {option: interval}} if option else technique


assert len(TECHNIQUES) >= 7 and POLLS and HTTP_STREAMS and HOLDING
