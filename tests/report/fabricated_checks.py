"""What the gate, the audit and the history would say of a run made by hand (`fabricated_runs`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from dq.tables import TABLES

# suite, expectation, column, severity, threshold, note; failing rows are found by `judge`.
EXPECTATIONS = (
    ("pages", "expect_column_values_to_be_unique", "page_id", "critical", "every row: no value twice", "Two pages with one id cannot be told apart."),
    ("pages", "expect_column_values_to_not_be_in_set", "status", "warning", "at least 95% of rows: none of rejected", "A page that cannot be read tells of a broken download."),
    ("articles", "expect_column_values_to_not_be_null", "article_id", "critical", "every row: there", "An id is what everything else refers to."),
    ("articles", "expect_column_value_lengths_to_be_between", "title", "warning", "at least 90% of rows: at least 15 characters", "A shorter title is a section name or a counter."),
    ("articles", "expect_column_values_to_not_match_regex", "title", "critical", "every row: no match of /<[a-z!/]/", "Markup in a title means that a template leaked into the text."),
    ("articles", "expect_column_values_to_not_be_null", "published_at", "info", "every row: there", "Without a date the order of copies is decided by length."),
    ("clusters", "expect_column_values_to_be_between", "size", "warning", "every row: at most 20", "A larger group is a formula that recurs, no story."),
    ("sources", "expect_column_values_to_be_between", "empty_share", "critical", "every row where pages >= 2: at most 0.3", "A host whose pages come out empty has changed its template."),
    ("sources", "expect_column_values_to_be_between", "rejected_share", "warning", "every row: at most 0.2", "More than one page in five could not be read."),
    ("sources", "expect_column_values_to_be_between", "duplicate_share", "warning", "every row: at most 0.8", "A host that only copies adds nothing."),
    ("sources", "expect_column_median_to_be_between", "median_words", "info", "at least 15 and at most 900", "The middle host's articles are neither teasers nor books."),
)  # fmt: skip


BREAKS = {
    ("pages", "status"): lambda row: row["status"] == "rejected",
    ("articles", "title", "expect_column_value_lengths_to_be_between"): lambda row: len(row["title"]) < 15,
    ("articles", "title", "expect_column_values_to_not_match_regex"): lambda row: "<" in row["title"],
    ("articles", "published_at"): lambda row: row["published_at"] is None,
    ("sources", "empty_share"): lambda row: row["empty_share"] > 0.3,
    ("sources", "rejected_share"): lambda row: row["rejected_share"] > 0.2,
    ("sources", "duplicate_share"): lambda row: (row["duplicate_share"] or 0) > 0.8,
}
"""By table and column (and type, where a column has two) the rows that break an expectation; others always hold."""


def breaks(table: str, expectation: str, column: str, row: dict[str, Any]) -> bool:
    rule = BREAKS.get((table, column)) or BREAKS.get((table, column, expectation))
    return rule is not None and rule(row)


def judge(tables: dict[str, list[dict[str, Any]]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows of checks and rejected."""
    checks, reasons = [], {}
    places: dict[str, int] = {}
    for suite, expectation, column, severity, threshold, note in EXPECTATIONS:
        rows = tables[suite]
        broken = [row for row in rows if breaks(suite, expectation, column, row)]
        place = places[suite] = places.get(suite, -1) + 1
        by_rows = "median" not in expectation
        checks.append({
            "suite": suite, "check": place, "expectation": expectation, "column": column, "severity": severity,
            "success": not broken, "observed": f"{len(rows) - len(broken)} of {len(rows)} rows" if by_rows else "58",
            "threshold": threshold, "unexpected_count": len(broken) if by_rows else None,
            "unexpected_share": (len(broken) / len(rows) if rows else None) if by_rows else None,
            "examples": [str(row[column]) for row in broken][:20], "note": note,
            "origin": f"expectations/{suite}.json:{8 * place + 6}",
        })  # fmt: skip
        row_key = TABLES[suite].key[0]
        for row in broken:
            reasons.setdefault((suite, row[row_key], row.get("host")), []).append(
                (severity, f"{severity}: {column}: {expectation}")
            )
    order = ["critical", "warning", "info"]
    rejected = [
        {
            "table": table, "row_id": row_id, "host": host,
            "severity": min((severity for severity, _ in told), key=order.index), "reasons": [reason for _, reason in told],
        }
        for (table, row_id, host), told in reasons.items()
    ]  # fmt: skip
    return checks, rejected


WHAT_IFS = [
    {"suite": "sources", "check": 0, "side": "max_value", "bound": bound, "is_set": bound == 0.3, "rows": rows, "hosts": rows,
     "success": rows == 0}
    for bound, rows in ((0.2, 3), (0.3, 2), (0.4, 1), (0.5, 0))
]  # fmt: skip
"""Other bounds for the first expectation on hosts."""


def audited(articles: Sequence[dict[str, Any]], duplicates: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every article drawn, one copy of the first one missed, two candidates for each copy."""
    pairs = {article["article_id"]: 0 for article in articles}
    for pair in duplicates:
        pairs[pair["left_id"]] += 1
        pairs[pair["right_id"]] += 1
    return [
        {"article_id": name, "copies": n + (place == 0), "found": n, "compared": 2 * n}
        for place, (name, n) in enumerate(pairs.items())
    ]


def earlier_runs(pages: Sequence[Any]) -> list[dict[str, Any]]:
    """Five runs before this one, in which no host had an empty page."""
    hosts = sorted({page.host for page in pages if page.host})
    return [
        {"run_id": f"2026-01-{day}T09-30-00Z", "started_at": datetime(2026, 1, day, 9, 30, tzinfo=UTC), "host": host,
         "articles": 4, "pages": 3 + day % 2, "empty_share": 0.0, "median_words": 60.0 + day, "boilerplate_share": 0.3,
         "language_share": 1.0, "date_share": 1.0, "duplicate_share": 0.2}
        for host in hosts for day in range(23, 28)
    ]  # fmt: skip
