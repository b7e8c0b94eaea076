"""Programs that a scenario starts: nginx before the reference server, what it costs when one fails, and that none is left behind."""

import errno
import json
import os
import pathlib
import select
import signal
import subprocess
import tempfile
import threading

import yaml

from harness import PUSHBENCH, Finished, alive, children
from refusals import refuse_exact_waits, refuse_watching_processes

NGINX = """
daemon off;
user root;
worker_processes 2;
pid nginx.pid;
error_log stderr warn;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  server {
    listen 127.0.0.1:${nginx.port};
    keepalive_requests 1000000;
    location / {
      proxy_pass http://127.0.0.1:${reference.port};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
    }
  }
}
"""

TARGET = {"url": "http://127.0.0.1:${nginx.port}",
          "programs": {"nginx": {"command": ["nginx", "-p", "${nginx.folder}", "-e", "stderr", "-c", "${nginx.folder}/nginx.conf"],
                                 "files": {"nginx.conf": NGINX}}}}


def scenario(folder, target, **changes):
    document = {"name": "programs", "target": target, "subscribers": 10, "publish": {"rate": "50/s", "payload": "100B"},
                "phases": {"ramp": "5s", "warm-up": "200ms", "measure": "1s", "drain": "3s"}, "techniques": ["sse"], **changes}
    path = pathlib.Path(folder) / "scenario.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    return path


def command(folder, target, **changes):
    return [PUSHBENCH, "run", scenario(folder, target, **changes), "--out", folder / "out", "--no-report"]


def run(folder, target, **changes):
    process = subprocess.run(command(folder, target, **changes), capture_output=True, text=True, timeout=60, env={**os.environ, "TMPDIR": str(folder)})
    return Finished(process, folder / "out")


def with_program(script, **more):
    return {"url": "http://127.0.0.1:${p.port}", "programs": {"p": {"command": ["sh", "-c", script], **more}}}


def family(pid):
    """A process and all its descendants."""
    return [pid, *(one for child in children(pid) for one in family(child))]


def test_subscribers_go_through_the_proxy_and_messages_past_it(tmp_path):
    finished = run(tmp_path, TARGET, techniques=["long-polling", "sse"], repetitions=2)
    assert finished.complete, finished.out + finished.err
    for r in finished.result["runs"]:
        assert r["delivered"] == 500
        assert 0 < r["server"]["pss_bytes"] < 20_000_000, "the reference server's, not nginx' as well"
    assert list(tmp_path.glob("pushbench-*")) == [], "its folder is gone"


def test_messages_can_be_published_through_the_proxy(tmp_path):
    finished = run(tmp_path, TARGET, publish={"rate": "50/s", "url": TARGET["url"]})
    assert finished.complete, finished.out + finished.err


