"""Every option, once: a field here is a flag (`--min-words`), a variable (`DQ_MIN_WORDS`) and a key under `[tool.dq]`.

One small frozen class a stage, so that a stage sees its own options and no others. The sentence under a field is its
help text. Where each value came from is kept in `Options.origins`, and the report prints it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class ColumnOptions:
    """Names of columns in tables that are read (JSONL, CSV, Parquet); found by their usual names where not given."""

    id: str | None = None
    """Column with the input's own id."""
    url: str | None = None
    """Column with the page's address."""
    html: str | None = None
    """Column with the page's HTML."""
    text: str | None = None
    """Column with the page's or article's text."""
    title: str | None = None
    """Column with the article's title (dq dedup)."""
    date: str | None = None
    """Column with the article's date (dq dedup)."""
    host: str | None = None
    """Column with the article's host (dq dedup); read from its address where there is none."""
    fetched_at: str | None = None
    """Column with the time at which the page was fetched."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class IngestOptions:
    """Bytes become pages."""

    columns: ColumnOptions = ColumnOptions()
    encoding: str | None = None
    """Encoding of all pages; detected page by page where not given."""
    max_page_bytes: int = 20_000_000
    """Pages larger than this many bytes are rejected."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class CleanOptions:
    """Pages become articles."""

    min_article_words: int = 40
    """A further article on a page has at least this many words."""
    max_depth: int = 2_000
    """HTML pages with elements nested deeper than this are rejected; libxml2 loses what lies deeper than 2,048."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class EngineOptions:
    """How the work is spread."""

    workers: int = 0
    """Processes that clean pages; 0 means one a core."""
    shard_pages: int = 200
    """Pages in a shard, the unit of work and of resuming."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class DedupOptions:
    """Articles become clusters.

    The defaults come from 31,030 Arabic news articles (SaudiNewsNet) with every overlapping pair known and 116 pairs
    read one by one: of the 53 that share only formulae or a template they report 2, of the 56 copies all.
    """

    min_words: int = 10
    """Texts with fewer folded words resemble nothing: the shortest true copies have 18, equal captions up to 7."""
    shingle_words: int = 5
    """Words in a shingle, the unit in which texts are compared."""
    permutations: int = 128
    """Permutations of a MinHash signature."""
    candidate_jaccard: float = 0.3
    """Pairs at least this alike become candidates ..."""
    candidate_recall: float = 0.99
    """... at least this often; together they choose the bands of the LSH."""
    max_bucket: int = 128
    """Documents of one LSH bucket that are all compared with one another; larger buckets are compared with leaders."""
    common_documents: int = 20
    """Shingles that more different texts hold are common: formulae and templates, which prove no copy."""
    near_jaccard: float = 0.6
    """Pairs at least this alike are near-duplicates, whatever they share."""
    min_jaccard: float = 0.15
    """Pairs less alike are reported when their shingles that are not common are this alike ..."""
    min_containment: float = 0.5
    """... or when one holds this share of the other's."""
    min_shared_words: int = 20
    """Words' worth of shingles, not common ones, that such a pair shares at least."""
    cluster_jaccard: float = 0.3
    """Every article of a cluster is at least this much like its canonical article."""
    max_copies: int = 32
    """Copies of one text that are paired with one another and with its likes; further ones only with the first."""
    min_paragraph_words: int = 20
    """Paragraphs with fewer folded words are not looked for in other articles."""
    paragraph_jaccard: float = 0.5
    """Paragraphs at least this alike are one reused paragraph."""
    boilerplate_articles: int = 3
    """A paragraph in this many different articles of one host, and nowhere else, is boilerplate."""
    threads: int = 0
    """Threads that compare texts; 0 means one a core."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class GateOptions:
    """Tables meet expectations."""

    expectations: Path | None = None
    """Folder of expectation suites; ./expectations where it exists, else the suites that come with dq."""
    languages: tuple[str, ...] = ()
    """Languages in which articles are expected (ISO 639-1); any where not given."""
    strict: bool = False
    """Warnings fail the gate too."""
    max_examples: int = 20
    """Examples kept of the rows that broke an expectation."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class ReportOptions:
    """Tables become one HTML file."""

    max_findings: int = 5
    """Findings told under the verdict, the gravest first; all of them stand among the checks."""
    max_shown_examples: int = 20
    """Examples shown for each failing expectation."""
    max_named_hosts: int = 8
    """Hosts named for each failing expectation, those with most failing rows first."""
    max_hosts: int = 400
    """Hosts in the scorecard, those with failing expectations first."""
    max_rules: int = 60
    """Rules listed for removed lines, those that removed most first."""
    max_pages: int = 12
    """Pages shown line by line."""
    max_page_lines: int = 400
    """Lines shown of such a page."""
    max_page_characters: int = 40_000
    """Characters shown of such a page."""
    max_clusters: int = 25
    """Duplicate clusters shown, the largest first."""
    max_members: int = 10
    """Articles listed in each cluster."""
    max_diffs: int = 3
    """Articles of each cluster compared with its canonical word by word."""
    max_diff_words: int = 1_500
    """Words of each of the two articles that are compared."""
    max_reuse: int = 20
    """Reused passages shown, those in most articles first."""
    max_places: int = 8
    """Places listed for each reused passage."""
    max_rejected: int = 100
    """Rejected and empty pages listed; failing rows listed."""
    max_text: int = 400
    """Characters shown of an example, a passage, an address or a name."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class OutputOptions:
    """Where results go."""

    out: Path | None = None
    """Folder for run folders and `latest` (dq run, default reports/), or for the tables (dq clean, dq dedup)."""
    json: bool = False
    """Print the result as JSON on standard output."""


@dataclasses.dataclass(frozen=True, slots=True)
class Origin:
    """Where the value of an option was set: the kind of place, and the place (`--strict`, `DQ_STRICT`, a file)."""

    kind: Literal["flag", "environment", "file", "call"]
    place: str

    def __str__(self) -> str:
        return self.place


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """The options of all stages, and the origin of each value that is not the default."""

    ingest: IngestOptions = IngestOptions()
    clean: CleanOptions = CleanOptions()
    engine: EngineOptions = EngineOptions()
    dedup: DedupOptions = DedupOptions()
    gate: GateOptions = GateOptions()
    report: ReportOptions = ReportOptions()
    origins: Mapping[str, Origin] = dataclasses.field(default_factory=dict)


def changed(options: Options) -> list[dict[str, Any]]:
    """Every option that is not the default, as {name, value, default, origin}, values as text, in order of name."""
    rows = [
        {
            "name": name,
            "value": _told(value),
            "default": _told(default),
            "origin": str(options.origins.get(name, "call")),
        }
        for name, value, default in _leaves(options, Options())
        if value != default
    ]
    return sorted(rows, key=lambda row: str(row["name"]))


def _leaves(record: Any, default: Any) -> Iterator[tuple[str, Any, Any]]:
    for field in dataclasses.fields(record):
        value, standard = getattr(record, field.name), getattr(default, field.name)
        if dataclasses.is_dataclass(value):
            yield from _leaves(value, standard)
        elif field.name != "origins":
            yield field.name, value, standard


def _told(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else "" if value is None else str(value)
