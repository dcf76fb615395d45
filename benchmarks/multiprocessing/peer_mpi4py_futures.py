#!/usr/bin/python3 -B
"""mpi4py.futures over the ranks of a job: rank 0 submits, the others work. Usage: pool each"""

from mpi4py import MPI
from mpi4py.futures import MPICommExecutor

import tasks
from measuring import print_figures

if __name__ == "__main__":
    with MPICommExecutor(MPI.COMM_WORLD, root=0) as pool:
        if pool is not None:
            print_figures({
                "each": lambda: tasks.one_per_message(
                    lambda values: list(pool.map(tasks.identity, values))
                ),
            })
