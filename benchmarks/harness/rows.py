"""The rows of the benchmark: what each measures, against whom, and its goal. All goals stand here.

A new figure is a line in ROWS and, if no program prints it yet, a topic: <topic>.cpp beside this
folder, written against namespace layer, and its name in the list of ../CMakeLists.txt. Topics of the
multiprocessing layer and its peers are in ../multiprocessing.
"""

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB
BEST_PEER = "best peer"


@dataclass(frozen=True)
class Probe:
    """One figure of one program: `case` is its argument and the first word of the line it prints."""

    program: str
    case: str = ""
    ranks: int = 2  # 0: no job; the program is started by itself
    bound: bool = True  # each rank to a core
    rounds: int | None = None  # never more than so many, for what takes long and varies little


@dataclass(frozen=True)
class Reference:
    """A figure of another probe than the row's: shown among the peers under `name`."""

    name: str
    implementation: str
    probe: Probe


@dataclass(frozen=True)
class Goal:
    limit: float  # a factor of what `against` names; of nothing: a value in the row's unit
    against: str | None

    def text(self, higher_is_better: bool, unit: str) -> str:
        sign = "≥" if higher_is_better else "≤"
        if self.against is None:
            return f"{sign} {self.limit:g} {unit}"
        return f"{sign} {self.limit:.2f} × {self.against}"


@dataclass(frozen=True)
class Row:
    group: str
    name: str
    unit: str
    probe: Probe
    limit: float | None  # of the first goal, which the ratio is taken to
    against: str | None = BEST_PEER
    peers: tuple[str, ...] = ("openmpi", "mpich")
    higher_is_better: bool = False
    references: tuple[Reference, ...] = ()
    also: tuple[Goal, ...] = ()  # further goals; a row is met when all are

    @property
    def goals(self) -> tuple[Goal, ...]:
        return () if self.limit is None else (Goal(self.limit, self.against), *self.also)

    @property
    def goal(self) -> str:
        texts = [goal.text(self.higher_is_better, self.unit) for goal in self.goals]
        return ", ".join(texts) or "none"


@dataclass(frozen=True)
class Mean:
    """The geometric mean of the ratios of other rows, none of which may be above `highest`."""

    group: str
    name: str
    of: tuple[Row, ...]
    limit: float
    highest: float | None = None
    unit: str = "×"
    against: str = BEST_PEER
    peers: tuple[str, ...] = ()  # those of its rows are shown there
    higher_is_better: bool = False
    references: tuple[Reference, ...] = ()

    @property
    def goal(self) -> str:
        above = "" if self.highest is None else f", no row above {self.highest:g}"
        return f"≤ {self.limit:.2f} × {self.against}{above}"


def _half_round_trip(label: str, size: int, limit: float) -> Row:
    name = f"{label} half round trip"
    return Row("p2p", name, "us", Probe("pingpong", str(size)), limit)


def _large(label: str, size: int) -> list[Row]:
    rewritten = f"{label} half round trip, rewritten and verified"
    untouched = f"{label} half round trip, untouched"
    return [
        Row("p2p", rewritten, "us", Probe("rewritten", str(size)), 0.80),
        Row("p2p", untouched, "us", Probe("pingpong", str(size)), 0.65),
    ]


def _object(label: str, case: str) -> Row:
    name = f"{label} half round trip"
    return Row("p2p", name, "us", Probe("objects", case), 0.60, peers=("boost_mpi",))


def _alone(program: str, ranks: int, rounds: int | None = None) -> Probe:
    """A whole job, seen from outside. Binding only delays the start, of cohort and MPICH alike."""
    return Probe(program, ranks=ranks, bound=False, rounds=rounds)


def _collective(label: str, operation: str, size: int, ranks: int, limit: float | None,
                untouched: bool = False) -> Row:
    """`size` is that of a block: what goes from one rank to another, or is reduced."""
    name = f"{label} {operation}, {ranks} ranks{', untouched' if untouched else ''}"
    case = f"{operation}:{size}{':untouched' if untouched else ''}"
    return Row("collectives", name.strip(), "us", Probe("collective", case, ranks=ranks), limit)


