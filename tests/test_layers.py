"""Which folder may include which: the table of the architecture, and the includes of every file against it."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parent.parent

# A folder, and what it may include beside itself. Folders that are not listed have no C++ of the product.
LIBRARIES = {
    "wire": [],
    "net": ["wire"],
}
LOADGEN = {
    "measure": ["wire"],
    "clients": ["wire"],
    "host": ["measure", "net", "wire"],
    "scenario": ["clients", "host"],
    "target": ["scenario", "host"],
    "run": ["target", "scenario", "clients", "host"],
    "judge": ["run", "scenario", "clients", "host"],
    "campaign": ["judge", "run", "target", "clients", "scenario", "host"],
    "output": ["campaign", "judge", "run", "clients", "scenario", "host"],
    "cli": ["output", "campaign", "judge", "run", "target", "scenario", "clients", "host"],
}
# "" is what lies beside the folders: options and stats.
SERVER = {
    "log": ["wire"],
    "seam": ["", "wire"],
    "stream": ["seam", "log", "", "wire"],
    "websocket": ["stream", "seam", "log", "", "wire"],
    "engineio": ["stream", "seam", "", "wire"],
    "socketio": ["engineio", "stream", "seam", "log", "", "wire"],
    "techniques": ["socketio", "websocket", "stream", "seam", "log", "", "wire"],
    "conformance": ["engineio", "websocket", "seam", "", "wire"],
    "http": ["seam", "log", "", "net", "wire"],
    "process": ["http", "engineio", "seam", "log", "", "net", "wire"],
}
BELOW_ALL = ["measure", "net", "wire"]  # of the load generator, but for what sessions see


def allowed():
    table = {folder: set(seen) for folder, seen in LIBRARIES.items()}
    for folder, seen in LOADGEN.items():
        bottom = [] if folder in ("measure", "clients") else BELOW_ALL
        names = {name if name in LIBRARIES else f"loadgen/{name}" for name in [*seen, *bottom]}
        table[f"loadgen/{folder}"] = names
    for folder, seen in SERVER.items():
        table[f"reference-server/{folder}"] = {
            name if name in LIBRARIES else f"reference-server/{name}".rstrip("/") for name in seen
        }
    return table


def sources(folder):
    return sorted(path for path in (ROOT / folder).rglob("*") if path.suffix in (".cc", ".h"))


def includes(path):
    return re.findall(r'^#include "([^"]+)"', path.read_text(), re.MULTILINE)


def folder_of(include):
    parts = include.split("/")
    return "/".join(parts[:2]) if parts[0] in ("loadgen", "reference-server") and len(parts) > 2 else parts[0]


@pytest.mark.parametrize("folder", sorted(allowed()))
def test_a_folder_includes_only_what_its_layer_may(folder):
    files = sources(folder)
    assert files, f"{folder} has no sources: the table is stale"
    forbidden = [
        f"{path.relative_to(ROOT)} includes {include}"
        for path in files
        for include in includes(path)
        if include != "loadgen/version.h" and folder_of(include) not in {folder, *allowed()[folder]}
    ]
    assert not forbidden, "\n".join(forbidden)


def test_every_folder_of_the_load_generator_is_in_the_table():
    folders = {path.name for path in (ROOT / "loadgen").iterdir() if path.is_dir()}
    assert folders == set(LOADGEN)


def test_every_folder_of_the_server_is_in_the_table():
    folders = {path.name for path in (ROOT / "reference-server").iterdir() if path.is_dir()}
    assert folders == set(SERVER)


def test_headers_do_not_include_each_other_in_a_circle():
    graph = {}
    for top in ("wire", "net", "loadgen", "reference-server"):
        for path in sources(top):
            if path.suffix == ".h":
                graph[str(path.relative_to(ROOT))] = includes(path)
    done = set()

    def visit(header, above):
        assert header not in above, " > ".join([*above[above.index(header):], header])
        if header in done or header not in graph:
            return
        for include in graph[header]:
            visit(include, [*above, header])
        done.add(header)

    for header in graph:
        visit(header, [])


def test_an_include_that_a_layer_forbids_is_found():
    """The test above can fail: a session that looks at a socket."""
    assert folder_of("net/tcp.h") not in allowed()["loadgen/clients"]
    assert folder_of("reference-server/http/connection.h") not in allowed()["reference-server/techniques"]
    assert folder_of("loadgen/output/result.h") not in allowed()["loadgen/campaign"]
