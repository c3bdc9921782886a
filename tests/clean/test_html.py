"""HTML as lines, what the markup says of each, and trafilatura's answer."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq.clean.dom import DOM_FEATURES, KEPT_FEATURES, NEVER, Stated, dom_features
from dq.clean.dom import kept_features as features_of_kept
from dq.clean.html import N_COLUMNS, depth, extract, match, parse, read_page, stated_title
from dq.clean.lines import Line, make_line
from dq.clean.markup import Boxes, Walk, read_words

SENTENCE = "The council of the harbour town agreed on Monday to mend the old sea wall before the winter storms. "
PAGE = f"""
<html><head><title>Sea wall to be mended - The Gull</title>
<meta property="og:title" content="Sea wall to be mended">
<meta name="description" content="{SENTENCE.strip()}">
<script type="application/ld+json">{{"@type": "NewsArticle", "articleBody": "{SENTENCE * 4}"}}</script>
</head><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/sport">Sport</a></li></ul></nav>
<main><article class="post">
<h1>Sea wall to be mended</h1>
<div class="article-body" itemprop="articleBody"><p>{SENTENCE}</p><p>Further: {SENTENCE}</p>
<p>Last: <b>{SENTENCE}</b></p></div>
<figure><img src="a.jpg"><figcaption>The <span class="caption">wall</span></figcaption></figure>
</article></main>
<div id="comments"><div class="comment"><p>Good, at last.</p></div><div class="comment"><p>Too late.</p></div>
<div class="comment"><p style="display: none">Concealed.</p></div></div>
<footer>© The Gull</footer>
</body></html>
"""


@dataclasses.dataclass(frozen=True)
class Markup:
    lines: list[Line]
    boxes: Boxes
    dom: np.ndarray


def flatten(tree) -> list[Line]:
    return Walk().run(tree).lines()


def read(tree) -> Markup:
    walk = Walk().run(tree)
    lines, boxes = walk.lines(), walk.arrays()
    return Markup(lines, boxes, dom_features(lines, boxes, Stated.of(tree)))


def kept_features(markup: Markup, kept):
    return features_of_kept(markup.lines, markup.boxes, kept)


def page(html: str) -> Markup:
    tree = parse(html)
    assert tree is not None
    return read(tree)


def texts(html: str) -> list[str]:
    tree = parse(html)
    assert tree is not None
    return [line.text for line in flatten(tree)]


def column(markup: Markup, name: str) -> dict[str, float]:
    """A feature by the text of its line."""
    values = markup.dom[:, DOM_FEATURES.index(name)].tolist()
    return {line.text: value for line, value in zip(markup.lines, values, strict=True)}


@pytest.mark.parametrize(
    ("html", "lines"),
    [
        ("<p>one</p><p>two</p>", ["one", "two"]),
        ("one<br>two<br><br>three", ["one", "two", "three"]),
        ("<p>one <b>bold</b><i>er</i> word</p>", ["one bolder word"]),
        ("<div>before<p>inside</p>behind</div>", ["before", "inside", "behind"]),
        ("<span>outer <div>block</div> rest</span>", ["outer", "block", "rest"]),
        ("<table><tr><td>a</td><td>b</td></tr></table>", ["a", "b"]),
        ("<table><tr><td><table><tr><td><p>laid out</p></td></tr></table></td></tr></table>", ["laid out"]),
        ("<ul><li>one<ul><li>two</li></ul></li></ul>", ["one", "two"]),
        ("<pre>first\n  second\n\nthird</pre>", ["first", "second", "third"]),
        ("<pre>a <b>b\nc</b> d</pre>", ["a b", "c d"]),
        ("<p>one\n   line\tonly\u00a0here</p>", ["one line only here"]),
        ("<p>a</p><script>var x = 'no';</script><style>p {}</style>behind", ["a", "behind"]),
        ("<p>a</p><noscript><p>a</p></noscript> tail", ["a", "tail"]),
        ("<p hidden>kept with its mark</p>", ["kept with its mark"]),
        ("<p>a<!-- no -->b</p>", ["ab"]),
        ("<p>x<sup>2</sup> and <math><mi>y</mi><mo>=</mo><mn>3</mn></math></p>", ["x2 and y=3"]),
        ("<button>Send</button><my-own>element</my-own>", ["Send", "element"]),
        ("<p>never closed <p>nor this <div>nor <b>that", ["never closed", "nor this", "nor that"]),
        ("</div></p>stray<td>cell", ["stray", "cell"]),
        ("<p>&amp;lt; &nbsp; &#1575;</p>", ["&lt; ا"]),
        ("plain text", ["plain text"]),
        ("<p></p><div> </div><br>", []),
    ],
)
def test_every_block_is_a_line(html: str, lines: list[str]) -> None:
    assert texts(f"<html><body>{html}</body></html>") == lines


@pytest.mark.parametrize("html", ["", " ", "<!-- only -->"])
def test_what_holds_no_element_has_no_lines(html: str) -> None:
    tree = parse(html)
    assert tree is None or flatten(tree) == []
    assert tree is None or read(tree).dom.shape == (0, len(DOM_FEATURES))


INLINE_OR_BLOCK = st.sampled_from(["p", "div", "span", "b", "a", "li", "td", "section", "article", "em", "h2", "pre"])
WORD = st.text(alphabet="abcdefghاب新", min_size=1, max_size=6)
TREES = st.recursive(
    WORD,
    lambda inner: st.builds(
        lambda tag, parts: f"<{tag}>{' '.join(parts)}</{tag}>", INLINE_OR_BLOCK, st.lists(inner, min_size=1, max_size=4)
    ),
    max_leaves=20,
)


@given(TREES)
def test_nothing_visible_vanishes(html: str) -> None:
    tree = parse(f"<html><body><div>{html}</div></body></html>")
    assert tree is not None
    visible = "".join(str(tree.text_content()).split())
    assert "".join("".join(line.text.split()) for line in flatten(tree)) == visible


@given(st.text(alphabet="<>/abp= \"'&;#\n!-", max_size=200))
def test_any_text_is_read_or_refused(html: str) -> None:
    tree = parse(html)
    if tree is not None:
        markup = read(tree)
        assert markup.dom.shape == (len(markup.lines), len(DOM_FEATURES))
        assert np.isfinite(markup.dom).all()
        assert np.isfinite(kept_features(markup, [True] * len(markup.lines))).all()


@pytest.mark.parametrize("tag", ["div", "span", "b", "table", "blockquote"])
def test_a_deep_page_keeps_its_text(tag: str) -> None:
    deep = 2_000
    markup = page(f"<html><body>{f'<{tag}>' * deep}<p>{SENTENCE}</p>{f'</{tag}>' * deep}behind</body></html>")
    assert SENTENCE.strip() in [line.text for line in markup.lines]


def test_a_very_long_page_is_read() -> None:
    n = 20_000
    markup = page("<html><body>" + "<div><p>word</p></div>" * n + "</body></html>")
    assert len(markup.lines) == n


def test_a_line_has_its_tag() -> None:
    lines = {line.text: line for line in page("<h2>Head</h2><p>see <a>this</a></p><p>a<br>b<br><br>c</p>").lines}
    assert lines["Head"].tag == "h2"


@pytest.mark.parametrize(
    ("feature", "line", "value"),
    [
        ("far_in_nav", "Home", 2),
        ("far_in_nav", SENTENCE.strip(), NEVER),
        ("far_in_article", SENTENCE.strip(), 2),
        ("far_article_body", SENTENCE.strip(), 1),
        ("far_comment", "Too late.", 1),
        ("far_in_footer", "© The Gull", 0),
        ("far_in_figure", "The wall", 0),
        ("far_unseen", "Concealed.", 0),
        ("far_unseen", "Too late.", NEVER),
        ("link_share", "Home", 1),
        ("links", "Home", 1),
        ("links", "Too late.", 0),
        ("bold_share", f"Last: {SENTENCE.strip()}", pytest.approx(99 / 105, abs=0.05)),
        ("inline_caption", "The wall", 1),
        ("inline_caption", "Home", 0),
        ("in_50", SENTENCE.strip(), 1),
        ("in_50", "Home", 0),
        ("in_50", "Sea wall to be mended", 0),
        ("prose_2", SENTENCE.strip(), 1),
        ("prose_1", SENTENCE.strip(), pytest.approx(1 / 3, abs=0.05)),
        ("lines_2", SENTENCE.strip(), 3),
        ("kind_lines", SENTENCE.strip(), 3),
        ("kind_lines", "Too late.", 3),
        ("repeats", "Too late.", 3),
        ("repeats", SENTENCE.strip(), 1),
        ("same_after", SENTENCE.strip(), 1),
        ("same_before", SENTENCE.strip(), 0),
        ("apart_after", SENTENCE.strip(), 1),
        ("title_overlap", "Sea wall to be mended", 1),
        ("since_head", SENTENCE.strip(), 1),
        ("after_head", "Home", -1),
        ("in_stated_body", SENTENCE.strip(), 1),
        ("in_stated_body", "Home", 0),
        ("is_description", SENTENCE.strip(), 1),
        ("is_description", "Home", 0),
        ("heading_before", SENTENCE.strip(), 1),
        ("page_paragraphs", "Home", 3),
    ],
)
def test_what_the_markup_says_of_a_line(feature: str, line: str, value: float) -> None:
    assert column(page(PAGE), feature)[line] == value


def test_a_page_without_head_says_that_nothing_is_stated() -> None:
    markup = page("<p>one</p>")
    assert column(markup, "in_stated_body") == {"one": -1}
    assert column(markup, "is_description") == {"one": -1}
    assert column(markup, "since_head") == {"one": 150}


def test_the_first_h1_is_the_headline_where_no_title_is_stated() -> None:
    assert column(page("<p>a</p><h1>b</h1><p>c</p>"), "since_head") == {"a": -1, "b": 0, "c": 1}


@pytest.mark.parametrize(
    "script", ["{", "[" * 5_000, '{"articleBody": 3}', '[{"a": [{"articleBody": "one two"}]}]', "null"]
)
def test_broken_linked_data_is_passed_over(script: str) -> None:
    html = f'<html><head><script type="application/ld+json">{script}</script></head><body><p>one two</p></body></html>'
    assert column(page(html), "in_stated_body")["one two"] == ("one two" in script or -1)


def test_marks_come_from_words_of_any_form() -> None:
    assert read_words("relatedArticles") & read_words("RELATED") & read_words("box-related")
    assert not read_words("adapt") & read_words("ads") & ~read_words("x")
    assert read_words("zzz") == 0


def test_what_another_extractor_kept_is_seen_from_every_line() -> None:
    markup = page("<div><p>a b</p><p>c d</p></div><section><p>e f</p></section>")
    kept = dict(zip(KEPT_FEATURES, kept_features(markup, [True, False, False]).T.tolist(), strict=True))
    assert kept["kept"] == [1, 0, 0]
    assert kept["kept_2"] == [0.5, 0.5, 0]
    assert kept["kept_b1"] == [0, 1, 0]
    assert kept["since_kept"] == [99, 1, 2]
    assert kept["until_kept"] == [99, 99, 99]
    assert kept["kept_later"] == [0, 0, 0]
    assert kept["kept_none"] == [0, 0, 0]
    none = dict(zip(KEPT_FEATURES, kept_features(markup, [False] * 3).T.tolist(), strict=True))
    assert none["kept_none"] == [1, 1, 1]


def test_no_lines_have_no_features() -> None:
    markup = page("<html><body><img></body></html>")
    assert kept_features(markup, []).shape == (0, len(KEPT_FEATURES))


def test_trafilatura_keeps_the_text_and_not_the_menu() -> None:
    tree = parse(PAGE)
    assert tree is not None
    lines = read(tree).lines
    kept = {line.text for line, keep in zip(lines, match(lines, extract(tree, None)), strict=True) if keep}
    assert SENTENCE.strip() in kept
    assert "Home" not in kept


def test_trafilatura_leaves_the_tree_as_it_was() -> None:
    tree = parse(PAGE)
    assert tree is not None
    before = flatten(tree)
    extract(tree, None)
    assert flatten(tree) == before


def test_where_trafilatura_finds_nothing() -> None:
    tree = parse("<html><body></body></html>")
    assert tree is not None
    assert extract(tree, None) == ()


def test_a_short_line_must_be_a_paragraph_of_its_own() -> None:
    tree = parse(PAGE)
    assert tree is not None
    assert match([make_line("sea wall"), make_line("agreed on Monday to mend")], extract(tree, None)) == [False, True]


@pytest.mark.parametrize(
    ("html", "deepest"), [("", 0), ("<p><p><p>", 0), ("<div><br/><div></div></div><b>", 2), ("</div></div><i>", 1)]
)
def test_depth_by_tags(html: str, deepest: int) -> None:
    assert depth(html) == deepest


@pytest.mark.parametrize(
    ("titles", "site", "printed", "title"),
    [
        (("Sea wall mended | The Gull",), "", (), "Sea wall mended"),
        (("The Gull - Sea wall mended",), "The Gull", (), "Sea wall mended"),
        (("A - B - Sea wall",), "", ("Sea wall",), "Sea wall"),
        (("مدينة الساحل | تجديد شبكة المياه يبدأ غداً",), "مدينة الساحل", (), "تجديد شبكة المياه يبدأ غداً"),
        ((), "The Gull", (), ""),
    ],
)
def test_the_stated_title_loses_the_name_of_the_site(titles, site, printed, title) -> None:
    stated = Stated(titles=titles, site=site, authors=(), descriptions=(), body="")
    assert stated_title(stated, [make_line(text) for text in printed]) == title


def test_a_page_is_read_with_all_that_its_markup_says() -> None:
    found = read_page(PAGE, None, lambda *_: [])
    assert found is not None
    assert found.title == "Sea wall to be mended"
    assert found.columns.shape == (len(found.texts), N_COLUMNS)
    assert len(found.tags) == len(found.texts)
