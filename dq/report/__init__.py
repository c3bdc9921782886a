"""Tables become one HTML file.

`write_report` draws the report of a finished run; `compare_runs` tells what changed between two, and `write_comparison`
draws it. They read runs' folders and nothing else. The way of a report: `run_folder` reads, one module a section
computes (`headline`, `findings`, `flow`, `checks`, `hosts`, `lines`, `samples`, `search_quality`, `clusters` with
`evidence`, `reuse`, `reviews`, `rejected`), `page` puts them together within the budget, `draw` draws them by
`template/`, in the language of `language`.
"""

from dq.report.compare import Comparison, compare_runs
from dq.report.compare_page import write_comparison
from dq.report.page import write_report

__all__ = ["Comparison", "compare_runs", "write_comparison", "write_report"]
