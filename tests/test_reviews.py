"""Files of reviews: what is read, what is refused and how that is told, and what merging keeps."""

import copy
import json
from importlib import resources

import jsonschema
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq.errors import MissingInputError, UsageError
from dq.options import ReviewOptions
from dq.review_files import MOST_TOLD, load, parse, read, read_cases, write_cases
from dq.reviews import (
    CASES,
    DECISIONS,
    NO_REVIEWS,
    Export,
    LineCase,
    LineDecision,
    PageCase,
    PairCase,
    Reviews,
    Ruling,
    Side,
    case_row,
    line_key,
    merge,
    render,
    rows_of_pairs,
)

SCHEMA = json.loads((resources.files("dq") / "reviews.schema.json").read_text(encoding="utf-8"))
CASE_SCHEMA = {"$defs": SCHEMA["$defs"], "$ref": "#/$defs/case"}
EXPORT = {
    "schema_version": 1,
    "run_id": "20260131T080000Z-1a2b3c4d",
    "decisions": [
        {"kind": "line", "page_id": "aa", "line": 12, "accepted": False},
        {"kind": "pair", "left_id": "aa", "right_id": "bb", "accepted": False},
        {"kind": "page", "page_id": "cc", "accepted": True},
    ],
}

text = st.text(max_size=8) | st.sampled_from(
    ["اقرأ أيضا", "إقرأ أيضًا…", "***", "a\u2028b\x85c\n", "READ more", "read more"]
)
maybe = st.none() | st.sampled_from(["a.example", "b.example"])
url = st.none() | st.sampled_from(["https://a.example/1", "https://b.example/2"])
sides = st.builds(Side, article_id=st.sampled_from("abc"), url=url, title=st.none() | text)
cases = st.one_of(
    st.builds(
        LineCase,
        host=maybe,
        url=url,
        text=text,
        kept=st.booleans(),
        run_id=st.none() | text,
        accepted=st.booleans(),
        label=st.sampled_from([None, "title", "body"]),
    ),
    st.builds(PairCase, left=sides, right=sides, together=st.booleans(), run_id=text),
    st.builds(PageCase, url=url, page_id=st.sampled_from("ab"), host=maybe, empty=st.booleans(), run_id=text),
)
some_cases = st.lists(cases, max_size=12)


@given(some_cases)
def test_cases_come_back_from_their_file_as_they_went_in(made):
    kept = merge((), made).cases
    assert parse(render(kept), "x") == kept
    assert render(parse(render(kept), "x")) == render(kept)


FOLLOWS = jsonschema.Draft202012Validator(CASE_SCHEMA)


@given(some_cases)
def test_every_case_follows_the_schema(made):
    assert [error.message for case in made for error in FOLLOWS.iter_errors(case_row(case))] == []


@given(some_cases, some_cases)
def test_merging_twice_changes_nothing_more(known, later):
    once = merge(known, later)
    twice = merge(once.cases, later)
    assert twice.cases == once.cases
    assert twice.added == 0


@given(some_cases, some_cases, st.randoms(use_true_random=False))
def test_only_the_later_answer_to_one_question_depends_on_the_order(known, later, shuffle):
    known = list(merge((), known).cases)
    shuffled = list(known)
    shuffle.shuffle(shuffled)
    assert merge(known, later) == merge(shuffled, later)
    answers = {case.key: case.answer for case in merge(known, later).cases}
    assert all(answers[case.key] == case.answer for case in later[-1:])
    assert set(answers) <= {case.key for case in known + later}
    assert list(answers) == sorted(answers)


@given(some_cases, some_cases)
def test_what_is_replaced_is_told_and_nothing_else(known, later):
    known = merge((), known).cases
    told = {case.key for case in merge(known, later).replaced}
    for key in {case.key for case in later}:
        answers = {case.answer for case in (*known, *later) if case.key == key}
        everywhere = {case.everywhere for case in later if case.key == key and isinstance(case, LineCase)}
        wide = {
            case.answer for case in (*known, *later) if isinstance(case, LineCase) and case.everywhere in everywhere
        }
        assert len(answers) == 1 or key in told
        assert len(answers | wide) == 2 or key not in told


