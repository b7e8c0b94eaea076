"""Other programs as clients: what they did, and for how much CPU time."""

import json
import re
import resource

from .processes import output_of

SHORT_S = 1


def steady(work_of, seconds):
    """What `seconds` of a client's steady work are and cost: (count, CPU seconds).

    `work_of` runs the client for so many seconds and returns both for the whole run. Of two runs, one longer than the other by `seconds`, the
    difference has neither the start of the process, nor the connecting, nor the first requests on cold caches, nor the end.
    """
    (short_count, short_cpu_s), (long_count, long_cpu_s) = work_of(SHORT_S), work_of(SHORT_S + seconds)
    return long_count - short_count, long_cpu_s - short_cpu_s


def with_cpu(command, count_in):
    """Runs a client to its end: (the number that `count_in` finds in its output, its CPU seconds)."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    output = output_of(*command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return count_in(output), after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def wrk_command(url, seconds, connections, *options):
    return ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", *options, url]


def wrk_requests(output):
    if "Non-2xx" in output or "Socket errors" in output:
        raise RuntimeError(output)
    return int(re.search(r"(\d+) requests in", output).group(1))


def h2load_command(url, seconds, connections):
    return ["h2load", "--h1", "-t1", f"-c{connections}", f"-D{seconds}", url]


def h2load_requests(output):
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (succeeded|failed|errored|timeout)", output)}
    if counts["failed"] or counts["errored"] or counts["timeout"]:
        raise RuntimeError(output)
    return counts["succeeded"]


def raw_work(command, count):
    """Of a raw program, which prints what it did: (the number named `count`, CPU seconds)."""
    printed = json.loads(output_of(*command))
    return printed[count], printed["cpu_us"] / 1e6
