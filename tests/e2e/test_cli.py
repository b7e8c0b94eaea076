"""The command line: help, errors, exit codes, and what happens when the disk is full."""

import json
import os
import resource
import signal
import subprocess
import time

import pytest

from harness import PUSHBENCH, ROOT, run, started, write_scenario
from techniques import TABLE, TECHNIQUES


def pushbench(*arguments, **options):
    return subprocess.run([PUSHBENCH, *arguments], capture_output=True, text=True, timeout=60, **options)


@pytest.mark.parametrize("command", [[], ["run"], ["check"], ["report"], ["techniques"], ["listen"], ["fetch"]])
def test_help_everywhere(command):
    shown = pushbench(*command, "--help")
    assert shown.returncode == 0
    assert "Usage" in shown.stdout
    if command != ["techniques"]:
        assert "Example" in shown.stdout


def test_help_names_every_technique():
    shown = pushbench("--help").stdout
    for technique in TECHNIQUES:
        assert technique in shown, technique


def test_version():
    shown = pushbench("--version")
    assert shown.returncode == 0 and shown.stdout.startswith("pushbench 0.")


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["run"], ["run", "--no-such-flag"], ["run", "x.yaml", "--repeat", "0"]])
def test_usage_errors_exit_with_2(arguments):
    assert pushbench(*arguments).returncode == 2


def test_techniques_lists_all_with_their_options():
    shown = pushbench("techniques").stdout
    for name, row in TABLE.items():
        assert f"{name}\n    {row['description']}\n" in shown
        for option in row["options"]:
            assert f"\n    {option['key']} " in shown and option["description"] in shown


def test_check_says_what_would_be_measured():
    shown = pushbench("check", ROOT / "scenarios" / "quickstart.yaml")
    assert shown.returncode == 0
    assert "1,000" in shown.stdout and "websocket" in shown.stdout


def test_an_unreadable_scenario_names_the_file():
    shown = pushbench("run", "no/such/file.yaml")
    assert shown.returncode == 2 and "no/such/file.yaml" in shown.stderr


def test_an_error_names_file_line_key_value_and_the_nearest_key(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text("name: bad\nsubscribers: 10\npublish: {rte: 20/s, rate: 20}\ntechniques: [ssse]\n")
    shown = pushbench("check", path)
    assert shown.returncode == 2
    assert "bad.yaml:3:" in shown.stderr and "did you mean 'rate'" in shown.stderr
    assert "'20'" in shown.stderr and "20/s" in shown.stderr
    assert "bad.yaml:4:" in shown.stderr and "did you mean 'sse'" in shown.stderr


def test_only_takes_names_of_the_scenario(tmp_path):
    finished = run(tmp_path, "--only", "websocket", techniques=["sse", "websocket"])
    assert finished.code == finished.told and finished.run["technique"] == "websocket"
    wrong = run(tmp_path, "--only", "carrier-pigeon", techniques=["sse"])
    assert wrong.code == 2 and "carrier-pigeon" in wrong.err and "sse" in wrong.err


def test_no_escape_sequences_reach_a_pipe(tmp_path):
    finished = run(tmp_path)
    assert "\x1b" not in finished.out + finished.err


def test_an_output_folder_that_cannot_be_made_is_a_usage_error(tmp_path):
    (tmp_path / "file").write_text("")
    shown = pushbench("run", write_scenario(tmp_path), "--out", tmp_path / "file" / "below")
    assert shown.returncode == 2 and "cannot write to" in shown.stderr


def test_a_full_disk_is_an_error_that_names_the_file(tmp_path):
    def no_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))
    shown = pushbench("run", write_scenario(tmp_path), "--out", tmp_path / "out", "--no-report", preexec_fn=no_room)
    assert shown.returncode == 3, shown.stdout + shown.stderr
    assert "cannot write" in shown.stderr and "result.json" in shown.stderr
    assert not (tmp_path / "out" / "result.json").exists()


def test_several_scenarios_get_a_folder_each_and_one_report(tmp_path):
    for name in ("first", "second"):
        (tmp_path / f"{name}.yaml").write_text(write_scenario(tmp_path).read_text().replace("name: test", f"name: {name}"))
    out = tmp_path / "both"
    shown = pushbench("run", tmp_path / "first.yaml", tmp_path / "second.yaml", "--out", out)
    assert shown.returncode in (0, 3), shown.stdout + shown.stderr      # 3: a busy machine
    assert (out / "first" / "result.json").exists() and (out / "second" / "result.json").exists()
    page = (out / "report.html").read_text()
    assert "first" in page and "second" in page


def test_ctrl_c_before_a_repetition_measures_leaves_those_before_it_as_they_are(tmp_path):
    result = tmp_path / "out" / "result.json"
    with started(tmp_path, "--repeat", "2", warm_up="2s") as process:
        while not result.exists():      # written after each run
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)      # in the ramp or the warm-up of the second
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130, out + err
    found = json.loads(result.read_text())
    assert [run["repetition"] for run in found["runs"]] == [1] and found["interrupted"]
    assert "sse: repetition 2 was interrupted before it measured and is left out" in out


def test_two_scenarios_of_one_name_are_refused_before_anything_runs(tmp_path):
    first, second = (tmp_path / f"{name}.yaml" for name in ("first", "second"))
    text = write_scenario(tmp_path).read_text()
    first.write_text(text)
    second.write_text(text)
    shown = pushbench("run", first, second, "--out", tmp_path / "out")
    assert shown.returncode == 2
    assert f"{first} and {second} have the same name, 'test'" in shown.stderr
    assert not (tmp_path / "out").exists()


def test_a_report_that_breaks_is_not_taken_for_a_broken_threshold(tmp_path):
    without_python = {**os.environ, "PYTHONHOME": str(tmp_path / "nowhere")}      # it exits with 1
    assert pushbench("report", tmp_path, env=without_python).returncode == 3
    assert pushbench("report", tmp_path / "nowhere").returncode == 2


def test_run_writes_a_report_and_prints_its_path(tmp_path):
    finished = run(tmp_path, report=True, techniques=["sse", "websocket"])
    assert finished.code == finished.told, finished.out + finished.err
    assert str(finished.folder / "report.html") in finished.out
    assert "<svg" in (finished.folder / "report.html").read_text()
