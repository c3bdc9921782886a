"""What other bounds would do: the table what_if, for checks that hold numbers of rows against a bound.

Each bound that a check has is tried at the values of `alternatives` as well, with everything else as it is: the rows
that it judges, its other bound, the bounds of single hosts and the share of rows that it demands.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from dq.figures import UNKNOWN_HOST
from dq.gate.outcomes import with_host
from dq.gate.suites import JUDGED_TABLES
from dq.tables import WHAT_IF

if TYPE_CHECKING:
    from dq.gate.validation import Result

SIDES = ("min_value", "max_value")
STEPS = (0.5, 0.75, 0.9, 1.1, 1.25, 1.5, 2.0)
"""Alternatives of a bound, as shares of it."""
STEPS_OF_SHARES = (-0.2, -0.1, -0.05, 0.05, 0.1, 0.2)
"""Alternatives of a bound between 0 and 1, as differences from it."""
DIGITS = 3
"""Significant digits of an alternative."""
_FRAME = {name: WHAT_IF.schema[name] for name in WHAT_IF.columns}


def alternatives(bound: float, *, whole: bool) -> list[float]:
    """The bound and others near it, ascending: whole numbers for a column of these, shares for a bound up to 1.

    >>> alternatives(40.0, whole=True), alternatives(0.5, whole=False), alternatives(0, whole=True)
    ([20, 30, 36, 40.0, 44, 50, 60, 80], [0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7], [0, 1, 2, 3])
    """
    if bound == 0:
        return [0, 1, 2, 3] if whole else [0.0, 0.01, 0.02, 0.05, 0.1]
    if 0 < bound <= 1 and not whole:
        near = (round(bound + step, DIGITS) for step in STEPS_OF_SHARES)
        return sorted({bound, *(value for value in near if 0 <= value <= 1)})
    others = (_rounded(bound * step) for step in STEPS)
    finite = (value for value in others if math.isfinite(value))
    return sorted({bound, *((round(value) if whole else value) for value in finite)})


def _rounded(value: float) -> float:
    if not value or not math.isfinite(value):
        return value
    return round(value, DIGITS - 1 - math.floor(math.log10(abs(value))))


def what_if(folder: Path, results: Iterable[Result]) -> pl.DataFrame:
    """The table what_if, for the results of a run's gate; each judged table is gone through once."""
    by_table: dict[str, list[Result]] = {}
    for result in results:
        if result.check.type in _conditions() and result.judged is not None:
            by_table.setdefault(result.check.table, []).append(result)
    frames = [_of_table(folder, table, found) for table, found in by_table.items()]
    return WHAT_IF.conform(pl.concat([pl.DataFrame(schema=_FRAME), *frames]))


def _of_table(folder: Path, name: str, results: Iterable[Result]) -> pl.DataFrame:
    table = JUDGED_TABLES[name]
    rows = with_host(table, folder)
    schema = rows.collect_schema()
    asked = [(*one, _broken(*one, schema)) for result in results for one in _varied(result, schema)]
    if not asked:
        return pl.DataFrame(schema=_FRAME)
    counts = [broken.sum().alias(f"rows {place}") for place, (*_, broken) in enumerate(asked)]
    hosts = [
        pl.col("host").fill_null(UNKNOWN_HOST).filter(broken).n_unique().alias(f"hosts {place}")
        for place, (*_, broken) in enumerate(asked if "host" in schema else [])
    ]
    found = rows.select(*counts, *hosts).collect(engine="streaming").row(0, named=True)
    return pl.DataFrame(
        [
            {
                "suite": name,
                "check": result.check.place,
                "side": side,
                "bound": float(bound),
                "is_set": bound == result.kwargs[side],
                "rows": found[f"rows {place}"],
                "hosts": found.get(f"hosts {place}"),
                "success": _holds(found[f"rows {place}"], result),
            }
            for place, (result, side, bound, _) in enumerate(asked)
        ],
        schema=_FRAME,
    )


def _varied(result: Result, schema: pl.Schema) -> Iterator[tuple[Result, str, float]]:
    """A result with each side of which it has a number as bound, and each alternative that is not beyond the other."""
    whole = "lengths" in result.check.type or schema[result.kwargs["column"]].is_integer()
    for side in SIDES:
        bound = result.kwargs.get(side)
        if isinstance(bound, bool) or not isinstance(bound, int | float) or not math.isfinite(bound):
            continue
        for value in alternatives(bound, whole=whole or (bound > 1 and float(bound).is_integer())):
            low, high = ({**result.kwargs, side: value}.get(one) for one in SIDES)
            if low is None or high is None or low <= high:
                yield result, side, value


def _broken(result: Result, side: str, bound: float, schema: pl.Schema) -> pl.Expr:
    """Which rows would break the check with this bound."""
    from dq.gate.polars_engine import Column  # noqa: PLC0415 - imports Great Expectations
    from dq.gate.polars_engine.conditions import row_filter  # noqa: PLC0415

    kwargs = {**result.kwargs, side: bound}
    condition, arguments = _conditions()[result.check.type]
    column = Column(kwargs["column"], schema[kwargs["column"]])
    met = condition(column, **{name: kwargs[name] for name in arguments if kwargs.get(name) is not None})
    broken = column.expr.is_not_null() & ~met.fill_null(value=False)
    if kwargs.get("row_condition"):
        broken &= row_filter(kwargs["row_condition"], kwargs.get("condition_parser"), schema)
    return broken.fill_null(value=False)


def _holds(broken: int, result: Result) -> bool:
    mostly = result.kwargs.get("mostly")
    least = 1.0 if mostly is None else float(mostly)
    return not result.judged or (result.judged - broken) / result.judged >= least


def _conditions() -> Mapping[str, tuple[Callable[..., pl.Expr], tuple[str, ...]]]:
    """By type of expectation the condition of a row, and the arguments that it takes."""
    from dq.gate import expectations  # noqa: PLC0415 - imports Great Expectations
    from dq.gate.polars_engine import masks  # noqa: PLC0415

    strict = ("strict_min", "strict_max")
    shares = ("cases", "confidence", "hosts")
    return {
        "expect_column_values_to_be_between": (masks.between, (*SIDES, *strict)),
        "expect_column_value_lengths_to_be_between": (masks.length_between, (*SIDES, *strict)),
        "expect_column_values_to_be_between_by_host": (expectations.between_by_host, (*SIDES, "hosts")),
        "expect_column_shares_to_be_between": (expectations.share_between, (*SIDES, *shares)),
    }
