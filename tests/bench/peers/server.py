"""The reference server against other servers. Costs are CPU time of the server, with pushbench (or wrk) as the client of both."""

import contextlib
import json
import os
import pathlib
import tempfile
import urllib.request

from .bench import BUN, SERVERS, nginx, peer
from .clients import wrk_command, wrk_requests
from .comparison import Comparison, at_least, at_most
from .processes import cpu_seconds, free_port, output_of, serving

MANY = 10_000
PAYLOAD = "100B"
ONE_AT_A_TIME = {"rate": "2/s", "payload": PAYLOAD}
# Sixteen messages that are due at once: what waits for the same subscriber may leave in one write.
SIXTEEN = {"rate": "32/s", "arrivals": "burst", "burst": 16, "payload": PAYLOAD}


def cost(technique, target="reference", subscribers=MANY, publish=None, server=None):
    """A function of a round: CPU time of the server a delivery, in microseconds."""
    def measure(bench):
        run = bench.push(technique, target=target(bench) if callable(target) else target, subscribers=subscribers,
                         publish=publish or ONE_AT_A_TIME, **({"server": server} if server else {}))
        return run["server"]["cpu_us_per_delivery"]
    return measure


def rate(of_cost, cores=1):
    """Deliveries a second that `cores` processors could make at that cost."""
    return lambda bench: cores * 1e6 / of_cost(bench)


def raw_broadcaster(kind):
    return lambda bench: peer([bench.program("raw_broadcaster"), kind, "${peer.port}"])


bun = peer([BUN, SERVERS / "bun_publish.js", "${peer.port}"])
npm_ws = peer(["node", SERVERS / "ws_broadcast.js", "${peer.port}"])
npm_socketio = peer(["node", SERVERS / "socketio_broadcast.js", "${peer.port}"])

WEBSOCKET_1 = cost("websocket")
BUN_1 = cost("websocket", bun)
BUN_16 = rate(cost("websocket", bun, publish=SIXTEEN))


def against_nchan(name, technique):
    theirs = cost(technique, nginx("nchan.conf"), publish={**ONE_AT_A_TIME, "path": "/pub/{topic}"})
    return Comparison(f"server/{name}-nchan", f"{name}, 10,000 subscribers, one message at a time, against nchan",
                      "deliveries/CPU s", at_least(1.0), rate(cost(name)), rate(theirs))


def against_socketio(subscribers, at_once):
    technique = {"socketio": {"transport": "websocket"}}
    publish = {"rate": "10/s", "payload": PAYLOAD} if at_once == 1 else {**SIXTEEN, "rate": "16/s"}    # more is too much for the peer
    return Comparison(f"server/socketio-npm-{subscribers}" + ("-16" if at_once > 1 else ""),
                      f"Socket.IO over WebSocket, {subscribers:,} subscribers, {'one message' if at_once == 1 else f'{at_once} messages'} at a time, against npm socket.io",
                      "deliveries/CPU s", at_least(3.0), rate(cost(technique, subscribers=subscribers, publish=publish)),
                      rate(cost(technique, npm_socketio, subscribers=subscribers, publish=publish)))


def floor_of_socketio(subscribers):
    """How far sending alone lets anybody get: the raw broadcaster's frames of the same messages."""
    publish = {"rate": "10/s", "payload": PAYLOAD}
    return Comparison(f"floor/socketio-npm-{subscribers}",
                      f"a raw epoll broadcaster of WebSocket messages, {subscribers:,} subscribers, one message at a time, against npm socket.io",
                      "deliveries/CPU s", at_least(3.0), rate(cost("websocket", raw_broadcaster("websocket"), subscribers, publish)),
                      rate(cost({"socketio": {"transport": "websocket"}}, npm_socketio, subscribers, publish)))


def floor_of_more_sockets():
    """What ten times as many sockets cost whoever does nothing but send (see growth.py)."""
    def broadcast(subscribers, rate_per_s):
        return cost("websocket", raw_broadcaster("websocket"), subscribers, {"rate": f"{rate_per_s}/s", "payload": PAYLOAD})
    return Comparison("floor/sockets-10000", "a raw epoll broadcaster of WebSocket messages, 10,000 subscribers against 1,000", "µs/delivery", at_most(1.15),
                      broadcast(10_000, 2), broadcast(1_000, 20))


