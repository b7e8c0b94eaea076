import pytest
from hdr_encoder import encode
from pushbench_report import load, theme
from pushbench_report.workload import workloads

MS = 1_000_000


def a_run(values, expected=None, repetition=1, **fields):
    """A run whose delivery latencies are `values` {ns: count}; the summary is left to the histogram unless given."""
    delivered = sum(values.values())
    expected = expected or delivered
    run = {"technique": "sse", "variant": "", "repetition": repetition, "subscribers": 10, "published": 1,
           "expected_deliveries": expected,
           "delivered": delivered, "missing": expected - delivered, "duplicate": 0, "reordered": 0, "corrupt": 0,
           "failures": {},
           "verdict": "valid", "histograms": {"delivery_latency": encode(values)},
           "delivery_latency_ns": {"count": delivered}}
    return run | fields


@pytest.fixture
def series_of(sample, save):
    def make(*runs):
        sample.update(runs=list(runs), warnings=[], thresholds=[])
        return workloads(load.load_all([save(sample)]), theme.Styles())[0].series[0]
    return make


def near(ns):
    return pytest.approx(ns, rel=0.001)


def test_repetitions_merge_histograms_and_never_average_percentiles(series_of):
    fast, slow = {1 * MS: 1000}, {1 * MS: 500, 9 * MS: 500}
    value = series_of(a_run(fast), a_run(slow, repetition=2)).latency.quantile(0.7)
    assert value.value == near(1 * MS)      # the mean of both p70 would be 5 ms
    assert (value.low, value.high) == (near(1 * MS), near(9 * MS))


def test_counts_and_failures_add_and_examples_keep_the_first(series_of):
    series = series_of(a_run({MS: 10}, 12, failures={"reset": 2}, failure_examples={"reset": "first"}),
                       a_run({MS: 10}, 11, 2, failures={"reset": 1, "timeout": 4},
                             failure_examples={"reset": "second"}))
    assert (series.total("delivered"), series.total("missing")) == (20, 3)
    assert series.failures == {"reset": 3, "timeout": 4}
    assert series.failure_examples == {"reset": "first"}


def test_a_missing_delivery_is_infinitely_late(series_of):
    latency = series_of(a_run({MS: 9850}, 10000)).latency
    assert latency.quantile(0.985).state == "ok"
    assert latency.quantile(0.9851).state == "undelivered"
    assert latency.undelivered_from == 0.985


def test_a_repetition_that_delivered_nothing_stays_in_the_denominator(series_of):
    nothing = a_run({}, 1000, 2, delivery_latency_ns=None, histograms=None)
    latency = series_of(a_run({MS: 1000}), nothing).latency
    assert (latency.population, latency.recorded) == (2000, 1000)
    assert latency.quantile(0.5).state == "ok" and latency.quantile(0.6).state == "undelivered"


@pytest.mark.parametrize("samples, state", [(1000, "ok"), (999, "few")])
def test_ten_samples_beyond_a_percentile_are_enough(series_of, samples, state):
    assert series_of(a_run({MS: samples})).latency.quantile(0.99).state == state


def test_a_single_run_without_histograms_shows_its_summary(series_of):
    summary = {"count": 9990, "min": 5, "mean": 6, "p50": 7, "p90": 8, "p99": 9, "p999": None, "max": 11,
               "undelivered_from": 0.999}
    latency = series_of(a_run({}, 10000, delivered=9990, missing=10, delivery_latency_ns=summary,
                              histograms=None)).latency
    assert [latency.quantile(q).value for q in (0.5, 0.9, 0.99)] == [7, 8, 9]
    assert latency.quantile(0.9995).state == "undelivered"
    assert latency.quantile(0.95).state == "absent"


def test_repetitions_without_histograms_have_no_percentiles_rather_than_averaged_ones(series_of):
    summary = {"count": 100, "p50": 7}
    runs = [a_run({MS: 100}, repetition=n, delivery_latency_ns=summary, histograms=None) for n in (1, 2)]
    assert series_of(*runs).latency.quantile(0.5).state == "absent"


def test_costs_per_delivery_are_quotients_of_sums(series_of):
    def with_costs(repetition, deliveries, payload, cpu):
        part = {"payload": payload, "framing": None, "http": 0, "tls": None, "tcpip": None}
        return a_run({MS: deliveries}, repetition=repetition, server={"cpu_us_per_delivery": cpu}, bytes_per_delivery=1,
                     bytes={"received": part, "sent": {"http": deliveries}, "deliveries": deliveries})
    series = series_of(with_costs(1, 100, 1000, 2.0), with_costs(2, 300, 6000, 4.0))
    assert series.bytes_of("received", "payload") == 7000 / 400
    assert series.bytes_per_delivery.value == 7000 / 400 + 1
    assert series.bytes_of("received", "framing") is None and series.bytes_of("received", "http") == 0
    assert series.server_cpu.value == pytest.approx((2.0 * 100 + 4.0 * 300) / 400)
    assert (series.server_cpu.low, series.server_cpu.high) == (2.0, 4.0)


def test_what_one_repetition_did_not_measure_is_not_measured(series_of):
    series = series_of(a_run({MS: 10}, server={"cpu_us_per_delivery": 2.0}), a_run({MS: 10}, repetition=2, server=None))
    assert series.server_cpu.state == "absent"


def test_the_verdict_is_the_worst_and_reasons_are_said_once(series_of):
    series = series_of(a_run({MS: 1}), a_run({MS: 1}, repetition=2, verdict="doubtful", verdict_reasons=["a"]),
                       a_run({MS: 1}, repetition=3, verdict="doubtful", verdict_reasons=["a", "b"]))
    assert (series.verdict, series.usable, series.verdict_reasons) == ("doubtful", True, ["a", "b"])


def test_an_invalid_repetition_is_left_out_beside_usable_ones(series_of):
    cost = {"server": {"cpu_us_per_delivery": 2.0}}
    series = series_of(a_run({MS: 10}, **cost), a_run({MS: 10}, repetition=2, verdict="doubtful", **cost),
                       a_run({9 * MS: 10}, 30, repetition=3, verdict="invalid", server=None))
    assert (series.verdict, series.usable, series.repetitions) == ("doubtful", True, 2)
    assert (series.total("delivered"), series.total("missing")) == (20, 0)
    assert series.latency.extreme("max") < 2 * MS
    assert series.server_cpu.value == 2.0, "it is in every repetition that is left"
    assert series.left_out_words == "1 of 3 repetitions invalid and left out"


def test_a_series_without_a_usable_run_keeps_its_invalid_ones(series_of):
    series = series_of(a_run({MS: 10}, verdict="invalid"), a_run({MS: 10}, repetition=2, verdict="invalid"))
    assert (series.verdict, series.usable, series.total("delivered"), series.left_out_words) == ("invalid", False, 20, "")


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
