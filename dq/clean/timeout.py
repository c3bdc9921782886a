"""A limit on the time that one page may take."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType


class TimeLimitError(BaseException):
    """The time of a page is over; it becomes the page's problem, and never reaches a user.

    No Exception, so that a library that catches everything lets it through.
    """


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raises TimeLimitError in the block once `seconds` have passed.

    It works by an alarm of the operating system, which only a process's main thread can set, and not on Windows: there
    the block goes on, bounded by the limits on size and depth alone.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _raise)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _raise(_number: int, _frame: FrameType | None) -> None:
    raise TimeLimitError
