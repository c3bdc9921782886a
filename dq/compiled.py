"""How loops are compiled, and how they are spread over the cores.

A kernel is compiled once, for one signature, kept on disk, and loaded from there by later runs. It releases the GIL, so
that each core can run it on its own range of rows.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numba
from numba.core import event

_F = TypeVar("_F", bound=Callable[..., Any])
_T = TypeVar("_T")
_log = logging.getLogger(__name__)

RANGES_PER_THREAD = 8
"""Ranges into which a thread's share of the rows is cut, lest one with long texts hold up the rest."""
LEAST_ROWS = 64
"""Rows of the smallest range: fewer are done before a thread has started."""


class _Notice(event.Listener):
    """Says once that compiling goes on; loading from disk makes no such event."""

    told = False

    def on_start(self, event: Any) -> None:
        ours = event.data["dispatcher"].py_func.__module__.startswith("dq.")
        if ours and not self.told:
            self.told = True
            _log.info("compiling the inner loops; this happens once and takes some seconds")

    def on_end(self, event: Any) -> None:
        pass


event.register("numba:compile", _Notice())  # type: ignore[no-untyped-call]  # numba has few types


def njit(signature: str | None = None) -> Callable[[_F], _F]:
    """Compile a function for one `signature` (in numba's notation), when its module is imported.

    Without a signature it is a part of the kernels that call it. All that a kernel calls must stand in its own module:
    numba looks at no other file to see that the copy on disk is stale.
    """
    if signature is None:
        return _typed(numba.njit(error_model="numpy"))
    return _typed(numba.njit(signature, error_model="numpy", cache=True, nogil=True))


def _typed(decorator: Any) -> Callable[[_F], _F]:
    def decorate(function: _F) -> _F:
        compiled: _F = decorator(function)
        return compiled

    return decorate


def over_ranges(
    kernel: Callable[[int, int], _T], n_rows: int, threads: int, *, least_rows: int = LEAST_ROWS
) -> list[_T]:
    """`kernel(first, last)` over ranges that make up `n_rows`, on `threads` threads (0: one a core), in order.

    >>> over_ranges(lambda first, last: last - first, 1, 1)
    [1]
    """
    threads = threads or os.cpu_count() or 1
    step = max(least_rows, n_rows // (threads * RANGES_PER_THREAD))
    starts = range(0, n_rows, step)
    if len(starts) <= 1:
        return [kernel(0, n_rows)] if starts else []
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda first: kernel(first, min(first + step, n_rows)), starts))
