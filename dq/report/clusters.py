"""Duplicate clusters: which article is kept and why, what became of the others, and how their texts differ."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl

from dq.options import DedupOptions, ReportOptions
from dq.report.capped import Capped, Extent
from dq.report.diff import Diff, word_diff
from dq.report.evidence import Evidence, evidence
from dq.report.flow import RELATIONS, THROUGH, member_pairs
from dq.report.language import marked, tr
from dq.report.run_folder import Run
from dq.report.text import clip
from dq.tables import ARTICLES, CLUSTERS, DUPLICATES

KEPT = marked("kept")
REASONS = {
    "earlier batch": marked("it was there in an earlier batch"),
    "earliest date": marked("it has the earliest date"),
    "fullest text": marked("it has the fullest text"),
    "lowest id": marked("all else is equal, and it has the lowest id"),
}
"""Why an article is canonical, by the rule that the table clusters names."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """An article of a cluster; the evidence is null for the canonical one and for those never paired with it."""

    article_id: str
    page_id: str
    host: str | None
    title: str
    url: str | None
    published_at: datetime | None
    language: str | None
    n_words: int
    is_canonical: bool
    relation: str
    jaccard: float | None
    containment: float | None
    longest_shared_words: int | None
    same_title: bool | None
    folded_only: bool
    diff: Diff | None
    evidence: Evidence | None


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Cluster:
    """A group of near-duplicates, the canonical article first; `kept_earlier` where that is one of an earlier batch."""

    cluster_id: str
    title: str
    size: int
    n_hosts: int
    reason: str
    min_jaccard: float | None
    first_published_at: datetime | None
    members: Capped[Member]
    diffs: Extent
    kept_earlier: bool


def read_clusters(run: Run, options: ReportOptions) -> Capped[Cluster]:
    """The largest clusters of a run."""
    clusters = run.scan(CLUSTERS)
    largest = clusters.sort("size", "n_hosts", "cluster_id", descending=[True, True, False])
    shown = largest.head(options.max_clusters).collect()
    members = _members(run, shown["cluster_id"].to_list(), options)
    bodies = _bodies(run, members, options)
    return Capped(
        what=marked("duplicate clusters"),
        rows=tuple(
            _cluster(row, members[row["cluster_id"]], bodies, options, run.record.dedup)
            for row in shown.iter_rows(named=True)
        ),
        total=clusters.select(pl.len()).collect().item(),
        option="max_clusters",
    )


def _members(run: Run, ids: Sequence[str], options: ReportOptions) -> dict[str, list[dict[str, Any]]]:
    """The members to be listed, by cluster: the canonical one, then by date; with their pair with the canonical."""
    rows = (
        run.scan(ARTICLES)
        .filter(pl.col("cluster_id").is_in(ids))
        .drop("body", "authors", "subtitle")
        .sort("cluster_id", pl.col("is_canonical").not_(), "published_at", "article_id", nulls_last=True)
        .filter(pl.int_range(pl.len()).over("cluster_id") < options.max_members)
        .join(
            member_pairs(run.scan(DUPLICATES)),
            left_on=["article_id", "cluster_id"],
            right_on=["article_id", "canonical_id"],
            how="left",
            maintain_order="left",
        )
        .collect()
    )
    by_cluster: dict[str, list[dict[str, Any]]] = {cluster_id: [] for cluster_id in ids}
    for row in rows.iter_rows(named=True):
        by_cluster[row["cluster_id"]].append(row)
    return by_cluster


def _differing(members: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The members whose text may differ from the canonical one's in any character."""
    return [row for row in members if not row["is_canonical"] and (row["relation"] != "exact" or row["folded_only"])]


def _bodies(run: Run, members: Mapping[str, Sequence[Mapping[str, Any]]], options: ReportOptions) -> dict[str, str]:
    """The bodies of all articles that will be compared."""
    ids: set[str] = set()
    for cluster_id, rows in members.items():
        compared = [row["article_id"] for row in _differing(rows)[: options.max_diffs]]
        ids.update([cluster_id, *compared] if compared else [])
    wanted = run.scan(ARTICLES).filter(pl.col("article_id").is_in(sorted(ids))).select("article_id", "body")
    return dict(wanted.collect(engine="streaming").iter_rows())


def _cluster(
    row: Mapping[str, Any],
    members: Sequence[Mapping[str, Any]],
    bodies: Mapping[str, str | None],
    options: ReportOptions,
    dedup: DedupOptions,
) -> Cluster:
    kept_earlier = bool(members) and not members[0]["is_canonical"]
    differing = [] if kept_earlier else _differing(members)
    compared = {member["article_id"] for member in differing[: options.max_diffs]}
    canonical = bodies.get(row["canonical_id"]) or ""
    texts = {member: bodies.get(member) or "" for member in compared}
    diffs = {member: word_diff(canonical, text, max_words=options.max_diff_words) for member, text in texts.items()}
    relations = {member["article_id"]: member["relation"] or THROUGH for member in members}
    reasons = {member: evidence(canonical, text, relations[member], dedup) for member, text in texts.items()}
    listed = tuple(
        _member(member, diffs.get(member["article_id"]), reasons.get(member["article_id"]), options)
        for member in members
    )
    return Cluster(
        cluster_id=row["cluster_id"],
        title=listed[0].title if listed else "",
        size=row["size"],
        n_hosts=row["n_hosts"],
        reason=clip(tr(REASONS.get(row["canonical_reason"] or "", row["canonical_reason"] or "")), options.max_text),
        min_jaccard=row["min_jaccard"],
        first_published_at=row["first_published_at"],
        members=Capped(what=marked("articles of clusters"), rows=listed, total=row["size"], option="max_members"),
        diffs=Extent(
            what=marked("comparisons word by word"), shown=len(compared), total=len(differing), option="max_diffs"
        ),
        kept_earlier=kept_earlier,
    )


def _member(row: Mapping[str, Any], diff: Diff | None, why: Evidence | None, options: ReportOptions) -> Member:
    relation = row["relation"] or THROUGH
    told, _ = RELATIONS.get(relation, (relation, relation))
    return Member(
        article_id=row["article_id"],
        page_id=row["page_id"],
        host=row["host"],
        title=clip(row["title"] or "", options.max_text),
        url=row["url"],
        published_at=row["published_at"],
        language=row["language"],
        n_words=row["n_words"] or 0,
        is_canonical=row["is_canonical"],
        relation=tr(KEPT if row["is_canonical"] else told),
        jaccard=row["jaccard"],
        containment=row["containment"],
        longest_shared_words=row["longest_shared_words"],
        same_title=row["same_title"],
        folded_only=bool(row["folded_only"]),
        diff=diff,
        evidence=why,
    )
