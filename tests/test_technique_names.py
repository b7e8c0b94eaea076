"""What the program knows of a technique it knows from its row of the table: nothing else names one, and nothing asks for an option by
its name."""

import pathlib
import re

ROOT = pathlib.Path(__file__).parent.parent
FOLDERS = ("loadgen/clients/techniques", "reference-server/techniques")


def names():
    found = [path.stem.replace("_", "-") for path in (ROOT / FOLDERS[0]).glob("*.cc")]
    assert len(found) >= 7
    return found


def lines_outside(pattern, *programs):
    """Lines of the programs that match, outside the techniques' own files."""
    found = []
    for program in programs:
        for path in sorted((ROOT / program).rglob("*")):
            place = str(path.relative_to(ROOT))
            if path.suffix not in (".cc", ".h") or place.startswith(FOLDERS):
                continue
            for number, line in enumerate(path.read_text().splitlines(), 1):
                if re.search(pattern, line):
                    found.append(f"{place}:{number}: {line.strip()}")
    return found


def test_no_technique_is_named_outside_its_own_files_and_the_table():
    assert not lines_outside('"(%s)"' % "|".join(names()), "loadgen", "reference-server")


def options():
    text = "".join(path.read_text() for path in (ROOT / FOLDERS[0]).glob("*.cc"))
    found = re.findall(r'\{(?:\.key = )?"([a-z-]+)",\s*(?:\.kind = )?Kind::', text)
    assert {"interval", "hold", "limit", "transport"} <= set(found)
    return found


def test_no_option_of_a_technique_is_asked_for_by_its_name():
    assert not lines_outside(r'(?i)(\bkey\b|option).*"(%s)"' % "|".join(options()), "loadgen")
