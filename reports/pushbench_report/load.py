"""Reads result files: JSON, schema, histograms. Whatever is wrong becomes one sentence with the file and the field."""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from . import hdr, schema, upgrade
from .errors import ReportError

# What XML and HTML cannot carry: control characters but tab, LF and CR, lone surrogates, non-characters.
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass
class Source:
    """One result file. `name` tells several of them apart on the page; it is empty for a single one."""

    path: str
    data: dict
    name: str = ""


def load_all(paths):
    """Sources in the order given, each with a short name of its own when there are several."""
    files = [_result_file(path) for path in paths]
    seen = {}
    for path, file in zip(paths, files):
        real = os.path.realpath(file)
        if real in seen:
            raise ReportError(f"{path} and {seen[real]} are the same result; name each once")
        seen[real] = path
    sources = [load(file) for file in files]
    if len(sources) > 1:
        for source, name in zip(sources, _short_names(files)):
            source.name = UNPRINTABLE.sub("\ufffd", name)
    return sources


def load(file):
    """The Source in `file`; ReportError when it cannot be read or is not what FORMAT.md says."""
    data = _clean(_parse(file))
    version = data.get("schema_version") if isinstance(data, dict) else None
    if isinstance(version, int) and not isinstance(version, bool) and version > schema.SCHEMA_VERSION:
        raise ReportError(f"{file}: schema_version is {version} and this report knows {schema.SCHEMA_VERSION}; "
                          "use the report of the pushbench that wrote the file, or a newer one")
    try:
        schema.RESULT.check(data, "")
        if version == 1:
            _upgrade(data)
        _check_references(data)
    except schema.FieldError as error:
        raise ReportError(f"{file}: {error}") from None
    return Source(str(file), data)


def _upgrade(data):
    upgrade.upgrade(data, [_histograms(run, index) for index, run in enumerate(data["runs"])])
    if floor := data.get("floor"):
        histogram = _decoded(floor.get("histogram"), "floor.histogram")
        floor["spectrum"] = upgrade.spectrum(histogram, histogram.total if histogram else 0)


def _result_file(path):
    path = Path(path)
    if path.is_dir():
        file = path / "result.json"
        if not file.is_file():
            raise ReportError(f"{path}: there is no result.json in this directory; give the --out directory of a run")
        return file
    if not path.exists():
        raise ReportError(f"{path}: no such file or directory; give the --out directory of a run")
    return path


def _parse(file):
    try:
        text = Path(file).read_text(encoding="utf-8")
        return json.loads(text, parse_constant=_no_constant)
    except OSError as error:
        raise ReportError(f"{file}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise ReportError(f"{file}: is not UTF-8 (byte {error.start})") from None
    except json.JSONDecodeError as error:
        raise ReportError(f"{file}:{error.lineno}:{error.colno}: is not JSON ({error.msg}); "
                          "a result.json written by pushbench is expected") from None
    except (ValueError, RecursionError) as error:
        raise ReportError(f"{file}: is not JSON that can be read ({error})") from None


def _no_constant(name):
    raise ValueError(f"{name} is no JSON number; what was not measured is null")


def _clean(value):
    if isinstance(value, str):
        return UNPRINTABLE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    return value


def _check_references(data):
    if "groups" not in data:
        raise schema.FieldError("groups", "is missing; it must be a list")
    for index, warning in enumerate(data["warnings"]):
        if warning.get("run") is not None:
            _check_run(data, warning["run"], f"warnings[{index}].run")
    for index, group in enumerate(data["groups"]):
        for place, run in enumerate(group["runs"]):
            _check_run(data, run, f"groups[{index}].runs[{place}]")
        _check_columns(group.get("spectrum"), f"groups[{index}].spectrum")
    _check_columns((data.get("floor") or {}).get("spectrum"), "floor.spectrum")


def _check_run(data, run, path):
    if run >= len(data["runs"]):
        raise schema.FieldError(path, f"is {run}; there are {len(data['runs'])} runs, counted from 0")


def _check_columns(columns, path):
    lengths = {len(column) for column in (columns or {}).values() if isinstance(column, list)}
    if len(lengths) > 1:
        raise schema.FieldError(path, "has columns of unlike length; each must have a value for every quantile")


def _histograms(run, index):
    decoded = {}
    for name, text in (run.get("histograms") or {}).items():
        if name in schema.HISTOGRAMS and text is not None:
            decoded[name] = _decoded(text, f"runs[{index}].histograms.{name}")
    return decoded


def _decoded(text, field):
    try:
        return None if text is None else hdr.decode(text)
    except hdr.HistogramError as error:
        raise schema.FieldError(field, f"cannot be decoded: {error}") from None


def _short_names(files):
    """The last part of each path in which they differ: a/x/result.json and b/x/result.json are "a/x" and "b/x"."""
    parts = [(f.parent if f.name == "result.json" else f.with_suffix("")).absolute().parts for f in files]
    for length in range(1, max(map(len, parts)) + 1):
        names = ["/".join(p[-length:]) for p in parts]
        if len(set(names)) == len(names):
            return names
    return [str(f) for f in files]
