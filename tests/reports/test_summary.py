import pytest
from pushbench_report import answers, load, summary, theme
from pushbench_report.value import Value
from pushbench_report.workload import workloads


@pytest.fixture
def series(sample, save):
    """The series of the sample after `change` of its result."""
    def make(change=lambda result: None):
        change(sample)
        return workloads(load.load_all([save(sample)]), theme.Styles())[0].series
    return make


def cells(series, columns=summary.SUMMARY):
    kept, rows = summary.table(columns, series)
    return {(row.series.name, column.metric): cell for row in rows for column, cell in zip(kept, row.cells)}


def only(technique, metrics=None, **fields):
    """Of one technique: its group's fields, and the values of metrics."""
    def change(result):
        for group in result["groups"]:
            if group["technique"] == technique:
                group.update(fields)
                for name, value in (metrics or {}).items():
                    group["metrics"][name] = {"value": value, "fitness": "usable"}
    return change


def test_cells_have_three_digits_and_counts_are_exact(series):
    table = cells(series())
    assert table["polling 1s", "delivery_latency.p50"].text == "503"
    assert table["websocket", "delivery_latency.p99"].text == "1.74"
    assert table["polling 5s", "delivered"].text == "39,926"
    assert table["polling 5s", "missing"].text == "74" and "bad" in table["polling 5s", "missing"].marks
    assert table["sse", "missing"].text == "0" and table["sse", "missing"].marks == ""


def test_a_percentile_beyond_what_arrived_is_not_delivered_and_sorts_last(series):
    cell = cells(series())["polling 5s", "delivery_latency.p999"]
    assert (cell.text, cell.sort, cell.marks) == ("not delivered", "inf", "undelivered")


def test_what_was_not_measured_is_a_dash_and_never_zero(series):
    table = cells(series(only("sse", {"server_cpu_per_delivery": None})))
    assert (table["sse", "server_cpu_per_delivery"].text, table["sse", "server_cpu_per_delivery"].sort) == ("–", "")
    assert table["websocket", "server_cpu_per_delivery"].text != "–"


def test_polling_shows_round_trips_and_wasted_polls_and_nothing_else_does(series):
    every = series()
    table = cells([s for s in every if s.polls], summary.POLLING)
    assert {name for name, _ in table} == {"polling 500ms", "polling 1s", "polling 5s"}
    assert float(table["polling 1s", "round_trip.p50"].sort) < float(table["polling 1s", "delivery_latency.p50"].sort)
    assert table["polling 1s", "wasted_poll_share"].text == "10.0"


def test_columns_that_nothing_fills_and_spotless_counts_are_left_out(series):
    kept, _ = summary.table(summary.SUMMARY, series(no_server))
    assert not {"server_cpu_per_delivery", "server_bytes_per_subscriber", "duplicate", "reordered", "corrupt"} & {column.metric for column in kept}


def test_a_duplicate_brings_its_column(series):
    assert cells(series(only("sse", {"duplicate": 6})))["sse", "duplicate"].text == "6"


def test_percentiles_from_few_samples_are_marked_and_never_best(series):
    few = cells(series(), summary.HEALTH)["sse", "send_lag.p99"]
    assert few.marks == "few" and "10 are needed" in few.tip


def test_the_best_of_a_column_is_marked_together_with_its_ties(series):
    table = cells(series())
    best = {name for (name, key), cell in table.items() if key == "delivery_latency.p99" and cell.best}
    assert best == {"websocket", "http-streaming", "sse"}
    assert {name for (name, key), cell in table.items() if key == "bytes_per_delivery" and cell.best} == {"polling 5s"}


def test_an_invalid_series_is_shown_but_never_best(series):
    found = series(only("websocket", verdict="invalid"))
    table = cells(found)
    assert table["websocket", "delivery_latency.p99"].text == "1.74" and not table["websocket", "delivery_latency.p99"].best
    assert "websocket" not in {s.name for s in answers.rank(answers.CRITERIA[0], found).best}


def test_a_column_in_which_all_are_alike_has_no_best(series):
    def alike(result):
        for group in result["groups"]:
            group["metrics"]["server_bytes_per_subscriber"] = {"value": 1000, "fitness": "usable"}
    assert not any(cell.best for (_, key), cell in cells(series(alike)).items() if key == "server_bytes_per_subscriber")


def test_the_answer_names_winner_ties_runner_up_and_most(series):
    answer = answers.answer(answers.rank(answers.CRITERIA[0], series()))
    assert [s.name for s in answer["winners"]] == ["websocket", "http-streaming", "sse"]
    assert all(words in answer["rest"] for words in ("A tie of 3", "Next: long-polling", "Most: polling 5s"))


def test_a_doubtful_winner_is_called_so(series):
    assert "polling 5s is doubtful" in answers.answer(answers.rank(answers.CRITERIA[1], series()))["rest"]


def no_server(result):
    for group in result["groups"]:
        group["metrics"] = {name: metric for name, metric in group["metrics"].items() if not name.startswith("server_")}


def test_nothing_measured_is_said_in_words(series):
    answer = answers.answer(answers.rank(answers.CRITERIA[2], series(no_server)))
    assert answer["winners"] == [] and answer["rest"] == "Not measured by any usable run."


def test_only_what_costs_more_by_every_criterion_is_dominated(series):
    found = series()
    assert [(worse.name, better.name) for worse, better in answers.dominated(found)] == [("long-polling", "websocket")]
    assert answers.dominated_sentences(found) == ["long-polling is dominated: websocket costs less by every criterion "
                                                  "measured."]


@pytest.mark.parametrize("key, best, other, tie", [
    ("delivery_latency.p99", Value("ok", 10, 9, 12), Value("ok", 13, 11.9, 14), True),
    ("delivery_latency.p99", Value("ok", 10, 9, 11), Value("ok", 13, 12, 14), False),
    ("delivery_latency.p99", Value("ok", 100), Value("ok", 105), True), ("delivery_latency.p99", Value("ok", 100), Value("ok", 106), False),
    ("bytes_per_delivery", Value("ok", 100), Value("ok", 101), True), ("bytes_per_delivery", Value("ok", 100), Value("ok", 102), False)])
def test_ranges_that_overlap_tie_and_so_do_small_differences(key, best, other, tie):
    assert answers.tied(key, best, other) == tie
