"""What the peers in Python share: timed laps and the lines that they print."""

import sys
import time
from collections.abc import Callable
from statistics import median

BATCH_S = 0.001
WARM_UP_S = 0.03
TOTAL_S = 0.25

Figure = tuple[float, str]  # value and unit


def median_lap_s(lap: Callable[[], object], total_s: float = TOTAL_S) -> float:
    """The time of one lap: the median over batches, as batches.hpp takes it."""

    def batch(laps: int) -> float:
        start = time.perf_counter()
        for _ in range(laps):
            lap()
        return time.perf_counter() - start

    start = time.perf_counter()
    laps = 1
    while batch(laps) < BATCH_S:
        laps *= 2
    while time.perf_counter() - start < WARM_UP_S:
        batch(laps)
    samples = [batch(laps) / laps]
    while time.perf_counter() - start < total_s:
        samples.append(batch(laps) / laps)
    return median(samples)


def print_figures(cases: dict[str, Callable[[], Figure]]) -> None:
    """Measures the cases that the command line names."""
    for name in sys.argv[1:]:
        value, unit = cases[name]()
        print(name, f"{value:.6g}", unit, flush=True)