# Polling: wrk asks, both answer the same bytes.

MESSAGE = "x" * 63


def answers_per_cpu_s(pid, url, seconds, connections=64):
    """Requests a second of the server's CPU time."""
    before = cpu_seconds(pid)
    requests = wrk_requests(output_of(*wrk_command(url, seconds, connections)))
    return requests / (cpu_seconds(pid) - before)


def our_polls(bench):
    port = free_port()
    with serving([bench.program("reference-server"), "--listen", f"127.0.0.1:{port}"], port) as process:
        url = f"http://127.0.0.1:{port}"
        urllib.request.urlopen(urllib.request.Request(f"{url}/publish?topic=t", data=MESSAGE.encode(), method="POST")).close()
        return answers_per_cpu_s(process.pid, f"{url}/polling?topic=t&after=0", bench.measure_s)


@contextlib.contextmanager
def started_nginx(body):
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="bench-peers-") as folder:
        conf = (SERVERS / "nginx.conf").read_text().replace("${peer.port}", str(port)).replace("${body}", body)
        pathlib.Path(folder, "nginx.conf").write_text(conf)
        program = next((path for path in ("/usr/sbin/nginx", "/usr/local/sbin/nginx") if os.path.exists(path)), "nginx")
        with serving([program, "-p", folder, "-e", "stderr", "-c", f"{folder}/nginx.conf"], port) as process:
            yield process, f"http://127.0.0.1:{port}/"


def nginx_answers(bench):
    with started_nginx(MESSAGE + "\\n") as (process, url):
        return answers_per_cpu_s(process.pid, url, bench.measure_s)


def latency(bench):
    """Microseconds from sent to received, one subscriber, a thousand messages a second."""
    run = bench.push("websocket", target="reference", subscribers=1, publish={"rate": "1000/s", "payload": PAYLOAD}, tolerated=frozenset())
    return run["service_time_ns"]["p50"] / 1e3


def libuv_latency(bench):
    return json.loads(output_of(bench.program("uv_pair"), "relay", bench.measure_s * 1000, 1000))["p50_ns"] / 1e3


COMPARISONS = [
    Comparison("server/websocket-raw", "WebSocket, 10,000 subscribers, one message at a time, against a raw epoll broadcaster",
               "µs/delivery", at_most(1.10), WEBSOCKET_1, cost("websocket", raw_broadcaster("websocket"))),
    Comparison("server/websocket-bun", "the same against Bun's publish", "µs/delivery", at_most(1.0), WEBSOCKET_1, BUN_1),
    Comparison("server/websocket-ws", "the same against npm ws", "µs/delivery", at_most(1.0), WEBSOCKET_1, cost("websocket", npm_ws)),
    *(Comparison(f"server/{technique}-bun-16", f"{technique}, 10,000 subscribers, 16 messages at once, against Bun's WebSocket publish",
                 "deliveries/CPU s", at_least(1.0), rate(cost(technique, publish=SIXTEEN)), BUN_16)
      for technique in ("websocket", "sse", "http-streaming")),
    Comparison("server/polling-nginx", "polls of 64 connections against nginx with the same bytes in memory", "requests/CPU s",
               at_least(0.9), our_polls, nginx_answers),
    against_nchan("long-polling", {"long-polling": {"path": "/long-polling/{topic}", "resume": "validators"}}),
    against_nchan("sse", {"sse": {"path": "/sse/{topic}"}}),
    against_nchan("http-streaming", {"http-streaming": {"path": "/http-streaming/{topic}"}}),
    *(against_socketio(subscribers, at_once) for at_once in (1, 16) for subscribers in (1_000, 5_000)),
    *(floor_of_socketio(subscribers) for subscribers in (1_000, 5_000)),
    floor_of_more_sockets(),
    Comparison("server/threads", "WebSocket deliveries with --threads 2 against 1, by CPU per delivery", "deliveries/s",
               at_least(1.6), rate(cost("websocket", server={"threads": 2}), cores=2), rate(WEBSOCKET_1)),
    Comparison("server/latency-libuv", "p50 from publisher to subscriber, against bare libuv loops on the same way", "µs",
               at_most(1.25), latency, libuv_latency),
]
