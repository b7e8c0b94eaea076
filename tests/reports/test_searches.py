"""Capacity searches (`pushbench run --find`) on the page: the knee, whose limit it was, and what each step found."""

import copy

import pytest
from matplotlib.axes import Axes
from pushbench_report import capacity, load, theme
from pushbench_report.figures import capacity as figure
from pushbench_report.workload import workloads

UNTIL = "delivery_latency.p99 < 100ms and missing == 0"


def step(offered, achieved, p99, verdict="carried", reason=None, missing=0, expected=1000):
    latency = None if p99 is None else {"count": expected, "p99": p99}
    return {"offered": offered, "achieved": achieved, "expected_deliveries": expected, "missing": missing,
            "delivery_latency_ns": latency, "verdict": verdict, "reason": reason}


def technique(name, steps, limit="server", carried=None, too_much=None, summary="2,000 messages/s; 2,500 were too much"):
    return {"technique": name, "variant": "", "carried": carried, "too_much": too_much, "limit": limit,
            "summary": summary, "steps": steps}


SSE = technique("sse", [step(1000, 1000.0, 2_000_000), step(2000, 1990.0, 40_000_000),
                        step(2500, 2310.0, 900_000_000, "too-much", "delivery_latency.p99 is 900 ms")], "server", 2000, 2500)
WEBSOCKET = technique("websocket", [step(1000, 1000.0, 1_000_000),
                                    step(4000, 3100.0, 800_000_000, "generator-limited", "a generator thread was busy")],
                      "generator", 1000, summary="at least 1,000 messages/s (the generator was the limit)")


@pytest.fixture
def found(sample):
    """The result of a search: it has no runs of its own."""
    def make(*techniques, find="max-rate"):
        sample.update(runs=[], warnings=[], thresholds=[], groups=[])
        sample["capacity"] = {"find": find, "until": UNTIL, "precision": 0.05, "at_most": 100_000, "techniques": list(techniques)}
        return sample
    return make


@pytest.fixture
def searches(found, save):
    return lambda *techniques: workloads(load.load_all([save(found(*techniques))]), theme.Styles())[0].searches


def test_the_table_names_the_knee_and_whose_limit_it_was(searches):
    columns, rows = capacity.table(searches(SSE, WEBSOCKET))
    assert [dict(zip(columns, row)) for row in rows] == [
        {"Technique": "sse", "Carried": "2,000 messages/s", "Too much": "2,500 messages/s", "What was the limit": "the server",
         "Condition": UNTIL, "Runs": "3", "In words": "2,000 messages/s; 2,500 were too much"},
        {"Technique": "websocket", "Carried": "1,000 messages/s", "Too much": "–", "What was the limit": "the load generator",
         "Condition": UNTIL, "Runs": "2", "In words": "at least 1,000 messages/s (the generator was the limit)"}]


def test_the_figure_keeps_the_generators_limit_apart_from_the_servers(searches):
    both, server = (figure.draw(searches(*found), "c") for found in ((SSE, WEBSOCKET), (SSE,)))
    assert [row[5] for row in both.rows] == ["carried", "carried", "too much", "carried", "generator-limited"]
    assert both.rows[2][1:5] == ["2,500", "2,310", "900\u00a0ms", "0"]
    assert "<pattern" in both.svg and "<pattern" not in server.svg, "hatched where the generator was the limit"
    assert "4,000 messages/s offered, p99 800" in both.svg and "generator-limited" in both.svg


@pytest.fixture
def hatched(searches, monkeypatch):
    """Where each of the techniques' searches is hatched, and in whose colour."""
    def of(*techniques):
        spans = []
        monkeypatch.setattr(Axes, "axvspan", lambda axis, low, high, **style: spans.append((low, high, style["edgecolor"])))
        found = searches(*techniques)
        figure.draw(found, "c")
        colours = {search.style.colour: search.data["technique"] for search in found}
        return sorted({(colours[colour], low, round(high)) for low, high, colour in spans})
    return of


