"""Memory as a slope, confidence intervals over repetitions, and what else a server costs."""

from pushbench_report import answers, summary
from pushbench_report.figures import cost, frontier, memory

COUNTS = (100, 200, 400)
BASE = 4 << 20
INTERVAL = {"low": 1_700_000, "high": 1_800_000}


def readings(per_subscriber, readable=True):
    def side(each):
        return {"pss_bytes": each if readable else None, "private_bytes": None, "socket_bytes": None}
    slope = {"bytes_per_subscriber": per_subscriber, "bytes_at_zero": BASE, "r2": 0.9991, "points": len(COUNTS)}
    return {"points": [{"subscribers": n, "server": side(BASE + n * per_subscriber), "generator": side(None)} for n in COUNTS],
            "slopes": {"server_pss": slope} if readable else {}}


def with_memory(readable=True, **per_subscriber):
    def change(result):
        for run in result["runs"]:
            if run["technique"] in per_subscriber:
                run["memory"] = readings(per_subscriber[run["technique"]], readable)
        for group in result["groups"]:
            if group["technique"] in per_subscriber:
                group["memory_slopes"] = readings(per_subscriber[group["technique"]], readable)["slopes"]
    return change


def test_memory_that_no_scenario_asked_for_is_no_figure(workload):
    assert memory.draw(workload(), "m") is None


def test_memory_per_subscriber_is_the_slope_and_not_the_whole_by_the_number(workload):
    drawing = memory.draw(workload(with_memory(sse=3 * 1024, websocket=5 * 1024)), "m")
    title = drawing.title.replace("\u00a0", " ")
    assert title == "One more subscriber costs the server 3.00 KiB with sse and 5.00 KiB with websocket."
    row = next(row for row in drawing.rows if row[0] == "sse")
    assert row[1:3] == ["100, 200, 400", "3,070; 0.999"]
    assert drawing.svg.count("per subscriber, r\u00b2 0.999") == 2 * 2, "a hint for the points of each repetition"


def test_no_sentence_claims_a_slope_where_memory_did_not_grow_in_a_line(workload):
    def change(result):
        with_memory(sse=3 * 1024, websocket=5 * 1024)(result)
        for group in result["groups"]:
            if group["technique"] == "websocket":
                group["memory_slopes"]["server_pss"]["r2"] = 0.94
    title = memory.draw(workload(change), "m").title.replace("\u00a0", " ")
    assert title == "One more subscriber costs the server 3.00 KiB with sse."


def test_memory_that_nobody_may_read_is_said_in_words(workload):
    drawing = memory.draw(workload(with_memory(readable=False, sse=1024)), "m")
    assert "No process of the scenario let its memory be read." in drawing.title


def confident(metric="delivery_latency.p99", interval=INTERVAL):
    def change(result):
        group = next(group for group in result["groups"] if group["technique"] == "websocket")
        group["metrics"][metric] |= interval
    return change


def test_the_interval_of_the_result_takes_the_place_of_the_range_of_repetitions(workload):
    found = workload(confident())
    ranged, with_interval = (next(s for s in found.series if s.name == name).value("delivery_latency.p99") for name in ("sse", "websocket"))
    assert (with_interval.low, with_interval.high, with_interval.confident) == (1_700_000, 1_800_000, True)
    assert not ranged.confident


def test_the_interval_stands_in_the_table_the_answer_and_the_title(workload):
    found = workload(confident())
    p99 = next(c for c in summary.SUMMARY if c.metric == "delivery_latency.p99")
    websocket = next(s for s in found.series if s.name == "websocket")
    assert summary.cell(p99, websocket.value("delivery_latency.p99")).interval == "1.70\u20131.80"
    assert "(95\u00a0% CI 1.70\u00a0ms to 1.80\u00a0ms)" in frontier.draw(found, "f").title
    assert "95\u00a0% CI 1.70\u00a0ms to 1.80\u00a0ms" in answers.answer(answers.rank(answers.CRITERIA[0], found.series))["span"]


def test_the_interval_of_cpu_time_is_shown_in_its_unit(workload):
    found = workload(confident("server_cpu_per_delivery", {"low": 8500, "high": 9500}))
    column = next(c for c in summary.SUMMARY if c.metric == "server_cpu_per_delivery")
    websocket = next(s for s in found.series if s.name == "websocket")
    assert summary.cell(column, websocket.value(column.metric)).interval == "8.50\u20139.50", "nanoseconds in the result, microseconds here"


def test_the_page_says_what_the_intervals_are_of(sample, render):
    confident()(sample)
    page = render(sample)
    assert "over the repetitions, never over messages" in page and 'class="ci"' in page


def test_without_three_repetitions_nothing_claims_confidence(sample, render):
    page = render(sample)
    assert "confidence interval of the mean over the repetitions, never over messages" not in page and 'class="ci"' not in page


def test_context_switches_and_system_calls_stand_in_the_data_of_the_cost(workload):
    def change(result):
        for group in result["groups"]:
            group["metrics"] |= {f"server_{name}_per_delivery": {"value": value, "fitness": "usable"}
                                 for name, value in (("voluntary_switches", 0.25), ("syscalls", 1.5))}
    drawing = cost.draw(workload(change), "c")
    assert drawing.columns[-3:] == ["Context switches, it waited per delivery", "Context switches, it had to yield per delivery",
                                    "System calls per delivery"]
    assert [row[-3:] for row in drawing.rows][0] == ["0.250", "\u2013", "1.50"]
