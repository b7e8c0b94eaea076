"""The driver of `make bench-peers`: choosing, judging and writing down; what it measures is measured by hand."""

import argparse
import json
import subprocess
import sys

import pytest
from harness import ROOT

sys.path.insert(0, str(ROOT / "tests/bench"))

from peers import __main__ as driver  # noqa: E402
from peers import clients, generator, growth, tables  # noqa: E402
from peers.bench import Round  # noqa: E402
from peers.comparison import Comparison, Outcome, Unmeasured, at_least, at_most  # noqa: E402
from peers.soundness import examine, messages_owed  # noqa: E402


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


def result(warnings=(), **values):
    """A result file of one sound run, but for `values`."""
    run = {"published": 6, "publish_failed": 0, "subscribers": 10, "connected": 10, "failures": {}, "expected_deliveries": 60, "delivered": 60,
           "missing": 0, "corrupt": 0, "duplicate": 0}
    return {"warnings": list(warnings), "runs": [{**run, **values}]}


def warning(rule, level="invalid"):
    return {"rule": rule, "level": level, "message": f"rule {rule} was broken", "run": 0}


class CannedRound(Round):
    """A round whose runs of pushbench bring results made beforehand."""

    def __init__(self, *results):
        super().__init__("build", 3)
        self.results, self.scenarios = list(results), []

    def _result_of(self, scenario):
        self.scenarios.append(scenario)
        return self.results.pop(0)


@pytest.mark.parametrize("values, reason", [
    ({"published": 5, "publish_failed": 1}, "5 of 6 messages published, 1 refused"),
    ({"published": 7}, "7 of 6 messages published"),
    ({"connected": 9}, "9 of 10 subscribers connected"),
    ({"failures": {"reset": 2}}, "failures: {'reset': 2}"),
    ({"delivered": 59, "missing": 1}, "1 of 60 deliveries missing"),
    ({"delivered": 0, "expected_deliveries": 0}, "0 of 0 deliveries missing"),
    ({"warnings": [warning(21)]}, "invalid \\(rule 21\\): rule 21 was broken"),
    ({"warnings": [warning(9), warning(None)]}, "invalid \\(rule None\\)"),
])
def test_a_run_under_a_lighter_load_than_was_asked_for_brings_no_figure(values, reason):
    with pytest.raises(Unmeasured, match=reason):
        examine(result(**values), owed=6)


def test_a_busy_machine_is_told_beside_the_cost_of_a_delivery_and_falsifies_a_latency():
    busy = result([warning(9), warning(13, "warn"), warning(11, "warn")])
    assert examine(busy, owed=6) == ["counts although rule 9 says: rule 9 was broken", "counts although rule 11 says: rule 11 was broken"]
    with pytest.raises(Unmeasured, match="rule 9"):
        examine(busy, owed=6, tolerated=frozenset())


def test_polls_that_nothing_is_sent_to_must_be_answered_all_the_same():
    unsent = {"delivered": 0, "missing": 60, "warnings": [warning(3), warning(0)]}
    assert examine(result(**unsent), owed=6, deliveries=False) == []
    with pytest.raises(Unmeasured, match="failures"):
        examine(result(**unsent, failures={"refused": 1}), owed=6, deliveries=False)


def test_the_schedule_owes_what_its_rate_makes_of_the_measured_seconds():
    assert messages_owed({"publish": {"rate": "0.5/s"}, "phases": {"measure": "4s"}}) == 2


def test_every_figure_is_measured_when_it_is_asked_for():
    bench = CannedRound(result(), result([warning(9)]))
    for _ in range(2):
        bench.push("sse", target="reference", subscribers=10, publish={"rate": "2/s"})
    assert len(bench.scenarios) == 2 and len(bench.take_notes()) == 1 and bench.take_notes() == []


def test_what_is_doubtful_of_a_figure_stands_beside_it():
    def ours(bench):
        return bench.push("sse", target="reference", subscribers=10, publish={"rate": "2/s"})["delivered"]
    noted = Outcome(Comparison("part/noted", "", "deliveries", at_most(1), ours, lambda bench: 60))
    driver.one_round(CannedRound(result([warning(9)])), [noted])
    assert (noted.verdict, noted.troubles) == ("reached", ["round 1, ours: counts although rule 9 says: rule 9 was broken"])


def test_starting_and_connecting_are_not_part_of_steady_work():
    lengths = []

    def work_of(seconds):
        lengths.append(seconds)
        return 50 + 1000 * seconds, 0.25 + 0.5 * seconds
    assert clients.steady(work_of, 4) == (4000, 2.0) and lengths == [1, 5]


def test_a_client_whose_requests_failed_brings_no_figure():
    assert clients.wrk_requests("  1234 requests in 1.00s, 1.00MB read") == 1234
    assert clients.h2load_requests("requests: 9 total, 9 started, 7 done, 7 succeeded, 0 failed, 0 errored, 0 timeout") == 7
    with pytest.raises(RuntimeError, match="Socket errors"):
        clients.wrk_requests("  1234 requests in 1.00s, 1.00MB read\n  Socket errors: connect 0, read 3, write 0, timeout 0")
    with pytest.raises(RuntimeError, match="2 errored"):
        clients.h2load_requests("requests: 9 total, 9 started, 7 done, 7 succeeded, 0 failed, 2 errored, 0 timeout")


