"""The fields of result.json as data (FORMAT.md in words), and the check that names field and what would be right."""

import math
from dataclasses import dataclass

SCHEMA_VERSION = 2


class FieldError(ValueError):
    """`path` ("runs[2].delivered") and the problem with what would be right."""

    def __init__(self, path, problem):
        super().__init__(f"{path or 'the file'} {problem}")


@dataclass(frozen=True)
class Text:
    choices: tuple = ()

    @property
    def wanted(self):
        return "one of " + ", ".join(f'"{c}"' for c in self.choices) if self.choices else "a string"

    def check(self, value, path):
        if not isinstance(value, str) or (self.choices and value not in self.choices):
            _wrong(path, value, self.wanted)


@dataclass(frozen=True)
class Number:
    whole: bool = False
    minimum: float = 0
    maximum: float = math.inf

    @property
    def wanted(self):
        kind = "an integer" if self.whole else "a number"
        if self.maximum != math.inf:
            return f"{kind} from {self.minimum:g} to {self.maximum:g}"
        return kind if self.minimum == -math.inf else f"{kind} of {self.minimum:g} or more"

    def check(self, value, path):
        kinds = int if self.whole else (int, float)
        fits = isinstance(value, kinds) and not isinstance(value, bool)
        if fits and isinstance(value, int):
            fits = abs(value) < 1 << 63
        if not fits or not math.isfinite(value) or not self.minimum <= value <= self.maximum:
            _wrong(path, value, self.wanted)


@dataclass(frozen=True)
class Flag:
    wanted = "true or false"

    def check(self, value, path):
        if not isinstance(value, bool):
            _wrong(path, value, self.wanted)


@dataclass(frozen=True)
class ListOf:
    item: object
    wanted = "a list"

    def check(self, value, path):
        if not isinstance(value, list):
            _wrong(path, value, self.wanted)
        for index, item in enumerate(value):
            self.item.check(item, f"{path}[{index}]")


@dataclass(frozen=True)
class MapOf:
    item: object
    wanted = "an object"

    def check(self, value, path):
        if not isinstance(value, dict):
            _wrong(path, value, self.wanted)
        for key, item in value.items():
            self.item.check(item, f"{path}.{key}")


@dataclass(frozen=True)
class OrNull:
    item: object

    @property
    def wanted(self):
        return f"{self.item.wanted} or null"

    def check(self, value, path):
        if value is not None:
            self.item.check(value, path)


class AnyOf:
    """One of several kinds; the first is what is wanted."""

    def __init__(self, *kinds):
        self.kinds = kinds

    @property
    def wanted(self):
        return self.kinds[0].wanted

    def check(self, value, path):
        for kind in self.kinds[1:]:
            try:
                return kind.check(value, path)
            except FieldError:
                continue
        return self.kinds[0].check(value, path)


class Object:
    """Fields by name. `required` ones are present and not null; `optional` ones may be absent or null."""

    wanted = "an object"

    def __init__(self, required=None, optional=None):
        self.required = required or {}
        self.optional = optional or {}

    def check(self, value, path):
        if not isinstance(value, dict):
            _wrong(path, value, self.wanted)
        dot = f"{path}." if path else ""
        for name, kind in self.required.items():
            if name not in value:
                raise FieldError(dot + name, f"is missing; it must be {kind.wanted}")
            kind.check(value[name], dot + name)
        for name, kind in self.optional.items():
            if value.get(name) is not None:
                kind.check(value[name], dot + name)


def _wrong(path, value, wanted):
    shown = {dict: "an object", list: "a list", type(None): "null", bool: str(value).lower()}.get(type(value))
    if shown is None:
        shown = repr(value) if isinstance(value, str) else str(value)
        shown = shown if len(shown) <= 40 else shown[:37] + "…"
    raise FieldError(path, f"is {shown}; it must be {wanted}")


TEXT, COUNT, NUMBER, SIGNED = Text(), Number(whole=True), Number(), Number(minimum=-math.inf)

