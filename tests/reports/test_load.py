import json

import pytest
from pushbench_report import load
from pushbench_report.errors import ReportError


def set_field(result, path, value):
    *parents, last = path
    for step in parents:
        result = result[step]
    if value is DELETE:
        del result[last]
    else:
        result[last] = value


DELETE = object()


def test_the_sample_is_accepted(sample, save):
    source = load.load_all([save(sample)])[0]
    assert len(source.data["runs"]) == 14 and len(source.data["groups"]) == 7 and source.name == ""


def test_a_file_may_be_named_instead_of_its_directory(sample, save):
    assert load.load_all([save(sample) / "result.json"])[0].data["scenario"]["name"] == "quickstart"


@pytest.mark.parametrize("path, value, says", [
    (("runs", 2, "delivered"), "12", "runs[2].delivered is '12'; it must be an integer of 0 or more"),
    (("runs", 2, "delivered"), -1, "runs[2].delivered is -1; it must be an integer of 0 or more"),
    (("runs", 2, "delivered"), 1.5, "runs[2].delivered is 1.5; it must be an integer"),
    (("runs", 2, "delivered"), True, "runs[2].delivered is true; it must be an integer"),
    (("runs", 2, "delivered"), None, "runs[2].delivered is null; it must be an integer"),
    (("runs", 0, "missing"), DELETE, "runs[0].missing is missing; it must be an integer"),
    (("runs", 0, "published"), 1 << 70, "runs[0].published is 1180591620717411303424; it must be an integer"),
    (("runs", 1, "verdict"), "good",
     "runs[1].verdict is 'good'; it must be one of \"valid\", \"doubtful\", \"invalid\""),
    (("runs", 1, "delivery_latency_ns"), 3, "runs[1].delivery_latency_ns is 3; it must be an object"),
    (("runs", 1, "delivery_latency_ns", "p99"), "5ms", "runs[1].delivery_latency_ns.p99 is '5ms'; it must be a number"),
    (("runs", 1, "delivery_latency_ns", "undelivered_from"), 2,
     "undelivered_from is 2; it must be a number from 0 to 1"),
    (("runs", 1, "failures"), {"reset": "x"}, "runs[1].failures.reset is 'x'; it must be an integer"),
    (("runs", 1, "bytes", "received", "http"), [], "runs[1].bytes.received.http is a list; it must be an integer"),
    (("runs", 1, "generator", "loop_lag_ns", "count"), DELETE, "runs[1].generator.loop_lag_ns.count is missing"),
    (("groups",), DELETE, "groups is missing; it must be a list"),
    (("groups", 2, "metrics", "missing", "value"), "3", "groups[2].metrics.missing.value is '3'; it must be a number"),
    (("groups", 2, "metrics", "missing", "fitness"), "good",
     "groups[2].metrics.missing.fitness is 'good'; it must be one of \"usable\", \"unusable\""),
    (("groups", 1, "runs", 1), 14, "groups[1].runs[1] is 14; there are 14 runs, counted from 0"),
    (("groups", 1, "spectrum", "value"), [1, 2], "groups[1].spectrum has columns of unlike length"),
    (("warnings", 0, "rule"), [], "warnings[0].rule is a list; it must be a string"),
    (("runs",), {}, "runs is an object; it must be a list"),
    (("runs", 0), 5, "runs[0] is 5; it must be an object"),
    (("warnings", 0, "level"), "fatal", "warnings[0].level is 'fatal'; it must be one of \"info\""),
    (("warnings", 0, "run"), 14, "warnings[0].run is 14; there are 14 runs, counted from 0"),
    (("thresholds", 0, "results", 1, "verdict"), DELETE, "thresholds[0].results[1].verdict is missing"),
    (("scenario", "text"), None, "scenario.text is null; it must be a string"),
    (("interrupted",), "no", "interrupted is 'no'; it must be true or false"),
    (("schema_version",), DELETE, "schema_version is missing"),
    (("schema_version",), "1", "schema_version is '1'; it must be an integer of 1 or more"),
    (("schema_version",), 3, "schema_version is 3 and this report knows 2; use the report of the pushbench that wrote "
                             "the file"),
])
def test_what_is_wrong_is_said_with_file_field_and_what_would_be_right(sample, save, path, value, says):
    set_field(sample, path, value)
    directory = save(sample)
    with pytest.raises(ReportError) as error:
        load.load_all([directory])
    assert str(error.value).startswith(f"{directory}/result.json: ") and says in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text, says", [
    ("", "is not JSON"), ("{", "result.json:1:2: is not JSON"), ("[]", "the file is a list; it must be an object"),
    ('{"schema_version": NaN}', "NaN is no JSON number"), ("[" * 100000, "is not JSON that can be read"),
    ('{"a": ' + "9" * 5000 + "}", "is not JSON that can be read"), ('{"schema_version": 1e999}',
                                                                    "it must be an integer"),
])
def test_what_is_no_result_at_all_is_refused_in_a_sentence(save, text, says):
    with pytest.raises(ReportError, match=None) as error:
        load.load_all([save(text)])
    assert says in str(error.value)


def test_bytes_that_are_not_utf8_are_refused(tmp_path):
    (tmp_path / "result.json").write_bytes(b'{"a": "\xff"}')
    with pytest.raises(ReportError, match="is not UTF-8"):
        load.load_all([tmp_path])


def test_a_directory_without_a_result_and_a_missing_one_are_told_apart(tmp_path):
    with pytest.raises(ReportError, match="there is no result.json in this directory"):
        load.load_all([tmp_path])
    with pytest.raises(ReportError, match="no such file or directory"):
        load.load_all([tmp_path / "nowhere"])


def test_everything_that_may_be_absent_may_be_null_or_absent(sample, save):
    required = {"technique", "variant", "repetition", "subscribers", "published", "expected_deliveries", "delivered",
                "missing",
                "duplicate", "reordered", "corrupt", "failures", "verdict"}
    for number, run in enumerate(sample["runs"]):
        for name in set(run) - required:
            if number % 2:
                run[name] = None
            else:
                del run[name]
    for group in sample["groups"]:
        for name in ("verdict_reasons", "failure_examples", "spectrum", "memory_slopes"):
            del group[name]
        for metric in group["metrics"].values():
            for name in set(metric) - {"fitness"}:
                metric[name] = None
    for name in ("command", "started", "ended", "interrupted", "thresholds"):
        del sample[name]
    sample["host"] = {}
    assert len(load.load_all([save(sample)])[0].data["runs"]) == 14


def test_unknown_fields_are_ignored(sample, save):
    sample["news"] = sample["runs"][0]["news"] = {"x": [1]}
    sample["runs"][0]["histograms"]["news"] = "not a histogram"
    assert load.load_all([save(sample)])[0].data["news"] == {"x": [1]}


def test_results_in_directories_of_one_name_are_told_apart_by_what_differs(sample, save):
    sources = load.load_all([save(sample, "before/run"), save(sample, "after/run")])
    assert [s.name for s in sources] == ["before/run", "after/run"]


def test_one_result_given_twice_is_refused(sample, save):
    directory = save(sample)
    with pytest.raises(ReportError, match="are the same result"):
        load.load_all([directory, directory / "result.json"])


def test_characters_that_html_cannot_carry_are_replaced(sample, save):
    sample["scenario"]["text"] = "a\x00b\x1bc\ud800d\te\n"
    assert load.load_all([save(json.dumps(sample))])[0].data["scenario"]["text"] == "a\ufffdb\ufffdc\ufffdd\te\n"