def test_a_round_goes_on_after_a_comparison_that_could_not_be_measured(capsys):
    def broken(bench):
        raise RuntimeError("the peer ended")
    outcomes = [Outcome(Comparison("part/broken", "", "µs", at_most(1), lambda bench: 1.0, broken)),
                Outcome(Comparison("part/fine", "", "µs", at_most(1), lambda bench: 1.0, lambda bench: 2.0))]
    driver.one_round(Round("build", 1, 1), outcomes)
    assert [one.verdict for one in outcomes] == ["not measured", "reached"]
    assert outcomes[0].troubles == ["round 1, theirs: the peer ended"]
    report = {**driver.machine(), "rounds": 1, "measure_s": 1, "comparisons": [one.as_json() for one in outcomes], "growth_troubles": ["too many"]}
    assert "part/broken: round 1, theirs: the peer ended" in tables.text(report)
    assert list(tables.markdown(report))[-2:] == ["- part/broken: round 1, theirs: the peer ended", "- growth: too many"]


def test_nothing_is_begun_when_the_time_is_over():
    late = Outcome(Comparison("part/late", "", "µs", at_most(1), None, None))
    driver.one_round(Round("build", 1, 2), [late], until=0)
    assert late.pairs == [] and late.troubles == ["round 2: no time was left (--minutes)"]


def test_deliveries_by_the_clock_end_with_the_last_of_a_burst():
    bench = CannedRound(result(published=1_500, subscribers=1_000, connected=1_000, delivered=1_500_000, delivery_latency_ns={"max": 500_000_000}))
    assert generator.deliveries_per_s(2)(bench) == 3_000_000
    scenario = bench.scenarios[0]
    assert scenario["threads"] == 2 and scenario["publish"]["burst"] == 1_500 and scenario["phases"]["warm-up"] == scenario["phases"]["measure"]


def test_the_publisher_is_judged_by_its_send_lag_however_late_the_subscriber_reads():
    bench = CannedRound(result([warning(1), warning(10)], published=300_000, subscribers=1, connected=1, send_lag_ns={"p99": 1_500_000}))
    assert generator.send_lag(bench) == 1.5 and len(bench.take_notes()) == 2
    with pytest.raises(Unmeasured, match="rule 12"):
        generator.send_lag(CannedRound(result([warning(12)], published=300_000, subscribers=1, connected=1, send_lag_ns={"p99": 1_500_000})))


COUNTS = (1_000, 10_000, 100_000)


def parts_of_growth(cpu, private):
    """What one round measures of sse."""
    parts = {}
    for count, cpu_us, private_bytes in zip(COUNTS, cpu, private, strict=True):
        parts[("sse", count)] = [{"server_private_bytes": private_bytes, "generator_private_bytes": private_bytes}]
        if cpu_us is not None:
            parts[("sse", count)].append({"threads": 1, "server_cpu_us": cpu_us, "generator_cpu_us": cpu_us})
    return parts


def test_growth_is_the_rise_of_cost_and_of_the_memory_of_a_further_subscriber(tmp_path):
    points = growth.with_slopes(growth.merged(parts_of_growth([5.0, 5.5, 7.0], [1_000_000, 4_600_000, 40_600_000])))
    assert [p["server_bytes"] for p in points] == [None, 400, 400]
    judged = {entry["name"]: (entry["ratio"], entry["verdict"]) for entry in growth.judge(points, COUNTS)}
    assert judged["growth/sse-server-cpu-us"] == (1.4, "missed") and judged["growth/sse-server-bytes"] == (1.0, "reached")
    growth.draw(points, tmp_path / "growth.svg")
    assert (tmp_path / "growth.svg").read_text().startswith("<?xml")


def test_growth_has_no_verdict_on_what_the_greatest_count_did_not_bring(tmp_path):
    points = growth.with_slopes(growth.merged(parts_of_growth([5.0, 5.5, None], [1_000_000, None, 40_600_000])))
    assert {entry["verdict"] for entry in growth.judge(points, COUNTS)} == {"not measured"}
    growth.draw(points, tmp_path / "growth.svg")
    assert list(tables.growth_markdown(points))[-1] == "| sse | 100,000 | — | — | — | — | — |"


def test_memory_grows_within_one_run_whose_subscribers_are_there():
    reading = [{"subscribers": count, "server": {"private_bytes": 2 * count}, "generator": {"private_bytes": 3 * count}} for count in COUNTS]
    bench = CannedRound(result(published=2, memory={"points": reading}))
    parts = growth.memory(bench, "sse", COUNTS)
    assert bench.scenarios[0]["subscribers"] == 100_000 and bench.scenarios[0]["phases"]["memory"]["counts"] == list(COUNTS)
    assert parts[10_000] == {"server_private_bytes": 20_000, "generator_private_bytes": 30_000}


def test_counts_of_growth_grow_and_are_enough_for_a_line():
    assert driver.growing_counts("10,20,1000000") == (10, 20, 1_000_000)
    for text in ("10,20", "10,30,20", "0,1,2"):
        with pytest.raises(argparse.ArgumentTypeError, match="growing"):
            driver.growing_counts(text)


def test_the_list_needs_no_build():
    listed = subprocess.run(["/usr/bin/python3", "-m", "peers", "--list"], cwd=ROOT / "tests/bench", capture_output=True, text=True, check=True)
    assert "server/websocket-raw" in listed.stdout and "generator/echo-raw" in listed.stdout


def test_the_peers_versions_are_exact_and_locked():
    wanted = json.loads((ROOT / "tests/bench/peers/package.json").read_text())["dependencies"]
    locked = json.loads((ROOT / "tests/bench/peers/package-lock.json").read_text())["packages"]
    assert wanted == {name: locked[f"node_modules/{name}"]["version"] for name in wanted}
