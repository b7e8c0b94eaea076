"""Programs that a comparison starts, their ports and their CPU time."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import time

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
PATIENCE_S = 30


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def tree(pid):
    """The process and every process below it that lives."""
    found = [pid]
    for thread in pathlib.Path(f"/proc/{pid}/task").glob("*"):
        with contextlib.suppress(OSError):
            for child in (thread / "children").read_text().split():
                found += tree(int(child))
    return found


def cpu_seconds(pid):
    """User and system time of the process and all below it (proc(5), /proc/PID/stat)."""
    ticks = 0
    for member in tree(pid):
        with contextlib.suppress(OSError):
            fields = pathlib.Path(f"/proc/{member}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks * TICK_S


def wait_for_port(port, process):
    deadline = time.monotonic() + PATIENCE_S
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if process.poll() is not None:
            raise RuntimeError(f"{process.args[0]} ended with {process.returncode} before it listened")
        if time.monotonic() > deadline:
            raise RuntimeError(f"{process.args[0]} does not listen on port {port}")
        time.sleep(0.01)    # between two tries of an event that nothing announces


@contextlib.contextmanager
def serving(command, port):
    """Runs a server until the block ends; yields the process once its port takes connections."""
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               start_new_session=True)
    try:
        wait_for_port(port, process)
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def output_of(*command, timeout=120):
    process = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=timeout)
    if process.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}: {process.stderr.strip() or process.stdout.strip()}")
    return process.stdout
