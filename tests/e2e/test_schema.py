"""The scenario schema and the parser agree: both take every shipped scenario, both refuse the same mistakes."""

import json
import os
import pathlib
import subprocess

import jsonschema
import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCENARIOS = ROOT / "scenarios"
PUSHBENCH = os.environ.get("PUSHBENCH", str(ROOT / "build" / "pushbench"))
SHIPPED = sorted(SCENARIOS.rglob("*.yaml"))

BASE = {"name": "a", "subscribers": 10, "publish": {"rate": "20/s"}, "techniques": ["sse"]}


def schema():
    return json.loads((SCENARIOS / "schema.json").read_text())


def validator():
    return jsonschema.Draft7Validator(schema())


def check(path, *arguments):
    return subprocess.run([PUSHBENCH, "check", str(path), *arguments], capture_output=True, text=True, timeout=60)


def write(folder, document):
    path = folder / "scenario.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    return path


def test_the_schema_is_a_valid_schema():
    jsonschema.Draft7Validator.check_schema(schema())


def parts_of(node, path="schema"):
    """Every schema of a key, with its path."""
    if isinstance(node, dict):
        for name, part in node.get("properties", {}).items():
            if isinstance(part, dict):
                yield f"{path}.{name}", part
        for key, part in node.items():
            if key not in ("if", "then", "else", "allOf"):
                yield from parts_of(part, f"{path}.{key}")
    elif isinstance(node, list):
        for index, part in enumerate(node):
            yield from parts_of(part, f"{path}[{index}]")


def test_every_key_has_a_description_and_maps_are_closed():
    parts = list(parts_of(schema()))
    assert len(parts) > 40
    for path, part in parts:
        assert "$ref" in part or part.get("description"), path
        if "object" in part.get("type", ""):
            assert part.get("additionalProperties") is False, path


def test_every_default_and_example_is_valid_by_its_own_schema():
    root = schema()
    resolver = jsonschema.RefResolver.from_schema(root)
    checked = 0
    for path, part in parts_of(root):
        for value in [*part.get("examples", []), *([part["default"]] if "default" in part else [])]:
            jsonschema.Draft7Validator(part, resolver=resolver).validate(value)
            checked += 1
    assert checked > 40


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(SCENARIOS)))
def test_a_shipped_scenario_is_taken_by_both(path):
    validator().validate(yaml.safe_load(path.read_text()))
    result = check(path)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(SCENARIOS)))
def test_a_shipped_scenario_names_the_schema_for_editors(path):
    first = path.read_text().splitlines()[0]
    prefix = "# yaml-language-server: $schema="
    assert first.startswith(prefix)
    assert (path.parent / first[len(prefix) :]).resolve() == SCENARIOS / "schema.json"


