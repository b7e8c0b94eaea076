"""Puts the page together: words, tables, figures, style and script in one HTML file that requests nothing."""

import base64
import hashlib
import json
from datetime import datetime
from pathlib import Path

import jinja2
from markupsafe import Markup

from . import answers, capacity, figures, schema, summary, text, theme
from .value import ENOUGH_BEYOND
from .figures.capacity import draw_each as draw_searches
from .workload import workloads

TEMPLATES = Path(__file__).parent / "templates"
LARGEST_PAGE = 2_000_000    # bytes; the embedded copy of the results is dropped before the page grows beyond it
GLYPHS = {"valid": "✓", "doubtful": "?", "invalid": "✗", "passed": "✓", "broken": "✗", "unknown": "?", "info": "i",
          "warn": "!"}


def render(sources):
    """The page as text. The same sources give the same bytes."""
    page = _render(sources, _embedded(sources))
    return page if len(page.encode()) < LARGEST_PAGE else _render(sources, None)


def _render(sources, embedded):
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True,
                                     lstrip_blocks=True,
                                     undefined=jinja2.StrictUndefined)
    environment.globals.update(text=text, glyphs=GLYPHS, best=summary.BEST)
    environment.filters["instant"] = _instant
    script = (TEMPLATES / "page.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    styles = theme.Styles()
    found = workloads(sources, styles)
    loads = [_workload(w, f"w{number}") for number, w in enumerate(found, 1)]
    searches = [search for w in found for search in w.searches]
    return environment.get_template("page.html.j2").render(
        title=text.join(dict.fromkeys(s.data["scenario"]["name"] for s in sources)),
        sources=[_source(s) for s in sources],
        workloads=loads, verdict=_verdict(sources, searches, [s for w in found for s in w.series]), warnings=_warnings(sources), thresholds=_thresholds(sources),
        invalid=[w for w in _warnings(sources) if w["level"] == "invalid"], chips=_chips(sources, searches), embedded=embedded,
        css=Markup((TEMPLATES / "page.css").read_text(encoding="utf-8")), script=Markup(script), script_hash=digest,
        light=_variables(0), dark=_variables(1), several=len(sources) > 1)


def _variables(column):
    return Markup("".join(f"--{name}:{values[column]};" for name, values in theme.VARIABLES.items()))


def _workload(workload, prefix):
    rankings = [answers.rank(criterion, workload.series) for criterion in answers.CRITERIA]
    return {
        "id": prefix, "scenario": workload.scenario, "series": workload.series, "facts": _facts(workload),
        "answers": [answers.answer(ranking) for ranking in rankings] if workload.usable else [],
        "dominated": answers.dominated_sentences(workload.series), "tie": _tie_words(workload),
        "confident": any(s.confident for s in workload.series),
        "summary": _table(summary.SUMMARY, workload.series),
        "polling": _table(summary.POLLING, [s for s in workload.series if s.polls]),
        "health": _table(summary.HEALTH, workload.series),
        "figures": figures.draw_all(workload, prefix) if workload.series else [],
        "searches": capacity.table(workload.searches), "knees": draw_searches(workload.searches, prefix),
        "troubled": [s for s in workload.series if s.verdict != "valid" or s.left_out or s.failures],
        "clean": _clean_words(workload.series),
    }


def _table(all_columns, series):
    columns, rows = summary.table(all_columns, series)
    return {"columns": columns, "rows": rows, "groups": summary.groups(columns)}


def _facts(workload):
    """The workload in a line: "1,000 subscribers · 1 topic · 10 messages/s · 120 B payload · 2 repetitions"."""
    facts = []
    for name, word in (("subscribers", "subscriber"), ("topics", "topic")):
        values = {run.get(name) for s in workload.series for run in s.runs} - {None}
        if values:
            facts.append(_range(values, text.count) + f" {word}{'' if values == {1} else 's'}")
    rates = {run.get("offered_rate_per_s") for s in workload.series for run in s.runs} - {None}
    if rates:
        facts.append(f"{_range(rates, text.brief)} messages/s offered")
    payloads = {text.sig3(v) for s in workload.series if (v := s.number("payload_per_delivery")) is not None}
    if len(payloads) == 1:
        facts.append(f"{payloads.pop()} B payload")
    windows = {(run.get("phases_s") or {}).get("measure") for s in workload.series for run in s.runs} - {None}
    if windows:
        facts.append(f"{_range(windows, text.brief)} s measured per run")
    repetitions = {s.repetitions for s in workload.series}
    if repetitions - {1}:
        facts.append(f"{_range(repetitions, text.count)} repetitions")
    return facts


def _range(values, shown):
    low, high = shown(min(values)), shown(max(values))
    return low if low == high else f"{low} to {high}"


def _tie_words(workload):
    near = (f"differences below {100 * answers.TIE_OTHERWISE:g}{text.NO_BREAK}% "
            f"({100 * answers.TIE_OF_BYTES:g}{text.NO_BREAK}% in bytes) are called ties")
    if any(s.confident for s in workload.series):
        return (f"Overlapping 95{text.NO_BREAK}% confidence intervals (of the mean over the repetitions; where one does not hold "
                f"the merged value, the range of the repetitions) and {near}.")
    if any(s.repetitions > 1 for s in workload.series):
        return f"Overlapping ranges of the repetitions and {near}."
    return f"One repetition each, so no spread is known; {near}. Repeat the run (--repeat 5) to know better."


def _clean_words(series):
    if not series:
        return ""
    bad = [name for name in ("duplicate", "reordered", "corrupt") if any(s.number(name) for s in series)]
    good = [name for name in ("duplicate", "reordered", "corrupt") if name not in bad]
    words = "duplicate, reordered or corrupt" if not bad else " or ".join(good)
    return f"No delivery was {words}." if good else ""


def _verdict(sources, searches, series):
    runs = [run for source in sources for run in source.data["runs"]]
    if not runs and searches:
        return capacity.verdict(searches)
    if not runs:
        return {"word": "invalid", "text": "Nothing was measured", "compare": False}
    by = {word: sum(run["verdict"] == word for run in runs) for word in schema.VERDICTS}
    warned = any(w["level"] == "invalid" and w.get("run") is None for s in sources for w in s.data["warnings"])
    if by["invalid"] == len(runs) or warned:
        return {"word": "invalid", "text": "Invalid measurement"}
    if by["invalid"]:
        words = f"{by['invalid']} of {text.plural(len(runs), 'run')} invalid"
        if all(s.usable for s in series):
            return {"word": "doubtful", "text": f"{words} and left out", "compare": False}
        return {"word": "invalid", "text": words}
    if by["doubtful"]:
        return {"word": "doubtful", "text": "Doubtful measurement" if by["doubtful"] == len(runs)
                else f"{by['doubtful']} of {text.plural(len(runs), 'run')} doubtful"}
    if any(source.data.get("interrupted") for source in sources):
        return {"word": "doubtful", "text": "Interrupted measurement"}
    return {"word": "valid", "text": "Valid measurement"}


def _chips(sources, searches):
    runs = [run for source in sources for run in source.data["runs"]]
    expected, missing = sum(r["expected_deliveries"] for r in runs), sum(r["missing"] for r in runs)
    chips = [{"text": text.plural(len(runs), "run"), "bad": not runs}] if runs or not searches else []
    if searches:
        steps = text.plural(sum(len(s.steps) for s in searches), "run")
        chips.append({"text": f"{text.plural(len(searches), 'search', 'searches')} of {steps}", "bad": False})
    if runs:
        chips.append({"text": f"{text.plural(expected, 'delivery', 'deliveries')} expected", "bad": False})
        chips.append({"text": f"{text.count(missing)} missing" if missing else "none missing", "bad": bool(missing)})
        failures = sum(sum(r["failures"].values()) for r in runs)
        chips.append({"text": text.plural(failures, "failure") if failures else "no failures", "bad": bool(failures)})
    lasted = [s for source in sources if (s := _lasted(source.data)) is not None]
    if lasted:
        chips.append({"text": f"took {text.seconds(sum(lasted))}", "bad": False})
    results = [r["verdict"] for source in sources for t in source.data.get("thresholds") or [] for r in t["results"]]
    if results:
        broken = results.count("broken")
        unknown = results.count("unknown")
        words = f"thresholds: {results.count('passed')} passed" + (f", {broken} broken" if broken else "")
        chips.append({"text": words + (f", {unknown} unknown" if unknown else ""), "bad": bool(broken),
                      "href": "#thresholds"})
    warnings = [w for source in sources for w in source.data["warnings"] if w["level"] != "info"]
    if warnings:
        chips.append({"text": text.plural(len(warnings), "warning"), "bad": False, "href": "#warnings"})
    return chips


def _lasted(data):
    try:
        return (_moment(data["ended"]) - _moment(data["started"])).total_seconds()
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _moment(stamp):
    return datetime.fromisoformat(stamp.replace("Z", "+00:00"))


def _instant(stamp):
    try:
        return _moment(stamp).strftime("%Y-%m-%d %H:%M:%S %Z").replace("UTC+00:00", "UTC").strip()
    except (AttributeError, ValueError):
        return stamp or text.NOT_MEASURED


def _warnings(sources):
    order = {"invalid": 0, "warn": 1, "info": 2}
    found = []
    for source in sources:
        for warning in source.data["warnings"]:
            run = warning.get("run")
            where = _run_name(source, source.data["runs"][run]) if run is not None else source.name or "whole measurement"
            found.append({"level": warning["level"], "rule": warning.get("rule"), "message": warning["message"],
                          "where": where})
    return sorted(found, key=lambda w: order[w["level"]])


def _run_name(source, run):
    name = f"{run['technique']} {run['variant']}".strip()
    same = [r for r in source.data["runs"] if all(r[name] == run[name] for name in ("technique", "variant"))]
    if len(same) > 1:
        name += f", repetition {run['repetition']}"
    return f"{name} · {source.name}" if source.name else name


def _thresholds(sources):
    """One row for the techniques that a threshold judges alike; the broken ones first."""
    rows = {}
    for source in sources:
        for threshold in source.data.get("thresholds") or []:
            for result in threshold["results"]:
                name = f"{result['technique']} {result['variant']}".strip()
                row = rows.setdefault((threshold["expression"], result["verdict"]), {"names": [], "measured": []})
                row["names"].append(f"{name} · {source.name}" if source.name else name)
                row["measured"].append((result.get("value"), _measured(result)))
                beyond = result.get("samples_beyond")
                row["few"] = row.get("few", False) or (beyond is not None and beyond + 1e-6 < ENOUGH_BEYOND)
    order = {"broken": 0, "unknown": 1, "passed": 2}
    return [{"expression": expression, "verdict": verdict, "where": text.join(row["names"]),
             "value": _span_words(row["measured"]) + (f" {text.FEW}" if row["few"] else "")}
            for (expression, verdict), row in sorted(rows.items(), key=lambda item: order[item[0][1]])]


def _span_words(measured):
    """The least and the greatest of (value, words); every word once where some have no value."""
    if any(value is None for value, _ in measured):
        return text.join(dict.fromkeys(words for _, words in measured))
    low, high = min(measured)[1], max(measured)[1]
    return low if low == high else f"{low} to {high}"


def _measured(result):
    """The value with its unit, as the program that judged it says; results of version 1 have only the number."""
    if result.get("measured") is not None:
        return result["measured"]
    shown = {"time": text.duration, "size": text.size, "share": text.percent, "count": text.count}[result["unit"]]
    return shown(result.get("value"))


def _source(source):
    data, tool, host = source.data, source.data["tool"], source.data["host"]
    facts = [
        ("Tool", f"{tool['name']} {tool['version']}" + (f" (commit {tool['commit']})" if tool.get("commit") else "")),
        ("Command", data.get("command")), ("Started", _instant(data.get("started"))),
        ("Ended", _instant(data.get("ended"))),
        ("CPU", host.get("cpu")), ("Cores", text.count(host.get("cores"))),
        ("Memory", text.size(host.get("memory_bytes"))),
        ("Operating system", host.get("os")), ("Kernel", host.get("kernel")), ("Clock source", host.get("clocksource")),
        ("Scenario file", data["scenario"].get("path")), ("Scenario SHA-256", data["scenario"]["sha256"]),
        ("Result schema", str(data["schema_version"])),
    ]
    return {"name": source.name, "data": data, "facts": [(name, value or text.NOT_MEASURED) for name, value in facts],
            "interrupted": bool(data.get("interrupted"))}


def _embedded(sources):
    """The results as JSON that cannot end a script element."""
    data = sources[0].data if len(sources) == 1 else {source.name: source.data for source in sources}
    dumped = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return Markup(dumped.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
                  .replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))
