"""How cost and memory grow with the number of subscribers: a table and a figure.

Memory comes from one run of each technique, which waits at every count: the subscribers are there when it is read, and both programs have as
many threads at the least count as at the greatest. CPU time a delivery comes from a run at each count.
"""

import statistics

from .comparison import Comparison, Outcome, at_most
from .server import PAYLOAD

COUNTS = (1_000, 10_000, 50_000, 100_000)
LEAST_COUNTS = 3             # for a line, and for its rise
TECHNIQUES = ("websocket", "sse")
DELIVERIES_PER_S = 20_000    # at every count, as far as a message every two seconds allows
MEASURE_S = 4
# Limits; a phase ends as soon as everybody is there, and everything has come.
PHASES = {"ramp": "300s", "warm-up": "2s", "measure": f"{MEASURE_S}s", "drain": "120s"}
# An hour's pings and heartbeats in a few seconds would be measured too.
QUIET = {"heartbeat": "0s", "ping-interval": "0s", "request-timeout": "10min"}
SIDES = ("server", "generator")


def run_of(bench, technique, subscribers, rate_per_s, **memory):
    return bench.push(technique, target="reference", subscribers=subscribers, server=QUIET, phases={**PHASES, **memory},
                      publish={"rate": f"{rate_per_s}/s", "payload": PAYLOAD})


def cost(bench, technique, subscribers):
    run = run_of(bench, technique, subscribers, max(round(DELIVERIES_PER_S / subscribers), 2 / MEASURE_S))
    return {"threads": run["generator"]["threads"], **{f"{who}_cpu_us": run[who]["cpu_us_per_delivery"] for who in SIDES}}


def memory(bench, technique, counts):
    """The private memory of both programs at each count: count -> what a point has of it."""
    run = run_of(bench, technique, counts[-1], 2 / MEASURE_S, memory={"counts": list(counts), "settle": "2s"})
    return {point["subscribers"]: {f"{who}_private_bytes": point[who]["private_bytes"] for who in SIDES} for point in run["memory"]["points"]}


def measurements(counts):
    """What a round measures: what it is called, its technique, and a function of the round that returns count -> part of a point."""
    for technique in TECHNIQUES:
        yield f"{technique}, memory", technique, lambda bench, technique=technique: memory(bench, technique, counts)
        for count in counts:
            yield f"{technique}, {count:,}", technique, lambda bench, technique=technique, count=count: {count: cost(bench, technique, count)}


def merged(parts):
    """(technique, count) -> the parts of all rounds becomes a list of points: the median of each figure, None where no round has it."""
    points = []
    for (technique, count), list_of in sorted(parts.items(), key=lambda item: (TECHNIQUES.index(item[0][0]), item[0][1])):
        point = {"technique": technique, "subscribers": count}
        for key in ("threads", *(f"{who}_{what}" for what in ("cpu_us", "private_bytes") for who in SIDES)):
            values = [part[key] for part in list_of if part.get(key) is not None]
            point[key] = statistics.median(values) if values else None
        points.append(point)
    return points


def with_slopes(points):
    """Adds the bytes of private memory that each further subscriber has cost since the count before."""
    previous = {}
    for point in points:
        before = previous.get(point["technique"])
        for who in SIDES:
            key = f"{who}_private_bytes"
            known = before is not None and None not in (before[key], point[key])
            point[f"{who}_bytes"] = (point[key] - before[key]) / (point["subscribers"] - before["subscribers"]) if known else None
        previous[point["technique"]] = point
    return points


def judge(points, counts):
    """The most subscribers against the fewest that have the figure: what must not rise."""
    for technique in dict.fromkeys(point["technique"] for point in points):
        for key, unit, what in (("server_cpu_us", "µs/delivery", "CPU of the server"), ("generator_cpu_us", "µs/delivery", "CPU of the generator"),
                                ("server_bytes", "B/subscriber", "memory of the server"),
                                ("generator_bytes", "B/subscriber", "memory of the generator")):
            known = [point for point in points if point["technique"] == technique and point[key]]
            title = f"{technique}, {what}, {counts[-1]:,} subscribers against {known[0]['subscribers'] if known else counts[0]:,}"
            outcome = Outcome(Comparison(f"growth/{technique}-{key.replace('_', '-')}", title, unit, at_most(1.15), None, None))
            if len(known) > 1 and known[-1]["subscribers"] == counts[-1]:
                outcome.pairs.append((known[-1][key], known[0][key]))
            yield outcome.as_json()


def draw_line(axes, points, key, *style, **named):
    known = [(point["subscribers"], point[key]) for point in points if point[key] is not None]
    if known:
        axes.plot(*zip(*known, strict=True), *style, markersize=4, **named)


def draw(points, path):
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plot
    matplotlib.rcParams["svg.hashsalt"] = "pushbench"    # the same bytes from the same figures
    axes = plot.subplots(1, 2, figsize=(9, 3.2))[1]
    for technique in dict.fromkeys(point["technique"] for point in points):
        of_technique = [point for point in points if point["technique"] == technique]
        for who, style in zip(SIDES, ("-o", "--s"), strict=True):
            for one, key in zip(axes, (f"{who}_cpu_us", f"{who}_bytes"), strict=True):
                draw_line(one, of_technique, key, style, label=f"{technique}, {who}")
    axes[0].set_ylabel("CPU time a delivery (µs)")
    axes[1].set_ylabel("user memory a further subscriber (B)")
    for one in axes:
        one.set_xscale("log")
        one.set_ylim(bottom=0)
        one.set_xlabel("subscribers")
        one.grid(alpha=0.3)
    axes[0].legend(fontsize=7)
    plot.tight_layout()
    plot.savefig(path, metadata={"Date": None} if str(path).endswith(".svg") else None)
    plot.close()
