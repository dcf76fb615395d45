"""The command line of scripts/bench."""

import argparse
import subprocess
import sys
from pathlib import Path

from .measure import measure
from .plot import write_svg
from .results import evaluate, table, write_json
from .rows import ROWS, Mean, Row

SOURCE = Path(__file__).resolve().parents[2]
DESCRIPTION = """\
Measures cohort and its peers in turn on this machine and prints a table: medians over the rounds,
the ratio to the best peer, and whether the goal is met. Leave the machine alone meanwhile."""
EXAMPLES = """\
examples:
  scripts/bench                                      every row, five rounds
  scripts/bench --group p2p --rounds 3 --row '8 B'   rows of point-to-point named 8 B
  scripts/bench --json bench.json --plot bench.svg   keep the results and draw them"""


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bench",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    groups = sorted({row.group for row in ROWS})
    parser.add_argument("--group", choices=groups, help="only the rows of this group")
    parser.add_argument("--row", metavar="PATTERN", default="",
                        help="only rows whose name contains PATTERN, in any case")
    parser.add_argument("--rounds", type=_positive, default=5, metavar="N",
                        help="how often each program is run (default 5)")
    parser.add_argument("--json", type=_new_file, metavar="FILE", help="write the results to FILE")
    parser.add_argument("--plot", type=_new_file, metavar="FILE.svg",
                        help="draw the results as SVG")
    parser.add_argument("--build-dir", type=Path, metavar="DIR",
                        help="use what DIR has and install and build nothing")
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _new_file(text: str) -> Path:
    path = Path(text)
    if not path.parent.is_dir():  # told now, not when everything has been measured
        raise argparse.ArgumentTypeError(f"there is no folder {path.parent}")
    return path


def select(group: str | None, pattern: str) -> list[Row | Mean]:
    return [
        row for row in ROWS
        if group in (None, row.group) and pattern.casefold() in row.name.casefold()
    ]


def build() -> Path:
    """Installs what is missing and builds the release programs; returns where they are."""
    for command in (
        [str(SOURCE / "scripts/lib/install"), "build", "bench"],
        [str(SOURCE / "scripts/lib/build"), "release", "cohort_tool", "benchmarks"],
    ):
        if subprocess.run(command, cwd=SOURCE, stdout=sys.stderr).returncode != 0:
            sys.exit(f"bench: failed: {' '.join(command)}")
    return SOURCE / "build/release"


def show_progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    rows = select(options.group, options.row)
    if not rows:
        print(f"bench: no row matches {options.row!r}; the rows are:", file=sys.stderr)
        print("\n".join(f"  {row.name}" for row in select(options.group, "")), file=sys.stderr)
        return 2
    try:
        samples = measure(rows, options.rounds, options.build_dir or build(), show_progress)
    except KeyboardInterrupt:
        show_progress("")
        return 130
    show_progress("")
    results = [evaluate(row, samples) for row in rows]
    print(table(results))
    if options.json:
        write_json(results, options.json)
    if options.plot:
        write_svg(rows, results, options.plot)
    return 0 if all(result.ours is not None for result in results) else 1