GOOD = {
    "minimal": {},
    "a foreign target": {"target": "http://127.0.0.1:8080/base"},
    "an IPv6 target": {"target": "http://[::1]:8080"},
    "a proxy before the reference server": {
        "target": {
            "url": "http://127.0.0.1:${proxy.port}/base",
            "programs": {
                "proxy": {"command": ["sh", "-c", "${reference.port} ${scenario.folder}", 5], "files": {"a.conf": "${proxy.port} $host $${x}"}},
                "other_one": {"command": ["sh", "${proxy.folder}"], "start-timeout": "500ms"},
            },
        },
        "server": {"threads": 1},
    },
    "requests of a foreign server": {
        "target": "http://h",
        "publish": {"rate": "20/s", "method": "PUT", "path": "/pub?id={topic}", "headers": {"X-Key": "a b", "X-Number": 5}},
        "techniques": [{"sse": {"path": "/sub/{topic}", "headers": {"Authorization": "Bearer x"}}}, {"websocket": {"path": "/ws"}},
                       {"long-polling": {"resume": "validators", "path": "/lp/{topic}"}}],
    },
    "another place to publish": {"target": "http://h", "publish": {"rate": "20/s", "url": "http://127.0.0.1:81/pub"}},
    "every server option": {
        "server": {
            "threads": 2,
            "log-size": 1000,
            "log-bytes": "1MiB",
            "max-topics": 10,
            "max-payload": "1MiB",
            "queue": "64KiB",
            "policy": "drop-oldest",
            "hold": "30s",
            "stream-limit": 0,
            "heartbeat": "0s",
            "retry": "1s",
            "ping-interval": "5s",
            "ping-timeout": "2s",
            "idle-timeout": "1min",
            "request-timeout": "5s",
            "cors": "*",
        }
    },
    "separated digits": {"subscribers": "1_000", "topics": "1_0"},
    "poisson": {"publish": {"rate": "6000/min", "arrivals": "poisson", "payload": "1.5KiB", "type": "binary"}},
    "bursts": {"publish": {"rate": "20/s", "arrivals": "burst", "burst": 5}},
    "a ramp": {"publish": {"rate": "20/s", "arrivals": "ramp", "to": "0.5/ms"}},
    "a source address": {"source_addresses": "127.0.0.9"},
    "source addresses": {"source_addresses": ["127.0.0.9", "127.0.1.1-127.0.1.3", "127.0.2.0/24", "::1"]},
    "reconnect by percent": {"reconnect": {"initial": "0s", "max": "1min", "factor": 1.5, "jitter": "100%", "attempts": 0}},
    "reconnect by share": {"reconnect": {"jitter": 0.5}},
    "publishing subscribers": {"publish": {"from": "subscribers", "echo": False, "rate-per-subscriber": "12/min"}},
    "no warm-up": {"phases": {"ramp": "1s", "idle": "2s", "warm-up": "0s", "measure": "0.5s", "drain": "0s"}},
    "variants": {
        "techniques": [
            "polling",
            {"polling": {"interval": "500ms", "timing": "fixed-delay", "connection": "close"}},
            {"polling": {"interval": "5s", "variant": "slow one"}},
            {"polling": {"validator": "etag"}},
            "long-polling",
            {"long-polling": {"empty": 204}},
            {"http-streaming": {"method": "POST", "limit": 100, "limit-bytes": "64KiB", "body": '{"a": "{topic}"}'}},
            {"long-polling": {"hold": "10s"}},
            {"sse": None},
            {"websocket": {}},
        ]
    },
    "thresholds": {
        "thresholds": [
            "missing==0",
            "delivery_latency.p99 < 50ms",
            "delivered_share >= 99.9%",
            "server_cpu_per_delivery <= 20us",
            "bytes_per_delivery != 1KiB",
            {"check": "failures <= 10"},
            {"technique": "sse", "check": "fanout_spread.max > 0ns"},
        ]
    },
}


@pytest.mark.parametrize("name", GOOD)
def test_both_take(name, tmp_path):
    document = {**BASE, **GOOD[name]}
    validator().validate(document)
    result = check(write(tmp_path, document))
    assert result.returncode == 0, result.stderr


REMOVED = object()

