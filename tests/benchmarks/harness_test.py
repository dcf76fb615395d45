"""The benchmark harness over stand-ins for launchers and programs: rows, ratios, JSON, plot."""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml
from importlib import import_module
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(SOURCE / "benchmarks"), str(SOURCE / "benchmarks/multiprocessing")]

from harness.implementations import ALL, Placement, command  # noqa: E402: the path comes first
from harness.measure import needed, plan  # noqa: E402
from harness.plot import draw  # noqa: E402
from harness.results import evaluate, table  # noqa: E402
from harness.rows import ROWS, Goal, Mean, Probe, Row  # noqa: E402

KEYS = {"row", "unit", "ours", "peers", "ratio", "goal", "met"}

# Drops a launcher's options and runs the program that follows them, once.
LAUNCHER = """#!/bin/sh
while [ "$1" != "${1#-}" ] || ! [ -x "$1" ]; do shift; done
exec "$@"
"""
# Prints the same figure for each case that it is asked for.
PROGRAM = """#!/bin/sh
for case in "$@"; do echo "$case {value} {unit}"; done
"""
FOOTPRINT = """#!/bin/sh
{ranks}
echo ready
read line
kill $pids
"""
RANK = "sleep 600 & pids=\"$pids $!\"\n"


def samples_of(rows: list[Row], ours: float, theirs: float) -> dict:
    return {
        (key, probe): [ours if key == "cohort" else theirs]
        for row in rows
        for key, probe in needed(row)
    }


class Rows(unittest.TestCase):
    def test_names_are_unique(self):
        names = [row.name for row in ROWS]
        self.assertEqual(len(names), len(set(names)))

    def test_programs_exist_and_libraries_are_known(self):
        programs = {path.stem for path in (SOURCE / "benchmarks").rglob("*.cpp")}
        cmake = (SOURCE / "benchmarks/CMakeLists.txt").read_text()
        for topics in re.findall(r"^ *add_script\(\S+ \S+\.py ([^)]*)\)", cmake, re.MULTILINE):
            programs.update(topics.split())
        for row in ROWS:
            for key, probe in needed(row):
                self.assertIn(key, ALL)
                self.assertIn(probe.program, programs, key)

    def test_what_a_goal_names_is_measured(self):
        for row in ROWS:
            names = {ALL[key].name for key in row.peers}
            names |= {reference.name for reference in row.references}
            against = {row.against}
            if isinstance(row, Row):
                against |= {goal.against for goal in row.also}
            self.assertLessEqual(against, {*names, "best peer", None})

    def test_every_probe_is_planned_once(self):
        planned = [(run.implementation, probe)
                   for runs in plan(ROWS) for run in runs for probe in run.probes]
        self.assertEqual(len(planned), len(set(planned)))
        self.assertEqual(set(planned), {pair for row in ROWS for pair in needed(row)})


class Peers(unittest.TestCase):
    """The scripts among the peers know the cases that rows ask them for; nothing is measured."""

    def test_scripts_know_their_cases(self):
        for key in ("multiprocessing", "concurrent_futures"):
            known = import_module(f"peer_{key}").CASES
            asked = {probe.case for row in ROWS for by, probe in needed(row) if by == key}
            self.assertTrue(asked)
            self.assertLessEqual(asked, set(known), key)


class Launching(unittest.TestCase):
    def test_ranks_beyond_the_cores_are_told_to_yield(self):
        cores = len(os.sched_getaffinity(0))
        self.assertNotIn("--oversubscribe", ALL["openmpi"].options(Placement(cores, True)))
        crowded = ALL["openmpi"].options(Placement(cores + 1, True))
        self.assertIn("--oversubscribe", crowded)
        self.assertIn("mpi_yield_when_idle", crowded)

    def test_all_bind_to_cores(self):
        for key, option in (("cohort", "--bind-to"), ("openmpi", "--bind-to"),
                            ("mpich", "-bind-to")):
            self.assertIn(option, ALL[key].options(Placement(2, True)))

    def test_a_program_without_ranks_is_started_by_itself(self):
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder) / "benchmarks/cohort/pool"
            program.parent.mkdir(parents=True)
            program.touch()
            self.assertEqual(command("cohort", "pool", ["each"], Placement(0, False), Path(folder)),
                             [str(program), "each"])


