"""A made-up batch of news, sound as it stands, that each test breaks in its own way."""

import dataclasses
import json
import random
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from dq import drift, figures, tables
from dq.gate import Verdict, check, load_suites
from dq.gate.quiet import quiet
from dq.gate.words import demanded
from dq.options import GateOptions

with quiet():
    from great_expectations.expectations import registry as gx_registry

    from dq.gate.polars_engine import Column, PolarsExecutionEngine

ROOT = Path(__file__).parents[2]
STARTED = datetime(2024, 4, 10, 12, tzinfo=UTC)
LANGUAGES = ("ar", "en", "fr")
# Two hosts are large enough to be judged by themselves, six are not.
PAGES_OF_HOST = {"big.example": 6, "large.example": 6, **{f"small{n}.example": 3 for n in range(6)}}
WORDS = {
    "ar": "قال وزير الاقتصاد إن الحكومة تعمل على خطة جديدة لدعم المدارس والمستشفيات في القرى البعيدة قبل نهاية العام الحالي".split(),
    "en": "the minister said that work on the new bridge over the river would begin before winter and cost less than planned".split(),
    "fr": "le maire de la ville a annoncé que les travaux du tramway commenceront après la fête et dureront deux années".split(),
}


def without_past(sources):
    """The table sources of a first run."""
    return drift.against_past(sources, tables.PAST.empty(), run_id="this")


@dataclasses.dataclass
class Batch:
    """Pages and articles as rows; the other tables follow from them when the batch is written."""

    pages: list[dict]
    articles: list[dict]

    def page(self, host: str, **values) -> dict:
        """A further page."""
        number = len(self.pages)
        row = {
            "page_id": f"p{number:03}", "source_id": None, "url": f"https://{host}/{number}", "host": host,
            "path": f"{number}.html", "row": None, "format": "html", "encoding": "utf-8", "fetched_at": STARTED,
            "content_sha256": f"{number:064x}", "n_bytes": 20_000, "status": "ok", "problem": None,
        } | values  # fmt: skip
        self.pages.append(row)
        return row

    def article(self, host: str, **values) -> dict:
        """A further page with one article."""
        page = self.page(host)
        number = len(self.articles)
        language = LANGUAGES[number % len(LANGUAGES)]
        row = {
            "article_id": f"a{number:03}", "page_id": page["page_id"], "ordinal": 0, "is_main": True, "url": page["url"],
            "host": host, "title": f"{prose(language, 6, number)} {number}", "subtitle": None,
            "body": "\n\n".join(prose(language, 40, f"{number}:{place}") for place in range(3)), "authors": ["A. Writer"],
            "credit": None, "published_at": datetime(2024, 4, 9, 8, 30), "date_source": "json-ld", "fetched_at": STARTED, "language": language,
            "n_words": 120, "n_paragraphs": 3, "boilerplate_share": 0.4, "cluster_id": None, "is_canonical": True,
        } | values  # fmt: skip
        self.articles.append(row)
        return row

    def of(self, host: str) -> list[dict]:
        """The articles of a host."""
        return [article for article in self.articles if article["host"] == host]

    def set_body(self, article: dict, body: str) -> None:
        """Another body, its words counted again."""
        article |= {"body": body, "n_words": len(body.split()), "n_paragraphs": body.count("\n\n") + 1}

    def join(self, articles: list[dict]) -> None:
        """Articles become one cluster; the first stands for it."""
        for article in articles:
            article |= {"cluster_id": articles[0]["article_id"], "is_canonical": article is articles[0]}

    def empty(self, article: dict) -> None:
        """The article was not found on its page."""
        self.articles.remove(article)
        next(page for page in self.pages if page["page_id"] == article["page_id"])["status"] = "empty"

    def frames(self) -> dict[str, pl.DataFrame]:
        """All tables, with lines left empty."""
        pages, articles = tables.PAGES.frame(self.pages), tables.ARTICLES.frame(self.articles)
        frames = {name: table.frame() for name, table in tables.TABLES.items()}
        return frames | {
            "pages": pages,
            "articles": articles,
            "paragraphs": tables.PARAGRAPHS.frame(self._paragraphs()),
            "clusters": tables.CLUSTERS.frame(self._clusters()),
            "sources": without_past(figures.sources(pages.lazy(), articles.lazy(), LANGUAGES)),
        }

    def write(self, folder: Path) -> figures.Figures:
        """The tables of a run, in its folder."""
        frames = self.frames()
        for name, table in tables.TABLES.items():
            if name not in {"checks", "rejected"}:
                frames[name].write_parquet(table.file(folder))
        return figures.count(*(frames[name].lazy() for name in ("pages", "lines", "articles")))

    def _paragraphs(self):
        for article in self.articles:
            for place, text in enumerate((article["body"] or "").split("\n\n")):
                yield {
                    "article_id": article["article_id"], "paragraph": place, "text": text, "n_words": len(text.split()),
                    "reuse_id": None, "reuse_articles": 1, "reuse_hosts": 1,
                }  # fmt: skip

    def _clusters(self):
        for cluster_id, size in Counter(a["cluster_id"] for a in self.articles if a["cluster_id"]).items():
            hosts = {a["host"] for a in self.articles if a["cluster_id"] == cluster_id}
            yield {
                "cluster_id": cluster_id, "size": size, "n_hosts": len(hosts), "canonical_id": cluster_id,
                "canonical_reason": "earliest date", "min_jaccard": 0.9, "first_published_at": None,
            }  # fmt: skip


