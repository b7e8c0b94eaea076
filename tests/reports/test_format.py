"""FORMAT.md and schema.py specify the same fields."""

import re
from pathlib import Path

from pushbench_report import schema

FORMAT = (Path(__file__).resolve().parents[2] / "reports" / "FORMAT.md").read_text(encoding="utf-8")


def fields(kind):
    for name, child in {**getattr(kind, "required", {}), **getattr(kind, "optional", {})}.items():
        yield name
        yield from fields(child)
    if isinstance(kind, (schema.ListOf, schema.MapOf)):
        yield from fields(kind.item)


def test_every_field_that_is_read_is_specified():
    words = set(re.findall(r"[a-z0-9_]+", FORMAT))
    assert set(fields(schema.RESULT)) - words == set()


def test_every_specified_field_of_a_run_is_read():
    section = FORMAT.split("## `runs[]`")[1].split("###")[0]
    specified = {name for row in re.findall(r"^\| ([^|]+) \|", section, re.M)
                 for name in re.findall(r"`([a-z0-9_]+)`", row)}
    assert specified == set(fields_of(schema.RUN))


def fields_of(kind):
    return {**kind.required, **kind.optional}


def test_fields_that_may_be_null_are_those_that_say_when():
    section = FORMAT.split("## `runs[]`")[1].split("###")[0]
    for names, null_when in re.findall(r"^\| (`[^|]+) \|[^|]+\|[^|]+\|([^|]*)\|$", section.replace("\\|", ""), re.M):
        for name in re.findall(r"`([a-z0-9_]+)`", names):
            optional = name in schema.RUN.optional
            says = null_when.strip() not in ("", "(empty object)")
            assert optional == says, name
