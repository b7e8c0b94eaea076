"""The load generator against other clients. Costs are CPU time of the client."""

import json
import re
import resource

from .bench import peer
from .comparison import Comparison, Unmeasured, at_least, at_most
from .processes import free_port, output_of, serving
from .server import MANY, PAYLOAD, SERVERS, started_nginx


# Messages a second to each of the many: half a core for the generator, so that its fixed costs are in proportion.
SINK_RATE = 5
SINK = {"rate": f"{SINK_RATE}/s", "payload": PAYLOAD}


def sink(bench, threads=1):
    """Microseconds of CPU a delivery, everything recorded."""
    run = bench.push("websocket", target="reference", subscribers=MANY, publish=SINK, threads=threads)
    return run["generator"]["cpu_us_per_delivery"]


def raw_sink(bench):
    port = free_port()
    with serving([bench.program("reference-server"), "--listen", f"127.0.0.1:{port}"], port):
        printed = output_of(bench.program("raw_sink"), port, MANY, "/websocket?topic=t", SINK_RATE * (bench.measure_s + 1), SINK_RATE, PAYLOAD[:-1],
                            "websocket")
    return json.loads(printed)["cpu_us_per_delivery"]


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
        run = bench.push(technique, whole=False, target=target, subscribers=connections, publish={"rate": "1/s"})
        measured = [used for used, is_measured in zip(run["series"]["generator_cpu_s"], run["series"]["measuring"], strict=True)
                    if is_measured]
        if not run["requests"]:
            raise Unmeasured(f"no polls; {run['failure_examples']}")
        return run["requests"] / sum(measured)
    return measure


def client_cost(command, count):
    """Requests a second of CPU time of a client that has ended; `count` finds their number in what it prints."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    output = output_of(*command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return int(re.search(count, output).group(1)) / used


def wrk(connections, *options):
    def measure(bench):
        with started_nginx("") as (_, url):
            return client_cost(["wrk", "-t1", f"-c{connections}", f"-d{bench.measure_s}s", *options, url], r"(\d+) requests in")
    return measure


def h2load(connections):
    def measure(bench):
        with started_nginx("") as (_, url):
            return client_cost(["h2load", "--h1", "-t1", f"-c{connections}", f"-D{bench.measure_s}", url], r"(\d+) succeeded")
    return measure


def against_polling_client(name, connections, theirs):
    return Comparison(f"generator/polling-{name}-{connections}", f"polls over {connections:,} connections of one nginx, against {name}",
                      "requests/CPU s", at_least(1.0), polls(connections), theirs(connections))


ECHO_CONNECTIONS = 64
ECHO_RATE = 40_000


def echo(bench):
    """Microseconds of CPU a message that a client sends and gets back: everybody is alone in its topic."""
    run = bench.push("websocket", target="reference", subscribers=ECHO_CONNECTIONS, topics=ECHO_CONNECTIONS,
                     publish={"from": "subscribers", "rate": f"{ECHO_RATE}/s", "payload": PAYLOAD})
    return run["generator"]["cpu_us_per_delivery"]


def raw_echo(bench):
    port = free_port()
    with serving([bench.program("reference-server"), "--listen", f"127.0.0.1:{port}", "--conformance"], port):
        printed = output_of(bench.program("raw_echo"), port, ECHO_CONNECTIONS, "/echo", ECHO_RATE * bench.measure_s, PAYLOAD[:-1], ECHO_RATE)
    return json.loads(printed)["cpu_us_per_round_trip"]


COMPARISONS = [
    Comparison("generator/sink-raw", "WebSocket, 10,000 subscribers, one message at a time, against a raw epoll sink that counts bytes",
               "µs/delivery", at_most(1.10), sink, raw_sink),
    Comparison("generator/ramp-libuv", "100,000 sse subscribers, against connecting a bare libuv pair", "connections/s", at_least(0.7),
               ramp, libuv_ramp),
    Comparison("generator/threads", "WebSocket deliveries with two threads against one, by CPU per delivery", "deliveries/s",
               at_least(1.7), lambda bench: 2e6 / sink(bench, threads=2), lambda bench: 1e6 / sink(bench)),
    *(against_polling_client(name, connections, theirs) for name, theirs in (("wrk", wrk), ("h2load", h2load)) for connections in (64, 1000)),
    Comparison("generator/polling-wrk-close", "polls over a new connection each, 64 at once, against wrk", "requests/CPU s", at_least(1.0),
               polls(64, "close"), wrk(64, "-H", "Connection: close")),
    Comparison("generator/echo-raw", "WebSocket echo over 64 connections, 40,000 messages/s, against a raw epoll client", "µs/message", at_most(1.10), echo,
               raw_echo),
]
