"""A result of schema version 1 is still rendered: each of its runs is a row, and nothing is merged."""

import copy
import json

import pytest
from pushbench_report import load, theme
from pushbench_report.errors import ReportError
from pushbench_report.workload import workloads

from conftest import GOLDEN


@pytest.fixture
def old():
    return json.loads((GOLDEN / "result-schema-1.json").read_text(encoding="utf-8"))


@pytest.fixture
def series(old, save):
    return {s.name: s for s in workloads(load.load_all([save(old)]), theme.Styles())[0].series}


def test_every_run_is_a_row_of_its_own(series):
    assert list(series) == ["polling 5s", "websocket #1", "websocket #2"]
    assert [s.repetitions for s in series.values()] == [1, 1, 1]


def test_the_numbers_are_those_of_the_run(series):
    first, polling = series["websocket #1"], series["polling 5s"]
    run = first.runs[0]
    assert first.number("delivery_latency.p99") == run["delivery_latency_ns"]["p99"]
    assert first.number("bytes_per_delivery") == run["bytes_per_delivery"]
    assert first.number("server_cpu_per_delivery") == pytest.approx(1000 * run["server"]["cpu_us_per_delivery"])
    assert first.number("received_per_delivery") + first.number("sent_per_delivery") == pytest.approx(run["bytes_per_delivery"], abs=0.01)
    assert (polling.number("missing"), polling.value("delivery_latency.p999").state) == (37, "undelivered")
    assert polling.number("failures") == 3 and polling.polls


def test_its_histogram_is_its_line(series):
    line = series["websocket #1"].group["spectrum"]
    assert line["quantile"][0] == 0 and line["quantile"][-1] == pytest.approx(1 - 10 / 20_000)
    assert line["value"] == sorted(line["value"]) and len(line["value"]) == len(line["quantile"])


def test_the_page_has_the_units_that_the_file_has_not(render, old):
    text = render(old).replace("\u00a0", " ")
    assert "19.5 ms" in text and "19,500,000" not in text, "beside server_cpu_per_delivery < 1us"
    assert text.count("Data of this figure") == 4


def test_a_histogram_that_cannot_be_decoded_is_named(old, save):
    broken = copy.deepcopy(old)
    broken["runs"][1]["histograms"]["readiness"] = "HISTFAAAAAAA"
    with pytest.raises(ReportError, match=r"runs\[1\].histograms.readiness cannot be decoded"):
        load.load_all([save(broken)])
    broken = copy.deepcopy(old)
    broken["floor"] = {"technique": "sse", "subscribers": 1, "expected_deliveries": 1, "missing": 0, "delivery_latency_ns": {"count": 1},
                       "histogram": "nonsense"}
    with pytest.raises(ReportError, match=r"floor\.histogram cannot be decoded"):
        load.load_all([save(broken)])
