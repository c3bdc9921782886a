from datetime import datetime

import polars as pl
import pytest

from dq.dedup.clusters import by_rank, canonical_of, canonical_reason


def edges(*rows):
    return pl.DataFrame(rows, schema={"left": pl.Int64, "right": pl.Int64, "jaccard": pl.Float64}, orient="row")


GRAPHS = [
    ("nobody resembles anybody", 3, edges(), [0, 1, 2], [1, 1, 1]),
    ("a pair", 2, edges((0, 1, 0.7)), [0, 0], [1, 0.7]),
    ("a chain falls apart", 3, edges((0, 1, 0.9), (1, 2, 0.9)), [0, 0, 2], [1, 0.9, 1]),
    ("a member joins its likest", 3, edges((0, 2, 0.4), (1, 2, 0.8)), [0, 1, 1], [1, 1, 0.8]),
    ("of equal ones the better ranked", 3, edges((0, 2, 0.5), (1, 2, 0.5)), [0, 1, 0], [1, 1, 0.5]),
    ("a star", 4, edges((0, 1, 0.5), (0, 2, 0.6), (0, 3, 0.7)), [0, 0, 0, 0], [1, 0.5, 0.6, 0.7]),
    ("never under a worse ranked one", 3, edges((0, 1, 0.3), (1, 2, 0.9)), [0, 0, 2], [1, 0.3, 1]),
    ("a long chain", 6, edges(*((i, i + 1, 0.5) for i in range(5))), [0, 0, 2, 2, 4, 4], [1, 0.5, 1, 0.5, 1, 0.5]),
]


@pytest.mark.parametrize(
    ("n", "graph", "canonical", "likeness"), [case[1:] for case in GRAPHS], ids=[case[0] for case in GRAPHS]
)
def test_every_member_resembles_its_canonical(n, graph, canonical, likeness):
    for shuffled in (graph, graph.reverse()):
        found, alike = canonical_of(n, shuffled)
        assert found.tolist() == canonical
        assert alike.tolist() == likeness


MONDAY, TUESDAY = datetime(2024, 4, 8), datetime(2024, 4, 9)

GROUPS = [
    ([("b", TUESDAY, 90), ("a", MONDAY, 50)], "a", "earliest date"),
    ([("b", MONDAY, 10), ("a", None, 90)], "b", "earliest date"),
    ([("a", MONDAY, 50), ("b", MONDAY, 90), ("c", TUESDAY, 99)], "b", "fullest text"),
    ([("a", None, 50), ("b", None, 90)], "b", "fullest text"),
    ([("b", MONDAY, 50), ("a", MONDAY, 50)], "a", "lowest id"),
    ([("b", None, 50), ("a", None, 50), ("c", None, 40)], "a", "lowest id"),
    ([("a", MONDAY, 90), ("b", TUESDAY, 50, MONDAY)], "b", "earlier batch"),
    ([("a", MONDAY, 90), ("b", TUESDAY, 50, MONDAY), ("c", MONDAY, 50, MONDAY)], "c", "earliest date"),
]


@pytest.mark.parametrize(("rows", "canonical", "reason"), GROUPS)
def test_the_rule_that_chose_is_told(rows, canonical, reason):
    schema = {"id": pl.String, "date": pl.Datetime("us"), "n_words": pl.Int64, "added_at": pl.Datetime("us", "UTC")}
    frame = by_rank(pl.DataFrame([(*row, None)[:4] for row in rows], schema=schema, orient="row"))
    assert frame["id"][0] == canonical
    assert frame.group_by(pl.lit(1)).agg(reason=canonical_reason())["reason"].to_list() == [reason]
