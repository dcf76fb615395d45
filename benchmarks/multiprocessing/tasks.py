"""The tasks that pools are given, and the figures that are taken of them."""

from collections.abc import Callable, Iterable

from measuring import Figure, median_lap_s

MESSAGES = 1_000
CHUNKED = 100_000
MIB = 1024 * 1024
LARGE = 16


def identity(value):
    return value


def one_per_message(run: Callable[[Iterable], object]) -> Figure:
    """`run` has a pool of 2 do empty tasks, each in a message of its own, and takes the results."""
    return MESSAGES / median_lap_s(lambda: run(range(MESSAGES)), total_s=0.5) / 1e6, "M/s"


def in_chunks(run: Callable[[Iterable], object]) -> Figure:
    """The same in chunks of the pool's choice."""
    return CHUNKED / median_lap_s(lambda: run(range(CHUNKED)), total_s=0.5) / 1e6, "M/s"


def round_trip(run: Callable[[int], object]) -> Figure:
    """`run` has a pool of 1 do one empty task."""
    return median_lap_s(lambda: run(1)) * 1e6, "us"


def large(run: Callable[[Iterable], object]) -> Figure:
    """`run` has a pool of 2 send back what it is given."""
    arguments = [bytes(MIB) for _ in range(LARGE)]
    return LARGE / median_lap_s(lambda: run(arguments), total_s=0.5), "tasks/s"