# name: (changes to BASE, what the parser says)
BAD = {
    "no name": ({"name": REMOVED}, "key 'name'"),
    "a name with blanks": ({"name": "a b"}, "key 'name'"),
    "no subscribers": ({"subscribers": REMOVED}, "key 'subscribers'"),
    "no publish": ({"publish": REMOVED}, "key 'publish'"),
    "no rate": ({"publish": {"payload": "1KiB"}}, "key 'publish.rate'"),
    "no techniques": ({"techniques": REMOVED}, "key 'techniques'"),
    "empty techniques": ({"techniques": []}, "key 'techniques'"),
    "techniques as a word": ({"techniques": "sse"}, "key 'techniques'"),
    "unknown technique": ({"techniques": ["see"]}, "did you mean 'sse'?"),
    "unknown technique with options": ({"techniques": [{"see": {}}]}, "did you mean 'sse'?"),
    "two techniques in one entry": ({"techniques": [{"sse": None, "websocket": None}]}, "one technique an entry"),
    "options beside the technique": ({"techniques": [{"polling": None, "interval": "1s"}]}, "one technique an entry"),
    "unknown option": ({"techniques": [{"polling": {"intervall": "1s"}}]}, "did you mean 'interval'?"),
    "option of another technique": ({"techniques": [{"sse": {"interval": "1s"}}]}, "unknown key"),
    "option without unit": ({"techniques": [{"polling": {"interval": 5}}]}, "a duration needs a unit: 5ms or 5s"),
    "interval of nothing": ({"techniques": [{"polling": {"interval": "0s"}}]}, "must be at least 1ms"),
    "unknown choice": ({"techniques": [{"polling": {"timing": "fixed"}}]}, "fixed-rate, fixed-delay"),
    "options as a word": ({"techniques": [{"polling": "fast"}]}, "must be a map"),
    "variant with a comma": ({"techniques": [{"polling": {"variant": "a,b"}}]}, "a name has"),
    "unknown key": ({"subscriber": 5}, "did you mean 'subscribers'?"),
    "unknown key below": ({"publish": {"rate": "20/s", "typ": "text"}}, "did you mean 'type'?"),
    "unknown phase": ({"phases": {"warmup": "1s"}}, "did you mean 'warm-up'?"),
    "unknown server option": ({"server": {"treads": 1}}, "did you mean 'threads'?"),
    "unknown connect key": ({"connect": {"rat": "1/s"}}, "did you mean 'rate'?"),
    "unknown reconnect key": ({"reconnect": {"jiter": "1%"}}, "did you mean 'jitter'?"),
    "rate without unit": ({"publish": {"rate": 20}}, "a rate needs a unit: 20/s"),
    "rate with a wrong unit": ({"publish": {"rate": "20Hz"}}, "a rate is written 20/s"),
    "rate of nothing": ({"publish": {"rate": "0/s"}}, "greater than 0"),
    "duration without unit": ({"phases": {"measure": 5}}, "a duration needs a unit"),
    "duration with a wrong unit": ({"phases": {"measure": "5sec"}}, "unknown unit 'sec'"),
    "negative duration": ({"phases": {"drain": "-5s"}}, "cannot be negative"),
    "nothing measured": ({"phases": {"measure": "0s"}}, "must be at least 1ms"),
    "no ramp": ({"phases": {"ramp": "0ms"}}, "must be at least 1ms"),
    "size without unit": ({"publish": {"rate": "20/s", "payload": 128}}, "a size needs a unit: 128B"),
    "size with a wrong unit": ({"publish": {"rate": "20/s", "payload": "128 bytes"}}, "unknown unit"),
    "count as text": ({"subscribers": "10k"}, "plain whole number"),
    "count with a fraction": ({"subscribers": 1.5}, "plain whole number"),
    "negative count": ({"threads": -1}, "plain whole number"),
    "no subscriber": ({"subscribers": 0}, "must be at least 1"),
    "no topic": ({"topics": 0}, "must be at least 1"),
    "no repetition": ({"repetitions": 0}, "must be at least 1"),
    "too many repetitions": ({"repetitions": 1001}, "must be at most 1000"),
    "list for a value": ({"topics": [1]}, "is not a single value"),
    "nothing for a value": ({"topics": None}, "has no value"),
    "text for a map": ({"connect": "fast"}, "must be a map"),
    "list for a map": ({"phases": ["1s"]}, "must be a map"),
    "map for a list": ({"thresholds": {"check": "missing == 0"}}, "must be a list"),
    "unknown arrivals": ({"publish": {"rate": "20/s", "arrivals": "poison"}}, "did you mean 'poisson'?"),
    "unknown type": ({"publish": {"rate": "20/s", "type": "json"}}, "text, binary"),
    "burst without its arrivals": ({"publish": {"rate": "20/s", "burst": 5}}, "only for arrivals: burst"),
    "arrivals without their burst": ({"publish": {"rate": "20/s", "arrivals": "burst"}}, "key 'publish.burst'"),
    "to without its arrivals": ({"publish": {"rate": "20/s", "to": "50/s"}}, "only for arrivals: ramp"),
    "arrivals without their to": ({"publish": {"rate": "20/s", "arrivals": "ramp"}}, "key 'publish.to'"),
    "two rates": ({"publish": {"from": "subscribers", "rate": "20/s", "rate-per-subscriber": "1/s"}}, "instead of rate, not beside it"),
    "a rate of each of no speakers": ({"publish": {"rate-per-subscriber": "1/s"}}, "only for from: subscribers"),
    "echo without speakers": ({"publish": {"rate": "20/s", "echo": False}}, "only for from: subscribers"),
    "unknown speakers": ({"publish": {"from": "subscriber", "rate": "20/s"}}, "did you mean 'subscribers'?"),
    "a host as a source": ({"source_addresses": "localhost"}, "is no address"),
    "a source with a port": ({"source_addresses": ["127.0.0.9", "127.0.0.9:80"]}, "key 'source_addresses[1]'"),
    "a network that is too small": ({"source_addresses": ["10.0.0.0/31"]}, "'/' and 8 to 30"),
    "sources as a map": ({"source_addresses": {"from": "10.0.0.1"}}, "must be an address"),
    "factor below one": ({"reconnect": {"factor": 0.5}}, "must be between 1 and 100"),
    "jitter above one": ({"reconnect": {"jitter": 50}}, "write 50% for percent"),
    "jitter above all": ({"reconnect": {"jitter": "101%"}}, "at most 100%"),
    "a blank in an origin": ({"server": {"cors": "a b"}}, "has no blanks"),
    "an option as an origin": ({"server": {"cors": "--listen"}}, "has no blanks"),
    "no hold": ({"server": {"hold": "0s"}}, "must be at least 1ms"),
    "unknown policy": ({"server": {"policy": "drop"}}, "disconnect, drop-oldest"),
    "server options of a foreign server": ({"target": "http://h", "server": {"threads": 1}}, "only where the reference server is started"),
    "a target without url": ({"target": {"programs": {}}}, "key 'target.url'"),
    "an unknown key of the target": ({"target": {"url": "reference", "program": {}}}, "did you mean 'programs'?"),
    "a program without command": ({"target": {"url": "reference", "programs": {"a": {}}}}, "key 'target.programs.a.command'"),
    "a command without words": ({"target": {"url": "reference", "programs": {"a": {"command": []}}}}, "must be a list of words"),
    "a command as text": ({"target": {"url": "reference", "programs": {"a": {"command": "sh -c"}}}}, "must be a list of words"),
    "a program of a reserved name": ({"target": {"url": "reference", "programs": {"reference": {"command": ["sh"]}}}}, "is not reference"),
    "a file outside": ({"target": {"url": "reference", "programs": {"a": {"command": ["sh"], "files": {"../x": "y"}}}}}, "a file's name has"),
    "a file where the output is": ({"target": {"url": "reference", "programs": {"a": {"command": ["sh"], "files": {"output.log": "y"}}}}}, "is not output.log"),
    "a start in no time": ({"target": {"url": "reference", "programs": {"a": {"command": ["sh"], "start-timeout": "0s"}}}}, "at least 1ms"),
    "a path without a slash": ({"techniques": [{"sse": {"path": "sub"}}]}, "a path starts with /"),
    "a path with a blank": ({"publish": {"rate": "20/s", "path": "/a b"}}, "a path starts with /"),
    "a header of two words": ({"techniques": [{"sse": {"headers": {"a b": "c"}}}]}, "a header's name"),
    "a header of two lines": ({"publish": {"rate": "20/s", "headers": {"A": "b\nc"}}}, "one line without control characters"),
    "a length by hand": ({"publish": {"rate": "20/s", "headers": {"Content-Length": "5"}}}, "made by pushbench itself"),
    "another method": ({"publish": {"rate": "20/s", "method": "GET"}}, "POST, PUT"),
    "an unknown resumption": ({"techniques": [{"long-polling": {"resume": "etag"}}]}, "cursor, validators"),
    "a bad place to publish": ({"publish": {"rate": "20/s", "url": "h:80"}}, "key 'publish.url'"),
    "target without scheme": ({"target": "127.0.0.1:80"}, "key 'target'"),
    "a WebSocket URL as target": ({"target": "wss://h"}, "key 'target'"),
    "TLS perhaps": ({"tls": "perhaps"}, "must be true, false, or a map"),
    "unknown verification": ({"tls": {"verify": True}}, "one of none, ca"),
    "a version of TLS that is too old": ({"tls": {"min-version": 1.1}}, "did you mean '1.2'?"),
    "an unknown key of TLS": ({"techniques": [{"sse": {"tls": {"cert": "x"}}}]}, "unknown key"),
    "a server name with blanks": ({"tls": {"server-name": "a b"}}, "must be a host name"),
    "target with a query": ({"target": "http://h/?a=1"}, "key 'target'"),
    "unknown metric": ({"thresholds": ["misssing == 0"]}, "did you mean 'missing'?"),
    "metric without aggregation": ({"thresholds": ["delivery_latency < 50ms"]}, "needs an aggregation"),
    "unknown aggregation": ({"thresholds": ["delivery_latency.p98 < 50ms"]}, "unknown aggregation"),
    "aggregation of a count": ({"thresholds": ["missing.p99 == 0"]}, "has no aggregation"),
    "assignment": ({"thresholds": ["missing = 0"]}, "write =="),
    "threshold without unit": ({"thresholds": ["delivery_latency.p99 < 50"]}, "a duration needs a unit"),
    "threshold with the wrong unit": ({"thresholds": ["bytes_per_delivery < 50ms"]}, "unknown unit 'ms'"),
    "threshold without check": ({"thresholds": [{"technique": "sse"}]}, "check"),
    "threshold with an unknown key": ({"thresholds": [{"tecnique": "sse", "check": "missing == 0"}]}, "did you mean 'technique'?"),
    "variant without technique": ({"thresholds": [{"variant": "a", "check": "missing == 0"}]}, "needs a technique"),
}


