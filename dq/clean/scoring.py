"""From measured lines to scores: three passes of small models, and the reason that weighed most.

The first pass sees each line, its neighbourhood and its page. The second, once it is told the first's scores, finds the
headline. The third knows all this and what the host repeats, and decides. Recurrence never removes what the third pass
would surely keep without it (`SURE_PROSE`): a reused paragraph is not boilerplate.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt
import polars as pl

from dq.clean.columns import FEATURES
from dq.clean.decoding import SAFE
from dq.clean.line_kernels import PROSE_WORDS
from dq.clean.measured import F32, F64, Measured, Recurrence
from dq.clean.model import REASONS, Forests, reason_numbers

REASON_CODES = tuple(REASONS)
SURE_PROSE = 0.93
"""Score without knowledge of the host from which a line stays content, whatever the host's other pages hold."""
_OWN_SCORE = REASON_CODES.index("first-impression")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Scores:
    """For every line of a batch: how sure it is content and how sure the headline (0..1), and why.

    `parts` has what each reason code adds to the content score, in log-odds, shape (n_lines, len(REASONS)).
    """

    content: F64
    headline: F64
    parts: F32

    def reasons(self, kept: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        """For each line the number of the reason code that weighed most for the way in which it was decided."""
        sign = np.where(kept, 1.0, -1.0)[:, None]
        return (self.parts * sign).argmax(1) if len(self.content) else np.zeros(0, np.int64)

    def evidence(self) -> list[str]:
        """For each line what weighed most for or against it: reason codes with what they add, in log-odds."""
        if not len(self.content):
            return []
        order = np.argsort(-np.abs(self.parts), axis=1, kind="stable")[:, :EVIDENCE]
        tenths = np.rint(np.take_along_axis(self.parts, order, 1) * 10).clip(-MOST_TENTHS, MOST_TENTHS).astype(int)
        told = [
            pl.Series(f"{place}", _CODES.gather(order[:, place]) + _NUMBERS.gather(tenths[:, place] + MOST_TENTHS))
            for place in range(EVIDENCE)
        ]
        return pl.DataFrame(told).select(pl.concat_str(pl.all(), separator=", ")).to_series().to_list()


EVIDENCE = 3
"""Reason codes that are told of a line."""
MOST_TENTHS = 200
"""Contributions are told up to 20, far beyond what decides."""
_CODES = pl.Series(REASON_CODES)
_NUMBERS = pl.Series([f" {tenths / 10:+.1f}" for tenths in range(-MOST_TENTHS, MOST_TENTHS + 1)])


def score_lines(rows: F32, measured: Measured, recurrence: Recurrence, forests: Forests) -> Scores:
    """All passes over the lines of a batch; `rows` are FEATURES, with the markup's columns behind them for HTML."""
    numbers = reason_numbers(rows.shape[1] - len(FEATURES))
    first, own = forests.first.score(rows, numbers[0])
    seen = np.hstack([rows, measured.second(first, Recurrence.none(measured))])
    headline, _ = forests.headline.score(seen, numbers[1])
    anchors = measured.headline(headline)
    if not (recurrence.host_pages > 1).any():
        content, parts = forests.third.score(np.hstack([seen, anchors]), numbers[2])
        return Scores(content=content, headline=headline, parts=_own_reasons(parts, own))
    told = np.hstack([rows, measured.second(first, recurrence), anchors])
    content, parts = forests.third.score(told, numbers[2])
    doubtful = np.flatnonzero((content < SAFE) & (measured.words >= PROSE_WORDS))
    alone_content, alone_parts = forests.third.score(np.hstack([seen[doubtful], anchors[doubtful]]), numbers[2])
    sure = alone_content >= SURE_PROSE
    content[doubtful[sure]], parts[doubtful[sure]] = alone_content[sure], alone_parts[sure]
    return Scores(content=content, headline=headline, parts=_own_reasons(parts, own))


def _own_reasons(parts: F32, own: F32) -> F32:
    """Contributions in which the first pass's score is replaced by what made it, in proportion to what spoke for it."""
    agreeing = np.maximum(0, own * np.sign(own.sum(1, keepdims=True)))
    whole = agreeing.sum(1, keepdims=True)
    even = np.full_like(own, 1 / own.shape[1])
    shares = np.divide(agreeing, whole, out=even, where=whole > 0)
    spread = parts + shares * parts[:, [_OWN_SCORE]]
    spread[:, _OWN_SCORE] = shares[:, _OWN_SCORE] * parts[:, _OWN_SCORE]
    return np.asarray(spread)