PERCENTILES = {"p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999, "p9999": 0.9999}
DISTRIBUTION = Object(
    required={"count": COUNT},
    optional={name: NUMBER for name in ("min", "mean", *PERCENTILES, "max")}
    | {"undelivered_from": Number(maximum=1)})

BYTE_KINDS = ("payload", "framing", "http", "tls", "tcpip")
DIRECTION = Object(optional={kind: COUNT for kind in (*BYTE_KINDS, "heartbeat", "encoded", "decoded", "tcpip_1500")})
HANDSHAKE = Object(required={"count": COUNT, "received": NUMBER, "sent": NUMBER})

BYTES = Object(required={"received": DIRECTION, "sent": DIRECTION, "deliveries": COUNT}, optional={"window_s": NUMBER, "retransmitted_segments": COUNT, "handshake": HANDSHAKE})

IDLE = Object(required={"window_s": NUMBER, "received_bytes_per_client_hour": NUMBER,
                        "sent_bytes_per_client_hour": NUMBER, "requests": COUNT},
              optional={"server_cpu_us_per_client_s": NUMBER})

FANOUT_POSITION = Object(required={"first_decile": DISTRIBUTION, "last_decile": DISTRIBUTION})

TLS = Object(required={"handshakes": COUNT, "resumed": COUNT},
             optional={"failures": COUNT, "handshakes_per_s": NUMBER,
                       "handshake_bytes": Object(optional={"received": COUNT, "sent": COUNT})})

COMPRESSION = Object(required={"messages": COUNT, "payload_bytes": COUNT, "compressed_bytes": COUNT})

SERVER = Object(optional={"process": Object(required={"pid": COUNT}, optional={"command": TEXT, "chosen_by": TEXT}),
                          "cpu_us_per_delivery": NUMBER, "cpu_s": NUMBER, "rss_bytes": COUNT, "pss_bytes": COUNT,
                          "private_bytes": COUNT,
                          "voluntary_switches_per_delivery": NUMBER, "involuntary_switches_per_delivery": NUMBER,
                          "syscalls_per_delivery": NUMBER,
                          "sockets": Object(required={"count": COUNT, "bytes": COUNT}),
                          "bytes_per_subscriber": SIGNED})

MEMORY_READING = Object(optional={name: COUNT for name in ("pss_bytes", "private_bytes", "socket_bytes")})
MEMORY = Object(required={
    "points": ListOf(Object(required={"subscribers": COUNT, "server": MEMORY_READING, "generator": MEMORY_READING},
                            optional={"kernel_slab_bytes": COUNT})),
    "slopes": MapOf(Object(required={"bytes_per_subscriber": SIGNED, "bytes_at_zero": SIGNED, "r2": Number(maximum=1),
                                     "points": COUNT}))})

ATTEMPTS = Object(required={"plan_sha256": TEXT, "number": Number(whole=True, minimum=1), "previous": ListOf(TEXT),
                            "replaced": ListOf(TEXT)})

GENERATOR = Object(optional={"cpu_us_per_delivery": NUMBER, "loop_lag_ns": DISTRIBUTION,
                             "read_delay_ns": DISTRIBUTION, "jitter_ns": DISTRIBUTION, "rss_bytes": COUNT, "threads": COUNT,
                             "loop_utilisation": NUMBER})

MACHINE = Object(optional={"busy": Number(maximum=1), "steal": Number(maximum=1), "throttled": COUNT,
                           "throttled_s": NUMBER, "pressure_s": NUMBER, "listen_overflows": COUNT,
                           "listen_overflows_in_ramp": COUNT, "stalls": COUNT, "stalled_s": NUMBER})

# Columns of equal length, one value an interval.
SERIES = Object(
    required={"end_s": ListOf(SIGNED), "length_s": ListOf(NUMBER), "measuring": ListOf(Flag())},
    optional={name: ListOf(COUNT) for name in ("connected", "delivered", "published", "received_bytes", "loop_lag_ns",
                                               "latency_count")}
    | {name: ListOf(NUMBER) for name in ("generator_cpu_s", "loop_busy")}
    | {name: ListOf(OrNull(NUMBER)) for name in ("server_cpu_s", "server_rss_bytes", "steal", "latency_p50_ns",
                                                 "latency_p99_ns")})

FITNESS = ("usable", "unusable")
METRIC = Object(
    required={"fitness": Text(FITNESS)},
    optional={name: SIGNED for name in ("value", "low", "high", "error")}
    | {"reason": TEXT, "undelivered": Flag(), "samples_beyond": NUMBER, "each": ListOf(OrNull(SIGNED))})

# Columns of equal length, one value a percentile.
SPECTRUM = Object(required={"quantile": ListOf(Number(maximum=1)), "value": ListOf(COUNT)},
                  optional={"least": ListOf(OrNull(COUNT)), "greatest": ListOf(OrNull(COUNT))})

RUN_COUNTS = ("published", "publish_failed", "expected_deliveries", "delivered", "missing", "missed_while_away", "replayed",
              "duplicate", "reordered", "corrupt", "early", "own", "foreign", "requests", "empty_answers", "full_answers",
              "skipped_polls", "gap_messages", "request_timeouts")

VERDICTS = ("valid", "doubtful", "invalid")
LEVELS = ("info", "warn", "invalid")

# Histogram by its name in `histograms`, and the summary of the same values.
HISTOGRAMS = {
    "delivery_latency": "delivery_latency_ns",
    "service_time": "service_time_ns",
    "send_lag": "send_lag_ns",
    "readiness": "readiness_ns",
    "round_trip": "round_trip_ns",
    "fanout_spread": "fanout_spread_ns",
    "subscriber_bandwidth": "subscriber_bandwidth_bytes_per_s",
    "loop_lag": "generator.loop_lag_ns",
    "read_delay": "generator.read_delay_ns",
    "jitter": "generator.jitter_ns",
}

RUN = Object(
    required={
        "technique": TEXT, "variant": TEXT, "repetition": Number(whole=True, minimum=1), "subscribers": COUNT,
        "published": COUNT, "expected_deliveries": COUNT, "delivered": COUNT, "missing": COUNT, "duplicate": COUNT,
        "reordered": COUNT, "corrupt": COUNT, "failures": MapOf(COUNT), "verdict": Text(VERDICTS),
    },
    optional={
        "connected": COUNT, "topics": COUNT, "publish_failed": COUNT, "missed_while_away": COUNT, "replayed": COUNT,
        "early": COUNT, "own": COUNT, "foreign": COUNT, "failure_examples": MapOf(TEXT),
        "phases_s": MapOf(NUMBER), "offered_rate_per_s": NUMBER, "achieved_rate_per_s": NUMBER,
        "delivery_latency_ns": DISTRIBUTION, "service_time_ns": DISTRIBUTION, "send_lag_ns": DISTRIBUTION,
        "readiness_ns": DISTRIBUTION, "round_trip_ns": DISTRIBUTION, "fanout_spread_ns": DISTRIBUTION,
        "fanout_position_ns": FANOUT_POSITION,
        "idle": IDLE, "bytes": BYTES, "tls": TLS, "bytes_per_delivery": NUMBER,
        "subscriber_bandwidth_bytes_per_s": DISTRIBUTION, "requests": COUNT, "compression": COMPRESSION, "empty_answers": COUNT, "full_answers": COUNT,
        "skipped_polls": COUNT, "gap_messages": COUNT, "request_timeouts": COUNT, "server": SERVER, "memory": MEMORY, "order": COUNT, "generator": GENERATOR, "machine": MACHINE,
        "series": SERIES, "interval_log": TEXT, "verdict_reasons": ListOf(TEXT),
        "histograms": Object(optional={name: TEXT for name in HISTOGRAMS}),
    })

GROUP = Object(
    required={"technique": TEXT, "variant": TEXT, "runs": ListOf(COUNT), "left_out": COUNT, "verdict": Text(VERDICTS),
              "failures": MapOf(COUNT), "metrics": MapOf(METRIC)},
    optional={"verdict_reasons": ListOf(TEXT), "failure_examples": MapOf(TEXT), "spectrum": SPECTRUM,
              "memory_slopes": MapOf(Object(required={"bytes_per_subscriber": SIGNED, "r2": Number(maximum=1)}))})

FLOOR = Object(required={"technique": TEXT, "subscribers": COUNT, "expected_deliveries": COUNT, "missing": COUNT,
                         "delivery_latency_ns": DISTRIBUTION}, optional={"histogram": TEXT, "spectrum": SPECTRUM})

FINDS = ("max-rate", "max-subscribers")
STEP = Object(
    required={"offered": COUNT, "achieved": NUMBER, "expected_deliveries": COUNT, "missing": COUNT,
              "verdict": Text(("carried", "too-much", "generator-limited", "unknown"))},
    optional={"delivery_latency_ns": DISTRIBUTION, "reason": TEXT})
CAPACITY = Object(
    required={"find": Text(FINDS), "until": TEXT,
              "techniques": ListOf(Object(
                  required={"technique": TEXT, "variant": TEXT, "summary": TEXT, "steps": ListOf(STEP),
                            "limit": Text(("server", "generator", "at-most", "steps", "interrupted", "unknown"))},
                  optional={"carried": COUNT, "too_much": COUNT}))},
    optional={"precision": NUMBER, "at_most": COUNT})

THRESHOLD = Object(
    required={"expression": TEXT,
              "results": ListOf(Object(required={"technique": TEXT, "variant": TEXT,
                                                 "verdict": Text(("passed", "broken", "unknown"))},
                                       optional={"value": SIGNED, "measured": TEXT, "samples_beyond": NUMBER}))},
    optional={"technique": TEXT, "variant": TEXT})

RESULT = Object(
    required={
        "schema_version": Number(whole=True, minimum=1),
        "tool": Object(required={"name": TEXT, "version": TEXT}, optional={"commit": TEXT}),
        "host": Object(optional={"cpu": TEXT, "cores": COUNT, "memory_bytes": COUNT, "kernel": TEXT, "os": TEXT,
                                 "clocksource": TEXT, "load_average": NUMBER}),
        "scenario": Object(required={"name": TEXT, "text": TEXT, "sha256": TEXT},
                           optional={"path": TEXT, "overrides": ListOf(TEXT)}),
        "warnings": ListOf(Object(required={"level": Text(LEVELS), "message": TEXT},
                                  optional={"rule": AnyOf(TEXT, COUNT), "run": COUNT})),
        "runs": ListOf(RUN),
    },
    optional={"command": TEXT, "seed": COUNT, "started": TEXT, "ended": TEXT, "interrupted": Flag(), "thresholds": ListOf(THRESHOLD),
              "groups": ListOf(GROUP), "attempts": ATTEMPTS, "capacity": CAPACITY, "floor": FLOOR})
