"""How well the search for duplicates did: what its audit found, and how alike the pairs are."""

from __future__ import annotations

import dataclasses

import polars as pl

from dq.report.run_folder import Run
from dq.tables import AUDIT, CANDIDATES, DUPLICATES

BINS = 20
"""Bars of the histogram, each a twentieth of a Jaccard."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Bin:
    """Pairs whose Jaccard is at least `low` and less than `high` (the last one has 1 too): copies, and kept apart."""

    low: float
    high: float
    copies: int
    apart: int


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class SearchQuality:
    """The audit's sums and the histogram; `near_jaccard` and `min_jaccard` are the run's bounds."""

    drawn: int
    copies: int
    found: int
    compared: int
    bins: tuple[Bin, ...]
    knows_apart: bool
    """Whether the run kept the pairs that were compared and are no copies."""
    near_jaccard: float
    min_jaccard: float

    @property
    def recall(self) -> float | None:
        """Found of all copies of the articles drawn; None where they have none."""
        return self.found / self.copies if self.copies else None

    @property
    def precision(self) -> float | None:
        """Copies of all pairs compared for the articles drawn; None where none was."""
        return self.found / self.compared if self.compared else None

    @property
    def pairs(self) -> int:
        """All pairs in the histogram."""
        return sum(one.copies + one.apart for one in self.bins)


def read_search_quality(run: Run) -> SearchQuality:
    """The audit of a run, and the histogram of its duplicates, with its candidates where they were kept."""
    audit = run.scan(AUDIT).select(pl.len().alias("drawn"), pl.col("copies", "found", "compared").sum()).collect()
    knows_apart = CANDIDATES.file(run.folder).is_file()
    copies = _counts(run.scan(DUPLICATES))
    apart = _counts(run.scan(CANDIDATES).filter(~pl.col("accepted"))) if knows_apart else {}
    return SearchQuality(
        **audit.row(0, named=True),
        bins=tuple(
            Bin(low=at / BINS, high=(at + 1) / BINS, copies=copies.get(at, 0), apart=apart.get(at, 0))
            for at in range(BINS)
        ),
        knows_apart=knows_apart,
        near_jaccard=run.record.dedup.near_jaccard,
        min_jaccard=run.record.dedup.min_jaccard,
    )


def _counts(pairs: pl.LazyFrame) -> dict[int, int]:
    place = (pl.col("jaccard") * BINS).floor().clip(0, BINS - 1).cast(pl.Int64)
    return dict(pairs.group_by(place.alias("place")).len().collect(engine="streaming").iter_rows())
