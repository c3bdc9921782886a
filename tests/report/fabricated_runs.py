"""Run folders made by hand, for tests of what reads a finished run: one troubled, one that passes, one empty.

Everything that the pipeline would compute is computed here from a few pages, so that the figures agree.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import shutil
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dq.drift import against_past
from dq.figures import Figures, count, sources
from dq.fold import key, words
from dq.tables import CHECKS, REJECTED, SOURCES, TABLES, make_id
from tests.report.fabricated_checks import WHAT_IFS, audited, earlier_runs, judge

FETCHED = datetime(2026, 1, 28, 9, 30, tzinfo=UTC)

# Line kinds as they are written below: mark, label, reason, score. Kept lines name their article.
REMOVED = {
    "nav": ("navigation", "menu_run", 0.02),
    "widget": ("widget", "widget_word", 0.01),
    "form": ("form", "login_form", 0.03),
    "share": ("share", "share_bar", 0.02),
    "footer": ("footer", "copyright_line", 0.02),
    "related": ("related", "teaser_list", 0.18),
    "tags": ("tags", "tag_line", 0.12),
    "caption": ("caption", "agency_in_brackets", 0.22),
    "repeat": ("repeat", "printed_before", 0.31),
    "date": ("date", "publication_line", 0.20),
    "byline": ("byline", "author_line", 0.24),
    "credit": ("credit", "agency_line", 0.21),
    "other": ("other", "low_score", 0.09),
}

STORIES = json.loads(Path(__file__).with_name("stories.json").read_text(encoding="utf-8"))
"""Titles and paragraphs: three Arabic stories, one English, one Hebrew, one Chinese."""
SUMMIT = STORIES["summit"]
LIBRARY = STORIES["library"]
HARVEST = STORIES["harvest"]
BRIDGE = STORIES["bridge"]
TRAIN = STORIES["train"]
MARKET = STORIES["market"]
MENU = ("الرئيسية", "أخبار", "اقتصاد", "رياضة", "ثقافة", "تلفزيون", "من نحن")
ENGLISH_MENU = ("Home", "News", "Business", "Sport", "Culture")

HOSTILE = (
    "<script>document.title='owned';document.body.id='owned'</script>",
    '"><img src=x onerror="document.title=\'owned\'">',
    "' onmouseover='document.title=1' x='",
    "javascript:document.title='owned'",
    "{{ 7 * 7 }}{% for x in ().__class__.__bases__ %}{% endfor %}",
    "</style><style>body{display:none}</style>",
    "]]><!-- --><svg/onload=document.title='owned'>",
    "abc\u202edcba\u2066\u2067\x00\x07\u200b\U000e0041",
)
"""What scraped text may try; every one of them must come out as text."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Scraped:
    """A page as it is given here: `lines` are (mark, text), where a number as mark is the article that keeps it."""

    host: str | None
    name: str
    lines: Sequence[tuple[Any, str]] = ()
    status: str = "ok"
    problem: str | None = None
    language: str | None = "ar"
    published: datetime | None = None
    url: str | None = ""

    @property
    def address(self) -> str | None:
        return f"https://{self.host}/{self.name}" if self.url == "" else self.url

    @property
    def page_id(self) -> str:
        return make_id(self.address or self.name, self.digest)

    @property
    def digest(self) -> str:
        return hashlib.sha256(repr((self.name, self.lines)).encode("utf-8", "surrogatepass")).hexdigest()


def story(text: Sequence[str], article: int = 0) -> list[tuple[Any, str]]:
    return [(article, line) for line in text]


def with_furniture(text: Sequence[str]) -> list[tuple[Any, str]]:
    """An Arabic page of a common theme."""
    title, *body = text
    return [
        *(("nav", item) for item in MENU),
        ("widget", "fbpx"),
        (0, title),
        ("repeat", title),
        ("date", "الأربعاء 28 يناير 2026"),
        ("byline", "كتب: فريق التحرير"),
        ("caption", "مشهد من المدينة أمس (وكالة الميناء)"),
        ("repeat", "مشهد من المدينة أمس (وكالة الميناء)"),
        ("widget", "TT"),
        *((0, line) for line in body),
        ("share", "شارك على فيسبوك شارك على واتساب"),
        ("tags", "وسوم: المدينة، البلدية، البحر"),
        ("related", "اقرأ أيضاً"),
        ("related", "أسعار الخضار تعود إلى مستواها بعد أسبوع من الأمطار"),
        ("form", "تسجيل الدخول كلمة المرور تذكرني"),
        ("footer", "جميع الحقوق محفوظة © 2026"),
    ]


