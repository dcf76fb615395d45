"""Takes the samples that a list of rows needs: in rounds, the libraries in turn within each."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import implementations, jobs
from .rows import Mean, Probe, Row

Samples = dict[tuple[str, Probe], list[float]]  # by implementation and probe


@dataclass(frozen=True)
class Run:
    """One start of one program with one library, for one or more of its cases."""

    implementation: str
    probes: tuple[Probe, ...]

    @property
    def program(self) -> str:
        return self.probes[0].program

    @property
    def placement(self) -> implementations.Placement:
        return implementations.Placement(self.probes[0].ranks, self.probes[0].bound)

    def wanted(self, round_number: int) -> bool:
        limit = self.probes[0].rounds
        return limit is None or round_number < limit


def needed(row: Row | Mean) -> list[tuple[str, Probe]]:
    if isinstance(row, Mean):
        return [pair for one in row.of for pair in needed(one)]
    pairs = [(key, row.probe) for key in ("cohort", *row.peers)]
    pairs += [(reference.implementation, reference.probe) for reference in row.references]
    return pairs


def plan(rows: list[Row | Mean]) -> list[list[Run]]:
    """The runs, those of one program together, so that what is compared is measured in one go."""
    programs: dict[tuple, dict[str, list[Probe]]] = {}
    for row in rows:
        for key, probe in needed(row):
            same_start = (probe.program, probe.ranks, probe.bound, probe.rounds)
            probes = programs.setdefault(same_start, {}).setdefault(key, [])
            if probe not in probes:
                probes.append(probe)
    return [
        [Run(key, tuple(probes)) for key, probes in by_implementation.items()]
        for by_implementation in programs.values()
    ]


def execute(run: Run, build: Path) -> dict[Probe, float]:
    cases = [probe.case for probe in run.probes if probe.case]
    command = implementations.command(
        run.implementation, run.program, cases, run.placement, build
    )
    if run.program == "start":
        return {run.probes[0]: jobs.duration_s(command)}
    if run.program == "footprint":
        return {run.probes[0]: jobs.footprint_mib(command, run.placement.ranks)}
    figures = jobs.printed(command)
    missing = [case for case in cases if case not in figures]
    if missing:
        raise jobs.JobFailed(f"no figure for {', '.join(missing)}: {' '.join(command)}")
    return {probe: figures[probe.case] for probe in run.probes}


def measure(rows: list[Row | Mean], rounds: int, build: Path, progress: Callable[[str], None]) -> Samples:
    """Runs everything that the rows need. A run that fails is told once and not tried again."""
    samples: Samples = {}
    failed: set[Run] = set()
    groups = plan(rows)
    for round_number in range(rounds):
        for runs in groups:
            turn = round_number % len(runs)  # nobody is always the first
            for run in runs[turn:] + runs[:turn]:
                if run in failed or not run.wanted(round_number):
                    continue
                ranks = run.placement.ranks
                progress(f"round {round_number + 1} of {rounds}: {run.implementation} "
                         f"{run.program}{f', {ranks} ranks' if ranks else ''}")
                try:
                    for probe, value in execute(run, build).items():
                        samples.setdefault((run.implementation, probe), []).append(value)
                except (jobs.JobFailed, implementations.NotAvailable) as problem:
                    failed.add(run)
                    print(f"bench: {problem}", file=sys.stderr)
    return samples
