"""Command line: result files in, one HTML page out."""

import argparse
import logging
import os
import sys
import tempfile
from pathlib import Path

from .errors import ReportError

EXAMPLES = """examples:
  python3 -m pushbench_report results/quickstart
      reads results/quickstart/result.json, writes results/quickstart/report.html and prints that path
  python3 -m pushbench_report results/quickstart -o quickstart.html
  python3 -m pushbench_report before/ after/ -o compare.html
      one page with the runs of both; runs of the same scenario share their tables and figures

exit codes: 0 the page was written; 2 wrong usage, a result that cannot be read, or a page that cannot be written
"""


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise ReportError(f"{message}; see --help")


def parse(arguments):
    parser = Parser(prog="pushbench_report",
                    description="Turns results of pushbench into one self-contained HTML page.",
                    epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", nargs="+", metavar="DIR",
                        help="directory with a result.json (--out of pushbench run), or such a file")
    parser.add_argument("-o", "--output", metavar="FILE",
                        help="page to write; without it report.html beside the first result, and its path is printed")
    return parser.parse_args(arguments)


def write(page, file):
    """Whole or not at all: a reader never sees half a page."""
    temporary = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=file.parent, prefix=".report-",
                                         delete=False) as out:
            temporary = out.name
            out.write(page)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, file)
    except OSError as error:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)
        raise ReportError(f"{file}: cannot be written ({error.strerror})") from None


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def run(arguments):
    options = parse(arguments)
    # It would warn of a cache directory it cannot write and of fonts it does not have; neither changes the page.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    try:
        from . import load, page
    except ImportError as error:
        raise ReportError(f"this Python ({sys.executable}) lacks the module {error.name}; on Debian install "
                          "python3-matplotlib, python3-numpy, python3-jinja2 and use /usr/bin/python3") from None
    sources = load.load_all(options.results)
    first = Path(options.results[0])
    beside = (first if first.is_dir() else first.parent) / "report.html"
    file = Path(options.output) if options.output else beside
    write(page.render(sources), file)
    if not options.output:
        print(file)


def main():
    try:
        run(sys.argv[1:])
    except ReportError as error:
        print(f"pushbench report: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
