#!/usr/bin/python3 -B
"""Python's concurrent.futures, with processes that are forked. Usage: pool each|chunks|apply|large…

Its map has no chunks of its own choice, so it is given those that multiprocessing would choose.
"""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

import tasks
from measuring import Figure, print_figures


CONTEXT = multiprocessing.get_context("fork")


def with_pool(figure: Callable[[Callable], Figure], **options) -> Figure:
    with ProcessPoolExecutor(2, mp_context=CONTEXT) as pool:
        return figure(lambda values: list(pool.map(tasks.identity, values, **options)))


def apply() -> Figure:
    with ProcessPoolExecutor(1, mp_context=CONTEXT) as pool:
        return tasks.round_trip(lambda value: pool.submit(tasks.identity, value).result())


CASES = {
    "each": lambda: with_pool(tasks.one_per_message),
    "chunks": lambda: with_pool(tasks.in_chunks, chunksize=tasks.CHUNKED // 8),
    "apply": apply,
    "large": lambda: with_pool(tasks.large),
}

if __name__ == "__main__":
    print_figures(CASES)
