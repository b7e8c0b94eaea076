"""The floor of the tool: `pushbench run --floor`, and the null server behind it."""

import subprocess

from harness import PUSHBENCH, Finished, run, write_scenario


def test_a_run_knows_the_floor_of_the_tool(tmp_path):
    finished = run(tmp_path, "--floor", report=True, subscribers=20, rate="200/s")
    assert finished.code == finished.told, finished.out + finished.err
    floor = finished.result["floor"]
    assert (floor["technique"], floor["subscribers"], floor["missing"]) == ("sse", 20, 0)
    measured = finished.result["runs"][0]
    assert floor["expected_deliveries"] == floor["delivery_latency_ns"]["count"] == measured["expected_deliveries"], "the same load"
    p50 = floor["delivery_latency_ns"]["p50"]
    floor_line, = (line for line in finished.out.splitlines() if line.startswith("floor of the tool"))
    assert 0 < p50 and floor_line.startswith("floor of the tool (sse from a null server under the same load): p50 ")
    assert not floor_line.endswith("n<"), "4,000 deliveries have ten beyond the p99"
    said = [w for w in finished.result["warnings"] if w["rule"] == 10 and "the tool's own floor" in w["message"]]
    assert bool(said) == (measured["delivery_latency_ns"]["p50"] < 2 * p50)
    assert "floor of the tool: 50" in (finished.folder / "report.html").read_text(encoding="utf-8")


def test_a_floor_of_few_deliveries_has_no_p99(tmp_path):
    finished = run(tmp_path, "--floor", subscribers=2)
    assert ", p99 n<\n" in finished.out, finished.out + finished.err


def test_without_the_option_there_is_none(tmp_path):
    finished = run(tmp_path)
    assert finished.result["floor"] is None and "floor of the tool" not in finished.out


def test_more_subscribers_than_the_null_server_holds_are_said_and_measured_all_the_same(tmp_path):
    command = ["prlimit", "--nofile=160", PUSHBENCH, "run", write_scenario(tmp_path, subscribers=70), "--out", tmp_path, "--floor", "--no-report"]
    finished = Finished(subprocess.run(command, capture_output=True, text=True, timeout=60), tmp_path)
    assert finished.result["floor"] is None
    message, = (w["message"] for w in finished.result["warnings"] if "was not measured" in w["message"])
    assert message == "the floor of the tool was not measured: the null server holds at most 52 subscribers"
    assert finished.run["connected"] == 70


def test_the_null_server_on_a_port_that_is_taken_says_so():
    with subprocess.Popen([PUSHBENCH, "null-server"], stdout=subprocess.PIPE, text=True) as first:
        port = first.stdout.readline().strip().rsplit(":", 1)[1]
        second = subprocess.run([PUSHBENCH, "null-server", "--port", port], capture_output=True, text=True, timeout=10)
        first.kill()
    assert second.returncode == 2 and f"127.0.0.1:{port}" in second.stderr