_MOVING = ("broadcast", "scatter", "gather", "all_gather", "all_to_all")
_REDUCING = ("reduce", "all_reduce", "reduce_scatter")
_SIZES = {"8 B": 8, "1 KiB": KIB, "64 KiB": 64 * KIB, "1 MiB": MIB}


def _collectives_of_two(untouched: bool = False) -> list[Row]:
    rows = []
    if not untouched:
        rows.append(_collective("", "barrier", 0, 2, 0.70))
        rows += [_collective("8 B", operation, 8, 2, 0.80)
                 for operation in ("broadcast", "all_reduce", "all_to_all", "all_gather")]
    for label in ("64 KiB", "1 MiB"):
        for operations, limit in ((_MOVING, 0.75), (_REDUCING, 0.60)):
            rows += [_collective(label, operation, _SIZES[label], 2,
                                 None if untouched else limit, untouched)
                     for operation in operations]
    return rows


def _crowded_collectives(ranks: int) -> list[Row]:
    """More ranks than cores; judged by their mean."""
    rows = [_collective("", "barrier", 0, ranks, None)]
    for label in ("8 B", "1 KiB", "64 KiB"):
        rows += [_collective(label, operation, _SIZES[label], ranks, None)
                 for operation in _MOVING + _REDUCING]
    return rows


def _collectives() -> list[Row | Mean]:
    two = _collectives_of_two()
    rows: list[Row | Mean] = [
        *two, Mean("collectives", "geometric mean, 2 ranks", tuple(two), 0.65)
    ]
    for ranks in (4, 8):
        crowded = _crowded_collectives(ranks)
        mean = f"geometric mean, {ranks} ranks on 2 cores"
        rows += [*crowded, Mean("collectives", mean, tuple(crowded), 0.60, highest=1.0)]
    for ranks in (2, 4):
        for case in ("string", "map"):
            rows += [
                Row("collectives", f"{operation} of a {case}, {ranks} ranks", "us",
                    Probe("collective_objects", f"{operation}:{case}", ranks=ranks), 0.40,
                    peers=("boost_mpi",))
                for operation in ("broadcast", "gather", "all_reduce")
            ]
    return rows + _collectives_of_two(untouched=True)


def _by_itself(program: str, case: str) -> Probe:
    return Probe(program, case, ranks=0, bound=False)


def _item_rate(label: str, size: int, putters: int, getters: int) -> Row:
    name = f"queue, {label} items, {putters}:{getters}"
    return Row("multiprocessing", name, "M/s",
               _by_itself("queue", f"{size}:{putters}:{getters}"), 2.0,
               peers=("message_queue", "zeromq", "unix_pipe", "multiprocessing"),
               higher_is_better=True, also=(Goal(30.0, "multiprocessing"),))


def _against_python(name: str, unit: str, program: str, case: str, limit: float,
                    higher_is_better: bool = False) -> Row:
    peers = ("multiprocessing", *(("concurrent_futures",) if program == "pool" else ()))
    return Row("multiprocessing", name, unit, _by_itself(program, case), limit,
               against="multiprocessing", peers=peers, higher_is_better=higher_is_better)


