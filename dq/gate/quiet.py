"""Great Expectations without its noise: no warnings, no log lines, no analytics, for as long as it is at work.

What is silenced is silenced for Great Expectations alone: the filters for warnings and the logger are put back as they
were found.
"""

from __future__ import annotations

import contextlib
import logging
import os
import warnings
from collections.abc import Iterator

LOGGER = "great_expectations"
NO_ANALYTICS = {"GX_ANALYTICS_ENABLED": "False"}


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Import or run Great Expectations inside this block.

    Its import alone uses deprecated modules and adds filters for warnings of its own; its validators log at level
    ERROR what also stands in their results, where dq reads it.
    """
    os.environ.update(NO_ANALYTICS)
    logger = logging.getLogger(LOGGER)
    propagate, silence = logger.propagate, logging.NullHandler()
    logger.propagate = False
    logger.addHandler(silence)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.removeHandler(silence)
        logger.propagate = propagate
