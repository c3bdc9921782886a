"""Small batches that tests of the whole pipeline share."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import settings

# How long a case takes says more of the machine than of the code; DQ_EXAMPLES=1000 looks longer for a counterexample.
settings.register_profile("dq", deadline=None, max_examples=int(os.environ.get("DQ_EXAMPLES", "40")))
settings.load_profile("dq")
ROOT = Path(__file__).parents[1]
SENTENCES = [
    "أعلنت بلدية الساحل أن أعمال توسعة الطريق الدائري ستبدأ مطلع الشهر المقبل وتستمر ستة أشهر.",
    "وقال رئيس البلدية إن المشروع يشمل جسرين للمشاة وإنارة جديدة على طول الطريق الدائري.",
    "وأضاف أن الكلفة تبلغ أربعة ملايين دينار، وأن التمويل من موازنة البلدية وحدها.",
    "ودعا السكان إلى استخدام الطرق البديلة التي ستعلنها إدارة المرور قبل بدء العمل بأسبوع.",
]


@pytest.fixture(autouse=True, scope="session")
def nobodys_ci():
    """A test's run is no job of the CI that runs the tests: it annotates nothing and adds to no job's page."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session")
def runs():
    """The module that makes finished runs by hand."""
    from tests.report import fabricated_runs  # noqa: PLC0415 - it reads the whole package, which few tests need

    return fabricated_runs


def article(number, sentences=SENTENCES):
    """A flattened page whose words differ from those of every other number."""
    marked = [f"{text[:-1]} في القطاع رقم {number}{chr(0x0627 + number % 20)}." for text in sentences]
    return "\n".join([f"توسعة الطريق الدائري في القطاع {number}", "22 ديسمبر، 2025", *marked])


@pytest.fixture
def feed(tmp_path):
    """Twelve pages of two hosts in a JSONL file."""
    path = tmp_path / "feed.jsonl"
    rows = [
        {
            "url": f"https://{'a' if n % 2 else 'b'}.example/{n}",
            "text": article(n),
            "id": n,
            "fetched_at": "2026-01-01T00:00:00Z",
        }
        for n in range(12)
    ]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path
