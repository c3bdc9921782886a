"""Trains the line scorer: `python -m dq.clean.train CORPUS` writes the weights that ship in the package.

CORPUS is a folder with `*-text.parquet` (id, url, text: flattened pages), `*-html.parquet` (id, url, html) and
`*-gold.parquet` (id, site, title, body, line_gold: for every non-empty line of the text 1 title or body, 0 not, -1
leave out). Sites, never pages, are held out in cross-validation. The same corpus gives the same weights.

Each flattened page is learned from thrice: as it is, rearranged (`rearrange`), and as this package flattens its HTML,
so that the way in which a page was flattened and what stands around its article do not matter.
"""

from __future__ import annotations

import argparse
import dataclasses
import gzip
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from dq.addresses import host_of
from dq.clean.columns import FEATURES
from dq.clean.drafts import read_pages
from dq.clean.labels import body_labels, segment_labels, title_labels
from dq.clean.measured import F32, F64, I64, Lines, Measured, Recurrence, measure_lines, split_pages
from dq.clean.model import DIVIDER, WEIGHTS, Forest, Forests, parse
from dq.clean.rearrange import rearrange
from dq.clean.roles import find_roles, kernel_codes
from dq.clean.sites import count, page_keys, recurrence
from dq.options import CleanOptions
from dq.tables import Page

FOLDS = 5
PASSES = {"first": (150, 24), "headline": (80, 12), "third": (200, 24)}
"""Trees of each pass, and leaves of a tree; measured by cross-validation, more gain less than they cost in time."""
PARAMETERS = {
    "objective": "binary",
    "learning_rate": 0.08,
    "min_data_in_leaf": 60,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 2.0,
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 2,
    "verbose": -1,
}
PAGE_WEIGHT = 30.0
"""Every page counts alike, and a line by the root of its words: long pages and menus would drown the rest."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Batch:
    """Pages to learn from: their lines measured, and what is right; -1 is unknown."""

    measured: Measured
    rows: F32
    labels: F64
    headlines: F64
    folds: I64
    recurrence: Recurrence

    @property
    def weights(self) -> F64:
        """Of each line."""
        page = np.repeat(np.arange(len(self.measured.pages) - 1), np.diff(self.measured.pages))
        root = np.sqrt(np.maximum(1.0, self.measured.words))
        weights: F64 = root * PAGE_WEIGHT / np.bincount(page, weights=root)[page]
        return weights


def read_text(folder: Path) -> pl.DataFrame:
    """id, url, text, site, script, title and line_gold of every page that has a label for each line, sorted by id."""
    text = _read(folder, "text", "id", "url", "text")
    gold = _read(folder, "gold", "id", "site", "script", "title", "line_gold")
    return text.join(gold.filter(pl.col("line_gold").is_not_null()), on="id").sort("id")


def _read(folder: Path, kind: str, *columns: str) -> pl.DataFrame:
    files = sorted(folder.glob(f"*-{kind}.parquet"))
    return pl.concat([pl.read_parquet(file, columns=list(columns)) for file in files])


def text_batches(frame: pl.DataFrame) -> list[Batch]:
    """The flattened pages as they are, then rearranged."""
    lines = split_pages(frame["text"].to_list())
    measured = measure_lines(lines)
    roles = kernel_codes(find_roles(lines.texts, measured))
    page = np.repeat(np.arange(frame.height), np.diff(lines.pages))
    labels = np.concatenate([np.array(gold, np.float64) for gold in frame["line_gold"]])
    folds = np.array([fold_of(site) for site in frame["site"]])
    hosts = [host_of(url) for url in frame["url"]]
    known = recurrence(measured, hosts, count([page_keys(measured, hosts)]))
    whole = Batch(
        measured=measured,
        rows=measured.features(roles, frame["url"].to_list()),
        labels=labels,
        headlines=np.concatenate(
            [title_labels(texts, title) for texts, title in zip(_page_texts(lines), frame["title"], strict=True)]
        ),
        folds=folds[page],
        recurrence=known,
    )
    groups = [f"{fold} {script}" for fold, script in zip(folds, frame["script"], strict=True)]
    mixed = rearrange(lines, labels, measured.words, groups=groups, sites=frame["site"].to_list())
    urls = [frame["url"][int(at)] if at >= 0 else None for at in mixed.url_of]
    again = measure_lines(mixed.lines)
    once = np.repeat(mixed.alone, np.diff(mixed.lines.pages)) | mixed.joined
    headlines = np.where(mixed.labels == 0, 0, whole.headlines[mixed.source])
    return [
        whole,
        Batch(
            measured=again,
            rows=again.features(kernel_codes(find_roles(mixed.lines.texts, again)), urls),
            labels=mixed.labels,
            headlines=np.where(mixed.joined & (headlines > 0), -1, headlines),
            folds=whole.folds[mixed.source],
            recurrence=Recurrence(
                lines=np.where(once, 1, known.lines[mixed.source]),
                blind=np.where(once, 1, known.blind[mixed.source]),
                host_pages=np.where(mixed.alone, 1, known.host_pages[mixed.page_of]),
            ),
        ),
    ]


def _page_texts(lines: Lines) -> Iterator[list[str]]:
    for first, end in zip(lines.pages[:-1], lines.pages[1:], strict=True):
        yield lines.texts[int(first) : int(end)].to_list()


def read_html(folder: Path) -> pl.DataFrame:
    """id, url, html and the gold columns of every page with a gold body or segments, sorted by id."""
    html = _read(folder, "html", "id", "url", "html")
    gold = _read(folder, "gold", "id", "site", "host", "charset", "title", "body", "with", "without")
    wanted = pl.col("body").is_not_null() | pl.col("with").is_not_null()
    return html.join(gold.filter(wanted), on="id").sort("id")


def html_batches(frame: pl.DataFrame) -> list[Batch]:
    """The HTML pages as they are."""
    rows = frame.to_dicts()
    pages = [_page(row) for row in rows]
    drafts = read_pages(pages, CleanOptions())
    sheet = drafts.html
    gold = {row["id"]: row for row in rows}
    told = [gold[page.source_id] for page in sheet.pages]
    texts = list(_page_texts(sheet.lines))
    measured = sheet.measured()
    roles = kernel_codes(find_roles(sheet.lines.texts, measured))
    folds = np.array([fold_of(row["site"]) for row in told])
    return [
        Batch(
            measured=measured,
            rows=np.hstack([measured.features(roles, sheet.urls), sheet.columns]),
            labels=np.concatenate([_labels(lines, row) for lines, row in zip(texts, told, strict=True)]),
            headlines=np.concatenate(
                [title_labels(lines, row["title"]) for lines, row in zip(texts, told, strict=True)]
            ),
            folds=folds[np.repeat(np.arange(len(told)), np.diff(sheet.lines.pages))],
            recurrence=recurrence(measured, sheet.hosts, count([sheet.keys(measured)])),
        )
    ]


def as_text(batch: Batch) -> Batch:
    """HTML pages as if they had come flattened, by this package's own way of flattening."""
    return dataclasses.replace(batch, rows=np.ascontiguousarray(batch.rows[:, : len(FEATURES)]))


