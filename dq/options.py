"""Every option, once: a field here is a flag (`--min-words`), a variable (`DQ_MIN_WORDS`) and a key under `[tool.dq]`.

One small frozen class a stage, so that a stage sees its own options and no others. The sentence under a field is its
help text; its type says which values can be used, and `check` holds them to it. Where each value came from is
kept in `Options.origins`, and the report prints it.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints
from urllib.parse import urlsplit

from dq.errors import ConfigError, told_together

ISO_639_1 = (
    "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo "
    "es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka "
    "kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng "
    "nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su "
    "sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu"
).split()
"""Every language that has a code of two letters."""
MAX_DEPTH = 2_048
"""Elements nested deeper than this are lost by libxml2, without a word."""


@dataclasses.dataclass(frozen=True, slots=True)
class Rule:
    """Which values of an option can be used, as a test and in words that follow `must be`."""

    fits: Callable[[Any], bool]
    words: str


def _whole(value: object, least: int, most: float = float("inf")) -> bool:
    return isinstance(value, int) and least <= value <= most


def _share(value: object, *, below_one: bool = False) -> bool:
    return isinstance(value, int | float) and (0 < value < 1 if below_one else 0 < value <= 1)


Count = Annotated[int, Rule(lambda value: _whole(value, 0), "0 or more")]
Positive = Annotated[int, Rule(lambda value: _whole(value, 1), "1 or more")]
Depth = Annotated[int, Rule(lambda value: _whole(value, 1, MAX_DEPTH), f"1 to {MAX_DEPTH:,}")]
Share = Annotated[float, Rule(_share, "more than 0 and at most 1")]
Recall = Annotated[float, Rule(lambda value: _share(value, below_one=True), "more than 0 and less than 1")]
Languages = Annotated[
    tuple[str, ...], Rule(lambda value: set(value) <= set(ISO_639_1), "codes of ISO 639-1, such as ar or en")
]
HOST_RULE = re.compile(
    r"(?P<host>[^\s:]+|\(unknown\)):\s*(?P<column>\w+)\s*(?P<side><=|>=)\s*(?P<bound>-?\d+(?:\.\d+)?)"
)
HostRules = Annotated[
    tuple[str, ...],
    Rule(lambda value: all(HOST_RULE.fullmatch(rule) for rule in value), "like 'news.example: duplicate_share <= 0.9'"),
]


def _web_address(value: object) -> bool:
    """Whether urllib can send a request to it as it stands: it would take a user name for a part of the host."""
    if not (isinstance(value, str) and value.isascii() and value.isprintable() and " " not in value):
        return False
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc and port != 0


WebAddress = Annotated[
    str | None,
    Rule(
        lambda value: value is None or _web_address(value),
        "an address that begins with http:// or https:// and has a host, but no user name, spaces or other than ASCII",
    ),
]
SECRETS = frozenset({"webhook"})
"""Options that may hold a secret: told by `bare_address` only, and not remembered for a later call."""


def bare_address(address: str) -> str:
    """An address without what may be a secret: only its scheme and its host.

    >>> bare_address("https://hooks.example:8443/T0/secret?key=1"), bare_address("hooks.example/secret")
    ('https://hooks.example:8443/...', '...')
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return "..."
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/..." if parts.scheme and parts.netloc else "..."


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
    max_page_bytes: Positive = 20_000_000
    """Pages larger than this many bytes are rejected."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class CleanOptions:
    """Pages become articles."""

    min_article_words: Count = 40
    """A further article on a page has at least this many words."""
    max_depth: Depth = 2_000
    """HTML pages with elements nested deeper than this are rejected; libxml2 loses what lies deeper than 2,048."""
    page_seconds: Positive = 60
    """A page that takes longer than this to read is rejected, and the rest goes on."""
    template: str | None = None
    """File in which what recurs on each host is kept from run to run, so that a batch of one page knows its host."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class EngineOptions:
    """How the work is spread."""

    workers: Count = 0
    """Processes that clean pages; 0 means one a core."""
    shard_pages: Positive = 200
    """Pages in a shard, the unit of work and of resuming."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class DedupOptions:
    """Articles become clusters.

    The defaults come from 31,030 Arabic news articles (SaudiNewsNet) with every overlapping pair known and 116 pairs
    read one by one: of the 53 that share only formulae or a template they report 2, of the 56 copies all.
    """

    min_words: Count = 10
    """Texts with fewer folded words resemble nothing: the shortest true copies have 18, equal captions up to 7."""
    shingle_words: Positive = 5
    """Words in a shingle, the unit in which texts are compared."""
    permutations: Positive = 128
    """Permutations of a MinHash signature."""
    candidate_jaccard: Share = 0.3
    """Pairs at least this alike become candidates ..."""
    candidate_recall: Recall = 0.99
    """... at least this often; together they choose the bands of the LSH."""
    max_bucket: Positive = 128
    """Documents of one LSH bucket that are all compared with one another; larger buckets are compared with leaders."""
    common_documents: Count = 20
    """Shingles that more different texts hold are common: formulae and templates, which prove no copy."""
    near_jaccard: Share = 0.6
    """Pairs at least this alike are near-duplicates, whatever they share."""
    min_jaccard: Share = 0.15
    """Pairs less alike are reported when their shingles that are not common are this alike ..."""
    min_containment: Share = 0.5
    """... or when one holds this share of the other's."""
    min_shared_words: Positive = 20
    """Words' worth of shingles, not common ones, that such a pair shares at least."""
    cluster_jaccard: Share = 0.3
    """Every article of a cluster is at least this much like its canonical article."""
    max_copies: Positive = 32
    """Copies of one text that are paired with one another and with its likes; further ones only with the first."""
    min_passage_words: Positive = 20
    """Passages with fewer folded words are not told: formulae of honour have up to 19."""
    passage_jaccard: Share = 0.2
    """Every place of a reused passage is at least this much like the passage's own text."""
    boilerplate_articles: Positive = 3
    """A passage in this many different articles of one host, and nowhere else, is boilerplate."""
    passages: bool = True
    """Look for reused passages; without them a batch of millions takes half the time and a quarter of the memory."""
    keep_candidates: bool = False
    """Write all pairs that were compared, accepted or not, as candidates.parquet."""
    audit_articles: Count = 100
    """Articles drawn and compared with every other one, to measure what the search misses; 0 for no audit."""
    history: str | None = None
    """Folder, or address in object storage, with the articles of earlier batches, among which copies are looked for."""
    threads: Count = 0
    """Threads that compare texts; 0 means one a core."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class ReviewOptions:
    """What people decided on earlier runs."""

    reviews: Path | None = None
    """File of reviewed decisions that are honoured; ./reviews.jsonl where it exists."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class GateOptions:
    """Tables meet expectations."""

    expectations: Path | None = None
    """Folder of expectation suites; ./expectations where it exists, else the suites that come with dq."""
    languages: Languages = ()
    """Languages in which articles are expected (ISO 639-1); any where not given."""
    strict: bool = False
    """Warnings fail the gate too."""
    past_runs: Positive = 20
    """Earlier runs that a host is compared with."""
    host_rules: HostRules = ()
    """Bounds of single hosts in the table sources, such as 'news.example: duplicate_share <= 0.9'."""
    python_regex: bool = False
    """Regular expressions with look-around or back-references are run by Python, more slowly, instead of refused."""
    max_examples: Count = 20
    """Examples kept of the rows that broke an expectation."""
    webhook: WebAddress = dataclasses.field(default=None, repr=False)
    """Address to which verdict.json is posted once the run is finished; nothing is sent where not given."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class ReportOptions:
    """Tables become one HTML file."""

    max_findings: Count = 3
    """Findings told under the verdict, the gravest first; all of them stand among the checks."""
    max_shown_examples: Count = 20
    """Examples shown for each failing expectation."""
    max_named_hosts: Count = 8
    """Hosts named for each failing expectation, those with most failing rows first."""
    max_hosts: Count = 400
    """Hosts in the scorecard, those with failing expectations first."""
    max_rules: Count = 60
    """Rules listed for removed lines, those that removed most first."""
    max_pages: Count = 12
    """Pages shown line by line."""
    max_page_lines: Count = 400
    """Lines shown of such a page."""
    max_page_characters: Count = 40_000
    """Characters shown of such a page."""
    max_clusters: Count = 25
    """Duplicate clusters shown, the largest first."""
    max_members: Count = 10
    """Articles listed in each cluster."""
    max_diffs: Count = 3
    """Articles of each cluster compared with its canonical word by word."""
    max_diff_words: Count = 1_500
    """Words of each of the two articles that are compared."""
    max_reuse: Count = 20
    """Reused passages shown, those in most articles first."""
    max_places: Count = 8
    """Places listed for each reused passage."""
    max_rejected: Count = 100
    """Rejected and empty pages listed; failing rows listed."""
    max_text: Count = 400
    """Characters shown of an example, a passage, an address or a name."""
    max_reviews: Count = 60
    """Decisions drawn for review."""
    max_changes: Count = 200
    """Checks, lines and pairs that a comparison of two runs lists."""
    max_bytes: Positive = 5_000_000
    """Bytes of the report; what is larger goes to a page for each host, and lists become shorter."""
    report_language: Literal["en", "ar"] = "en"
    """Language of the report's own words: English or Arabic."""
    csp_safe: bool = False
    """Write the report's script and style into files beside it, for servers that forbid inline ones."""


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
    review: ReviewOptions = ReviewOptions()
    gate: GateOptions = GateOptions()
    report: ReportOptions = ReportOptions()
    origins: Mapping[str, Origin] = dataclasses.field(default_factory=dict)