LINES = [
    LineCase(host="a", url="u", text="x", kept=False, label="body"),
    LineCase(host="a", url="u", text="X", kept=False, accepted=True, label="other"),
    LineCase(host="a", url="u", text="x", kept=True, accepted=True, label="title"),
    LineCase(host="a", url="v", text="x", kept=False, label="body"),
    LineCase(host="a", url="v", text="x", kept=True, label="related"),
]


@pytest.mark.parametrize(
    ("order", "held", "replaced"),
    [
        ([0, 1], [(False, False)], 0),
        ([1, 0], [(False, False)], 0),
        ([0, 2], [(True, True)], 1),
        ([0, 3], [(False, False)], 0),
        ([0, 4], [(True, False)], 1),
        ([2, 3], [(True, True), (False, False)], 0),
        ([4, 1], [(False, True), (True, False)], 0),
    ],
)
def test_that_a_run_was_right_takes_back_what_is_put_right_on_that_page_alone(order, held, replaced):
    merged = merge((), [LINES[at] for at in order])
    assert [(case.kept, case.accepted) for case in merged.cases] == held
    assert len(merged.replaced) == replaced


def test_what_was_right_on_a_page_stays_there():
    put_right = Reviews(cases=(LINES[2], LINES[3])).lines
    assert put_right.of("a", "w") == put_right.of("a", "v") == {"x": Ruling(kept=False, spares_headlines=True)}
    assert put_right.of("a", "u") == {}
    assert Reviews(cases=(LINES[2],)).lines.of("a", "u") == {}


def test_a_file_is_sorted_one_case_a_line_with_its_letters_as_they_are(tmp_path):
    made = [
        LineCase(host="b.example", url=None, text="إقرأ أيضا", kept=False),
        LineCase(host="a.example", url=None, text="a\u2028b", kept=True, run_id="r"),
    ]
    write_cases(tmp_path / "reviews.jsonl", made)
    assert (tmp_path / "reviews.jsonl").read_bytes().decode().split("\n") == [
        '{"kind": "line", "host": "a.example", "url": null, "text": "a\u2028b", "kept": true, "run_id": "r", "accepted": false, "label": null}',
        '{"kind": "line", "host": "b.example", "url": null, "text": "إقرأ أيضا", "kept": false, "run_id": null, "accepted": false, "label": null}',
        "",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["reviews.jsonl"]
    with pytest.raises(UsageError, match="cannot be written"):
        write_cases(tmp_path / "reviews.jsonl" / "reviews.jsonl", made)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (LineCase(host="a", url="u", text="Read more…", kept=True), LineCase(host="a", url="u", text="READ MORE", kept=False), True),
        (LineCase(host="a", url="u", text="x", kept=True), LineCase(host="b", url="u", text="x", kept=True), False),
        (LineCase(host=None, url="u", text="x", kept=True), LineCase(host=None, url="v", text="x", kept=True), False),
        (LineCase(host="a", url=None, text="***", kept=True), LineCase(host="a", url=None, text="---", kept=True), False),
        (
            PairCase(left=Side(article_id="1", url="u", title="T"), right=Side(article_id="2", url="v", title=None), together=True),
            PairCase(left=Side(article_id="3", url="v", title=None), right=Side(article_id="4", url="u", title="t"), together=True),
            True,
        ),
        (
            PairCase(left=Side(article_id="1", url="u", title="T"), right=Side(article_id="2", url="u", title="T"), together=True),
            PairCase(left=Side(article_id="1", url="u", title="T"), right=Side(article_id="3", url="u", title="T"), together=True),
            False,
        ),
    ],
)  # fmt: skip
def test_cases_are_the_same_where_they_are_about_the_same(one, other, same):
    assert (one.key == other.key) == same


