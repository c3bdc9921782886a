"""The geometry of the charts, in the units of their SVG's view box.

A chart is computed here and drawn by the template, which escapes every label as it does all text.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

from dq.report.flow import Flow, Step
from dq.report.language import trn
from dq.report.text import clip, visible

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
        small.append(trn("and %(n)s further reason", "and %(n)s further reasons", further))
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


SPARK_WIDTH, SPARK_HEIGHT = 100, 20
LEAST_POINTS = 3
"""Runs below which a line would tell nothing."""


def sparkline(values: Sequence[float | None], *, most: float | None = None) -> str:
    """The SVG path of a figure over time, from 0 to `most` (the largest value, without), the newest last.

    Runs without a value leave a gap. Empty where there are too few values to draw.

    >>> sparkline([0.0, 0.5, 1.0]), sparkline([1.0, None, 1.0, 3.0]), sparkline([1.0])
    ('M0 20L50 10L100 0', 'M0 13M67 13L100 0', '')
    """
    values = [value if value is not None and math.isfinite(value) else None for value in values]
    known = [value for value in values if value is not None]
    if len(known) < LEAST_POINTS:
        return ""
    top = most or max(known) or 1.0
    step = SPARK_WIDTH / (len(values) - 1)
    path = ""
    gap = True
    for place, value in enumerate(values):
        if value is not None:
            height = SPARK_HEIGHT * (1 - min(value / top, 1.0))
            path += f"{'M' if gap else 'L'}{round(place * step)} {round(height)}"
        gap = value is None
    return path


HISTOGRAM_WIDTH, HISTOGRAM_HEIGHT = 640.0, 150.0
HISTOGRAM_TOP = 34.0
"""Room above the bars for the names of the bounds."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A bar of a histogram; `apart` is the part of it, from its top, that stands for pairs that are no copies."""

    x: float
    y: float
    width: float
    height: float
    apart: float
    label: str


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Histogram:
    """Bars over an axis from 0 to 1."""

    columns: tuple[Column, ...]

    def at(self, value: float) -> float:
        """Where a value of the axis stands."""
        return _rounded(value * HISTOGRAM_WIDTH)


def histogram(counts: Sequence[tuple[int, int]]) -> Histogram:
    """Bars of (copies, kept apart), each count to scale; few among many stay visible."""
    tallest = max((sum(pair) for pair in counts), default=0) or 1
    width = HISTOGRAM_WIDTH / max(len(counts), 1)
    columns = []
    for place, (copies, apart) in enumerate(counts):
        total = copies + apart
        height = max(HISTOGRAM_HEIGHT * total / tallest, THINNEST) if total else 0.0
        columns.append(
            Column(
                x=_rounded(place * width + 1),
                y=_rounded(HISTOGRAM_TOP + HISTOGRAM_HEIGHT - height),
                width=_rounded(width - 2),
                height=_rounded(height),
                apart=_rounded(height * apart / total) if total else 0.0,
                label=f"{total:,}" if total else "",
            )
        )
    return Histogram(columns=tuple(columns))
