"""Our histograms as hdr-histogram-js reads them, and its histograms as we read them."""
import json
import math
import os
import pathlib
import random
import shutil
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
QUANTILES = [0, 1e-6, 0.001, 0.01, 0.07, 0.1, 0.25, 0.29, 0.5, 0.57, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 0.99999, 1]
HIGHEST = 3_600_000_000_000


@pytest.fixture(scope="module")
def tool():
    build = pathlib.Path(os.environ.get("PUSHBENCH_BUILD", ROOT / "build"))
    path = build / "tests" / "measure" / "histogram_tool"
    assert path.exists(), f"{path} is missing: build it, or set PUSHBENCH_BUILD to the build directory"

    def run(*arguments, stdin):
        return subprocess.run([path, *arguments], input=stdin, capture_output=True, text=True, check=True, timeout=60).stdout

    return run


@pytest.fixture(scope="module")
def hdr_js():
    node = shutil.which("node")
    assert node, "node is missing: run `make deps`"
    assert (HERE.parent / "npm/node_modules/hdr-histogram-js").is_dir(), "run `npm ci --prefix tests/npm`"

    def run(mode, **request):
        answer = subprocess.run([node, HERE / "hdr.js"], input=json.dumps({"mode": mode, "quantiles": QUANTILES, **request}),
                                capture_output=True, text=True, check=True, timeout=60).stdout
        return json.loads(answer)

    return run


def latencies(seed, count):
    source = random.Random(seed)
    return [int(source.lognormvariate(math.log(300e3), 1.5)) for _ in range(count)]


def log_uniform(seed, count):
    source = random.Random(seed)
    return [int(math.exp(source.uniform(0, math.log(HIGHEST)))) for _ in range(count)]


HISTOGRAMS = {
    "empty": [],
    "one value": [(1_234_567, 1)],
    "a zero only": [(0, 3)],
    "zeros and others": [(0, 2), (1, 5), (1_000_000, 7)],
    "every counter boundary": [(max(0, (1 << power) + delta), 1) for power in range(41) for delta in (-1, 0, 1)],
    "the highest value": [(HIGHEST, 1), (5, 1)],
    "counts beyond 32 bits": [(1000, 2**33 + 1), (2_000_000, 2**40), (70_000_000, 3)],
    "latencies": [(value, 1) for value in latencies(1, 50_000)],
    "the whole range": [(value, 1) for value in log_uniform(2, 20_000)],
}


@pytest.fixture(params=HISTOGRAMS, ids=[name.replace(" ", "_") for name in HISTOGRAMS])
def values(request):
    return HISTOGRAMS[request.param]


def as_lines(values):
    return "".join(f"{value} {count}\n" for value, count in values)


def buckets(text):
    return [[int(number) for number in line.split()] for line in text.splitlines()]


def test_hdr_histogram_js_reads_ours(tool, hdr_js, values):
    base64 = tool(stdin=as_lines(values)).strip()
    theirs = hdr_js("decode", base64=base64)
    ours = tool("--quantiles", stdin=base64 + "\n" + "\n".join(map(repr, QUANTILES))).split()

    assert theirs["count"] == int(ours[0]) == sum(count for _, count in values)
    assert theirs["min"] == int(ours[1])
    assert theirs["max"] == int(ours[2])
    assert theirs["mean"] == pytest.approx(float(ours[3]), rel=1e-12)
    assert theirs["at"] == [int(value) for value in ours[4:]]
    assert theirs["digits"] == 3
    assert theirs["highest"] == HIGHEST
    assert theirs["buckets"] == buckets(tool("--decode", stdin=base64))


def test_we_read_those_of_hdr_histogram_js(tool, hdr_js, values):
    theirs = hdr_js("encode", values=values)
    assert buckets(tool("--decode", stdin=theirs["base64"])) == theirs["buckets"]


def test_both_count_every_value_in_the_same_bucket(tool, hdr_js, values):
    assert buckets(tool("--decode", stdin=tool(stdin=as_lines(values)))) == hdr_js("encode", values=values)["buckets"]


def test_the_plain_encoding_is_what_the_compressed_one_holds(tool, hdr_js, values):
    compressed = hdr_js("inflate", base64=tool(stdin=as_lines(values)).strip())
    assert compressed["base64"] == tool("--plain", stdin=as_lines(values)).strip()


def test_hdr_histogram_js_reads_our_interval_logs(tool, hdr_js):
    intervals = [latencies(seed, 500) for seed in range(3)]
    text = tool("--log", stdin="\n".join(as_lines([(value, 1) for value in values]) for values in intervals))
    theirs = hdr_js("log", text=text)["intervals"]
    assert [(i["tag"], i["count"]) for i in theirs] == [("delivery_latency", 500)] * 3
    assert [(i["start_ms"], i["end_ms"]) for i in theirs] == [(1.7e12 + s * 1000, 1.7e12 + s * 1000 + 1000) for s in range(3)]
    for interval, values in zip(theirs, intervals):
        assert interval["buckets"] == buckets(tool("--decode", stdin=tool(stdin=as_lines([(value, 1) for value in values]))))


@pytest.mark.parametrize("golden", sorted((ROOT / "tests/golden").glob("histogram_*.txt")), ids=lambda path: path.stem)
def test_golden_files_are_what_hdr_histogram_js_reads(hdr_js, golden):
    base64, *lines = golden.read_text().splitlines()
    theirs = hdr_js("decode", base64=base64)
    assert [[lowest, count] for lowest, _, count in theirs["buckets"]] == buckets("\n".join(lines))