def test_only_the_search_that_the_generator_limited_is_hatched_and_only_above_what_it_carried(hatched):
    retried = technique("websocket", [step(1000, 1000.0, 1_000_000, "generator-limited", "a generator thread was busy"),
                                      step(1000, 1000.0, 1_000_000), *WEBSOCKET["steps"][1:]], "generator", 1000)
    assert hatched(SSE, retried) == [("websocket", 4000, 5200)], "1,000 was carried when it was tried again"
    assert hatched(technique("sse", WEBSOCKET["steps"], "server", 1000, 1040)) == [], "the server's limit was found below"
    both = technique("sse", WEBSOCKET["steps"], "generator", 1000)
    assert hatched(both, WEBSOCKET) == [("sse", 4000, 5200), ("websocket", 4000, 5200)]


def test_a_p99_without_ten_deliveries_beyond_it_is_marked_and_not_drawn(searches):
    few = figure.draw(searches(technique("sse", [step(10, 10.0, 2_000_000, expected=999), step(20, 20.0, 3_000_000)], "at-most", 20)), "c")
    assert [row[3] for row in few.rows] == ["2.00\u00a0ms n<", "3.00\u00a0ms"]
    assert few.svg.count("10 messages/s offered") == 1, "in the left panel only"


def test_a_load_of_which_nothing_is_known_is_said_to_be_unknown(searches):
    reason = "server_cpu_per_delivery < 20us: not measured"
    found = searches(technique("sse", [step(10, 10.0, 2_000_000, "unknown", reason)], "unknown", summary=f"unknown: {reason}"))
    drawing = figure.draw(found, "c")
    assert drawing.rows[0][5:] == ["unknown", reason]
    assert dict(zip(*[capacity.table(found)[0], capacity.table(found)[1][0]]))["What was the limit"] == "unknown"


def test_a_percentile_that_was_not_reached_is_said_in_words(searches):
    lost = technique("sse", [step(1000, 900.0, None, "too-much", "missing is 5", missing=5)])
    lost["steps"][0]["delivery_latency_ns"] = {"count": 900, "p99": None}
    drawing = figure.draw(searches(lost), "c")
    assert drawing.rows == [["sse, 1", "1,000", "900", "not delivered", "5", "too much", "missing is 5"]]


def test_a_search_that_ended_before_its_first_run_is_no_picture(searches):
    drawing = figure.draw(searches(technique("sse", [], "interrupted", summary="nothing was carried (interrupted)")), "c")
    assert drawing.svg is None and "before its first run" in drawing.title


@pytest.mark.parametrize(("techniques", "badge"), [
    ((SSE,), "Capacity found"), ((SSE, WEBSOCKET), "Not every limit is the server's"),
    ((technique("sse", [step(1, 1.0, None, "too-much", "missing is 1")], "server", None, 1),), "Not every technique carried a load")])
def test_the_page_says_how_much_each_technique_carried(render, found, techniques, badge):
    page = render(found(*techniques))
    assert badge in page.replace("&#39;", "'") and "How much can it carry?" in page
    assert "Which technique?" not in page and "No run was made" not in page
    assert 'id="w1-capacity-max-rate"' in page and 'href="#w1-capacity-max-rate"' in page


@pytest.mark.parametrize(("change", "message"), [
    (lambda c: c.update(find="max-luck"), r'capacity\.find is .max-luck.; it must be one of "max-rate", "max-subscribers"'),
    (lambda c: c["techniques"][0].update(limit="the weather"), r"capacity\.techniques\[0\]\.limit"),
    (lambda c: c["techniques"][0]["steps"][1].update(verdict="fine"), r"capacity\.techniques\[0\]\.steps\[1\]\.verdict")])
def test_what_is_wrong_in_a_search_is_named(found, save, change, message):
    result = copy.deepcopy(found(SSE))
    change(result["capacity"])
    with pytest.raises(load.ReportError, match=message):
        load.load_all([save(result)])
