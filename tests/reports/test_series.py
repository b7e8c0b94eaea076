import pytest
from pushbench_report import load, theme
from pushbench_report.value import Value, of_metric
from pushbench_report.workload import workloads


def metric(value, **more):
    return {"value": value, "low": None, "high": None, "error": None, "fitness": "usable", "reason": None, **more}


@pytest.mark.parametrize("given, value", [
    (None, Value()), (metric(None, fitness="unusable", reason="not measured"), Value()),
    (metric(5), Value("ok", 5)),
    (metric(5, each=[4, 7, None]), Value("ok", 5, 4, 7)),
    (metric(5, low=4.5, high=5.5, each=[4, 5, 7]), Value("ok", 5, 4.5, 5.5, confident=True)),
    (metric(5, samples_beyond=10), Value("ok", 5, beyond=10)),
    (metric(5, samples_beyond=9.9), Value("few", 5, beyond=9.9)),
    (metric(None, undelivered=True, samples_beyond=3), Value("undelivered", beyond=3))])
def test_a_value_is_what_the_result_says_and_its_range_the_interval_or_the_repetitions(given, value):
    assert of_metric(given) == value


def test_a_series_is_a_group_with_its_runs(workload):
    found = workload()
    polling = next(s for s in found.series if s.name == "polling 5s")
    assert [(run["technique"], run["variant"], run["repetition"]) for run in polling.runs] == [("polling", "5s", 1), ("polling", "5s", 2)]
    assert (polling.number("missing"), polling.number("delivered"), polling.repetitions) == (74, 39_926, 2)
    assert (polling.verdict, polling.usable, polling.failures) == ("doubtful", True, {"reset": 6})


def test_what_was_left_out_is_said_in_words(workload):
    def leave_out(result):
        result["groups"][0].update(runs=[0], left_out=1)
    assert workload(leave_out).series[0].left_out_words == "1 of 2 repetitions invalid and left out"
    assert workload().series[1].left_out_words == ""


def test_results_of_one_scenario_share_a_workload_and_those_of_another_do_not(sample, save):
    other = {**sample, "scenario": {**sample["scenario"], "name": "other"}}
    sources = load.load_all([save(sample, "a"), save(sample, "b"), save(other, "c")])
    first, second = workloads(sources, theme.Styles())
    assert [s.name for s in first.sources] == ["a", "b"] and len(first.series) == 14
    assert first.series[0].label == "polling 500ms · a"
    assert [s.name for s in second.sources] == ["c"]


def test_variants_share_marker_and_family_and_differ_by_dash_and_shade():
    styles = theme.Styles()
    half, one, sse = styles.of("polling", "500ms"), styles.of("polling", "1s"), styles.of("sse", "")
    assert half.marker == one.marker != sse.marker
    assert half.dash != one.dash and half.variable != one.variable
    assert half.variable.rsplit("-", 1)[0] == one.variable.rsplit("-", 1)[0]
    again = styles.of("polling", "500ms")
    assert (again.variable, again.dash) == (half.variable, half.dash)


def test_a_technique_that_nobody_heard_of_gets_a_marker_of_its_own():
    styles = theme.Styles()
    assert styles.of("carrier-pigeon", "").marker not in theme.MARKERS.values()
    assert styles.of("carrier-pigeon", "").marker != styles.of("smoke-signals", "").marker


def luminance(colour):
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme_number", [0, 1], ids=["light", "dark"])
def test_colours_stand_out_from_the_page_in_both_themes(theme_number):
    page = theme.VARIABLES["page"][theme_number]
    for name, values in theme.VARIABLES.items():
        if name.startswith("t-"):
            assert contrast(values[theme_number], page) >= 3, name
        if name in ("ink", "muted", "link", "good", "doubt", "bad"):
            assert contrast(values[theme_number], page) >= 4.5, name
            assert contrast(values[theme_number], theme.VARIABLES["card"][theme_number]) >= 4.5, name