def test_a_program_that_is_killed_ends_the_run_and_is_named(tmp_path):
    process = subprocess.Popen(command(tmp_path, TARGET, phases={"warm-up": "200ms", "measure": "30s"}), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    started = threading.Event()

    def kill_nginx():
        for child in children(process.pid):
            if pathlib.Path(f"/proc/{child}/comm").read_text().strip() == "nginx":
                os.kill(child, signal.SIGKILL)
                started.set()

    timer = threading.Timer(2.0, kill_nginx)  # in `measure`
    timer.start()
    out, err = process.communicate(timeout=20)
    assert started.is_set(), "nginx was there to be killed"
    assert process.returncode == 3, out + err
    r = json.loads((tmp_path / "out" / "result.json").read_text())["runs"][0]
    assert r["verdict"] == "invalid"
    assert any("program nginx was killed by signal 9" in reason for reason in r["verdict_reasons"]), r["verdict_reasons"]


def test_no_program_outlives_a_pushbench_that_is_killed(tmp_path):
    process = subprocess.Popen(command(tmp_path, TARGET, phases={"warm-up": "200ms", "measure": "30s"}), stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, env={**os.environ, "TMPDIR": str(tmp_path)})
    while len(found := family(process.pid)) < 5:  # itself, the reference server, nginx and two workers
        assert process.poll() is None
    descriptors = [os.pidfd_open(pid) for pid in found[1:]]
    process.kill()
    process.wait()
    for descriptor in descriptors:
        assert select.select([descriptor], [], [], 10)[0], "one lives on"
        os.close(descriptor)


def test_an_interrupt_ends_the_programs(tmp_path):
    process = subprocess.Popen(command(tmp_path, TARGET, phases={"warm-up": "200ms", "measure": "30s"}), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while len(found := family(process.pid)) < 5:
        assert process.poll() is None
    timer = threading.Timer(1.5, process.send_signal, (signal.SIGTERM,))
    timer.start()
    out, err = process.communicate(timeout=20)
    assert process.returncode == 143, out + err
    assert not any(alive(pid) for pid in found[1:])


def test_a_program_that_does_not_start_is_an_error_with_its_place_and_its_last_words(tmp_path):
    finished = run(tmp_path, with_program("echo 'bad option -x' >&2; exit 4"))
    assert finished.code == 3
    assert "scenario.yaml:5: key 'target.programs.p': 'sh -c echo" in finished.err
    assert "exited with status 4 before it listened on 127.0.0.1:" in finished.err
    assert "| bad option -x" in finished.err
    silent = run(tmp_path, with_program("exec sleep 60", **{"start-timeout": "100ms"}))
    assert silent.code == 3
    assert "did not listen on 127.0.0.1:" in silent.err and "within 100ms (start-timeout)" in silent.err
    assert list(pathlib.Path(tempfile.gettempdir()).glob("pushbench-p-*")) == []


def test_a_program_that_does_not_start_again_ends_its_scenario_and_keeps_what_was_measured(tmp_path):
    second, first = tmp_path / "second.yaml", tmp_path / "first.yaml"
    second.write_text(scenario(tmp_path, "reference").read_text().replace("name: programs", "name: second"))
    once = json.loads(json.dumps(TARGET))
    nginx = once["programs"]["nginx"]
    # The first start leaves a mark, at which every other one gives up.
    nginx["command"] = ["sh", "-c", f"mkdir {tmp_path}/mark || exit 4; exec {' '.join(nginx['command'])}"]
    first.write_text(scenario(tmp_path, once, techniques=["sse", "long-polling"]).read_text())
    out = tmp_path / "out"
    shown = subprocess.run([PUSHBENCH, "run", first, second, "--out", out], capture_output=True, text=True, timeout=60)
    assert shown.returncode == 3
    assert "exited with status 4 before it listened" in shown.stderr
    broken, whole = (json.loads((out / name / "result.json").read_text()) for name in ("programs", "second"))
    assert [r["technique"] for r in broken["runs"]] == ["sse"] and broken["interrupted"]
    assert any("run 2 of 2 (long-polling) failed: " in warning["message"] for warning in broken["warnings"])
    assert [r["technique"] for r in whole["runs"]] == ["sse"], "the other scenario ran"
    assert "programs: 10 subscribers" in shown.stdout and "second: 10 subscribers" in shown.stdout
    assert (out / "report.html").exists()


def test_a_search_whose_server_does_not_start_again_keeps_its_steps(tmp_path):
    once = json.loads(json.dumps(TARGET))
    nginx = once["programs"]["nginx"]
    nginx["command"] = ["sh", "-c", f"mkdir {tmp_path}/mark || exit 4; exec {' '.join(nginx['command'])}"]
    shown = subprocess.run([*command(tmp_path, once), "--find", "max-subscribers", "--until", "missing == 0", "--at-most", "40"],
                           capture_output=True, text=True, timeout=60)
    assert shown.returncode == 3
    assert "exited with status 4 before it listened" in shown.stderr
    found = json.loads((tmp_path / "out" / "result.json").read_text())["capacity"]["techniques"][0]
    assert [step["offered"] for step in found["steps"]] == [10] and found["limit"] == "interrupted"


def test_a_bad_configuration_of_nginx_is_told_in_its_own_words(tmp_path):
    target = json.loads(json.dumps(TARGET).replace("worker_processes 2", "worker_prozesses 2"))
    finished = run(tmp_path, target)
    assert finished.code == 3
    assert "unknown directive" in finished.err and "worker_prozesses" in finished.err


def test_a_kernel_that_lets_nobody_watch_processes_is_told(tmp_path):
    process = subprocess.run(command(tmp_path, "reference"), capture_output=True, text=True, timeout=30, preexec_fn=refuse_watching_processes)
    assert process.returncode > 0, process.stderr
    assert "pidfd_open: Operation not permitted (it needs Linux 5.3, and a sandbox that allows it)" in process.stderr


def test_a_kernel_without_epoll_pwait2_is_measured_all_the_same(tmp_path):
    process = subprocess.run(command(tmp_path, "reference"), capture_output=True, text=True, timeout=60,
                             preexec_fn=refuse_exact_waits(errno.ENOSYS))
    finished = Finished(process, tmp_path / "out")
    assert finished.code == 0, process.stderr
    measured = finished.run
    assert measured["delivered"] == measured["expected_deliveries"] > 0


def test_a_kernel_that_refuses_to_wait_is_told_in_one_sentence(tmp_path):
    process = subprocess.run(command(tmp_path, "reference"), capture_output=True, text=True, timeout=60,
                             preexec_fn=refuse_exact_waits(errno.EPERM))
    assert process.returncode in (2, 3), process.stderr
    assert "cannot wait for events: Operation not permitted" in process.stderr
    assert "terminate called" not in process.stderr