def _page(row: dict[str, Any]) -> Page:
    return Page(
        page_id=row["id"], source_id=row["id"], url=row["url"], host=host_of(row["url"]), path="", row=None,
        format="html", encoding=row["charset"], fetched_at=None, content_sha256="", n_bytes=len(row["html"]),
        status="ok", problem=None, content=row["html"].decode(row["charset"] or "utf-8", "replace"),
    )  # fmt: skip


def _labels(texts: list[str], row: dict[str, Any]) -> F64:
    if row["body"]:
        return body_labels(texts, row["title"], row["body"])
    return segment_labels(texts, row["with"] or (), row["without"] or ())


def fold_of(site: str | None) -> int:
    """The fold in which a site is held out."""
    return int(hashlib.md5(str(site).encode(), usedforsecurity=False).hexdigest(), 16) % FOLDS


def fit(kind: str, rows: Sequence[F32], labels: Sequence[F64], weights: Sequence[F64]) -> str:
    """The trees of a pass, trained on the lines that have a label, as the text that ships."""
    import lightgbm  # noqa: PLC0415  # needed for training alone

    trees, leaves = PASSES[kind]
    known = [label >= 0 for label in labels]
    data = lightgbm.Dataset(
        np.concatenate([row[keep] for row, keep in zip(rows, known, strict=True)]),
        np.concatenate([label[keep] for label, keep in zip(labels, known, strict=True)]),
        weight=np.concatenate([weight[keep] for weight, keep in zip(weights, known, strict=True)]),
    )
    booster = lightgbm.train({**PARAMETERS, "num_leaves": leaves}, data, trees)
    return _trees_only(booster.model_to_string())