def prose(language: str, words: int, seed: object) -> str:
    """Words that look like a sentence, the same for the same seed."""
    return " ".join(random.Random(f"{language}{seed}").choices(WORDS[language], k=words))  # noqa: S311 - no secret


@pytest.fixture
def batch() -> Batch:
    made = Batch([], [])
    for host, pages in PAGES_OF_HOST.items():
        for _ in range(pages):
            made.article(host)
    return made


@pytest.fixture(scope="session")
def suites():
    return load_suites(ROOT / "expectations")


@pytest.fixture
def gate(suites, tmp_path):
    """Writes a batch and checks it with the suites that come with dq, or with others."""

    def run(batch: Batch, *, suites=suites, run_id: str = "run-1", **options) -> Verdict:
        options = GateOptions(**{"languages": LANGUAGES} | options)
        return check(tmp_path, suites, options, figures=batch.write(tmp_path), run_id=run_id, started=STARTED)

    return run


@pytest.fixture
def write_suite(tmp_path):
    """Writes a suite's file into a folder of the test's own."""

    def write(table: str, *expectations: dict, **members) -> Path:
        path = tmp_path / "expectations" / f"{table}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({"name": table, "expectations": expectations} | members, indent=1), encoding="utf-8")
        return path

    return write


@pytest.fixture
def only(write_suite):
    """Loads a suite of just the expectations given."""
    return lambda table, *expectations, **members: load_suites(write_suite(table, *expectations, **members).parent)


@pytest.fixture(scope="session")
def patterns(suites):
    """A function that says whether a text holds what an expectation of the shipped suites forbids."""

    def forbidden(table: str, column: str, about: str):
        (check, *_) = [
            check
            for suite in suites
            for check in suite.checks
            if (check.table, check.columns) == (table, (column,))
            and about in (check.description or demanded(check.type, check.kwargs))
        ]
        regexes = check.kwargs.get("regex_list") or [check.kwargs.get("regex")]
        if regexes == [None]:
            of = gx_registry.get_expectation_impl(check.type).map_metric
            condition = gx_registry.get_metric_provider(f"{of}.condition", PolarsExecutionEngine())[
                0
            ].asked.of.condition
            met = condition(Column("x", pl.String()))
            return lambda text: not pl.select(pl.lit(text).alias("x")).select(met).item()
        return lambda text: any(re.search(regex, text) for regex in regexes)

    return forbidden
