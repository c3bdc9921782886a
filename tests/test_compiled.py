import logging

import numba
import pytest
from numba.core import event

from dq.compiled import _Notice, over_ranges


@pytest.mark.parametrize("n_rows", [0, 1, 63, 64, 65, 1000])
@pytest.mark.parametrize("threads", [0, 1, 3])
def test_ranges_make_up_all_rows_in_order(n_rows, threads):
    ranges = over_ranges(range, n_rows, threads, least_rows=10)
    assert [row for rows in ranges for row in rows] == list(range(n_rows))


def test_an_error_in_a_thread_is_not_lost():
    with pytest.raises(ZeroDivisionError):
        over_ranges(lambda first, _: 1 // first, 1000, 2)


def started(module):
    """The event of numba when it compiles a function of that module."""

    def function(x):
        return x + 1

    function.__module__ = module
    return event.Event("numba:compile", event.EventStatus.START, {"dispatcher": numba.njit(function)})


def test_compiling_is_told_once_and_only_our_own(caplog):
    notice = _Notice()
    with caplog.at_level(logging.INFO):
        notice.notify(started("somebody.else"))
        assert not caplog.messages
        notice.notify(started("dq.dedup.loops"))
        notice.notify(started("dq.dedup.loops"))
        notice.notify(event.Event("numba:compile", event.EventStatus.END))
    assert caplog.messages == ["compiling the inner loops; this happens once and takes some seconds"]