def english_page(text: Sequence[str]) -> list[tuple[Any, str]]:
    title, *body = text
    return [
        *(("nav", item) for item in ENGLISH_MENU),
        (0, title),
        ("byline", "By Dana Whitlow"),
        *((0, line) for line in body),
        ("related", "More on this: cycling, harbour"),
        ("other", "Accept all cookies to continue reading without limits"),
        ("footer", "© 2026 The News Desk"),
    ]


def edited(text: Sequence[str], **changes: str) -> list[str]:
    """A copy of a story with words exchanged, as an editor would."""
    result = list(text)
    for old, new in changes.items():
        result = [line.replace(old.replace("_", " "), new) for line in result]
    return result


def moment(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 1, day, hour)


def ordinary_pages() -> list[Scraped]:
    """Pages of six hosts in four languages, with copies among them."""
    wire = edited(SUMMIT, أمس_الثلاثاء="اليوم الأربعاء", أربعة_ملايين="نحو أربعة ملايين ونصف المليون")
    return [
        Scraped(host="almanara.example", name="a/1.html", lines=with_furniture(SUMMIT), published=moment(27, 18)),
        Scraped(host="almanara.example", name="a/2.html", lines=with_furniture(LIBRARY), published=moment(26)),
        Scraped(
            host="almanara.example",
            name="a/3.html",
            lines=[*with_furniture(HARVEST), *story(LIBRARY, 1), ("footer", "جميع الحقوق محفوظة © 2026")],
            published=moment(28, 7),
        ),
        Scraped(host="sahifa.example", name="news/88", lines=with_furniture(SUMMIT), published=moment(28)),
        Scraped(
            host="sahifa.example",
            name="news/91",
            lines=with_furniture([wire[0], *wire[1:], "ويجتمع الموقعون مرة ثانية في أيار المقبل لمراجعة ما أنجز."]),
            published=moment(28, 11),
        ),
        Scraped(
            host="reprint.example",
            name="item?id=5",
            lines=with_furniture([*edited(SUMMIT, سلمى_الراوي="د. سلمى الراوي")[:4]]),
            published=None,
        ),
        Scraped(
            host="newsdesk.example", name="bridge", lines=english_page(BRIDGE), language="en", published=moment(26)
        ),
        Scraped(
            host="newsdesk.example",
            name="bridge-update",
            lines=english_page(edited(BRIDGE, four_thousand="five thousand", Monday="Monday morning")),
            language="en",
            published=moment(27),
        ),
        Scraped(
            host="hadashot.example",
            name="42",
            lines=[("nav", "ראשי"), *story(TRAIN), ("share", "שתפו בפייסבוק"), ("footer", "כל הזכויות שמורות")],
            language="he",
            published=moment(25),
        ),
        Scraped(
            host="xinwen.example",
            name="2026/0128",
            lines=[("nav", "首页"), ("nav", "国内"), *story(MARKET), ("share", "分享到微信"), ("footer", "版权所有")],
            language="zh",
            published=moment(28),
        ),
    ]


def troubled_pages() -> list[Scraped]:
    """The ordinary pages, a host whose template changed, pages that cannot be read, and hostile ones."""
    changed = [
        Scraped(
            host="alwatan.example",
            name=f"{number}.html",
            lines=[
                *(("nav", item) for item in MENU),
                ("other", "جاري التحميل..."),
                ("footer", "جميع الحقوق محفوظة © 2026"),
            ],
            status="empty",
            problem="no line could be an article",
        )
        for number in range(1, 8)
    ]
    return [
        *ordinary_pages(),
        *changed,
        Scraped(host="alwatan.example", name="0.html", lines=with_furniture(HARVEST), published=moment(20)),
        Scraped(host="sahifa.example", name="news/90", status="rejected", problem="truncated gzip", language=None),
        Scraped(host="sahifa.example", name="news/92", status="rejected", problem="truncated gzip", language=None),
        Scraped(
            host=None, name="drop/17.bin", status="rejected", problem="no text in any encoding", url=None, language=None
        ),
        Scraped(
            host="reprint.example",
            name="item?id=9",
            lines=[("form", "يرجى تسجيل الدخول للمتابعة")],
            status="empty",
            problem="login form and nothing else",
        ),
        *hostile_pages(),
    ]


def hostile_pages() -> list[Scraped]:
    """Pages that try every trick in every field."""
    return [
        Scraped(
            host=trick,
            name=trick,
            url=trick,
            lines=[(0, trick), ("other", trick), (0, f"{trick} {' '.join(LIBRARY)}")],
            problem=trick,
        )
        for trick in HOSTILE
    ]


