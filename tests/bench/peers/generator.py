"""The load generator against other clients. Costs are CPU time of the client, the whole process."""

import json

from .bench import peer
from .clients import h2load_command, h2load_requests, raw_work, steady, with_cpu, wrk_command, wrk_requests
from .comparison import Comparison, Unmeasured, at_least, at_most
from .processes import free_port, output_of, serving
from .server import MANY, PAYLOAD, SERVERS, raw_broadcaster, started_nginx

# Messages a second to each of the many: half a core for the generator, so that its fixed costs are in proportion.
SINK_PER_S = {1: 5, 16: 48}    # by how many are published at once


def arrivals(at_once):
    return {"arrivals": "burst", "burst": at_once} if at_once > 1 else {}


def sink_publish(at_once):
    return {"rate": f"{SINK_PER_S[at_once]}/s", "payload": PAYLOAD, **arrivals(at_once)}


def sink(at_once, threads=1, target=lambda bench: "reference"):
    """A function of a round: microseconds of CPU a delivery, everything recorded."""
    def measure(bench):
        run = bench.push("websocket", target=target(bench), subscribers=MANY, publish=sink_publish(at_once), threads=threads)
        return run["generator"]["cpu_us_per_delivery"]
    return measure


def raw_sink(at_once):
    def measure(bench):
        port = free_port()
        with serving([bench.program("reference-server"), "--listen", f"127.0.0.1:{port}"], port):
            def work(seconds):
                rate = SINK_PER_S[at_once]
                return raw_work([bench.program("raw_sink"), port, MANY, "/websocket?topic=t", rate * seconds, rate, PAYLOAD[:-1], at_once, "websocket"],
                                "deliveries")
            deliveries, cpu_s = steady(work, bench.measure_s)
            return cpu_s * 1e6 / deliveries
    return measure


def against_raw_sink(at_once):
    return Comparison("generator/sink-raw" + ("-16" if at_once > 1 else ""),
                      f"WebSocket, 10,000 subscribers, {'one message' if at_once == 1 else f'{at_once} messages'} at a time, against a raw epoll sink that counts bytes",
                      "µs/delivery", at_most(1.10), sink(at_once), raw_sink(at_once))


# More threads need a server that leaves them the processors: a raw broadcaster, which writes what it has read at once in one piece.

BROADCASTER = raw_broadcaster("websocket")
BURST_SUBSCRIBERS = 1_000
BURST_PER_S = 500


def deliveries_per_s(threads):
    """A function of a round: deliveries a second by the clock, from when a burst was due until the last subscriber has the last of it."""
    def measure(bench):
        length = f"{bench.measure_s}s"    # a burst at the beginning of warm-up, another at that of measure
        run = bench.push("websocket", target=BROADCASTER(bench), subscribers=BURST_SUBSCRIBERS, threads=threads,
                         phases={"ramp": "120s", "warm-up": length, "measure": length, "drain": "20s"},
                         publish={"rate": f"{BURST_PER_S}/s", "arrivals": "burst", "burst": BURST_PER_S * bench.measure_s, "payload": PAYLOAD})
        return run["delivered"] * 1e9 / run["delivery_latency_ns"]["max"]
    return measure


PUBLISHED_PER_S = 100_000
SEND_LAG_LIMIT_MS = 1.0


def send_lag(bench):
    """p99 in milliseconds. The subscriber is the cheapest there is: lines of one stream."""
    run = bench.push("http-streaming", target="reference", subscribers=1, publish={"rate": f"{PUBLISHED_PER_S}/s", "payload": PAYLOAD},
                     tolerated=frozenset({1, 9, 10}))    # the lag is the figure, and when the subscriber reads does not touch it
    return run["send_lag_ns"]["p99"] / 1e6


RAMP = 100_000


def ramp(bench):
    """Connections a second, until all are subscribed."""
    run = bench.push("sse", target="reference", subscribers=RAMP, publish={"rate": "1/s", "payload": PAYLOAD})
    return run["connected"] / run["phases_s"]["ramp"]


def libuv_ramp(bench):
    return json.loads(output_of(bench.program("uv_pair"), "connect", RAMP, 6))["connections_per_s"]


# Polling: everybody asks the same nginx as fast as it answers.

