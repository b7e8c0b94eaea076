import base64
import copy
import hashlib
import json
import re
import time
from html.parser import HTMLParser

import pytest


class Elements(HTMLParser):
    """Start tags with attributes, and the text of the page outside scripts and styles."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.tags, self.text, self.open = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data):
        if not {"script", "style"} & set(self.open[-1:]):
            self.text.append(data)

    def all_text(self):
        return " ".join(" ".join(self.text).replace("\u00a0", " ").split())


def words(page):
    return Elements(page).all_text()


def test_the_page_is_the_same_to_the_byte_when_made_again(sample, save):
    from pushbench_report import load, page
    directory = save(sample)
    first, second = (page.render(load.load_all([directory])) for _ in range(2))
    assert first == second


def test_ids_are_unique_and_every_reference_has_its_target(render, sample):
    page = render(sample, copy.deepcopy(sample))
    tags = Elements(page).tags
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(ids) == len(set(ids)) > 20
    references = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', page)
    labelled = [name for _, attributes in tags for name in attributes.get("aria-labelledby", "").split()]
    assert {a or b for a, b in references} | set(labelled) <= set(ids)


def test_nothing_is_requested_from_anywhere(render, sample):
    page = render(sample)
    for tag, attributes in Elements(page).tags:
        for name in ("src", "href", "xlink:href", "action", "data", "poster", "srcset"):
            assert attributes.get(name, "#").startswith(("#", "data:")), (tag, attributes)
    assert not re.search(r"https?://|@import|url\((?!#)", page.replace("connect http://", ""))


def test_the_policy_allows_exactly_the_script_of_the_page(render, sample):
    page = render(sample)
    script = re.search(r"<script>(.*?)</script>", page, re.S).group(1)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = next(a["content"] for t, a in Elements(page).tags if a.get("http-equiv") == "Content-Security-Policy")
    assert f"script-src 'sha256-{digest}'" in policy and "default-src 'none'" in policy
    assert len(re.findall(r"<script", page)) == 2    # the other one is data


def test_text_from_the_result_cannot_become_markup(render, sample):
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(2)> & \" ' $x^2$ </title></svg>"
    sample["scenario"].update(text=evil, name=evil, path=evil)
    sample["command"] = evil
    sample["warnings"].append({"rule": 1, "level": "invalid", "message": evil, "run": None})
    for one in sample["runs"] + sample["groups"]:
        if one["technique"] == "sse":
            one.update(variant=evil, failures={evil: 1}, failure_examples={evil: evil}, verdict="doubtful",
                       verdict_reasons=[evil])
        if one["technique"] == "http-streaming":
            one["technique"] = evil
    page = render(sample)
    found = Elements(page)
    assert [tag for tag, _ in found.tags if tag == "script"] == ["script", "script"]
    assert not [tag for tag, attributes in found.tags if tag == "img" or any(name.startswith("on")
                                                                             for name in attributes)]
    assert found.all_text().count("alert(1)") > 5
    data = re.search(r'<script type="application/json" id="result-data">(.*?)</script>', page, re.S).group(1)
    assert json.loads(data)["scenario"]["text"] == evil


def test_every_figure_has_title_and_description_with_its_numbers(render, sample):
    page = render(sample)
    figures = re.findall(r'<svg class="figure".*?</svg>', page, re.S)
    assert len(figures) == 4
    for figure in figures:
        assert 'role="img"' in figure
        assert re.search(r"<title id=[^>]*>[^<]*\d", figure) and re.search(r"<desc id=[^>]*>[^<]*\d", figure)
    assert page.count("Data of this figure") == 4


def test_figures_have_no_colour_but_variables_of_the_theme(render, sample):
    page = render(sample)
    used = set(re.findall(r"var\(--([a-z0-9-]+)\)", page))
    defined = set(re.findall(r"--([a-z0-9-]+):#", page))
    assert used <= defined
    for figure in re.findall(r'<svg class="figure".*?</svg>', page, re.S):
        assert not re.search(r"(fill|stroke):#", figure)


def test_both_themes_and_a_light_print_are_there(render, sample):
    page = render(sample)
    assert "prefers-color-scheme:dark" in page and '[data-theme=dark]' in page
    assert page.index("@media print{:root:root:root{color-scheme:light") > page.index("[data-theme=dark]")


def test_the_page_is_small_and_made_quickly(render, sample):
    began = time.monotonic()
    page = render(sample)
    assert len(page.encode()) < 500_000
    assert time.monotonic() - began < 10


def test_a_page_too_large_drops_the_embedded_data_first(render, sample):
    sample["runs"][0]["histograms"]["unknown"] = "x" * 2_000_000
    page = render(sample)
    assert len(page.encode()) < 500_000 and 'id="result-data"' not in page


def test_header_says_verdict_counts_and_thresholds(render, sample):
    text = words(render(sample))
    for expected in ("2 of 14 runs doubtful", "280,000 deliveries expected", "74 missing", "6 failures",
                     "took 2 min 31 s",
                     "thresholds: 7 passed, 1 broken", "250 subscribers · 1 topic · 10 messages/s offered · 120 B "
                                                       "payload"):
        assert expected in text, expected
    assert 'class="banner"' not in render(sample)


def test_an_invalid_repetition_beside_usable_ones_makes_a_measurement_doubtful_and_not_invalid(render, sample):
    sample["runs"][6]["verdict"] = "invalid"
    sample["groups"][6].update(runs=[13], left_out=1)
    page = render(sample)
    assert '<span class="badge doubtful">' in page and "1 of 14 runs invalid and left out" in page
    assert "1 of 2 repetitions invalid and left out" in page and "Do not compare" not in page


def test_a_threshold_says_what_was_measured_in_the_words_of_the_result_and_their_range(render, sample):
    result = sample["thresholds"][1]["results"][0]
    sample["thresholds"][1]["results"] = [result | {"value": value, "measured": words}
                                          for value, words in ((19_500_000, "19.5 ms"), (2_180_000, "2.18 ms"), (3_000_000, "3.00 ms"))]
    assert "2.18 ms to 19.5 ms" in words(render(sample))


def test_a_threshold_on_a_percentile_of_few_samples_is_marked(render, sample):
    for result in sample["thresholds"][1]["results"]:
        result["samples_beyond"] = 0.2
    assert "2.18 ms n<" in words(render(sample))
    sample["thresholds"][1]["results"][0]["samples_beyond"] = 10.0
    assert "2.18 ms n<" not in words(render(sample))


def test_an_invalid_warning_is_repeated_as_a_banner_on_top(render, sample):
    sample["warnings"].append({"rule": 9, "level": "invalid", "message": "generator core 1 at 99 %", "run": 6})
    page = render(sample)
    assert page.index('class="banner"') < page.index("<main>")
    assert "websocket, repetition 1: generator core 1 at 99 %" in words(page)


def test_a_result_without_runs_says_so(render, sample):
    sample.update(runs=[], groups=[], thresholds=None, warnings=[{"level": "invalid", "message": "connection refused"}])
    text = words(render(sample))
    assert "Nothing was measured" in text and "No run was made, so there is nothing to compare." in text
    assert "connection refused" in text and "<svg class=\"figure\"" not in render(sample)


def test_a_result_of_failures_only_shows_them_with_an_example(render, sample):
    sample["warnings"] = []
    for run in sample["runs"]:
        run.update(connected=0, delivered=0, missing=run["expected_deliveries"], failures={"refused": 250},
                   histograms={}, server=None,
                   failure_examples={"refused": "connect 127.0.0.1:1: connection refused"}, bytes=None,
                   bytes_per_delivery=None,
                   verdict="invalid", verdict_reasons=["no subscriber connected"], generator=None)
    for group in sample["groups"]:
        failed = {"value": None, "fitness": "unusable", "reason": "no subscriber connected", "undelivered": True}
        group.update(failures={"refused": 500}, failure_examples={"refused": "connect 127.0.0.1:1: connection refused"},
                     verdict="invalid", spectrum=None, metrics={"delivery_latency.p99": failed, "delivered": {"value": 0, "fitness": "unusable"}})
    page = render(sample)
    text = words(page)
    assert "Invalid measurement" in text and "no technique can be called better" in text
    assert "500 refused ( connect 127.0.0.1:1: connection refused )" in text
    assert "not delivered" in text and '<svg class="figure"' not in page


def test_a_run_with_nothing_expected_is_no_division_by_zero(render, sample):
    for run in sample["runs"]:
        run.update(published=0, expected_deliveries=0, delivered=0, missing=0, histograms={}, bytes_per_delivery=None,
                   bytes={"received": {"http": 5}, "sent": {}, "deliveries": 0}, delivery_latency_ns={"count": 0},
                   service_time_ns={"count": 0})
        run["server"].update(cpu_us_per_delivery=0, bytes_per_subscriber=0)
    for group in sample["groups"]:
        group.update(spectrum=None, metrics={name: {"value": 0, "fitness": "usable"} for name in
                                             ("published", "expected_deliveries", "delivered", "missing", "server_cpu_per_delivery",
                                              "server_bytes_per_subscriber")})
    assert "Nothing was delivered" in words(render(sample))


def only_websocket(sample):
    sample.update(runs=sample["runs"][6:7], groups=[sample["groups"][6] | {"runs": [0]}])


def test_a_single_run_is_reported_without_comparison(render, sample):
    only_websocket(sample)
    sample.update(warnings=[], thresholds=[])
    text = words(render(sample))
    assert "Valid measurement" in text and "Nothing to compare it with." in text
    assert "websocket delivers 99 % of its messages within 1.74 ms" in text
    assert "No validity rule fired." in text


def test_an_interrupted_measurement_says_so(render, sample):
    only_websocket(sample)
    sample.update(warnings=[], interrupted=True)
    text = words(render(sample))
    assert "Interrupted measurement" in text and "stopped before its end" in text


def test_several_results_of_one_scenario_share_tables_and_are_told_apart(render, sample):
    text = words(render(sample, copy.deepcopy(sample)))
    assert "28 runs" in text and "sse · run1" in text and "sse · run2" in text
    assert text.count("Lowest p99 delivery latency") == 1


def test_results_of_different_scenarios_get_a_section_each(render, sample):
    other = copy.deepcopy(sample)
    other["scenario"].update(name="chat", text="name: chat\n", sha256="0" * 64)
    text = words(render(sample, other))
    assert text.count("Lowest p99 delivery latency") == 2 and "quickstart and chat" in text and "name: chat" in text


def test_many_series_are_numbered_in_the_frontier(render, sample):
    page = render(sample, copy.deepcopy(sample))
    assert re.search(r">14</text>", page)


def test_odd_time_stamps_are_shown_as_they_are(render, sample):
    sample.update(started="yesterday <noon>", ended=None)
    assert "yesterday <noon>" in words(render(sample))


def test_the_age_of_polled_data_stands_beside_the_round_trip(render, sample):
    assert "Polling: data age and request round trip" in words(render(sample))
    sample["groups"] = [group for group in sample["groups"] if group["technique"] != "polling"]
    assert "request round trip Techn" not in words(render(sample))
