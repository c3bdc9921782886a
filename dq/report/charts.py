"""The geometry of the flow chart: bars, ribbons between them and labels, in the units of the SVG's view box.

A chart is computed here and drawn by the template, which escapes every label as it does all text.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from dq.report.flow import Flow, Step
from dq.report.text import clip, visible
from dq.report.wording import counted

WIDTH = 1040.0
COLUMN = 270.0
"""From one total to the next."""
BAR = 10.0
"""Width of a bar."""
TALLEST = 150.0
"""Height of the largest total."""
TOP = 74.0
"""Room above the bars for number and label."""
GAP = 40.0
"""Below a bar, before the next one: its label stands beside it."""
LINE = 18.0
"""A line of small text."""
THINNEST = 1.5
"""A ribbon of few among many stays visible."""
LABEL_REASONS = 3
"""Reasons beside a loss; all of them stand in the account below the chart."""
LABEL_CHARACTERS = 36
"""Characters of a reason beside a loss."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """A total, loss or gain; the label starts at (`label_x`, `label_y`)."""

    name: str
    kind: str
    x: float
    y: float
    height: float
    count: int
    label: str
    small: tuple[str, ...]
    label_x: float
    label_y: float


@dataclasses.dataclass(frozen=True, slots=True)
class Ribbon:
    """What moves from one bar to another; `path` is the SVG path of its outline."""

    kind: str
    path: str


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """The chart with its size."""

    width: float
    height: float
    bars: tuple[Bar, ...]
    ribbons: tuple[Ribbon, ...]


def flow_chart(flow: Flow) -> Chart | None:
    """The chart of an account; nothing to draw where nothing was scraped."""
    totals = [step for step in flow.steps if step.kind == "total"]
    largest = max(step.count for step in totals)
    if largest == 0:
        return None
    scale = TALLEST / largest
    bars: list[Bar] = []
    ribbons: list[Ribbon] = []
    for place, total in enumerate(totals):
        before, after = _moves(flow.steps, totals[place - 1] if place else None), _moves(flow.steps, total)
        column = _column(place * COLUMN, total, gains=after["gain"], losses=before["loss"], scale=scale)
        bars += column
        if place:
            came = totals[place - 1].count - sum(step.count for step in before["loss"])
            ribbons += _ribbons(place * COLUMN, came, bars, before, scale=scale)
    height = max(_bottom(bar) for bar in bars)
    return Chart(width=WIDTH, height=_rounded(height + LINE / 2), bars=tuple(bars), ribbons=tuple(ribbons))


def _moves(steps: Sequence[Step], total: Step | None) -> dict[str, list[Step]]:
    """The losses and gains between a total and the next one."""
    moves: dict[str, list[Step]] = {"loss": [], "gain": []}
    for step in steps[steps.index(total) + 1 :] if total else ():
        if step.kind == "total":
            break
        moves[step.kind].append(step)
    return moves


def _column(x: float, total: Step, *, gains: Sequence[Step], losses: Sequence[Step], scale: float) -> list[Bar]:
    """A total, below it the gains that join the next one, below them the losses of the one before."""
    bars = [_total(total, x, scale)]
    y = TOP + bars[0].height + GAP
    for move in (*gains, *losses):
        bars.append(_move(move, x, y, _height(move.count, scale)))
        y = _bottom(bars[-1]) + LINE
    return bars


def _ribbons(
    x: float, came: int, bars: Sequence[Bar], moves: Mapping[str, Sequence[Step]], *, scale: float
) -> list[Ribbon]:
    """What arrives in the column at `x`: what stayed, what was gained on the way, and what was lost to it."""
    by_name = {bar.name: bar for bar in bars}
    start = x - COLUMN + BAR
    ribbons = [_ribbon("stay", (start, TOP), (x, TOP), _height(came, scale))]
    leaving = arriving = TOP + _height(came, scale)
    for step in moves["gain"]:
        bar = by_name[step.name]
        ribbons.append(_ribbon("gain", (start, bar.y), (x, arriving), bar.height))
        arriving += bar.height
    for step in moves["loss"]:
        bar = by_name[step.name]
        ribbons.append(_ribbon("loss", (start, leaving), (x, bar.y), bar.height))
        leaving += bar.height
    return ribbons


def _height(count: int, scale: float) -> float:
    return max(count * scale, THINNEST) if count else 0.0


def _total(step: Step, x: float, scale: float) -> Bar:
    return Bar(
        name=step.name,
        kind="total",
        x=x,
        y=TOP,
        height=_rounded(max(_height(step.count, scale), THINNEST)),
        count=step.count,
        label=step.label,
        small=(),
        label_x=x,
        label_y=TOP - 2.4 * LINE,
    )


def _move(step: Step, x: float, y: float, height: float) -> Bar:
    small = [
        f"{reason.count:,} {clip(visible(reason.text), LABEL_CHARACTERS)}" for reason in step.reasons[:LABEL_REASONS]
    ]
    if further := len(step.reasons) - len(small):
        small.append(f"and {counted(further, 'further reason')}")
    return Bar(
        name=step.name,
        kind=step.kind,
        x=x,
        y=_rounded(y),
        height=_rounded(height),
        count=step.count,
        label=step.label.partition(":")[0],
        small=tuple(small),
        label_x=x + BAR + 10 if step.kind == "loss" else x,
        label_y=_rounded(y + 5 if step.kind == "loss" else y + height + LINE),
    )


def _bottom(bar: Bar) -> float:
    """Where a bar ends, or the text beside it if that is longer."""
    text = 0.0 if bar.kind == "total" else bar.label_y + LINE * (len(bar.small) + 0.5)
    return max(bar.y + bar.height, text)


def _ribbon(kind: str, start: tuple[float, float], end: tuple[float, float], thick: float) -> Ribbon:
    """The outline of a band of even thickness that leaves and arrives level (two cubic Bezier curves)."""
    (x0, y0), (x1, y1) = start, end
    middle = (x0 + x1) / 2
    points = [
        x0,
        y0,
        middle,
        y0,
        middle,
        y1,
        x1,
        y1,
        y1 + thick,
        middle,
        y1 + thick,
        middle,
        y0 + thick,
        x0,
        y0 + thick,
    ]
    return Ribbon(kind, "M{} {}C{} {} {} {} {} {}V{}C{} {} {} {} {} {}Z".format(*(_rounded(point) for point in points)))


def _rounded(value: float) -> float:
    return round(value, 1)
