"""Great Expectations without its noise: no warnings, log lines, prints, progress bars or analytics while it is at work.

Standard output belongs to dq's results, standard error to dq's talk. Filters for warnings, logger and streams are put
back as they were found.
"""

from __future__ import annotations

import contextlib
import io
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
    ERROR what also stands in their results, where dq reads it; single expectations print, or draw progress bars that
    no setting turns off.
    """
    os.environ.update(NO_ANALYTICS)
    logger = logging.getLogger(LOGGER)
    propagate, silence = logger.propagate, logging.NullHandler()
    nowhere = io.StringIO()
    logger.propagate = False
    logger.addHandler(silence)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.removeHandler(silence)
        logger.propagate = propagate
