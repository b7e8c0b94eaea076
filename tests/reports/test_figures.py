import pytest
from hdr_encoder import encode
from pushbench_report import intervals, load, text, theme
from pushbench_report.figures import bytes as bytes_figure
from pushbench_report.figures import cost, frontier, health, heat, layout, spectrum
from pushbench_report.value import Value
from pushbench_report.workload import workloads


def each_run(**fields):
    return lambda result: [run.update(fields) for run in result["runs"]]


def each_group(**fields):
    return lambda result: [group.update(fields) for group in result["groups"]]


def without(*names):
    """No group has measured a metric whose name begins so."""
    def change(result):
        for group in result["groups"]:
            group["metrics"] = {name: metric for name, metric in group["metrics"].items() if not name.startswith(names)}
    return change


def test_a_line_stops_at_the_last_percentile_with_ten_samples_beyond_it(workload):
    lines = {s.name: spectrum.Line.of(s) for s in workload().series}
    assert lines["sse"].x[-1] == pytest.approx(40_000 / 10)
    assert len(lines["sse"].x) <= 200


def test_a_line_with_losses_stops_where_the_losses_begin_and_leaves_through_the_top(workload):
    line = next(line for s in workload().series if (line := spectrum.Line.of(s)).series.name == "polling 5s")
    assert line.leaves and line.x[-1] == pytest.approx(40_000 / 74, rel=0.02)


def test_the_band_of_repetitions_encloses_the_line(workload):
    line = spectrum.Line.of(workload().series[0])
    assert (line.low <= line.y).all() and (line.y <= line.high).all()


def test_titles_carry_the_numbers(workload):
    found = workload()
    assert spectrum.draw(found, "a").title.replace("\u00a0", " ") == (
        "websocket, http-streaming and sse are fastest: p99 1.74 ms (1.73 ms to 1.75 ms); polling 5s takes 4.96 s, "
        "2,850 times as long.")
    assert bytes_figure.draw(found, "b").title.replace("\u00a0", " ") == (
        "polling 5s needs 141 B on the wire per delivery to carry 120 B of payload; long-polling needs 523 B, 3.7 "
        "times as much.")
    assert cost.draw(found, "c").title.startswith("polling 5s needs the least CPU per delivery")
    assert frontier.draw(found, "d").title.startswith("From polling 5s to websocket, p99 falls from")


@pytest.mark.parametrize("module, change, says", [
    (cost, without("server_"), "were not measured"),
    (bytes_figure, without("bytes_", "received_", "sent_"), "No run counted bytes"),
    (spectrum, each_group(spectrum=None), "not enough deliveries to draw a line"),
    (spectrum, each_group(spectrum=None, metrics={}), "Nothing was delivered"),
    (frontier, each_group(verdict="invalid"), "Fewer than two techniques"),
    (frontier, without("server_", "bytes_"), "fewer than two techniques have both"),
])
def test_without_data_there_is_a_sentence_instead_of_an_empty_chart(workload, module, change, says):
    drawing = module.draw(workload(change), "x")
    assert drawing.svg is None and says in drawing.title


def test_kinds_that_were_not_measured_are_named_and_not_drawn_as_zero(workload):
    drawing = bytes_figure.draw(workload(), "x")
    assert "Not measured and not in the bars: TLS." in drawing.notes
    assert not any("TLS" in column for column in drawing.columns)


def test_tls_is_a_row_of_its_own_beside_techniques_without_it(workload):
    def add_tls(result):
        for group in result["groups"]:
            if group["technique"] == "sse":
                group["metrics"] |= {f"{way}_tls_per_delivery": {"value": value, "fitness": "usable"}
                                     for way, value in (("received", 29.0), ("sent", 0.0))}
    found = workload(add_tls)
    drawing = bytes_figure.draw(found, "x")
    column = drawing.columns.index("server → client: TLS (B)")
    shown = {row[0]: row[column] for row in drawing.rows}
    assert shown.pop("sse") == "29.0"
    assert set(shown.values()) == {text.NOT_MEASURED}
    assert not any("TLS" in note for note in drawing.notes)
    assert "sse, received: TLS 29.0 B per delivery" in drawing.svg


def test_the_pareto_line_holds_what_nothing_beats():
    def point(x, y):
        return frontier.Point(None, Value("ok", x), Value("ok", y))
    points = [point(1, 9), point(2, 5), point(3, 6), point(4, 1), point(5, 1)]
    assert [(p.x.value, p.y.value) for p in frontier.pareto(points)] == [(1, 9), (2, 5), (4, 1)]


@pytest.mark.parametrize("wanted", [[50, 50, 50], [0, 1, 99, 100], [10, 90], [100] * 5, [5], []])
def test_spread_labels_keep_their_distance_and_stay_inside(wanted):
    placed = layout.spread(wanted, 20, 0, 100)
    ordered = sorted(placed)
    assert all(b - a >= 20 - 1e-9 for a, b in zip(ordered, ordered[1:]))
    assert all(-1e-9 <= place <= 100 + 1e-9 for place in placed)