def test_an_export_is_read():
    found = parse(json.dumps(EXPORT, indent=1), "x")
    assert isinstance(found, Export)
    assert found.decisions[0] == LineDecision(page_id="aa", line=12, accepted=False)
    assert [type(one) for one in found.decisions] == list(DECISIONS.values())


def changed(*path, value=None):
    export = copy.deepcopy(EXPORT)
    at = export
    for part in path[:-1]:
        at = at[part]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return export


WRONG = [
    (changed("schema_version", value=2), "schema_version must be 1, not 2"),
    (changed("schema_version", value=True), "schema_version must be 1, not true"),
    (changed("run_id"), "run_id is missing"),
    (changed("run_id", value=3), "run_id must be a text, not 3"),
    (changed("decisions", value={}), "decisions must be a list, not {}"),
    (changed("more", value=1), "more is not known here"),
    (changed("decisions", 0, value=3), "decisions[0]: must be an object, not 3"),
    (changed("decisions", 0, "kind", value="lines"), 'decisions[0]: kind must be line, pair or page, not "lines"'),
    (changed("decisions", 0, "kind"), "decisions[0]: kind must be line, pair or page, not null"),
    (changed("decisions", 0, "line", value="12"), 'decisions[0]: line must be a whole number, not "12"'),
    (changed("decisions", 0, "line", value=True), "decisions[0]: line must be a whole number, not true"),
    (changed("decisions", 0, "line", value=-1), "decisions[0]: line must be 0 or more, not -1"),
    (changed("decisions", 0, "accepted", value="yes"), 'decisions[0]: accepted must be true or false, not "yes"'),
    (changed("decisions", 1, "left_id"), "decisions[1]: left_id is missing"),
    (changed("decisions", 2, "url", value="x"), "decisions[2]: url is not known here"),
]


@pytest.mark.parametrize(("export", "told"), WRONG, ids=[case[1] for case in WRONG])
def test_a_wrong_export_is_refused_with_the_place_and_by_the_schema_too(export, told):
    with pytest.raises(UsageError) as error:
        parse(json.dumps(export), "decisions.json")
    assert told in str(error.value)
    assert "decisions.json" in str(error.value)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(export, SCHEMA)


def test_a_right_export_follows_the_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(EXPORT, SCHEMA)


def test_one_thing_is_decided_on_once():
    twice = changed("decisions", 2, value={"kind": "pair", "left_id": "bb", "right_id": "aa", "accepted": True})
    with pytest.raises(UsageError, match=r"decisions\[2\] is on the same pair as decisions\[1\]"):
        parse(json.dumps(twice), "x")


def test_all_mistakes_are_told_together_up_to_a_number():
    export = changed("decisions", value=[{"kind": "line"}] * 30)
    with pytest.raises(UsageError) as error:
        parse(json.dumps(export), "x")
    lines = str(error.value).splitlines()
    assert len(lines) == MOST_TOLD + 2
    assert lines[-1] == f"  - and {30 * 3 - MOST_TOLD} more"


LINE = {"kind": "line", "host": None, "url": None, "text": "x", "kept": True}
WRONG_CASES = [
    ({"kept": 1}, "line 2: kept must be true or false, not 1"),
    ({"host": 1}, "line 2: host must be a text or null, not 1"),
    ({"kind": "page"}, "line 2: empty is missing"),
    ({"text": "\ud800"}, "line 2: text holds half a character"),
    ({"kind": "pair", "left": 3}, "line 2: left must be an object, not 3"),
    ({"kind": "pair", "left": {"article_id": "a", "url": None}}, "line 2: left: title is missing"),
]


@pytest.mark.parametrize(("change", "told"), WRONG_CASES, ids=[case[1] for case in WRONG_CASES])
def test_a_wrong_case_is_refused_with_its_line(change, told):
    with pytest.raises(UsageError) as error:
        parse("\n".join(map(json.dumps, [LINE, LINE | change])), "reviews.jsonl")
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[]", "it is JSON, but no object"),
        ("nothing", "it is no JSON"),
        ('{"schema_version": 1,', "it is no JSON"),
        ("[" * 100_000, "it is no JSON"),
        ('{"kind": "line"', "neither an export of decisions nor a file of cases"),
        (json.dumps(LINE) + "\n{", "line 2: no JSON"),
    ],
)
def test_what_is_neither_is_refused(content, told):
    with pytest.raises(UsageError) as error:
        parse(content, "x.json")
    assert told in str(error.value)