def changed(changes):
    return {key: value for key, value in {**BASE, **changes}.items() if value is not REMOVED}


@pytest.mark.parametrize("name", BAD)
def test_both_refuse(name, tmp_path):
    changes, message = BAD[name]
    document = changed(changes)
    assert not validator().is_valid(document)
    path = write(tmp_path, document)
    result = check(path)
    assert result.returncode == 2, result.stdout + result.stderr
    assert message in result.stderr
    assert f"{path}:" in result.stderr


# What no schema can express; the parser alone refuses it.
CONTRADICTIONS = {
    "more topics than subscribers": ({"topics": 11}, "more topics than subscribers"),
    "an interval beyond the drain": ({"techniques": [{"polling": {"interval": "11s"}}]}, "longer than phases.drain (10s)"),
    "a hold beyond the server's": ({"techniques": [{"long-polling": {"hold": "26s"}}]}, "set server.hold: 26s"),
    "a payload below the marker": ({"publish": {"rate": "20/s", "payload": "39B"}}, "must be at least 40B"),
    "a payload beyond the limit": ({"publish": {"rate": "20/s", "payload": "17MiB"}}, "must be at most 16MiB"),
    "a rate that publishes nothing": ({"publish": {"rate": "1/h"}}, "nothing to measure"),
    "connecting longer than the ramp": ({"connect": {"rate": "1/min"}}, "phases.ramp allows 30s"),
    "more topics than the server takes": ({"topics": 2, "server": {"max-topics": 1}}, "set server.max-topics: 2"),
    "a payload beyond the server's": ({"server": {"max-payload": "100B"}}, "larger than server.max-payload (100B)"),
    "rooms of one without echo": ({"topics": 10, "publish": {"from": "subscribers", "echo": False, "rate": "20/s"}}, "need at least 20 subscribers"),
    "equal variants": ({"techniques": ["sse", "sse"]}, "a second 'sse'"),
    "a threshold on an absent technique": ({"thresholds": [{"technique": "websocket", "check": "missing == 0"}]}, "not among the techniques"),
    "an unknown placeholder": ({"target": "http://127.0.0.1:${nope.port}"}, "unknown placeholder ${nope.port}"),
    "a program that is not there": ({"target": {"url": "reference", "programs": {"a": {"command": ["no-such-program"]}}}}, "install it, or write its path"),
    "TLS to an http URL": ({"target": "http://h", "tls": True}, "write https://"),
    "a range that ends before it begins": ({"source_addresses": "10.0.0.9-10.0.0.5"}, "ends before it begins"),
    "too many source addresses": ({"source_addresses": "10.0.0.0/8"}, "more than 4096 source addresses"),
    "no TLS to an https URL": ({"target": "https://h", "tls": False}, "it is always TLS"),
    "trust in another than the certificate of the run": ({"tls": {"ca": "x.pem"}}, "only for a server of your own"),
    "no version of TLS left": ({"tls": {"min-version": 1.3, "max-version": 1.2}}, "no version is left"),
    "reconnect turned round": ({"reconnect": {"initial": "2s", "max": "1s"}}, "shorter than reconnect.initial"),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_the_parser_refuses_a_contradiction(name, tmp_path):
    changes, message = CONTRADICTIONS[name]
    result = check(write(tmp_path, changed(changes)))
    assert result.returncode == 2, result.stdout + result.stderr
    assert message in result.stderr


def test_an_override_is_applied_and_named_in_its_error(tmp_path):
    path = write(tmp_path, BASE)
    good = check(path, "--set", "publish.rate=50/s", "--set", "subscribers=20")
    assert good.returncode == 0, good.stderr
    assert "50/s" in good.stdout
    bad = check(path, "--set", "publish.rate=50")
    assert bad.returncode == 2
    assert "--set publish.rate=50: key 'publish.rate': '50': a rate needs a unit: 50/s" in bad.stderr


def test_every_error_is_reported_at_its_line(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text("name: a\nsubscribers: 10k\npublish: { rate: 20 }\ntechniques:\n  - see\n")
    result = check(path)
    assert result.returncode == 2
    for place in (":2:14: key 'subscribers'", ":3:18: key 'publish.rate'", ":5:5: key 'techniques[0]'"):
        assert f"{path}{place}" in result.stderr
