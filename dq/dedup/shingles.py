"""Sets of shingles, as the kernels keep them."""

from __future__ import annotations

import dataclasses

import numpy as np

from dq.texts import I64, U64


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ShingleSets:
    """Sets of 64-bit shingle hashes: set i is `flat[starts[i]:starts[i + 1]]`, ascending, each hash once."""

    flat: U64
    starts: I64

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, i: int) -> U64:
        return self.flat[self.starts[i] : self.starts[i + 1]]

    @property
    def sizes(self) -> I64:
        """Shingles of each set."""
        return np.diff(self.starts)

    def without(self, rows: I64, shingles: U64) -> ShingleSets:
        """The sets `rows`, without `shingles`, which ascend."""
        lengths = self.sizes[rows]
        ends = np.cumsum(lengths)
        places = np.arange(lengths.sum()) - np.repeat(ends - lengths, lengths) + np.repeat(self.starts[rows], lengths)
        flat = self.flat[places]
        kept = ~np.isin(flat, shingles)
        before = np.concatenate([np.zeros(1, np.int64), np.cumsum(kept)])
        return ShingleSets(flat=flat[kept], starts=before[np.concatenate([np.zeros(1, np.int64), ends])])