def test_files_that_cannot_be_read_are_told(tmp_path):
    with pytest.raises(MissingInputError, match=r"no\.json"):
        read(tmp_path / "no.json")
    with pytest.raises(UsageError, match="cannot be read"):
        read(tmp_path)
    (tmp_path / "latin").write_bytes("é".encode("latin-1"))
    with pytest.raises(UsageError, match="no UTF-8"):
        read(tmp_path / "latin")
    (tmp_path / "marked").write_text(json.dumps(EXPORT), encoding="utf-8-sig")
    assert isinstance(read(tmp_path / "marked"), Export)
    with pytest.raises(UsageError, match=r"`dq review .*` makes cases"):
        read_cases(tmp_path / "marked")


def test_a_file_that_is_there_by_default_is_honoured(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load(ReviewOptions()) is NO_REVIEWS
    write_cases(tmp_path / "reviews.jsonl", [LineCase(host="a", url=None, text="X", kept=True)])
    found = load(ReviewOptions())
    assert found.lines.of("a", "anything") == {"x": Ruling(kept=True)}
    assert found.lines.of("b", None) == found.lines.of(None, None) == {}
    with pytest.raises(MissingInputError):
        load(ReviewOptions(reviews=tmp_path / "other.jsonl"))


@given(some_cases, some_cases)
def test_the_mark_changes_with_the_cases_alone(one, other):
    one, other = (merge((), made).cases for made in (one, other))
    assert (Reviews(cases=one).mark == Reviews(cases=other[::-1]).mark) == (one == other)
    assert (Reviews(cases=one).mark == "") == (not one)


def test_lines_without_words_are_told_apart_by_their_marks():
    assert line_key(" *** ") != line_key("---")
    assert line_key("الأُمَّـــة!") == line_key("الامه")


def pair(left, right):
    return PairCase(left=Side(**left), right=Side(**right), together=False)


SIDE = {"article_id": "none", "url": None, "title": None}
ARTICLES = pl.DataFrame(
    {
        "id": ["a", "b", "c", "d", "e"],
        "url": ["u", "u", "v", None, "v"],
        "title": ["One", "Two", None, "One", "Other"],
    }
)


@pytest.mark.parametrize(
    ("left", "right", "lefts", "rights"),
    [
        (SIDE | {"article_id": "a"}, SIDE | {"article_id": "d"}, {0}, {3}),
        (SIDE | {"article_id": "a", "url": "x"}, SIDE | {"url": "v"}, {0}, {2}),
        (SIDE | {"url": "u", "title": "ONE"}, SIDE | {"url": "v", "title": "changed"}, {0}, {2, 4}),
        (SIDE | {"article_id": "b", "url": "u", "title": "one!"}, SIDE | {"article_id": "c", "url": "v"}, {0, 1}, {2}),
        (SIDE | {"article_id": "a", "url": "u"}, SIDE | {"article_id": "b", "url": "u"}, {0}, {1}),
        (SIDE | {"url": "u"}, SIDE | {"url": "u"}, set(), set()),
        (SIDE, SIDE | {"url": "w"}, set(), set()),
    ],
)
def test_articles_are_found_by_id_and_by_address_and_headline(left, right, lefts, rights):
    case = pair(left, right)
    order = [3, 0, 4, 2, 1]
    for rows in (range(5), order):
        ((_, found_left, found_right),) = rows_of_pairs([case], ARTICLES[list(rows)])
        assert {rows[row] for row in found_left} == lefts
        assert {rows[row] for row in found_right} == rights


def test_every_kind_has_its_form():
    assert set(CASES) == set(DECISIONS) == {"line", "pair", "page"}
