"""Side by side against other programs: python3 -m peers --help"""

import argparse
import datetime
import json
import math
import os
import pathlib
import platform
import subprocess
import sys
import time

from . import generator, growth, server, tables
from .bench import Round
from .comparison import Outcome, Unmeasured

ALL = [*server.COMPARISONS, *generator.COMPARISONS]
FAILED = (Unmeasured, RuntimeError, subprocess.TimeoutExpired)    # a figure that this round does not bring
REPOSITORY = pathlib.Path(__file__).resolve().parents[3]


def growing_counts(text):
    counts = tuple(int(count) for count in text.split(","))
    if len(counts) < growth.LEAST_COUNTS or list(counts) != sorted(set(counts)) or counts[0] < 1:
        raise argparse.ArgumentTypeError(f"'{text}' are not {growth.LEAST_COUNTS} or more growing numbers")
    return counts


def arguments():
    parser = argparse.ArgumentParser(prog="peers", description="Compares Pushbench with other programs: interleaved rounds, medians, ratios.")
    parser.add_argument("--only", metavar="NAME,...", type=lambda text: text.split(","),
                        help="these comparisons; a part of a name takes all that contain it; 'growth' is the growth table")
    parser.add_argument("--quick", action="store_true", help="one round of 1 s: does everything run? Its figures say little")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--measure", type=int, metavar="SECONDS", default=3)
    parser.add_argument("--minutes", type=float, default=30, help="nothing is begun after so long; what was not measured is said")
    parser.add_argument("--growth-counts", metavar="N,...", type=growing_counts, default=growth.COUNTS,
                        help=f"numbers of subscribers of the growth table; default {','.join(map(str, growth.COUNTS))}")
    parser.add_argument("--build", type=pathlib.Path, default=REPOSITORY / "build")
    parser.add_argument("--out", type=pathlib.Path, help="folder for results; default BUILD/bench-peers")
    parser.add_argument("--list", action="store_true", help="the comparisons and their goals")
    parser.add_argument("--document", action="store_true",
                        help="do not measure: put the last results into docs/performance.md, between its two markers, and its figure")
    given = parser.parse_args()
    given.out = given.out or given.build / "bench-peers"
    given.until = time.monotonic() + given.minutes * 60
    if given.quick:
        given.rounds, given.measure = 1, 1
    return given


def chosen(only):
    if not only:
        return ALL, True
    wanted = set()
    for word in only:
        exact = [one for one in ALL if word in (one.name, one.name.split("/")[1])]
        found = exact or [one for one in ALL if word in one.name]
        if not found and word != "growth":
            sys.exit(f"peers: no comparison has '{word}' in its name; --list shows them")
        wanted.update(one.name for one in found)
    return [one for one in ALL if one.name in wanted], "growth" in only


def one_round(bench, outcomes, until=math.inf):
    for outcome in outcomes:
        if time.monotonic() > until:
            outcome.troubles.append(f"round {bench.number}: no time was left (--minutes)")
            continue
        figures = {}
        # In turns: who is measured first finds the machine another than who follows.
        for whose in ("ours", "theirs") if bench.number % 2 else ("theirs", "ours"):
            try:
                figures[whose] = getattr(outcome.comparison, whose)(bench)
            except FAILED as error:
                outcome.troubles.append(f"round {bench.number}, {whose}: {error}")
            outcome.troubles += [f"round {bench.number}, {whose}: {note}" for note in bench.take_notes()]
        if len(figures) == 2:
            outcome.pairs.append((figures["ours"], figures["theirs"]))
        ratio = f"{figures['ours'] / figures['theirs']:.2f}" if len(figures) == 2 else "not measured"
        print(f"  round {bench.number}  {outcome.comparison.name}: {ratio} (goal {outcome.comparison.goal})", flush=True)


def grow(bench, counts, parts, troubles, until=math.inf):
    for name, technique, figures in growth.measurements(counts):
        if time.monotonic() > until:
            troubles.append(f"round {bench.number}: no time was left (--minutes)")
            break
        try:
            for count, part in figures(bench).items():
                parts.setdefault((technique, count), []).append(part)
        except FAILED as error:
            troubles.append(f"round {bench.number}, {name}: {error}")
        troubles += [f"round {bench.number}, {name}: {note}" for note in bench.take_notes()]
        print(f"  round {bench.number}  growth: {name}", flush=True)


def machine():
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    commit = subprocess.run(["git", "-C", REPOSITORY, "describe", "--always", "--dirty"], capture_output=True, text=True).stdout.strip()
    return {"date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"), "cpu": cpu,
            "cores": len(os.sched_getaffinity(0)), "kernel": platform.release(), "commit": commit, "load_average": os.getloadavg()[0]}


def measure(given):
    comparisons, with_growth = chosen(given.only)
    report = {**machine(), "rounds": given.rounds, "measure_s": given.measure}
    outcomes = [Outcome(one) for one in comparisons]
    parts, growth_troubles = {}, []
    for number in range(1, given.rounds + 1):
        bench = Round(given.build, given.measure, number)
        one_round(bench, outcomes, given.until)
        if with_growth:
            grow(bench, given.growth_counts, parts, growth_troubles, given.until)
    report["comparisons"] = [outcome.as_json() for outcome in outcomes]
    report["growth"] = growth.with_slopes(growth.merged(parts))
    report["growth_troubles"] = growth_troubles
    report["comparisons"] += growth.judge(report["growth"], given.growth_counts)
    return report


def document(report):
    path = REPOSITORY / "docs/performance.md"
    begin, end = "<!-- measured: make bench-peers -->\n", "<!-- end -->"
    before, rest = path.read_text().split(begin)
    path.write_text(before + begin + "\n".join(tables.markdown(report)) + "\n" + end + rest.split(end)[1])
    if report["growth"]:
        growth.draw(report["growth"], REPOSITORY / "docs/growth.svg")


def main():
    given = arguments()
    if given.list:
        for one in ALL:
            print(f"{one.name:36} {str(one.goal):7} {one.title}")
        return 0
    if given.document:
        document(json.loads((given.out / "peers.json").read_text()))
        return 0
    report = measure(given)
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "peers.json").write_text(json.dumps(report, indent=1) + "\n")
    (given.out / "peers.md").write_text("\n".join(tables.markdown(report)) + "\n")
    print(f"\n{tables.text(report)}\n\n{given.out}/peers.json, peers.md")
    return 0 if all(outcome["verdict"] != "not measured" for outcome in report["comparisons"]) else 1


if __name__ == "__main__":
    sys.exit(main())
