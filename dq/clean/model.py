"""The line scorer's weights, and what they say of a line.

Three gradient-boosted models (Ke et al., "LightGBM", NIPS 2017) in LightGBM's own text format, one for each pass of
`scoring`. They are evaluated here by compiled code, so that LightGBM is needed for training alone, and so that each
line's score comes with its reasons in the same pass: on its way down a tree a line moves the expected value at every
split, and that move is the split's feature's contribution (Saabas, "Interpreting random forests", 2014).
"""

from __future__ import annotations

import dataclasses
import functools
import gzip
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt

from dq.clean import columns as c
from dq.compiled import njit

WEIGHTS = "{}.model.gz"
"""The three models, one after the other, gzipped."""
DIVIDER = "\n---\n"

REASONS: dict[str, tuple[str, ...]] = {
    "length": tuple(c.OWN[:4]),
    "sentences": ("sentence_end", "question", "inner_ends", "commas", "comma_rate", "dots", "lower_start"),
    "form": (*c.OWN[9:19], *c.MARKS, "capitals_3", "separators_3"),
    "vocabulary": (*c.VOCABULARY, "cohesion", "cohesion_head"),
    "repeated-on-page": tuple(c.COPIES),
    "place-on-page": tuple(c.PLACE),
    "text-around": (*c.MASS[:8], *c.NEAR[:10], "short_3", "short_8"),
    "text-block": (*c.BLOCKS, *c.BETWEEN),
    "role-before": (*c.ROLES[:6], "role_b1", "role_a1"),
    "own-role": tuple(c.ROLES[6:]),
    "headline": (*c.SLUG, *c.AFTER, *c.HEADLINE),
    "article-around": tuple(c.SCORES[1:-2]),
    "recurs-on-host": tuple(c.RECURRENCE),
    "markup": (),
    "first-impression": ("score",),
}
"""Reason code -> the features that count for it; `markup` has all that HTML adds. The last one is never told: what made
the first pass's score is told in its place."""
FIRST_MARKUP = "markup"


I64 = npt.NDArray[np.int64]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Forest:
    """Trees end to end: node i asks `feature[i] <= threshold[i]` and goes left or right; a leaf has feature -1."""

    roots: npt.NDArray[np.int64]
    feature: npt.NDArray[np.int64]
    threshold: npt.NDArray[np.float64]
    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    value: npt.NDArray[np.float64]

    def score(self, rows: npt.NDArray[np.float32], reasons: npt.NDArray[np.int64]) -> tuple[Any, Any]:
        """(probabilities, contributions): shapes (n,) and (n, number of reasons); contributions are in log-odds."""
        scores = np.zeros(len(rows))
        parts = np.zeros((len(rows), len(REASONS)), np.float32)
        _walk(self.roots, self.feature, self.threshold, self.left, self.right, self.value, rows, reasons, scores, parts)
        return 1 / (1 + np.exp(-scores)), parts

    def probabilities(self, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Probabilities alone, shape (n,)."""
        return np.asarray(self.score(rows, np.zeros(rows.shape[1], np.int64))[0])


_I64, _F64 = "Array(int64, 1, 'C', readonly=True)", "Array(float64, 1, 'C', readonly=True)"


@njit(f"void({_I64}, {_I64}, {_F64}, {_I64}, {_I64}, {_F64}, float32[:, ::1], {_I64}, float64[::1], float32[:, ::1])")
def _walk(  # noqa: PLR0913, PLR0917  # arrays, not records
    roots: Any, feature: Any, threshold: Any, left: Any, right: Any, value: Any, rows: Any, reasons: Any, scores: Any,
    parts: Any,
) -> None:  # fmt: skip
    for i in range(rows.shape[0]):
        row, part = rows[i], parts[i]
        for tree in range(roots.size):
            node = roots[tree]
            while feature[node] >= 0:
                asked = feature[node]
                below = left[node] if row[asked] <= threshold[node] else right[node]
                part[reasons[asked]] += value[below] - value[node]
                node = below
            scores[i] += value[node]


def parse(text: str) -> Forest:
    """A forest from LightGBM's text format (`Booster.model_to_string`)."""
    parts: dict[str, list[Any]] = {name: [] for name in ("feature", "threshold", "left", "right", "value")}
    roots: list[int] = []
    for block in text.split("Tree=")[1:]:
        fields = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        _add_tree(fields, parts, roots)
    return Forest(
        roots=np.array(roots, np.int64),
        feature=np.array(parts["feature"], np.int64),
        threshold=np.array(parts["threshold"], np.float64),
        left=np.array(parts["left"], np.int64),
        right=np.array(parts["right"], np.int64),
        value=np.array(parts["value"], np.float64),
    )


def _add_tree(fields: dict[str, str], parts: dict[str, list[Any]], roots: list[int]) -> None:
    """Appends one tree: its inner nodes, then its leaves, whose numbers LightGBM writes as -1, -2, ..."""
    base = len(parts["feature"])
    roots.append(base)
    leaves = [float(value) for value in fields["leaf_value"].split()]
    inner = [int(name) for name in fields.get("split_feature", "").split()]

    def node(text: str) -> int:
        number = int(text)
        return base + number if number >= 0 else base + len(inner) - number - 1

    parts["feature"] += [*inner, *[-1] * len(leaves)]
    parts["threshold"] += [*map(float, fields.get("threshold", "").split()), *[0.0] * len(leaves)]
    parts["left"] += [*map(node, fields.get("left_child", "").split()), *[0] * len(leaves)]
    parts["right"] += [*map(node, fields.get("right_child", "").split()), *[0] * len(leaves)]
    parts["value"] += [*map(float, fields.get("internal_value", "").split()), *leaves]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Forests:
    """The models of the three passes."""

    first: Forest
    headline: Forest
    third: Forest

    @classmethod
    def unpack(cls, packed: bytes) -> Forests:
        """From what `train` wrote."""
        first, headline, third = map(parse, gzip.decompress(packed).decode("ascii").split(DIVIDER))
        return cls(first=first, headline=headline, third=third)


@functools.cache
def forests(name: str) -> Forests:
    """The shipped models, for `text` or `html`."""
    return Forests.unpack(resources.files("dq.clean").joinpath(WEIGHTS.format(name)).read_bytes())


@functools.cache
def reason_numbers(n_markup: int) -> tuple[I64, I64, I64]:
    """For each column of the three passes the place of its reason code in REASONS; `n_markup` columns are of markup."""
    place = {feature: number for number, group in enumerate(REASONS.values()) for feature in group}
    first = [place[name] for name in c.FEATURES] + [list(REASONS).index(FIRST_MARKUP)] * n_markup
    second = first + [place[name] for name in c.SECOND]
    third = second + [place[name] for name in c.HEADLINE]
    return np.array(first, np.int64), np.array(second, np.int64), np.array(third, np.int64)