class Evaluation(unittest.TestCase):
    lower = Row("p2p", "lower", "us", Probe("pingpong", "8"), 0.5)
    higher = Row("p2p", "higher", "M/s", Probe("message_rate", "8"), 2.0, higher_is_better=True)
    absolute = Row("p2p", "absolute", "%", Probe("blocked", "5"), 1.0, against=None)
    named = Row("launch", "named", "MiB", Probe("footprint"), 0.3, against="Open MPI")

    def result(self, row: Row, ours: list[float], open_mpi: list[float], mpich: list[float]):
        samples = {("cohort", row.probe): ours, ("openmpi", row.probe): open_mpi,
                   ("mpich", row.probe): mpich}
        return evaluate(row, samples)

    def test_medians_and_the_lowest_peer(self):
        result = self.result(self.lower, [9, 1, 2], [4, 4, 100], [5])
        self.assertEqual((result.ours, result.peers), (2, {"Open MPI": 4, "MPICH": 5}))
        self.assertEqual((result.ratio, result.met), (0.5, True))
        self.assertFalse(self.result(self.lower, [2.1], [4], [5]).met)

    def test_the_highest_peer_of_a_rate(self):
        result = self.result(self.higher, [10], [4], [5])
        self.assertEqual((result.ratio, result.met, result.goal), (2, True, "≥ 2.00 × best peer"))
        self.assertFalse(self.result(self.higher, [9], [4], [5]).met)

    def test_a_goal_that_is_a_value(self):
        result = self.result(self.absolute, [0.9], [100], [90])
        self.assertEqual((result.ratio, result.met, result.goal), (0.01, True, "≤ 1 %"))
        self.assertFalse(self.result(self.absolute, [1.1], [100], [90]).met)

    def test_a_goal_that_names_a_peer(self):
        self.assertEqual(self.result(self.named, [3], [10], [1]).ratio, 0.3)

    def test_a_row_with_several_goals_must_meet_them_all(self):
        row = Row("p2p", "several", "us", Probe("pingpong", "8"), 0.5, against="Open MPI",
                  also=(Goal(0.25, "MPICH"),))
        result = self.result(row, [2], [4], [8])
        self.assertEqual(result.goal, "≤ 0.50 × Open MPI, ≤ 0.25 × MPICH")
        self.assertEqual((result.ratio, result.met), (0.5, True))
        self.assertFalse(self.result(row, [2], [4], [7]).met)
        self.assertFalse(self.result(row, [2], [3], [8]).met)
        self.assertIsNone(self.result(row, [2], [4], []).met)
        self.assertFalse(self.result(row, [2], [3], []).met)

    def test_a_further_goal_that_is_a_value(self):
        row = Row("p2p", "rate", "M/s", Probe("message_rate", "8"), 2.0, higher_is_better=True,
                  also=(Goal(10, None),))
        self.assertTrue(self.result(row, [10], [4], [5]).met)
        self.assertFalse(self.result(row, [9], [4], [3]).met)
        self.assertEqual(self.result(row, [9], [4], [3]).goal, "≥ 2.00 × best peer, ≥ 10 M/s")

    def test_a_row_without_a_goal(self):
        row = Row("p2p", "extra", "us", Probe("pingpong", "9"), None)
        result = self.result(row, [9], [4], [5])
        self.assertEqual((result.ratio, result.met, result.goal), (2.25, None, "none"))

    def test_a_mean_and_the_highest_of_its_rows(self):
        rows = tuple(Row("p2p", str(n), "us", Probe("pingpong", str(n)), None) for n in (1, 2))
        samples = {}
        for row, ours in zip(rows, (1, 4)):
            samples |= {("cohort", row.probe): [ours], ("openmpi", row.probe): [4],
                        ("mpich", row.probe): [5]}
        result = evaluate(Mean("p2p", "mean", rows, 0.5, highest=1), samples)
        self.assertEqual((result.ours, result.ratio, result.met), (0.5, 0.5, True))
        self.assertEqual(result.goal, "≤ 0.50 × best peer, no row above 1")
        self.assertFalse(evaluate(Mean("p2p", "mean", rows, 0.5, highest=0.9), samples).met)
        self.assertFalse(evaluate(Mean("p2p", "mean", rows, 0.4), samples).met)
        self.assertIsNone(evaluate(Mean("p2p", "mean", rows, 0.5), {}).met)

    def test_what_is_not_measured_is_none(self):
        result = evaluate(self.lower, {})
        self.assertEqual((result.ours, result.peers), (None, {}))
        self.assertEqual((result.ratio, result.met), (None, None))
        alone = evaluate(self.lower, {("cohort", self.lower.probe): [1.0]})
        self.assertEqual((alone.ours, alone.ratio, alone.met), (1, None, None))

    def test_the_table_has_a_line_for_each_row(self):
        results = [evaluate(row, samples_of(ROWS, 1, 4)) for row in ROWS]
        lines = table(results).splitlines()
        self.assertEqual(len(lines), 1 + len(ROWS))
        for line, row in zip(lines[1:], ROWS):
            self.assertTrue(line.startswith(row.name))

    def test_the_plot_has_a_bar_for_each_row(self):
        for ours in (0.0, 1.0, 50.0):
            rows = [row for row in ROWS if ours or not row.higher_is_better]
            results = [evaluate(row, samples_of(rows, ours, 4)) for row in rows]
            texts = [element.text for element in xml.fromstring(draw(rows, results)).iter()]
            for row in rows:
                # Ours against ours, both nothing: there is no ratio to draw.
                if ours or "cohort" not in {each.implementation for each in row.references}:
                    self.assertIn(row.name, texts)