def _trees_only(text: str) -> str:
    """Of LightGBM's text the fields that scoring needs, numbers cut to what they decide."""
    kept = ("Tree=", "split_feature=", "threshold=", "left_child=", "right_child=", "leaf_value=", "internal_value=")
    return "\n".join(_rounded(line) for line in text.splitlines() if line.startswith(kept))


def _rounded(line: str) -> str:
    name, _, values = line.partition("=")
    if name not in {"threshold", "leaf_value", "internal_value"}:
        return line
    return f"{name}=" + " ".join(f"{float(value):.5g}" for value in values.split())


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Trained:
    """The models of one fold, or (fold -1) of all sites, as text."""

    fold: int
    packed: bytes

    @property
    def forests(self) -> Forests:
        """Ready to score."""
        return Forests.unpack(self.packed)


def cross_validate(batches: list[Batch], *, whole: bool = True) -> Iterator[Trained]:
    """The models for each fold, which never saw its sites; then, with `whole`, those of all sites."""
    weights = [batch.weights for batch in batches]
    headline_weights = [np.ones(len(batch.labels)) for batch in batches]
    models: dict[str, list[str]] = {}
    rows = [batch.rows for batch in batches]

    def train_pass(kind: str, labels: list[F64], weight: list[F64]) -> list[F64]:
        folds = [*range(FOLDS), *([-1] if whole else [])]
        seen = [[batch.folds != fold for batch in batches] for fold in folds]
        models[kind] = [fit(kind, _cut(rows, keep), _cut(labels, keep), _cut(weight, keep)) for keep in seen]
        return _held_out(batches, rows, [parse(model) for model in models[kind][:FOLDS]])

    first = train_pass("first", [batch.labels for batch in batches], weights)
    rows = [
        np.hstack([batch.rows, batch.measured.second(score, batch.recurrence)])
        for batch, score in zip(batches, first, strict=True)
    ]
    headline = train_pass("headline", [batch.headlines for batch in batches], headline_weights)
    rows = [
        np.hstack([row, batch.measured.headline(score)])
        for row, batch, score in zip(rows, batches, headline, strict=True)
    ]
    train_pass("third", [batch.labels for batch in batches], weights)
    for place, parts in enumerate(zip(*(models[kind] for kind in PASSES), strict=True)):
        packed = gzip.compress(DIVIDER.join(parts).encode("ascii"), mtime=0)
        yield Trained(fold=place if place < FOLDS else -1, packed=packed)


def _cut(arrays: Sequence[npt.NDArray[Any]], keep: Sequence[npt.NDArray[np.bool_]]) -> list[Any]:
    return [array[chosen] for array, chosen in zip(arrays, keep, strict=True)]


def _held_out(batches: Sequence[Batch], rows: Sequence[F32], forests: Sequence[Forest]) -> list[F64]:
    """Scores of every line by the forest that never saw its site."""
    scores = [np.zeros(len(batch.labels)) for batch in batches]
    for fold, forest in enumerate(forests):
        for score, batch, row in zip(scores, batches, rows, strict=True):
            own = batch.folds == fold
            score[own] = forest.probabilities(row[own])
    return scores


def main() -> None:
    """Cross-validates, trains on all sites, writes the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder for the weights")
    parser.add_argument("--folds", type=Path, help="folder for the weights of each fold, to score pages unseen")
    parser.add_argument("--only", nargs="+", choices=["text", "html"], default=["text", "html"])
    arguments = parser.parse_args()
    html = html_batches(read_html(arguments.corpus))
    batches = {"text": [*text_batches(read_text(arguments.corpus)), *map(as_text, html)], "html": html}
    for name in arguments.only:
        for trained in cross_validate(batches[name]):
            folder = arguments.out if trained.fold < 0 else arguments.folds
            if folder is not None:
                prefix = "" if trained.fold < 0 else f"{trained.fold}."
                (folder / f"{prefix}{WEIGHTS.format(name)}").write_bytes(trained.packed)
            print(f"{name}, fold {trained.fold}: {len(trained.packed):,} bytes")  # noqa: T201


if __name__ == "__main__":
    main()