def names() -> frozenset[str]:
    """The name of every option, of all stages."""
    return frozenset(name for record in (Options(), OutputOptions()) for name, _, _ in _leaves(record, record))


def check(options: Any) -> None:
    """ConfigError that tells every value in `options` (of one stage, or of all) that cannot be used, and its place."""
    origins: Mapping[str, Origin] = getattr(options, "origins", {})
    problems = [
        f"{name} must be {rule.words}, not {_told(name, value)}"
        + (f" (set by {origins[name]})" if name in origins else "")
        for name, rule, value in _ruled(options)
        if not rule.fits(value)
    ]
    if problems:
        raise ConfigError(told_together("options that cannot be used:", problems))


def _ruled(record: Any) -> Iterator[tuple[str, Rule, Any]]:
    """(name, rule, value) of every option with a rule."""
    for name, kind in get_type_hints(type(record), include_extras=True).items():
        value = getattr(record, name)
        if dataclasses.is_dataclass(value):
            yield from _ruled(value)
        yield from ((name, rule, value) for rule in getattr(kind, "__metadata__", ()) if isinstance(rule, Rule))


def changed(options: Options) -> list[dict[str, Any]]:
    """Every option that is not the default, as {name, value, default, origin}, values as text, in order of name."""
    rows = [
        {
            "name": name,
            "value": _told(name, value),
            "default": _told(name, default),
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


def _told(name: str, value: object) -> str:
    if name in SECRETS and isinstance(value, str):
        return bare_address(value)
    return ", ".join(map(str, value)) if isinstance(value, tuple) else "" if value is None else str(value)


def settings(options: Options) -> dict[str, Any]:
    """Every option that is not the default and no secret, name -> value as JSON has it; `recall` reads it."""
    return {
        name: _json(value)
        for name, value, default in _leaves(options, Options())
        if value != default and name not in SECRETS
    }


def recall(options: Options, noted: Mapping[str, Any]) -> Options:
    """`options`, with what an earlier run noted as its `settings` wherever this call set nothing."""
    known = {name: value for name, value in noted.items() if name not in options.origins}
    origins = {name: Origin("file", "run.json") for name in known}
    stages = {
        field.name: getattr(options, field.name) for field in dataclasses.fields(options) if field.name != "origins"
    }
    recalled = {name: _recalled(stage, known) for name, stage in stages.items()}
    return Options(**recalled, origins={**origins, **options.origins})


def _recalled(record: Any, known: Mapping[str, Any]) -> Any:
    changes: dict[str, Any] = {}
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if dataclasses.is_dataclass(value):
            changes[field.name] = _recalled(value, known)
        elif field.name in known:
            noted = known[field.name]
            changes[field.name] = (
                tuple(noted) if isinstance(noted, list) else Path(noted) if "Path" in str(field.type) else noted
            )
    return dataclasses.replace(record, **changes)


def _json(value: object) -> object:
    return list(value) if isinstance(value, tuple) else str(value) if isinstance(value, Path) else value
