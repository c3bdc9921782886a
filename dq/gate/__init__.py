"""Tables meet expectations, and a verdict comes out.

    suites = load_suites(suites_folder(options))            # all mistakes in expectations/ at once, before any work
    verdict = check(folder, suites, options, figures=..., run_id=..., started=...)

Great Expectations is imported by these two calls, not by importing this package.
"""

from __future__ import annotations

from dq.gate.annotations import append_summary, github_annotations
from dq.gate.door import check, load_suites
from dq.gate.host_rules import with_host_rules
from dq.gate.outcomes import Outcome
from dq.gate.propose import propose
from dq.gate.suites import Suite, suites_folder
from dq.gate.verdict import SCHEMA_FILE, SCHEMA_VERSION, Verdict, document, verdict_json
from dq.gate.webhook import post_verdict

__all__ = [
    "SCHEMA_FILE",
    "SCHEMA_VERSION",
    "Outcome",
    "Suite",
    "Verdict",
    "append_summary",
    "check",
    "document",
    "github_annotations",
    "load_suites",
    "post_verdict",
    "propose",
    "suites_folder",
    "verdict_json",
    "with_host_rules",
]