class WholeRun(unittest.TestCase):
    """scripts/bench from end to end; launchers and programs are shell scripts."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.script("build/cohortrun", LAUNCHER)
        self.script("path/mpirun.openmpi", LAUNCHER)
        self.script("path/mpirun.mpich", LAUNCHER)

    def script(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def bench(self, *arguments: str) -> subprocess.CompletedProcess:
        path = f"{self.folder / 'path'}:{os.environ['PATH']}"
        command = [sys.executable, str(SOURCE / "scripts/bench"), "--build-dir",
                   str(self.folder / "build"), "--rounds", "1", *arguments]
        return subprocess.run(command, env={**os.environ, "PATH": path}, capture_output=True,
                              text=True, timeout=100)

    def add_programs(self, rows: list[Row]) -> None:
        for row in rows:
            for key, probe in needed(row):
                text = PROGRAM.format(value=1.5 if key == "cohort" else 6.0, unit=row.unit)
                self.script(f"build/benchmarks/{key}/{probe.program}", text)

    def test_point_to_point(self):
        rows = [row for row in ROWS if row.group == "p2p"]
        self.add_programs(rows)
        written = self.folder / "results.json"
        drawn = self.folder / "results.svg"
        finished = self.bench("--group", "p2p", "--json", str(written), "--plot", str(drawn))
        self.assertEqual((finished.returncode, finished.stderr), (0, ""))
        results = json.loads(written.read_text())
        self.assertEqual([result["row"] for result in results], [row.name for row in rows])
        for result in results:
            self.assertEqual(set(result), KEYS)
            self.assertEqual(result["ours"], 1.5)
            self.assertIsInstance(result["met"], bool)
            self.assertTrue(all(isinstance(value, float) for value in result["peers"].values()))
        self.assertTrue(xml.parse(drawn).getroot().tag.endswith("svg"))

    def test_launch(self):
        ranks = 64
        for key in ("cohort", "openmpi", "mpich"):
            self.script(f"build/benchmarks/{key}/start", "#!/bin/sh\n")
            self.script(f"build/benchmarks/{key}/footprint", FOOTPRINT.format(ranks=RANK * ranks))
        written = self.folder / "results.json"
        finished = self.bench("--group", "launch", "--json", str(written))
        self.assertEqual((finished.returncode, finished.stderr), (0, ""))
        for result in json.loads(written.read_text()):
            self.assertEqual(set(result["peers"]), {"Open MPI", "MPICH"})
            self.assertGreater(result["ours"], 0)

    def test_multiprocessing(self):
        rows = [row for row in ROWS if row.group == "multiprocessing"]
        self.add_programs(rows)
        written = self.folder / "results.json"
        finished = self.bench("--group", "multiprocessing", "--json", str(written))
        self.assertEqual((finished.returncode, finished.stderr), (0, ""))
        results = {result["row"]: result for result in json.loads(written.read_text())}
        self.assertEqual(list(results), [row.name for row in rows])
        for row in rows:
            names = {ALL[key].name for key in row.peers}
            names |= {reference.name for reference in row.references}
            self.assertEqual(results[row.name]["peers"], dict.fromkeys(names, 6.0))
            self.assertIsInstance(results[row.name]["met"], bool)

    def test_a_missing_peer_is_named_and_left_out(self):
        rows = [row for row in ROWS if row.name == "8 B half round trip"]
        self.add_programs(rows)
        (self.folder / "build/benchmarks/mpich/pingpong").unlink()
        written = self.folder / "results.json"
        finished = self.bench("--row", rows[0].name, "--json", str(written))
        self.assertIn("MPICH", finished.stderr)
        first = json.loads(written.read_text())[0]
        self.assertEqual((first["peers"], first["ratio"]), ({"Open MPI": 6.0}, 0.25))

    def test_a_program_that_fails_is_told_and_counts(self):
        rows = [row for row in ROWS if row.name == "8 B half round trip"]
        self.add_programs(rows)
        self.script("build/benchmarks/cohort/pingpong", "#!/bin/sh\necho broken >&2\nexit 3\n")
        finished = self.bench("--row", rows[0].name)
        self.assertEqual(finished.returncode, 1)
        self.assertIn("exit code 3", finished.stderr)
        self.assertIn("broken", finished.stderr)

    def test_output_that_is_no_figure_is_told(self):
        rows = [row for row in ROWS if row.name == "8 B half round trip"]
        self.add_programs(rows)
        self.script("build/benchmarks/cohort/pingpong", "#!/bin/sh\necho hello\n")
        self.assertIn("printed 'hello'", self.bench("--row", rows[0].name).stderr)

    def test_bad_arguments(self):
        for arguments in (["--rounds", "0"], ["--rounds", "many"], ["--group", "none"],
                          ["--row", "no such row"], ["--json", "/nowhere/at/all.json"]):
            self.assertEqual(self.bench(*arguments).returncode, 2, arguments)


if __name__ == "__main__":
    unittest.main()
