"""From samples to results: medians, the ratio to what a goal names, and whether it is met."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import geometric_mean, median

from .implementations import ALL
from .measure import Samples
from .rows import BEST_PEER, Goal, Mean, Row


@dataclass(frozen=True)
class Result:
    """One row as it is printed and written as JSON; None where something was not measured."""

    row: str
    unit: str
    ours: float | None
    peers: dict[str, float]
    ratio: float | None
    goal: str
    met: bool | None


def evaluate(row: Row | Mean, samples: Samples) -> Result:
    if isinstance(row, Mean):
        return _mean(row, samples)

    def figure(implementation: str, probe) -> float | None:
        values = samples.get((implementation, probe))
        return float(f"{median(values):.6g}") if values else None

    ours = figure("cohort", row.probe)
    peers = {ALL[key].name: figure(key, row.probe) for key in row.peers}
    for reference in row.references:
        peers[reference.name] = figure(reference.implementation, reference.probe)
    peers = {name: value for name, value in peers.items() if value is not None}

    ratio = _ratio(row, row.against, ours, peers)
    met = _all_met([_met(row, goal, ours, peers) for goal in row.goals])
    return Result(row.name, row.unit, ours, peers, ratio, row.goal, met)


def _ratio(
    row: Row, against: str | None, ours: float | None, peers: dict[str, float]
) -> float | None:
    base = _base(row, against, peers)
    return float(f"{ours / base:.4g}") if ours is not None and base else None


def _met(row: Row, goal: Goal, ours: float | None, peers: dict[str, float]) -> bool | None:
    judged = ours if goal.against is None else _ratio(row, goal.against, ours, peers)
    if judged is None:
        return None
    return judged >= goal.limit if row.higher_is_better else judged <= goal.limit


def _all_met(each: list[bool | None]) -> bool | None:
    """None where there is no goal, or one that can't be judged while no other is missed."""
    if False in each:
        return False
    return None if None in each or not each else True


def _mean(row: Mean, samples: Samples) -> Result:
    ratios = [evaluate(one, samples).ratio for one in row.of]
    if None in ratios:
        return Result(row.name, row.unit, None, {}, None, row.goal, None)
    mean = float(f"{geometric_mean(ratios):.4g}") if min(ratios) > 0 else 0.0
    met = mean <= row.limit and (row.highest is None or max(ratios) <= row.highest)
    return Result(row.name, row.unit, mean, {}, mean, row.goal, met)


def _base(row: Row, against: str | None, peers: dict[str, float]) -> float | None:
    """What a ratio is taken to: the peer or reference that a goal names, or the best peer."""
    if against not in (BEST_PEER, None):
        return peers.get(against)
    best = max if row.higher_is_better else min
    return best(peers.values(), default=None)


def write_json(results: list[Result], path: Path) -> None:
    text = json.dumps([asdict(result) for result in results], indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def table(results: list[Result]) -> str:
    """The results as aligned text. Peers that few rows have share the last column of figures."""
    common = ["Open MPI", "MPICH"]
    lines = [["row", "unit", "ours", *common, "other", "ratio", "goal", "met"]]
    for result in results:
        others = [
            f"{name} {_number(value)}"
            for name, value in result.peers.items()
            if name not in common
        ]
        lines.append([
            result.row,
            result.unit,
            _number(result.ours),
            *(_number(result.peers.get(name)) for name in common),
            ", ".join(others),
            _number(result.ratio),
            result.goal,
            {True: "yes", False: "NO", None: "-"}[result.met],
        ])
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    left = {0, 1, 5, 7, 8}
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths))
        ).rstrip()
        for line in lines
    )


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}"
