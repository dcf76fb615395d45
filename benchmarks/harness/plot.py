"""Draws results as SVG: a bar per row, its ratio, and a mark at its goal."""

from html import escape
from math import ceil, floor, log10
from pathlib import Path

from .results import Result
from .rows import Mean, Row

LABEL_WIDTH = 400
PLOT_WIDTH = 520
VALUE_WIDTH = 90
ROW_HEIGHT = 26
TOP = 64
BOTTOM = 56
MET = "#2a78b5"
MISSED = "#d1602b"
NO_GOAL = "#9a9a9a"
SHORTEST = 0.001  # what is drawn in place of nothing: the axis is logarithmic
INK = "#222222"
GRID = "#dddddd"


def bars(
    rows: list[Row | Mean], results: list[Result]
) -> list[tuple[Result, float, float | None]]:
    """Result, length and goal of each row that has a ratio; always: shorter is better."""
    drawn = []
    for row, result in zip(rows, results):
        if result.ratio is None:
            continue
        length, goal = max(result.ratio, SHORTEST), row.limit
        if row.limit is not None and row.against is None:
            # The goal is a value by itself: as a ratio to the best peer.
            goal = row.limit / min(result.peers.values())
        if row.higher_is_better:
            length, goal = 1 / length, goal and 1 / goal
        drawn.append((result, length, goal))
    return drawn


def draw(rows: list[Row | Mean], results: list[Result]) -> str:
    drawn = bars(rows, results)
    values = [value for _, *both in drawn for value in both if value is not None] + [0.1, 1]
    low = floor(log10(min(values)))
    high = ceil(log10(max(values)))

    def x(value: float) -> float:
        return LABEL_WIDTH + PLOT_WIDTH * (log10(value) - low) / (high - low)

    width = LABEL_WIDTH + PLOT_WIDTH + VALUE_WIDTH
    bottom = TOP + ROW_HEIGHT * len(drawn)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{bottom + BOTTOM}" '
        f'font-family="sans-serif" font-size="13" fill="{INK}">',
        '<rect width="100%" height="100%" fill="white"/>',
        '<text x="16" y="26" font-size="17">cohort against its peers</text>',
        '<text x="16" y="46">1 is the best peer, or what the goal names; shorter is better '
        '(rates are drawn as their inverse); the black mark is the goal</text>',
    ]
    for exponent in range(low, high + 1):
        for step in (1, 2, 5):
            value = step * 10.0**exponent
            if value > 10.0**high:
                break
            stroke = INK if value == 1 else GRID
            parts.append(f'<line x1="{x(value):.1f}" x2="{x(value):.1f}" y1="{TOP}" '
                         f'y2="{bottom}" stroke="{stroke}"/>')
            if step == 1 or high - low <= 2:
                parts.append(f'<text x="{x(value):.1f}" y="{bottom + 18}" '
                             f'text-anchor="middle">{value:g}</text>')
    for index, (result, length, goal) in enumerate(drawn):
        parts += _row(TOP + ROW_HEIGHT * index, result, x(length),
                      None if goal is None else x(goal))
    for place, colour, text in ((16, MET, "goal met"), (110, MISSED, "goal missed"),
                                (222, NO_GOAL, "no goal")):
        y = bottom + 32
        parts.append(f'<rect x="{place}" y="{y}" width="14" height="12" fill="{colour}"/>')
        parts.append(f'<text x="{place + 19}" y="{y + 11}">{text}</text>')
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


def _row(top: float, result: Result, end: float, goal: float | None) -> list[str]:
    colour = {True: MET, False: MISSED, None: NO_GOAL}[result.met]
    middle = top + ROW_HEIGHT / 2
    mark = [] if goal is None else [
        f'<line x1="{goal:.1f}" x2="{goal:.1f}" y1="{top + 2:.1f}" '
        f'y2="{top + ROW_HEIGHT - 2:.1f}" stroke="{INK}" stroke-width="3"/>'
    ]
    return [
        f'<text x="{LABEL_WIDTH - 10}" y="{middle + 4:.1f}" text-anchor="end">'
        f"{escape(result.row)}</text>",
        f'<rect x="{LABEL_WIDTH}" y="{top + 5:.1f}" width="{max(end - LABEL_WIDTH, 1):.1f}" '
        f'height="{ROW_HEIGHT - 10}" fill="{colour}"/>',
        *mark,
        f'<text x="{LABEL_WIDTH + PLOT_WIDTH + 16}" y="{middle + 4:.1f}">'
        f"{result.ratio:.2g} ×</text>",
    ]


def write_svg(rows: list[Row | Mean], results: list[Result], path: Path) -> None:
    path.write_text(draw(rows, results), encoding="utf-8")
