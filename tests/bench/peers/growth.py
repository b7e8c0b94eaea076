"""How cost and memory grow with the number of subscribers: a table and a figure."""

import statistics

from .comparison import Comparison, Outcome, at_most
from .server import PAYLOAD

COUNTS = (1_000, 10_000, 100_000)
TECHNIQUES = ("websocket", "sse")
DELIVERIES_PER_S = 20_000    # at every count, as far as a message every two seconds allows
MEASURE_S = 4


def measure(bench, technique, subscribers):
    publish = {"rate": f"{max(DELIVERIES_PER_S / subscribers, 2 / MEASURE_S)}/s", "payload": PAYLOAD}
    phases = {"ramp": "120s", "warm-up": "2s", "measure": f"{MEASURE_S}s", "drain": "20s"}
    # An hour's pings and heartbeats in a few seconds would be measured too.
    quiet = {"heartbeat": "0s", "ping-interval": "0s"}
    run = bench.push(technique, target="reference", subscribers=subscribers, publish=publish, phases=phases, server=quiet)
    return {"technique": technique, "subscribers": subscribers, "server_cpu_us": run["server"]["cpu_us_per_delivery"],
            "generator_cpu_us": run["generator"]["cpu_us_per_delivery"], "server_rss": run["server"]["rss_bytes"],
            "generator_rss": run["generator"]["rss_bytes"]}


def merge(points):
    """The medians of the rounds' points of one technique and count."""
    merged = dict(points[0])
    for key in ("server_cpu_us", "generator_cpu_us", "server_rss", "generator_rss"):
        merged[key] = statistics.median(point[key] for point in points)
    return merged


def with_slopes(points):
    """Adds the bytes of user memory that each further subscriber has cost since the count before."""
    previous = {}
    for point in points:
        before = previous.get(point["technique"])
        for who in ("server", "generator"):
            point[f"{who}_bytes"] = None
            if before:
                point[f"{who}_bytes"] = (point[f"{who}_rss"] - before[f"{who}_rss"]) / (point["subscribers"] - before["subscribers"])
        previous[point["technique"]] = point
    return points


def judge(growth):
    """The most subscribers against the fewest that have the figure: what must not rise."""
    for technique in dict.fromkeys(point["technique"] for point in growth):
        points = [point for point in growth if point["technique"] == technique]
        for key, unit, what in (("server_cpu_us", "µs/delivery", "CPU of the server"), ("generator_cpu_us", "µs/delivery", "CPU of the generator"),
                                ("server_bytes", "B/subscriber", "memory of the server"),
                                ("generator_bytes", "B/subscriber", "memory of the generator")):
            known = [point for point in points if point[key]]
            title = f"{technique}, {what}, {COUNTS[-1]:,} subscribers against {known[0]['subscribers'] if known else COUNTS[0]:,}"
            outcome = Outcome(Comparison(f"growth/{technique}-{key.replace('_', '-')}", title, unit, at_most(1.15), None, None))
            if len(known) > 1 and known[-1]["subscribers"] == COUNTS[-1]:
                outcome.pairs.append((known[-1][key], known[0][key]))
            yield outcome.as_json()


def draw(growth, path):
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plot
    matplotlib.rcParams["svg.hashsalt"] = "pushbench"    # the same bytes from the same figures
    axes = plot.subplots(1, 2, figsize=(9, 3.2))[1]
    for technique in dict.fromkeys(point["technique"] for point in growth):
        points = [point for point in growth if point["technique"] == technique]
        counts = [point["subscribers"] for point in points]
        for who, style in (("server", "-o"), ("generator", "--s")):
            axes[0].plot(counts, [point[f"{who}_cpu_us"] for point in points], style, label=f"{technique}, {who}", markersize=4)
            slopes = [(point["subscribers"], point[f"{who}_bytes"]) for point in points if point[f"{who}_bytes"] is not None]
            axes[1].plot(*zip(*slopes, strict=True), style, label=f"{technique}, {who}", markersize=4)
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
