import os
import subprocess
import sys
from pathlib import Path

import pytest

REPORTS = Path(__file__).resolve().parents[2] / "reports"


def report(*arguments, cwd=None, **environment):
    return subprocess.run([sys.executable, "-m", "pushbench_report", *map(str, arguments)], capture_output=True,
                          text=True, cwd=cwd,
                          env={**os.environ, "PYTHONPATH": str(REPORTS), **environment}, timeout=120, check=False)


def test_the_page_is_written_where_asked_and_nothing_is_printed(sample, save, tmp_path):
    done = report(save(sample), "-o", tmp_path / "new" / "page.html")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "new" / "page.html").read_text().startswith("<!DOCTYPE html>")
    assert os.listdir(tmp_path / "new") == ["page.html"]


def test_without_an_output_it_lies_beside_the_result_and_its_path_is_printed(sample, save):
    directory = save(sample)
    done = report(directory)
    assert (done.returncode, done.stdout) == (0, f"{directory}/report.html\n")
    assert (directory / "report.html").stat().st_size > 100_000


def test_two_processes_make_the_same_page(sample, save, tmp_path):
    directory = save(sample)
    for name, seed in (("a", "1"), ("b", "2")):
        assert report(directory, "-o", tmp_path / name, PYTHONHASHSEED=seed).returncode == 0
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_matplotlibrc_of_the_user_changes_nothing(sample, save, tmp_path):
    directory = save(sample)
    (tmp_path / "matplotlibrc").write_text("font.size: 31\naxes.facecolor: red\nsvg.fonttype: path\n")
    assert report(directory, "-o", tmp_path / "a").returncode == 0
    assert report(directory, "-o", tmp_path / "b", cwd=tmp_path).returncode == 0
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_home_that_cannot_be_written_is_no_news(sample, save, tmp_path):
    done = report(save(sample), "-o", tmp_path / "a", HOME="/proc", XDG_CONFIG_HOME="/proc", XDG_CACHE_HOME="/proc")
    assert (done.returncode, done.stderr) == (0, "")


def test_help_has_examples():
    done = report("--help")
    assert done.returncode == 0 and "examples:" in done.stdout and "-o compare.html" in done.stdout


@pytest.mark.parametrize("arguments, says", [
    ([], "required: DIR"), (["--nonsense", "x"], "unrecognized arguments"),
                                             (["nowhere"], "nowhere: no such file or directory")])
def test_wrong_usage_is_one_sentence_and_exit_2(arguments, says):
    done = report(*arguments)
    assert done.returncode == 2 and done.stdout == ""
    assert says in done.stderr and done.stderr.count("\n") == 1 and done.stderr.startswith("pushbench report: ")


def test_a_broken_result_is_one_sentence_and_exit_2_and_leaves_no_page(save):
    directory = save('{"schema_version": 1}')
    done = report(directory)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1) and "tool is missing" in done.stderr
    assert os.listdir(directory) == ["result.json"]


def test_a_page_that_cannot_be_written_is_one_sentence_and_exit_2(sample, save):
    directory = save(sample)
    done = report(directory, "-o", directory / "result.json" / "page.html")
    assert done.returncode == 2 and "cannot be written" in done.stderr and done.stderr.count("\n") == 1
