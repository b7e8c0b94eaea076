import pytest
from pushbench_report import answers, load, summary, theme
from pushbench_report.distribution import Value
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
    return {(row.series.name, column.key): cell for row in rows for column, cell in zip(kept, row.cells)}


def only(technique, **fields):
    def change(result):
        for run in result["runs"]:
            if run["technique"] == technique:
                run.update(fields)
    return change


def test_cells_have_three_digits_and_counts_are_exact(series):
    table = cells(series())
    assert table["polling 1s", "p50"].text == "503"
    assert table["websocket", "p99"].text == "1.74"
    assert table["polling 5s", "delivered"].text == "39,926"
    assert table["polling 5s", "missing"].text == "74" and "bad" in table["polling 5s", "missing"].marks
    assert table["sse", "missing"].text == "0" and table["sse", "missing"].marks == ""


def test_a_percentile_beyond_what_arrived_is_not_delivered_and_sorts_last(series):
    cell = cells(series())["polling 5s", "p999"]
    assert (cell.text, cell.sort, cell.marks) == ("not delivered", "inf", "undelivered")


def test_what_was_not_measured_is_a_dash_and_never_zero(series):
    table = cells(series(only("sse", server=None)))
    assert (table["sse", "cpu"].text, table["sse", "cpu"].sort) == ("–", "")
    assert table["websocket", "cpu"].text != "–"


def test_polling_shows_round_trips_and_wasted_polls_and_nothing_else_does(series):
    every = series()
    table = cells([s for s in every if s.polls], summary.POLLING)
    assert {name for name, _ in table} == {"polling 500ms", "polling 1s", "polling 5s"}
    assert float(table["polling 1s", "trip50"].sort) < float(table["polling 1s", "age50"].sort)
    assert table["polling 1s", "wasted"].text == "10.0"


def test_columns_that_nothing_fills_and_spotless_counts_are_left_out(series):
    kept, _ = summary.table(summary.SUMMARY, series(no_server))
    assert not {"cpu", "memory", "duplicate", "reordered", "corrupt"} & {column.key for column in kept}


def test_a_duplicate_brings_its_column(series):
    assert cells(series(only("sse", duplicate=3)))["sse", "duplicate"].text == "6"


def test_percentiles_from_few_samples_are_marked_and_never_best(series):
    few = cells(series(), summary.HEALTH)["sse", "lag99"]
    assert few.marks == "few" and "10 are needed" in few.tip


def test_the_best_of_a_column_is_marked_together_with_its_ties(series):
    table = cells(series())
    best = {name for (name, key), cell in table.items() if key == "p99" and cell.best}
    assert best == {"websocket", "http-streaming", "sse"}
    assert {name for (name, key), cell in table.items() if key == "bytes" and cell.best} == {"polling 5s"}


def test_an_invalid_series_is_shown_but_never_best(series):
    found = series(only("websocket", verdict="invalid"))
    table = cells(found)
    assert table["websocket", "p99"].text == "1.74" and not table["websocket", "p99"].best
    assert "websocket" not in {s.name for s in answers.rank(answers.CRITERIA[0], found).best}


def test_a_column_in_which_all_are_alike_has_no_best(series):
    def alike(result):
        for run in result["runs"]:
            run["server"]["bytes_per_subscriber"] = 1000
    assert not any(cell.best for (_, key), cell in cells(series(alike)).items() if key == "memory")


def test_the_answer_names_winner_ties_runner_up_and_most(series):
    answer = answers.answer(answers.rank(answers.CRITERIA[0], series()))
    assert [s.name for s in answer["winners"]] == ["websocket", "http-streaming", "sse"]
    assert all(words in answer["rest"] for words in ("A tie of 3", "Next: long-polling", "Most: polling 5s"))


def test_a_doubtful_winner_is_called_so(series):
    assert "polling 5s is doubtful" in answers.answer(answers.rank(answers.CRITERIA[1], series()))["rest"]


def no_server(result):
    for run in result["runs"]:
        run["server"] = None


def test_nothing_measured_is_said_in_words(series):
    answer = answers.answer(answers.rank(answers.CRITERIA[2], series(no_server)))
    assert answer["winners"] == [] and answer["rest"] == "Not measured by any usable run."


def test_only_what_costs_more_by_every_criterion_is_dominated(series):
    found = series()
    assert [(worse.name, better.name) for worse, better in answers.dominated(found)] == [("long-polling", "websocket")]
    assert answers.dominated_sentences(found) == ["long-polling is dominated: websocket costs less by every criterion "
                                                  "measured."]


@pytest.mark.parametrize("key, best, other, tie", [
    ("p99", Value("ok", 10, 9, 12), Value("ok", 13, 11.9, 14), True),
    ("p99", Value("ok", 10, 9, 11), Value("ok", 13, 12, 14), False),
    ("p99", Value("ok", 100), Value("ok", 105), True), ("p99", Value("ok", 100), Value("ok", 106), False),
    ("bytes", Value("ok", 100), Value("ok", 101), True), ("bytes", Value("ok", 100), Value("ok", 102), False)])
def test_ranges_that_overlap_tie_and_so_do_small_differences(key, best, other, tie):
    assert answers.tied(key, best, other) == tie