def page_row(page: Scraped) -> dict[str, Any]:
    return {
        "page_id": page.page_id,
        "source_id": None,
        "url": page.address,
        "host": page.host,
        "path": page.name,
        "row": 3 if page.host is None else None,
        "format": "html",
        "encoding": "utf-8" if page.status != "rejected" else None,
        "fetched_at": FETCHED,
        "content_sha256": page.digest,
        "n_bytes": 4_000 + 90 * len(page.lines),
        "status": page.status,
        "problem": page.problem,
    }


def line_rows(page: Scraped) -> list[dict[str, Any]]:
    seen: set[int] = set()
    rows = []
    for number, (mark, text) in enumerate(page.lines):
        kept = isinstance(mark, int)
        label, reason, score = REMOVED[mark] if not kept else ("body", "prose", 0.97)
        if kept and mark not in seen:
            seen.add(mark)
            label, reason = "title", "headline"
        rows.append({
            "page_id": page.page_id, "line": number, "text": text, "label": label, "kept": kept, "reason": reason,
            "score": score, "article": mark if kept else None, "evidence": "article-around +2.1, length -0.4",
        })  # fmt: skip
    return rows


def article_rows(page: Scraped) -> list[dict[str, Any]]:
    rows = []
    characters = sum(len(text) for _, text in page.lines)
    kept = sum(len(text) for mark, text in page.lines if isinstance(mark, int))
    for ordinal in sorted({mark for mark, _ in page.lines if isinstance(mark, int)}):
        title, *body = [text for mark, text in page.lines if mark == ordinal]
        rows.append({
            "article_id": make_id(page.page_id, str(ordinal)), "page_id": page.page_id, "ordinal": ordinal,
            "is_main": ordinal == 0, "url": page.address, "host": page.host, "title": title, "subtitle": None,
            "body": "\n\n".join(body), "authors": ["فريق التحرير"], "credit": None, "published_at": page.published,
            "date_source": "meta" if page.published else None, "fetched_at": None, "language": page.language, "n_words": len(words(" ".join(body))), "n_paragraphs": len(body),
            "boilerplate_share": 1 - kept / characters, "cluster_id": None, "is_canonical": True,
        })  # fmt: skip
    return rows


def shingles(text: str) -> set[str]:
    tokens = words(text)
    return {" ".join(tokens[n : n + 3]) for n in range(len(tokens) - 2)}


def pair_row(left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any] | None:
    """The pair as dedup would verify it, if the two are near-duplicates."""
    ours, theirs = shingles(left["body"]), shingles(right["body"])
    shared = len(ours & theirs)
    jaccard = shared / max(len(ours | theirs), 1)
    if jaccard < 0.5:
        return None
    first, second = sorted((left, right), key=lambda article: article["article_id"])
    contained = [shared / len(shingles(article["body"])) for article in (first, second)]
    relation = "exact" if jaccard == 1 else "near"
    if 1.0 in contained and relation != "exact":
        relation = "contained_in" if contained[0] == 1 else "contains"
    return {
        "left_id": first["article_id"], "right_id": second["article_id"], "relation": relation, "jaccard": jaccard,
        "containment_left": contained[0], "containment_right": contained[1], "longest_shared_words": 5 * shared // 9 + 1,
        "same_title": key(first["title"]) == key(second["title"]), "bands_hit": 0 if relation == "exact" else 31,
        "folded_only": False, "title_likeness": None, "days_between": None,
    }  # fmt: skip


