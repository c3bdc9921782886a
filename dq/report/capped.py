"""Lists that were cut, and say so."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Generic, TypeVar

Row = TypeVar("Row")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Extent:
    """How much of something is shown, and the option that decides."""

    what: str
    shown: int
    total: int
    option: str

    @property
    def left_out(self) -> int:
        """How much is not shown."""
        return self.total - self.shown


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Capped(Generic[Row]):
    """The rows that are shown, how many there are in all, and the option that decides."""

    what: str
    rows: tuple[Row, ...]
    total: int
    option: str

    @property
    def extent(self) -> Extent:
        """The list without its rows."""
        return Extent(what=self.what, shown=len(self.rows), total=self.total, option=self.option)


def left_out(extents: Iterable[Extent]) -> tuple[Extent, ...]:
    """Extents of one kind summed; kinds that are shown in full do not appear.

    >>> left_out([Extent(what="pages", shown=2, total=9, option="max_pages")])
    (Extent(what='pages', shown=2, total=9, option='max_pages'),)
    """
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for extent in extents:
        shown, total = sums.get((extent.what, extent.option), (0, 0))
        sums[extent.what, extent.option] = (shown + extent.shown, total + extent.total)
    return tuple(
        Extent(what=what, shown=shown, total=total, option=option)
        for (what, option), (shown, total) in sums.items()
        if shown < total
    )