def _multiprocessing() -> list[Row]:
    group = "multiprocessing"
    mpi4py = Reference(  # its third rank hands out the tasks
        "mpi4py.futures", "mpi4py_futures", Probe("pool", "each", ranks=3)
    )
    return [
        Row(group, "empty tasks, pool of 2, one per message", "M/s", _by_itself("pool", "each"),
            20.0, against=group, peers=(group, "concurrent_futures"), higher_is_better=True,
            references=(mpi4py,), also=(Goal(300.0, mpi4py.name),)),
        Row(group, "empty tasks, pool of 2, chunks chosen by the pool", "M/s",
            _by_itself("pool", "chunks"), 2.0, against=group,
            peers=(group, "concurrent_futures", "tbb"), higher_is_better=True,
            also=(Goal(0.3, "oneTBB"),)),
        _against_python("apply, round trip, pool of 1", "us", "pool", "apply", 0.05),
        _against_python("1 MiB arguments and results, pool of 2", "tasks/s", "pool", "large", 3.0,
                        higher_is_better=True),
        *(_item_rate(label, size, putters, getters)
          for label, size in (("8 B", 8), ("1 KiB", KIB))
          for putters, getters in ((1, 1), (4, 1), (4, 4))),
        Row(group, "queue, 8 B one-way latency", "us", _by_itself("queue", "latency"), 0.05,
            against=group, peers=("message_queue", "zeromq", "unix_pipe", group),
            also=(Goal(0.3, "message_queue"),)),
        Row(group, "pipe, 8 B one-way latency", "us", _by_itself("pipe", "latency"), 0.2,
            against="Unix pipe", peers=("unix_pipe",)),
        Row(group, "pipe, 1 MiB bandwidth", "GiB/s", _by_itself("pipe", "bandwidth"), 2.0,
            against="Unix pipe", peers=("unix_pipe",), higher_is_better=True),
        Row(group, "mutex, uncontended", "ns", _by_itself("mutex", "uncontended"), 1.0,
            against="robust mutex", peers=("robust_mutex",)),
        Row(group, "mutex, 4 processes contend", "ns", _by_itself("mutex", "contended"), 1.0,
            against="robust mutex", peers=("robust_mutex",)),
        Row(group, "mutex, smallest share of 4 processes", "%", _by_itself("mutex", "share"), 10.0,
            against=None, peers=("robust_mutex",), higher_is_better=True),
        _against_python("start and join of a process", "us", "process", "one", 0.6),
        _against_python("start and join of a pool of 8", "us", "process", "pool", 0.6),
        _against_python("manager dictionary, set", "us", "manager", "set", 0.2),
        _against_python("manager dictionary, get", "us", "manager", "get", 0.2),
        Row(group, "run of /bin/true", "us", _by_itself("run", "/bin/true"), 1.2,
            against="posix_spawn", peers=("posix_spawn",)),
    ]


_HAND_OFF = Reference("bare hand-off", "bare", Probe("handoff", "line"))
_HAND_OFF_EACH_WAY = Reference("with a line each way", "bare", Probe("handoff", "lines"))
_NAMED_SOURCE = Reference(
    "own named source", "cohort", Probe("any_source", "named", ranks=64, rounds=3)
)

ROWS: list[Row | Mean] = [
    _half_round_trip("8 B", 8, 0.70),
    Row("p2p", "8 B half round trip against the bare hand-off", "us", Probe("pingpong", "8"), 2.0,
        against=_HAND_OFF.name, peers=(), references=(_HAND_OFF, _HAND_OFF_EACH_WAY)),
    _half_round_trip("1 KiB", KIB, 0.85),
    _half_round_trip("4 KiB", 4 * KIB, 0.75),
    _half_round_trip("64 KiB", 64 * KIB, 0.75),
    *_large("1 MiB", MIB),
    *_large("4 MiB", 4 * MIB),
    Row("p2p", "8 B message rate, window 64", "M/s", Probe("message_rate", "8"), 2.0,
        higher_is_better=True),
    Row("p2p", "8 B receive from any source, 64 ranks, two active", "us",
        Probe("any_source", "any", ranks=64, rounds=3), 1.3,
        against=_NAMED_SOURCE.name, references=(_NAMED_SOURCE,)),
    _object("string of 16", "string"),
    _object("vector<double> of 1024", "vector_double"),
    _object("vector<string> of 100", "vector_string"),
    _object("map<string, int> of 100", "map"),
    Row("p2p", "8 B half round trip, 4 ranks on 2 cores", "us",
        Probe("crowded", "8", ranks=4), 0.80),
    Row("p2p", "processor time while blocked in recv for 5 s", "%", Probe("blocked", "5", rounds=1),
        1.0, against=None),
    Row("launch", "start, barrier and end of 2 ranks", "s", _alone("start", 2), 0.30),
    Row("launch", "start, barrier and end of 64 ranks", "s", _alone("start", 64), 0.10),
    Row("launch", "PSS of the job after a barrier, 2 ranks", "MiB",
        _alone("footprint", 2, rounds=3), 0.30, against="Open MPI"),
    Row("launch", "PSS of the job after a barrier, 64 ranks", "MiB",
        _alone("footprint", 64, rounds=3), 0.30, against="Open MPI"),
    *_collectives(),
    *_multiprocessing(),
]
