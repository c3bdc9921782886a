"""Whole pages: the shapes that scrapers bring home, and what must become of them."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.clean import clean_page, clean_pages
from dq.options import CleanOptions
from dq.tables import ARTICLES, LABELS, LINES, PAGES, PARAGRAPHS, Page

WATER = [
    "أعلن مدير مؤسسة المياه في محافظة الساحل، نبيل الحداد، أن أعمال تجديد الشبكة الرئيسية ستبدأ مطلع الأسبوع المقبل، وأن الضخ لن يتوقف عن الأحياء السكنية.",
    "وقال الحداد في مؤتمر صحافي: «نعمل على تبديل أربعين كيلومتراً من الأنابيب القديمة، وسنبدأ بالأحياء التي تشكو ضعف الضغط منذ سنوات».",
    "وأضاف أن كلفة المشروع تبلغ ستة ملايين دينار، وأن المقاول التزم تسليم المرحلة الأولى قبل بداية الصيف.",
    "وأشار إلى أن المؤسسة ستعلن جداول العمل في كل حي قبل ثلاثة أيام من بدء الحفر، حتى يتمكن السكان من ترتيب أمورهم.",
]
MATCH = [
    "تأهل فريق النهر إلى نهائي كأس الاتحاد بعد فوزه على ضيفه فريق الجبل بهدفين من دون مقابل، في المباراة التي أقيمت مساء السبت على ملعب البلدية.",
    "وسجل المهاجم كريم الصافي الهدف الأول في الدقيقة العشرين من ركلة حرة، قبل أن يضيف زميله وليد الأمين الهدف الثاني مع نهاية الشوط.",
    "وقال مدرب النهر إن لاعبيه نفذوا ما طلبه منهم في التدريبات، وإن الفريق سيستعد للنهائي بمعسكر قصير في العاصمة.",
    "ويلتقي النهر في المباراة النهائية الفائز من مواجهة الشاطئ والقلعة التي تقام الثلاثاء المقبل على الملعب نفسه.",
]
TITLE = "مؤسسة المياه: تجديد شبكة الساحل يبدأ الأسبوع المقبل"
OTHER = "النهر يبلغ نهائي كأس الاتحاد بهدفين في مرمى الجبل"
CAPTION = "عمال يبدلون أنابيب المياه في أحد أحياء المدينة القديمة (وكالة الساحل)"
PHOTO = "كريم الصافي يحتفل بهدفه الأول في مرمى الجبل (رويترز)"
HEAD = [TITLE, CAPTION, CAPTION, "TT", TITLE, CAPTION, CAPTION]
TEASERS = [
    "مقالات ذات صلة",
    "افتتاح معرض الكتاب في قاعة البلدية",
    "ثقافة زوار في معرض الكتاب العام الماضي (أ.ف.ب)",
    "افتتاح معرض الكتاب في قاعة البلدية",
    "افتتح رئيس البلدية معرض الكتاب السنوي بمشاركة سبعين دار نشر من المنطقة.",
    "«صحيفة الميناء» (الساحل)",
    "ميناء الساحل يستقبل أكبر سفينة حبوب هذا العام",
    "اقتصاد سفينة الحبوب على رصيف الميناء الشمالي (رويترز)",
    "ميناء الساحل يستقبل أكبر سفينة حبوب هذا العام",
    "رست في ميناء الساحل سفينة تحمل خمسين ألف طن من القمح هي الأكبر منذ مطلع العام.",
    "«صحيفة الميناء» (الساحل)",
]
MENU = ["  • أخبار", "    • الطقس", "    • محليات", "  • رياضة", "  • ثقافة وأدب", "No Result", "View All Result"]
LOGIN = ["Welcome Back!", "Login to your account below", "Forgotten Password?", "Log In"]


def page(content, **given_values):
    values = {
        "page_id": "0" * 16, "source_id": None, "url": None, "host": None, "path": "page.txt", "row": None, "format": "text",
        "encoding": "utf-8", "fetched_at": None, "content_sha256": "0" * 64, "n_bytes": len(content), "status": "ok", "problem": None,
    }  # fmt: skip
    return Page(**values | {"content": content} | given_values)


def clean(lines, **given_values):
    content = lines if isinstance(lines, str) else "\n".join(lines)
    return clean_page(page(content, **given_values), CleanOptions())


def body(cleaned, ordinal=0):
    return cleaned.articles[ordinal]["body"].split("\n\n")


def labels(cleaned):
    return [(row["text"], row["label"]) for row in cleaned.lines]


def test_infinite_scroll_yields_two_articles_and_teasers_in_neither():
    cleaned = clean([*HEAD, *WATER, *TEASERS, OTHER, PHOTO, PHOTO, "TT", OTHER, PHOTO, PHOTO, *MATCH])
    assert [row["title"] for row in cleaned.articles] == [TITLE, OTHER]
    assert [body(cleaned, 0), body(cleaned, 1)] == [WATER, MATCH]
    assert [row["is_main"] for row in cleaned.articles] == [True, False]
    assert {row["label"] for row in cleaned.lines if row["text"] in TEASERS} <= {
        "related",
        "caption",
        "repeat",
        "credit",
    }


def test_a_caption_printed_four_times_is_a_caption_once():
    cleaned = clean([*HEAD, *WATER])
    assert [label for text, label in labels(cleaned) if text == CAPTION] == ["caption", "repeat", "repeat", "repeat"]
    assert [label for text, label in labels(cleaned) if text == TITLE] == ["repeat", "title"]
    assert ("TT", "widget") in labels(cleaned)


def test_a_magazine_theme_loses_menus_clock_counters_and_login():
    lines = [
        "الأربعاء, يناير 28, 2026",
        "  • Login",
        *MENU,
        "Home محليات",
        TITLE,
        "22 ديسمبر، 2025",
        "in محليات",
        TITLE,
        *WATER,
    ]
    cleaned = clean([*lines, "Share196Tweet123", *LOGIN, *MENU, "Copyright © 2026"])
    assert body(cleaned) == WATER
    assert cleaned.articles[0]["title"] == TITLE
    assert str(cleaned.articles[0]["published_at"])[:10] == "2025-12-22"
    assert {label for text, label in labels(cleaned) if text in LOGIN} == {"form"}


def test_a_read_also_box_with_a_whole_article_is_an_article_of_its_own():
    lines = [
        TITLE,
        "تاريخ النشر: 9th, January 2026 GMT",
        *WATER,
        "المصدر: بوابة الساحل",
        "كلمات دلالية: مياه شبكة الساحل",
    ]
    cleaned = clean([*lines, "إقرأ أيضاً:", OTHER, "النهر نت/", *MATCH])
    main, further = cleaned.articles
    assert (body(cleaned, 0), body(cleaned, 1)) == (WATER, MATCH)
    assert (main["credit"], further["credit"]) == ("بوابة الساحل", "النهر نت")
    assert str(main["published_at"])[:10] == "2026-01-09"
    assert further["published_at"] is None


def test_a_read_also_link_in_mid_text_cuts_nothing():
    cleaned = clean([TITLE, *WATER[:2], "اقرأ أيضاً: " + OTHER, *WATER[2:]])
    assert len(cleaned.articles) == 1
    assert body(cleaned) == WATER


def test_an_outlet_and_place_before_the_text_is_its_byline():
    cleaned = clean(
        [
            "fbpx",
            "أخر الأخبار",
            TITLE,
            "مرصد الساحل – المدينة",
            *WATER,
            "اظهر المزيد",
            "مقالات ذات صلة",
            "زر الذهاب إلى الأعلى",
        ]
    )
    assert body(cleaned) == WATER
    assert ("مرصد الساحل – المدينة", "byline") in labels(cleaned)
    assert (cleaned.articles[0]["credit"], cleaned.articles[0]["authors"]) == (None, [])


def test_a_place_and_a_name_before_the_text_are_a_byline():
    assert clean([TITLE, "الساحل: سلمى الحاج", *WATER]).articles[0]["authors"] == ["سلمى الحاج"]


def test_a_standfirst_is_a_subtitle():
    standfirst = "المدير: الضخ لن يتوقف عن الأحياء السكنية"
    cleaned = clean([TITLE, "22 ديسمبر، 2025", TITLE, standfirst, *WATER])
    assert cleaned.articles[0]["subtitle"] == standfirst
    assert body(cleaned) == WATER


def test_no_date_is_invented():
    assert clean([*HEAD, *WATER, "Copyright © 2024"]).articles[0]["published_at"] is None


def test_menus_alone_are_an_empty_page_with_a_reason():
    cleaned = clean([*MENU, *LOGIN, "Copyright © 2026"])
    assert cleaned.page.status == "empty"
    assert "no article found" in cleaned.page.problem
    assert len(cleaned.lines) == len(MENU) + len(LOGIN) + 1
    assert cleaned.articles == ()


@pytest.mark.parametrize("status", ["rejected", "empty"])
def test_a_page_that_was_not_read_stays_as_it_is(status):
    cleaned = clean("", status=status, problem="because")
    assert (cleaned.page.status, cleaned.page.problem, cleaned.lines) == (status, "because", ())


HTML = """<html lang="ar"><head><title>{title} - بوابة الساحل</title>
<meta property="og:title" content="{title}"><meta property="article:published_time" content="2026-01-12T09:30:00+03:00">
<script>var fbpx = "x";</script><style>p {{color: red}}</style></head><body>
<nav><ul><li><a href="/">الرئيسية</a></li><li><a href="/s">رياضة</a></li></ul></nav>
<article><h1>{title}</h1><p class="byline">كتب: سالم الهاشمي</p>{body}</article>
<aside><h3>مقالات ذات صلة</h3><ul><li><a href="/1">افتتاح معرض الكتاب في قاعة البلدية</a></li></ul></aside>
<footer><p>جميع الحقوق محفوظة</p></footer></body></html>"""


def html(paragraphs, title=TITLE):
    return HTML.format(title=title, body="".join(f"<p>{text}</p>" for text in paragraphs))


def test_an_html_page_keeps_its_article_and_a_row_for_every_block():
    cleaned = clean(html(WATER), format="html")
    row = cleaned.articles[0]
    assert (row["title"], body(cleaned)) == (TITLE, WATER)
    assert str(row["published_at"])[:10] == "2026-01-12"
    assert row["authors"] == ["سالم الهاشمي"]
    texts = dict(labels(cleaned))
    assert texts["مقالات ذات صلة"] == "related"
    assert texts["جميع الحقوق محفوظة"] == "footer"
    assert not any("fbpx" in text or "color" in text for text in texts)


def test_a_second_article_in_html_becomes_one_of_its_own():
    further = f"<h2>مقالات ذات صلة</h2><h1>{OTHER}</h1><figure><figcaption>{PHOTO}</figcaption></figure>" + "".join(
        f"<p>{text}</p>" for text in MATCH
    )
    cleaned = clean(html(WATER).replace("</article>", further + "</article>"), format="html")
    assert [row["title"] for row in cleaned.articles] == [TITLE, OTHER]
    assert body(cleaned, 0) == WATER


def test_elements_nested_too_deep_are_rejected_with_the_depth():
    cleaned = clean("<div>" * 10_000 + "x" + "</div>" * 10_000, format="html")
    assert cleaned.page.status == "rejected"
    assert "10000 deep" in cleaned.page.problem


@pytest.mark.parametrize(
    "content",
    ["<html></html>", "<!-- -->", "<p>", "<" * 1000, "&#0;&#xD800;<p>\x00", "<a" * 300, "<table>" * 400 + "x"],
)
def test_malformed_html_is_a_row_with_a_reason(content):
    cleaned = clean(content, format="html")
    assert cleaned.page.status in {"empty", "ok"}
    assert cleaned.page.problem or cleaned.articles


LINE = st.sampled_from(
    [*HEAD, *WATER, *MATCH, *TEASERS, *MENU, *LOGIN, OTHER, PHOTO, "Copyright © 2026", "22 ديسمبر، 2025"]
) | st.text(max_size=60)
PAGE = st.lists(LINE, max_size=40)


@settings(max_examples=25, deadline=None)
@given(PAGE)
def test_nothing_vanishes_and_every_row_is_labelled(lines):
    content = "\n".join(lines)
    cleaned = clean(content)
    assert len(cleaned.lines) == sum(1 for line in re.split("[\n\r\x0b\x0c]", content) if line.strip())
    assert all(row["label"] in LABELS and row["reason"] and 0 <= row["score"] <= 1 for row in cleaned.lines)
    assert all(
        row["kept"] == (row["label"] in {"title", "subtitle", "body"}) == (row["article"] is not None)
        for row in cleaned.lines
    )


@settings(max_examples=25, deadline=None)
@given(PAGE)
def test_line_ends_do_not_matter(lines):
    lines = [line.replace("\r", " ").replace("\n", " ") for line in lines]
    unix, windows = (clean(end.join(lines)) for end in ("\n", "\r\n"))
    assert [row["body"] for row in unix.articles] == [row["body"] for row in windows.articles]


@settings(max_examples=25, deadline=None)
@given(PAGE)
def test_every_body_is_made_of_kept_lines_in_order(lines):
    cleaned = clean("\n".join(lines))
    for article in cleaned.articles:
        kept = [row["text"] for row in cleaned.lines if row["article"] == article["ordinal"] and row["label"] == "body"]
        assert article["body"] == "\n\n".join(kept)
        assert article["n_paragraphs"] == len(kept)
    assert sum(row["is_main"] for row in cleaned.articles) == min(1, len(cleaned.articles))


@pytest.mark.parametrize(("title", "paragraphs"), [(TITLE, WATER), (OTHER, MATCH)])
def test_a_cleaned_article_is_clean(title, paragraphs):
    once = clean([title, *paragraphs])
    again = clean([once.articles[0]["title"], "", *body(once)])
    assert (again.articles[0]["title"], body(again)) == (once.articles[0]["title"], body(once))


def test_frames_have_the_schemas_of_their_tables():
    frames = clean_pages(
        [page("\n".join([*HEAD, *WATER])), page("", status="empty", problem="no text")], CleanOptions()
    )
    assert {name: frame.schema for name, frame in frames.items()} == {
        table.name: table.schema for table in (PAGES, LINES, ARTICLES, PARAGRAPHS)
    }
    assert frames["paragraphs"].height == len(WATER)


def test_no_pages_are_empty_tables():
    assert all(frame.height == 0 for frame in clean_pages([], CleanOptions()).values())


def test_a_path_that_ends_with_the_headline_is_not_the_title():
    cleaned = clean(["الرئيسية > محليات > " + TITLE, "22 ديسمبر، 2025", TITLE, *WATER])
    assert cleaned.articles[0]["title"] == TITLE
