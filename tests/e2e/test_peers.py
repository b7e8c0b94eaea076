"""The driver of `make bench-peers`: choosing, judging and writing down; what it measures is measured by hand."""

import json
import subprocess
import sys

import pytest
from harness import ROOT

sys.path.insert(0, str(ROOT / "tests/bench"))

from peers import __main__ as driver  # noqa: E402
from peers import growth, tables  # noqa: E402
from peers.bench import Round  # noqa: E402
from peers.comparison import Comparison, Outcome, Unmeasured, at_least, at_most  # noqa: E402


def outcome(goal, pairs):
    return Outcome(Comparison("part/one", "a title", "µs", goal, None, None), pairs)


@pytest.mark.parametrize("goal, pairs, ratio, verdict", [
    (at_most(1.1), [(1, 1), (3, 1), (1.1, 1)], 1.1, "reached"),
    (at_most(1.1), [(2, 1), (3, 1), (1, 1)], 2, "missed"),
    (at_least(3), [(60, 20)], 3, "reached"),
    (at_least(3), [(59, 20)], 2.95, "missed"),
    (at_least(3), [], None, "not measured"),
])
def test_the_median_of_the_rounds_ratios_is_judged(goal, pairs, ratio, verdict):
    entry = outcome(goal, pairs).as_json()
    assert (entry["ratio"], entry["verdict"]) == (ratio, verdict)


def test_a_word_takes_the_comparison_of_that_name_or_all_that_contain_it():
    everything, with_growth = driver.chosen(None)
    names = [one.name for one in everything]
    assert len(set(names)) == len(names) and with_growth
    assert [one.name for one in driver.chosen(["websocket-bun"])[0]] == ["server/websocket-bun"]
    assert {one.name for one in driver.chosen(["nchan"])[0]} == {name for name in names if "nchan" in name} != set()
    assert driver.chosen(["growth"]) == ([], True)
    with pytest.raises(SystemExit, match="'nonsense'"):
        driver.chosen(["nonsense"])


def test_a_figure_that_several_comparisons_share_is_measured_once_a_round():
    calls = []
    bench = Round("build", 1)
    assert [bench.once("key", lambda: calls.append(1) or 7.0) for _ in range(2)] == [7.0, 7.0] and calls == [1]
    for _ in range(2):
        with pytest.raises(Unmeasured, match="no server"):
            bench.once("other", lambda: (_ for _ in ()).throw(RuntimeError("no server")))


def test_a_round_goes_on_after_a_comparison_that_could_not_be_measured(capsys):
    def broken(bench):
        raise RuntimeError("the peer ended")
    outcomes = [Outcome(Comparison("part/broken", "", "µs", at_most(1), lambda bench: 1.0, broken)),
                Outcome(Comparison("part/fine", "", "µs", at_most(1), lambda bench: 1.0, lambda bench: 2.0))]
    driver.one_round(Round("build", 1, 1), outcomes)
    assert [one.verdict for one in outcomes] == ["not measured", "reached"]
    assert outcomes[0].troubles == ["round 1, theirs: the peer ended"]
    report = {"comparisons": [one.as_json() for one in outcomes]}
    assert "part/broken: round 1, theirs: the peer ended" in tables.text(report)


def test_nothing_is_begun_when_the_time_is_over():
    late = Outcome(Comparison("part/late", "", "µs", at_most(1), None, None))
    driver.one_round(Round("build", 1, 2), [late], until=0)
    assert late.pairs == [] and late.troubles == ["round 2: no time was left (--minutes)"]


def point(technique, subscribers, cpu, rss):
    return {"technique": technique, "subscribers": subscribers, "server_cpu_us": cpu, "generator_cpu_us": cpu, "server_rss": rss,
            "generator_rss": rss}


def test_growth_is_the_rise_of_cost_and_of_the_memory_of_a_further_subscriber(tmp_path):
    points = growth.with_slopes([point("sse", 1_000, 5.0, 1_000_000), point("sse", 10_000, 5.5, 4_600_000), point("sse", 100_000, 7.0, 40_600_000)])
    assert [p["server_bytes"] for p in points] == [None, 400, 400]
    judged = {entry["name"]: (entry["ratio"], entry["verdict"]) for entry in growth.judge(points)}
    assert judged["growth/sse-server-cpu-us"] == (1.4, "missed") and judged["growth/sse-server-bytes"] == (1.0, "reached")
    growth.draw(points, tmp_path / "growth.svg")
    assert (tmp_path / "growth.svg").read_text().startswith("<?xml")


def test_the_list_needs_no_build():
    listed = subprocess.run(["/usr/bin/python3", "-m", "peers", "--list"], cwd=ROOT / "tests/bench", capture_output=True, text=True, check=True)
    assert "server/websocket-raw" in listed.stdout and "generator/echo-raw" in listed.stdout


def test_the_peers_versions_are_exact_and_locked():
    wanted = json.loads((ROOT / "tests/bench/peers/package.json").read_text())["dependencies"]
    locked = json.loads((ROOT / "tests/bench/peers/package-lock.json").read_text())["packages"]
    assert wanted == {name: locked[f"node_modules/{name}"]["version"] for name in wanted}
