import copy
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "reports"), str(Path(__file__).parent)]
GOLDEN = ROOT / "tests" / "golden"


@pytest.fixture(scope="session")
def golden_sample():
    return json.loads((GOLDEN / "result-sample.json").read_text(encoding="utf-8"))


@pytest.fixture
def sample(golden_sample):
    """A result of two repetitions of seven variants, to change at will."""
    return copy.deepcopy(golden_sample)


@pytest.fixture
def save(tmp_path):
    """Writes a result into a directory of its own and returns the directory."""
    def write(result, name="run"):
        directory = tmp_path / name
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "result.json").write_text(result if isinstance(result, str) else json.dumps(result),
                                               encoding="utf-8")
        return directory
    return write


@pytest.fixture
def render(save):
    """The page of one or several results."""
    from pushbench_report import load, page

    def make(*results):
        return page.render(load.load_all([save(result, f"run{number}") for number, result in enumerate(results, 1)]))
    return make


@pytest.fixture
def workload(sample, save):
    """What the sample measured, after a change to it."""
    from pushbench_report import load, theme
    from pushbench_report.workload import workloads

    def make(change=lambda result: None):
        change(sample)
        return workloads(load.load_all([save(sample)]), theme.Styles())[0]
    return make
