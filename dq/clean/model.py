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
from typing import Any, NamedTuple

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
    "form": (*c.OWN[9:19], "capitals_3", "separators_3"),
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
    """Trees end to end, each from its root down level by level, so that the two nodes below a split are neighbours.

    Node i asks `feature[i] <= threshold[i]`; where that holds `child[i]` comes next, else the node behind it. A leaf
    has feature -1. `value` is what a node expects, in log-odds, `step` by how much that is more than its parent does.
    """

    roots: npt.NDArray[np.int64]
    feature: npt.NDArray[np.int16]
    child: npt.NDArray[np.int32]
    threshold: npt.NDArray[np.float32]
    value: npt.NDArray[np.float64]
    step: npt.NDArray[np.float32]

    def score(self, rows: npt.NDArray[np.float32], reasons: npt.NDArray[np.int64]) -> tuple[Any, Any]:
        """(probabilities, contributions): shapes (n,) and (n, number of reasons); contributions are in log-odds."""
        scores = np.zeros(len(rows))
        parts = np.zeros((len(rows), len(REASONS)), np.float32)
        _walk(self.roots, self.feature, self.child, self.threshold, self.value, self.step, rows, reasons, scores, parts)
        return 1 / (1 + np.exp(-scores)), parts

    def probabilities(self, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Probabilities alone, shape (n,)."""
        return np.asarray(self.score(rows, np.zeros(rows.shape[1], np.int64))[0])


BLOCK = 64
"""Rows that go down a tree one after another: their features and the tree stay in the cache nearest to the core."""
_ARRAYS = ", ".join(
    f"Array({kind}, 1, 'C', readonly=True)" for kind in ("int64", "int16", "int32", "float32", "float64", "float32")
)


@njit(f"void({_ARRAYS}, float32[:, ::1], Array(int64, 1, 'C', readonly=True), float64[::1], float32[:, ::1])")
def _walk(  # noqa: PLR0913, PLR0917  # arrays, not records
    roots: Any, feature: Any, child: Any, threshold: Any, value: Any, step: Any, rows: Any, reasons: Any, scores: Any,
    parts: Any,
) -> None:  # fmt: skip
    for start in range(0, rows.shape[0], BLOCK):
        end = min(start + BLOCK, rows.shape[0])
        for tree in range(roots.size):
            for i in range(start, end):
                node = roots[tree]
                asked = feature[node]
                while asked >= 0:
                    node = child[node] + (not rows[i, asked] <= threshold[node])
                    parts[i, reasons[asked]] += step[node]
                    asked = feature[node]
                scores[i] += value[node]


def parse(text: str) -> Forest:
    """A forest from LightGBM's text format (`Booster.model_to_string`)."""
    roots: list[int] = []
    nodes: list[_Node] = []
    for block in text.split("Tree=")[1:]:
        roots.append(len(nodes))
        nodes += _tree(dict(line.split("=", 1) for line in block.splitlines() if "=" in line), len(nodes))
    feature, child, threshold, value, parent = map(np.array, zip(*nodes, strict=True))
    return Forest(
        roots=np.array(roots, np.int64),
        feature=feature.astype(np.int16),
        child=child.astype(np.int32),
        threshold=_rounded_down(threshold),
        value=value.astype(np.float64),
        step=(value - parent).astype(np.float32),
    )


class _Node(NamedTuple):
    feature: int
    child: int
    threshold: float
    value: float
    parent_value: float


def _tree(fields: dict[str, str], base: int) -> list[_Node]:
    """One tree, level by level; LightGBM numbers inner nodes 0, 1, ... and leaves -1, -2, ..."""
    told = {name: fields.get(name, "").split() for name in ("split_feature", "left_child", "right_child", "threshold")}
    inner, leaves = fields.get("internal_value", "").split(), fields["leaf_value"].split()
    waiting = [(0 if inner else -1, 0.0)]
    nodes: list[_Node] = []
    for number, parent in waiting:  # grows while it is read
        value = float(inner[number] if number >= 0 else leaves[-number - 1])
        if number < 0:
            nodes.append(_Node(-1, 0, 0.0, value, parent))
            continue
        below = base + len(waiting)
        nodes.append(_Node(int(told["split_feature"][number]), below, float(told["threshold"][number]), value, parent))
        waiting += [(int(told[side][number]), value) for side in ("left_child", "right_child")]
    return nodes


def _rounded_down(threshold: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """The next single below or at each double: a single is at most the one if and only if it is at most the other."""
    near = threshold.astype(np.float32)
    return np.where(near > threshold, np.nextafter(near, np.float32(-np.inf)), near)


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