def polls(connections, connection="keep-alive"):
    """A function of a round: polls of pushbench a second of its CPU time."""
    def measure(bench):
        conf = (SERVERS / "nginx.conf").read_text().replace("${body}", "")
        target = peer(["nginx", "-p", "${peer.folder}", "-e", "stderr", "-c", "${peer.folder}/nginx.conf"], **{"nginx.conf": conf})
        technique = {"polling": {"path": "/", "timing": "closed", "connection": connection}}
        # nginx answers that there is nothing new; what is published to it comes to nobody.
        run = bench.push(technique, deliveries=False, target=target, subscribers=connections, publish={"rate": "1/s"})
        measured = [used for used, is_measured in zip(run["series"]["generator_cpu_s"], run["series"]["measuring"], strict=True)
                    if is_measured]
        if not run["requests"]:
            raise Unmeasured(f"no polls; {run['failure_examples']}")
        return run["requests"] / sum(measured)
    return measure


def of_client(command, requests, connections, *options):
    """A function of a round: requests of another client a second of its CPU time."""
    def measure(bench):
        with started_nginx("") as (_, url):
            count, cpu_s = steady(lambda seconds: with_cpu(command(url, seconds, connections, *options), requests), bench.measure_s)
            return count / cpu_s
    return measure


def wrk(connections, *options):
    return of_client(wrk_command, wrk_requests, connections, *options)


def h2load(connections):
    return of_client(h2load_command, h2load_requests, connections)


def against_polling_client(name, connections, theirs):
    return Comparison(f"generator/polling-{name}-{connections}", f"polls over {connections:,} connections of one nginx, against {name}",
                      "requests/CPU s", at_least(1.0), polls(connections), theirs(connections))


ECHO_CONNECTIONS = 64
ECHO_RATE = 40_000


def echo(at_once):
    """A function of a round: microseconds of CPU a message that a client sends and gets back, from the same echo as the raw client's."""
    def measure(bench):
        server = peer([bench.program("reference-server"), "--listen", "127.0.0.1:${peer.port}", "--conformance"])
        run = bench.push({"websocket": {"path": "/echo"}}, target=server, subscribers=ECHO_CONNECTIONS, topics=ECHO_CONNECTIONS,
                         publish={"from": "subscribers", "rate": f"{ECHO_RATE}/s", "payload": PAYLOAD, **arrivals(at_once)})
        return run["generator"]["cpu_us_per_delivery"]
    return measure


def raw_echo(at_once):
    def measure(bench):
        port = free_port()
        with serving([bench.program("reference-server"), "--listen", f"127.0.0.1:{port}", "--conformance"], port):
            def work(seconds):
                return raw_work([bench.program("raw_echo"), port, ECHO_CONNECTIONS, "/echo", ECHO_RATE * seconds, PAYLOAD[:-1], ECHO_RATE, at_once],
                                "round_trips")
            round_trips, cpu_s = steady(work, bench.measure_s)
            return cpu_s * 1e6 / round_trips
    return measure


def against_raw_echo(name, at_once, how):
    return Comparison(f"generator/{name}", f"WebSocket echo, {ECHO_CONNECTIONS} clients, {ECHO_RATE:,} messages/s, {how}, against a raw epoll client",
                      "µs/message", at_most(1.10), echo(at_once), raw_echo(at_once))


COMPARISONS = [
    against_raw_sink(1),
    against_raw_sink(16),
    Comparison("generator/ramp-libuv", "100,000 sse subscribers, against connecting a bare libuv pair", "connections/s", at_least(0.7),
               ramp, libuv_ramp),
    Comparison("generator/threads", "WebSocket deliveries of a raw broadcaster, 16 messages at once, with two threads against one, by CPU per delivery",
               "deliveries/s", at_least(1.7), lambda bench: 2e6 / sink(16, 2, BROADCASTER)(bench), lambda bench: 1e6 / sink(16, 1, BROADCASTER)(bench)),
    Comparison("generator/threads-clock", "the same by the clock, a burst to 1,000 subscribers: on two processors the broadcaster's share is missing to them",
               "deliveries/s", at_least(1.7), deliveries_per_s(2), deliveries_per_s(1)),
    Comparison("generator/publisher", f"{PUBLISHED_PER_S:,} messages a second to one subscriber: send lag p99 against {SEND_LAG_LIMIT_MS:g} ms", "ms",
               at_most(1.0), send_lag, lambda bench: SEND_LAG_LIMIT_MS),
    *(against_polling_client(name, connections, theirs) for name, theirs in (("wrk", wrk), ("h2load", h2load)) for connections in (64, 1000)),
    Comparison("generator/polling-wrk-close", "polls over a new connection each, 64 at once, against wrk", "requests/CPU s", at_least(1.0),
               polls(64, "close"), wrk(64, "-H", "Connection: close")),
    against_raw_echo("echo-raw", ECHO_CONNECTIONS, "each sends one and waits for it"),
    against_raw_echo("echo-raw-paced", 1, "one client after the other"),
]