def test_spread_labels_shrink_their_distance_when_there_is_no_room():
    placed = sorted(layout.spread([50] * 11, 20, 0, 100))
    assert placed[0] == pytest.approx(0) and placed[-1] == pytest.approx(100)


def test_labels_beside_points_do_not_cover_one_another():
    points = [(100, 100), (104, 102), (108, 99), (300, 200)]
    places = layout.place_labels(points, [60] * 4, (0, 0, 600, 400))
    boxes = [(x, y - 8, x + 60, y + 8) for x, y in places]
    assert all(layout._common_area(a, b) == 0 for i, a in enumerate(boxes) for b in boxes[:i])


def test_ticks_of_a_log_axis_are_round_and_inside():
    assert layout.log_ticks(1, 1e6) == [1, 10, 100, 1e3, 1e4, 1e5, 1e6]
    assert layout.log_ticks(150, 900) == [150, 200, 300, 500, 700]


@pytest.fixture
def logged(sample, save):
    """The sample with a series and an interval log in each run: ten intervals, the last three slow."""
    def make(folder_of=lambda run: f"{run['technique']}-{run['variant']}-{run['repetition']}.hlog"):
        for run in sample["runs"]:
            run["interval_log"] = folder_of(run)
            run["series"] = {"end_s": [float(s) for s in range(-1, 9)], "length_s": [1.0] * 10,
                             "measuring": [s >= 1 for s in range(-1, 9)], "loop_busy": [0.25] * 9 + [0.91],
                             "loop_lag_ns": [100_000] * 9 + [7_000_000], "steal": [None] * 10}
        folder = save(sample)
        for run in sample["runs"]:
            lines = [f"Tag=delivery_latency,{s}.000,1.000,5.000,{encode({5_000_000 if s > 6 else 1_000_000: 100 + s})}"
                     for s in range(10)]
            (folder / run["interval_log"]).write_text("#[StartTime: 1 (seconds since epoch)]\n" + "\n".join(lines) + "\n")
        return workloads(load.load_all([folder]), theme.Styles())[0]
    return make


def test_the_heat_map_has_a_panel_for_each_technique_and_says_which_varied(logged):
    drawing = heat.draw(logged(), "h")
    assert drawing.svg.count("<image") == drawing.svg.count('href="data:image/png;base64,') == 7
    assert len(drawing.rows) == 70
    assert "varied most over time: its slowest interval's median is 5" in drawing.title
    assert "10 intervals" in drawing.svg


def test_the_heat_map_counts_every_delivery(logged):
    panel = heat.Panel.of(logged().series[0])
    grid = panel.grid([1e5, 1e6, 1e7], panel.length)
    assert grid.sum() == sum(100 + s for s in range(10))


def test_a_percentile_of_an_interval_with_few_deliveries_is_marked(logged):
    drawing = heat.draw(logged(), "h")
    p50, p99 = (drawing.columns.index(name) for name in ("p50", "p99"))
    first = drawing.rows[0]      # of 100 deliveries
    assert first[p99] == "1.00\u00a0ms n<" and first[p50] == "1.00\u00a0ms"


def test_a_log_that_is_not_there_or_damaged_is_a_sentence(workload, tmp_path):
    assert heat.draw(workload(each_run(interval_log="absent.hlog")), "h").svg is None
    damaged = tmp_path / "damaged.hlog"
    damaged.write_text("Tag=delivery_latency,0.000,1.000,5.000,HISTnonsense\n")
    assert intervals.read(damaged) == []


def test_a_result_cannot_name_a_log_elsewhere(workload):
    assert heat.draw(workload(each_run(interval_log="../../etc/passwd")), "h").svg is None


def test_run_health_shows_only_measure_and_says_how_busy_the_generator_was(logged):
    drawing = health.draw(logged(), "g")
    assert "was short of time" in drawing.title and "91" in drawing.title and "7.00" in drawing.title
    assert len(health.points(logged().series[0].runs[0]["series"], "loop_busy")) == 8
    assert health.points(logged().series[0].runs[0]["series"], "steal") == []


def test_the_floor_of_the_tool_is_a_dotted_line_of_its_own(workload):
    def with_floor(result):
        result["floor"] = {"technique": "sse", "subscribers": 1000, "expected_deliveries": 20_000, "missing": 0,
                           "delivery_latency_ns": {"count": 20_000, "p50": 84_000},
                           "spectrum": {"quantile": [0, 0.5, 0.9], "value": [84_000] * 3}}
    drawn, without = spectrum.draw(workload(with_floor), "s"), spectrum.draw(workload(lambda result: result.pop("floor")), "s")
    assert "floor of the tool: 50" in drawn.svg and "dotted grey line" in drawn.how_to_read
    assert "floor of the tool" not in without.svg and "dotted grey line" not in without.how_to_read
