"""How a benchmark program is started with each library: every one at its best on this machine."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Placement:
    """How many ranks run, and where."""

    ranks: int  # 0: no job; the program is started by itself
    bound: bool  # each to a core

    @property
    def crowded(self) -> bool:
        return self.ranks > len(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Implementation:
    """A library; its programs are in the folder `key` of the built benchmarks."""

    key: str
    name: str
    launcher: str  # the command that starts its jobs; empty: programs are started by themselves
    options: Callable[[Placement], list[str]]


def _cohort(placement: Placement) -> list[str]:
    return ["-n", str(placement.ranks), *(["--bind-to", "core"] if placement.bound else [])]


def _open_mpi(placement: Placement) -> list[str]:
    # The shared-memory transport is what Open MPI chooses on one host anyway; naming it spares the
    # search for networks, which more than doubles the time that a job takes to start.
    options = ["-n", str(placement.ranks), "--mca", "pml", "ob1", "--mca", "btl", "self,vader"]
    if os.geteuid() == 0:
        options.append("--allow-run-as-root")
    # It starts faster when it binds, so it is told to even where that is not asked for.
    if placement.crowded:
        options += ["--oversubscribe", "--bind-to", "core:overload-allowed"]
        options += ["--mca", "mpi_yield_when_idle", "1"]
    else:
        options += ["--bind-to", "core"]
    return options


def _mpich(placement: Placement) -> list[str]:
    # It has no option that makes it yield; layer/mpi.hpp yields in its place.
    return ["-n", str(placement.ranks), *(["-bind-to", "core"] if placement.bound else [])]


def _bare(placement: Placement) -> list[str]:
    return []


COHORT = Implementation("cohort", "cohort", "cohortrun", _cohort)
ALL = {
    implementation.key: implementation
    for implementation in (
        COHORT,
        Implementation("openmpi", "Open MPI", "mpirun.openmpi", _open_mpi),
        Implementation("mpich", "MPICH", "mpirun.mpich", _mpich),
        Implementation("boost_mpi", "Boost.MPI", "mpirun.openmpi", _open_mpi),
        Implementation("bare", "bare", "", _bare),
        Implementation("multiprocessing", "multiprocessing", "", _bare),
        Implementation("concurrent_futures", "concurrent.futures", "", _bare),
        Implementation("mpi4py_futures", "mpi4py.futures", "mpirun.openmpi", _open_mpi),
        Implementation("tbb", "oneTBB", "", _bare),
        Implementation("message_queue", "message_queue", "", _bare),
        Implementation("zeromq", "ZeroMQ", "", _bare),
        Implementation("unix_pipe", "Unix pipe", "", _bare),
        Implementation("robust_mutex", "robust mutex", "", _bare),
        Implementation("posix_spawn", "posix_spawn", "", _bare),
    )
}


class NotAvailable(Exception):
    """A program or launcher is missing; the text says which."""


def _launcher(implementation: Implementation, build: Path) -> str:
    if implementation is COHORT:
        found = next((path for path in build.rglob("cohortrun") if os.access(path, os.X_OK)), None)
    else:
        found = shutil.which(implementation.launcher)
    if found is None:
        raise NotAvailable(f"{implementation.name}: {implementation.launcher} is missing")
    return str(found)


def command(
    key: str, program: str, cases: list[str], placement: Placement, build: Path
) -> list[str]:
    """The command line that runs a program of the built tree `build` with one library."""
    implementation = ALL[key]
    binary = build / "benchmarks" / key / program
    if not binary.exists():
        raise NotAvailable(f"{implementation.name}: {binary} was not built")
    if not implementation.launcher or not placement.ranks:
        return [str(binary), *cases]
    launcher = _launcher(implementation, build)
    return [launcher, *implementation.options(placement), str(binary), *cases]
