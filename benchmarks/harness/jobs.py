"""Runs one job and returns its figures: those that it prints, its time, or its memory."""

import os
import select
import signal
import subprocess
import time
from pathlib import Path

TIMEOUT_S = 120


class JobFailed(Exception):
    """A job ended with an error, ran out of time, or printed something else than figures."""


class _Job:
    """A running job in a process group of its own, which is ended when the block is left."""

    def __init__(self, command: list[str], **streams):
        self.command = command
        self.process = subprocess.Popen(command, start_new_session=True, text=True, **streams)

    def __enter__(self) -> "_Job":
        return self

    def __exit__(self, *_) -> None:
        if self.process.poll() is None:
            # The launcher ends its ranks on SIGTERM; only one that ignores it is killed.
            for number in (signal.SIGTERM, signal.SIGKILL):
                os.killpg(self.process.pid, number)
                try:
                    self.process.wait(timeout=5)
                    break
                except subprocess.TimeoutExpired:
                    pass
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream:
                stream.close()

    def await_end(self) -> None:
        """Returns at the very moment when the job ends; Popen.wait with a timeout polls."""
        handle = os.pidfd_open(self.process.pid)
        try:
            if not select.select([handle], [], [], TIMEOUT_S)[0]:
                raise self.late()
        finally:
            os.close(handle)

    def late(self) -> JobFailed:
        return JobFailed(f"no end after {TIMEOUT_S} s: {' '.join(self.command)}")

    def finish(self, text: str | None = None) -> str:
        """Waits for the end of the job and returns what it printed."""
        try:
            output, errors = self.process.communicate(text, timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            raise self.late() from None
        if self.process.returncode != 0:
            raise JobFailed(
                f"exit code {self.process.returncode}: {' '.join(self.command)}\n{errors or ''}"
            )
        return output or ""


def printed(command: list[str]) -> dict[str, float]:
    """The figures that a job prints, one in a line: case, value, unit."""
    with _Job(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
              stderr=subprocess.PIPE) as job:
        output = job.finish()
    figures = {}
    for line in output.splitlines():
        try:
            case, value, _ = line.split()
            figures[case] = float(value)
        except ValueError:
            raise JobFailed(f"printed {line!r}: {' '.join(command)}") from None
    return figures


def duration_s(command: list[str]) -> float:
    """Seconds from the fork of the launcher to its end."""
    start = time.perf_counter()
    with _Job(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
              stderr=subprocess.PIPE) as job:
        job.await_end()
        took = time.perf_counter() - start
        job.finish()
        return took


def footprint_mib(command: list[str], ranks: int) -> float:
    """The memory of a job that says "ready" and waits for a line: launcher, helpers and ranks."""
    with _Job(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
              stderr=subprocess.PIPE) as job:
        if not select.select([job.process.stdout], [], [], TIMEOUT_S)[0]:
            raise JobFailed(f"not ready after {TIMEOUT_S} s: {' '.join(command)}")
        if job.process.stdout.readline().strip() != "ready":
            job.finish()
            raise JobFailed(f"was not ready: {' '.join(command)}")
        memory = _settled_pss_mib(job.process.pid, ranks)
        job.finish("\n")
        return memory


def _settled_pss_mib(launcher: int, ranks: int) -> float:
    """Sums again until nothing changes: ranks may be on their way out of the barrier."""
    previous = 0.0
    for _ in range(50):
        members = _descendants(launcher)
        if len(members) < ranks:
            raise JobFailed(f"{len(members)} processes below the launcher, {ranks} ranks expected")
        total = sum(_pss_mib(pid) for pid in [launcher, *members])
        if abs(total - previous) < 0.002 * total:
            return total
        previous = total
        time.sleep(0.1)
    raise JobFailed("the memory of the job does not settle")


def _descendants(ancestor: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            status = (entry / "stat").read_text()
        except OSError:
            continue  # it has ended since
        parent = int(status.rpartition(")")[2].split()[1])
        children.setdefault(parent, []).append(int(entry.name))
    found = list(children.get(ancestor, []))
    for pid in found:
        found += children.get(pid, [])
    return found


def _pss_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name == "Pss":
            return int(rest.split()[0]) / 1024
    raise JobFailed(f"/proc/{pid}/smaps_rollup has no line Pss")