def grouped(articles: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows of duplicates and clusters; marks the articles. The earliest of a group is its canonical one."""
    pairs = [pair for left, right in itertools.combinations(articles, 2) if (pair := pair_row(left, right))]
    by_id = {article["article_id"]: article for article in articles}
    group = {article_id: {article_id} for article_id in by_id}
    for pair in pairs:
        merged = group[pair["left_id"]] | group[pair["right_id"]]
        group |= dict.fromkeys(merged, merged)
    clusters = []
    for ids in {frozenset(ids) for ids in group.values() if len(ids) > 1}:
        members = sorted(
            (by_id[one] for one in ids), key=lambda row: (row["published_at"] or moment(31), row["article_id"])
        )
        canonical = members[0]["article_id"]
        for member in members:
            member["cluster_id"], member["is_canonical"] = canonical, member["article_id"] == canonical
        with_canonical = [pair["jaccard"] for pair in pairs if canonical in (pair["left_id"], pair["right_id"])]
        clusters.append({
            "cluster_id": canonical, "size": len(members), "n_hosts": len({member["host"] for member in members}),
            "canonical_id": canonical, "canonical_reason": "earliest date", "min_jaccard": min(with_canonical),
            "first_published_at": members[0]["published_at"],
        })  # fmt: skip
    return pairs, clusters


def reused(articles: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows of paragraphs, reuse and passages; a paragraph shared by canonical articles or hosts is reused."""
    places: dict[str, list[tuple[dict[str, Any], int, str]]] = {}
    for article in articles:
        for number, text in enumerate(article["body"].split("\n\n") if article["body"] else []):
            places.setdefault(key(text), []).append((article, number, text))
    paragraphs, reuse, passages = [], [], []
    for folded, found in places.items():
        shared = len(found) > 1
        reuse_id = make_id(folded)
        hosts = len({article["host"] for article, _, _ in found})
        if shared:
            reuse.append({
                "reuse_id": reuse_id, "text": found[0][2], "n_words": len(words(folded)), "n_articles": len(found),
                "n_hosts": hosts, "first_article_id": found[0][0]["article_id"], "kind": "quote" if "«" in found[0][2] else "wire",
            })  # fmt: skip
        for article, number, text in found:
            start = article["body"].find(text)
            paragraphs.append({
                "article_id": article["article_id"], "paragraph": number, "text": text, "n_words": len(words(text)),
                "reuse_id": reuse_id if shared else None, "reuse_articles": len(found), "reuse_hosts": hosts,
            })  # fmt: skip
            if shared and number % 2:
                passages.append({
                    "reuse_id": reuse_id, "article_id": article["article_id"], "start": start, "end": start + len(text),
                    "similarity": 1.0,
                })  # fmt: skip
    return paragraphs, reuse, passages


def write_run(folder: Path, pages: Sequence[Scraped], *, strict: bool = False, new: Collection[str] = ()) -> Path:
    """A finished run of these pages in `folder`, which is made; hosts in `new` were in no run before it."""
    folder.mkdir(parents=True)
    articles = [row for page in pages for row in article_rows(page)]
    duplicates, clusters = grouped(articles)
    paragraphs, reuse, passages = reused(articles)
    rows: dict[str, list[dict[str, Any]]] = {
        "pages": [page_row(page) for page in pages],
        "lines": [row for page in pages for row in line_rows(page)],
        "articles": articles,
        "paragraphs": paragraphs,
        "duplicates": duplicates,
        "clusters": clusters,
        "reuse": reuse,
        "passages": passages,
        "audit": audited(articles, duplicates),
        "past": earlier_runs([page for page in pages if page.host not in new]),
        "what_if": WHAT_IFS,
    }
    frames = {name: TABLES[name].conform(TABLES[name].frame(table)) for name, table in rows.items()}
    counted = sources(frames["pages"].lazy(), frames["articles"].lazy())
    frames["sources"] = against_past(counted, frames["past"], run_id="2026-01-28T09-30-00Z")
    checks, rejected = judge({**rows, "sources": frames["sources"].to_dicts()})
    frames["checks"], frames["rejected"] = CHECKS.frame(checks), REJECTED.conform(REJECTED.frame(rejected))
    assert frames["sources"].schema == SOURCES.schema
    for name, frame in frames.items():
        frame.write_parquet(TABLES[name].file(folder))
    figures = count(*(frames[name].lazy() for name in ("pages", "lines", "articles")))
    write_json(folder, checks, figures, strict=strict)
    return folder


def write_json(folder: Path, checks: Sequence[dict[str, Any]], figures: Figures, *, strict: bool) -> None:
    failed = [check for check in checks if not check["success"]]
    severities = {check["severity"] for check in failed}
    verdict = "fail" if "critical" in severities else "warnings" if "warning" in severities else "pass"
    by_severity = {
        severity: {
            "held": sum(check["success"] for check in checks if check["severity"] == severity),
            "failed": sum(check["severity"] == severity for check in failed),
        }
        for severity in ("critical", "warning", "info")
    }
    content = {
        "schema_version": 1,
        "run_id": "2026-01-28T09-30-00Z",
        "verdict": verdict,
        "may_publish": verdict == "pass" or (verdict == "warnings" and not strict),
        "strict": strict,
        "counts": {
            **dataclasses.asdict(figures),
            "further_articles": figures.further_articles,
            "published": figures.published,
        },
        "checks": by_severity,
        "failures": failed,
    }
    (folder / "verdict.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    shutil.copyfile(Path(__file__).with_name("run_record.json"), folder / "run.json")
