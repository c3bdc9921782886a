"""Pairs that people decided are not one story: no row of duplicates, and never in one cluster.

A decision is on texts. Where the two texts differ it holds for all their copies, as whatever is found of a text does.
Where they are the same, it parts the two articles alone: the copies of that text fall into groups, each article in the
first one that holds none it is apart from, and every group is clustered as if it were a text of its own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

import polars as pl

from dq.reviews import PairCase, rows_of_pairs

PAIR = {"left": pl.Int64(), "right": pl.Int64()}
NAMED = {"case": pl.Int64(), "left_id": pl.String(), "right_id": pl.String()}


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Apart:
    """What is kept apart: `rows` of articles, and `nodes`, different texts; (left, right), left < right.

    groups: row, group, for the rows of texts whose copies are kept apart from one another.
    """

    rows: pl.DataFrame
    nodes: pl.DataFrame
    groups: pl.DataFrame

    def of_rows(self, pairs: pl.DataFrame) -> pl.Series:
        """Whether each pair of rows is kept apart."""
        return _among(pairs, self.rows)

    def of_nodes(self, pairs: pl.DataFrame) -> pl.Series:
        """Whether each pair of nodes is kept apart."""
        return _among(pairs, self.nodes)


def _among(pairs: pl.DataFrame, apart: pl.DataFrame) -> pl.Series:
    flagged = apart.with_columns(apart=pl.lit(value=True))
    joined = pairs.select("left", "right").join(flagged, on=["left", "right"], how="left", maintain_order="left")
    return joined["apart"].fill_null(value=False)


def apart_rows(articles: pl.DataFrame, cases: Sequence[PairCase]) -> pl.DataFrame:
    """Pairs of rows of `articles` (id, url, title) that the cases keep apart: case (its place), left, right."""
    found = [
        (number, min(left, right), max(left, right))
        for number, (_, lefts, rights) in enumerate(rows_of_pairs(cases, articles))
        for left in lefts
        for right in rights
        if left != right
    ]
    return pl.DataFrame(sorted(set(found)), schema={"case": pl.Int64(), **PAIR}, orient="row")


def apart(rows: pl.DataFrame, held: pl.DataFrame) -> Apart:
    """What pairs of `rows` (left, right) mean for the texts that these hold (`dq.dedup.copies`)."""
    rows = rows.select("left", "right").unique().sort("left", "right")
    node = held.select("row", "node")
    both = rows.join(node, left_on="left", right_on="row").join(node, left_on="right", right_on="row", suffix="_right")
    different = both.filter(pl.col("node") != pl.col("node_right")).select(left="node", right="node_right")
    same = both.filter(pl.col("node") == pl.col("node_right"))
    groups = [
        (row, group)
        for number in same["node"].unique().sort()
        for row, group in _groups(held.filter(pl.col("node") == number)["row"], same.filter(node=number))
    ]
    return Apart(
        rows=rows,
        nodes=in_order(different),
        groups=pl.DataFrame(groups, schema={"row": pl.Int64(), "group": pl.Int64()}, orient="row"),
    )


def _groups(rows: Iterable[int], pairs: pl.DataFrame) -> Iterable[tuple[int, int]]:
    """(row, group) of the copies of one text, in order of rank."""
    foes: dict[int, set[int]] = {}
    for left, right in pairs.select("left", "right").iter_rows():
        foes.setdefault(right, set()).add(left)
    groups: list[set[int]] = []
    for row in rows:
        place = next((at for at, group in enumerate(groups) if group.isdisjoint(foes.get(row, ()))), len(groups))
        if place == len(groups):
            groups.append(set())
        groups[place].add(row)
        yield row, place


def in_order(pairs: pl.DataFrame) -> pl.DataFrame:
    """Pairs (left, right, ...) with the smaller one left, each once, sorted."""
    ordered = pairs.with_columns(left=pl.min_horizontal("left", "right"), right=pl.max_horizontal("left", "right"))
    return ordered.unique(["left", "right"], keep="any").sort("left", "right")


def units(held: pl.DataFrame, found: Apart | None) -> pl.DataFrame:
    """`held` with unit: what is clustered as one, a text or a group of its copies; numbered by their first rows."""
    if found is None or found.groups.is_empty():
        return held.with_columns(unit="node")
    grouped = held.join(found.groups, on="row", how="left", maintain_order="left")
    group = grouped.with_columns(pl.col("group").fill_null(0))
    unit = pl.col("row").first().over("node", "group").rank("dense").cast(pl.Int64) - 1
    return group.with_columns(unit=unit).drop("group")


def of_units(pairs: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """Pairs of nodes (left, right, ...) as pairs of their units (`held` with unit)."""
    of_node = held.select("node", "unit").unique()
    left = pairs.join(of_node, left_on="left", right_on="node")
    both = left.join(of_node, left_on="right", right_on="node", suffix="_right")
    return in_order(both.drop("left", "right").rename({"unit": "left", "unit_right": "right"}))


def apart_units(found: Apart, held: pl.DataFrame) -> pl.DataFrame:
    """Pairs of units that are kept apart: those of two such texts, and the groups of one text."""
    between = of_units(found.nodes, held)
    split = held.join(found.groups, on="row", how="semi").select("node", "unit").unique()
    within = split.join(split, on="node").filter(pl.col("unit") < pl.col("unit_right"))
    return in_order(pl.concat([between, within.select(left="unit", right="unit_right")]))
