#!/usr/bin/python3 -B
"""Python's multiprocessing, with processes that are forked.

Usage: pool each|chunks|apply|large…, queue SIZE:PUTTERS:GETTERS|latency…, process one|pool…,
manager set|get…; one program under four names.
"""

import multiprocessing
import time
from collections.abc import Callable
from contextlib import contextmanager

import tasks
from measuring import Figure, median_lap_s, print_figures

CONTEXT = multiprocessing.get_context("fork")
WARM_UP_S = 0.1
WINDOW_S = 0.4
BOUND = 10_000

# Which is faster depends on the case. Without a bound, a Queue fills the memory of those that put.
QUEUES: tuple[Callable, ...] = (CONTEXT.SimpleQueue, lambda: CONTEXT.Queue(BOUND))


def in_pool(figure: Callable[[Callable], Figure], **options) -> Figure:
    with CONTEXT.Pool(2) as pool:
        return figure(lambda values: pool.map(tasks.identity, values, **options))


def apply() -> Figure:
    with CONTEXT.Pool(1) as pool:
        return tasks.round_trip(lambda value: pool.apply(tasks.identity, (value,)))


@contextmanager
def running(*calls: tuple):
    """Processes that run the calls, which do not return, until the block is left."""
    processes = [CONTEXT.Process(target=target, args=arguments) for target, *arguments in calls]
    for process in processes:
        process.start()
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.join()


def fill(queue, item: bytes) -> None:
    while True:
        queue.put(item)


def drain(queue, counts, index: int) -> None:
    while True:
        queue.get()
        counts[index] += 1


def items_per_s(make: Callable, size: int, putters: int, getters: int) -> float:
    queue = make()
    counts = CONTEXT.RawArray("Q", getters)
    with running(*[(drain, queue, counts, index) for index in range(getters)],
                 *[(fill, queue, bytes(size)) for _ in range(putters)]):
        time.sleep(WARM_UP_S)
        before, start = sum(counts), time.perf_counter()
        time.sleep(WINDOW_S)
        return (sum(counts) - before) / (time.perf_counter() - start)


def throughput(size: int, putters: int, getters: int) -> Figure:
    return max(items_per_s(make, size, putters, getters) for make in QUEUES) / 1e6, "M/s"


def echo(there, back) -> None:
    while True:
        back.put(there.get())


def half_round_trip_s(make: Callable) -> float:
    there, back = make(), make()
    item = bytes(8)

    def lap() -> None:
        there.put(item)
        back.get()

    with running((echo, there, back)):
        return median_lap_s(lap) / 2


def latency() -> Figure:
    return min(half_round_trip_s(make) for make in QUEUES) * 1e6, "us"


def nothing() -> None:
    pass


def start_and_join() -> None:
    process = CONTEXT.Process(target=nothing)
    process.start()
    process.join()


def start_and_join_pool() -> None:
    with CONTEXT.Pool(8) as pool:
        pool.apply(nothing)
        pool.close()
        pool.join()


def with_dictionary(lap: Callable) -> Figure:
    with CONTEXT.Manager() as manager:
        dictionary = manager.dict(key=1)
        return median_lap_s(lambda: lap(dictionary)) * 1e6, "us"


def set_value(dictionary) -> None:
    dictionary["key"] = 42


def get_value(dictionary) -> None:
    dictionary["key"]


CASES: dict[str, Callable[[], Figure]] = {
    "each": lambda: in_pool(tasks.one_per_message, chunksize=1),
    "chunks": lambda: in_pool(tasks.in_chunks),
    "apply": apply,
    "large": lambda: in_pool(tasks.large, chunksize=1),
    "latency": latency,
    "one": lambda: (median_lap_s(start_and_join) * 1e6, "us"),
    "pool": lambda: (median_lap_s(start_and_join_pool, total_s=1) * 1e6, "us"),
    "set": lambda: with_dictionary(set_value),
    "get": lambda: with_dictionary(get_value),
}
for _size in (8, 1024):
    for _putters, _getters in ((1, 1), (4, 1), (4, 4)):
        CASES[f"{_size}:{_putters}:{_getters}"] = (
            lambda case=(_size, _putters, _getters): throughput(*case)
        )

if __name__ == "__main__":
    print_figures(CASES)
