"""Batches as they come, sound and broken, against the suites that come with dq."""

from datetime import datetime

import polars as pl
import pytest

from dq import tables
from dq.errors import SuiteError, TableError
from dq.figures import Figures
from dq.gate import check
from dq.options import GateOptions

WALLS = {
    "ar": "سجّل الدخول لمتابعة القراءة\n\nالبريد الإلكتروني. نسيت كلمة المرور؟ إنشاء حساب جديد",
    "ar cookies": "يستخدم هذا الموقع ملفات تعريف الارتباط لتحسين تجربتك. بالمتابعة فإنك توافق على سياسة الخصوصية",
    "ar settings": "يمكنك في كل حين تعديل إعدادات ملفات تعريف الارتباط من أسفل الصفحة",
    "en account": "Don’t have an account? Create a free account and read five stories a month.",
    "en": "Welcome back. Please log in to continue reading. Forgot your password?",
    "en robot": "Just a moment... Checking your browser before accessing the site. Enable JavaScript and cookies to continue.",
    "fr": "Cet article est réservé aux abonnés. Connectez-vous pour lire la suite.",
    "he": "הכתבה זמינה למנויים. יש להתחבר לאתר כדי לקרוא אותה.",
    "es": "Este sitio web utiliza cookies propias y de terceros. Aceptar todas las cookies.",
    "de": "Diese Website verwendet Cookies. Alle Cookies akzeptieren oder Einstellungen ändern.",
}


def failed(verdict, severity="critical"):
    """The expectations of a severity that did not hold: (table, columns, what is demanded)."""
    return {(one.check.table, one.column, one.check.type) for one in verdict.failures if one.check.severity == severity}


def criticals(verdict):
    return {(table, column) for table, column, _ in failed(verdict)}


def template_changed(batch):
    for article in batch.of("big.example"):
        batch.empty(article)


def template_changed_and_a_menu_was_taken(batch):
    for article in batch.of("big.example"):
        batch.set_body(article, "الرئيسية سياسة اقتصاد رياضة ثقافة")


def mojibake(batch):
    for article in [article for article in batch.articles if article["language"] == "ar"][:6]:
        body = article["body"].encode("utf-8").decode("cp1256", errors="replace")
        article["body"] = body
        page = next(page for page in batch.pages if page["page_id"] == article["page_id"])
        page["problem"] = "mojibake: UTF-8 was read as windows-1256"


def login_wall(batch):
    wall = batch.of("large.example")
    for article in wall:
        batch.set_body(article, WALLS["ar"])
    batch.join(wall)


def one_article_sixty_times(batch):
    first = batch.of("big.example")[0]
    same = {name: first[name] for name in ("title", "body", "language")}
    copies = [batch.article("big.example", **same) for _ in range(59)]
    batch.join([first, *copies])


def dates_in_the_future(batch):
    for article in batch.articles[:3]:
        article["published_at"] = datetime(2024, 12, 4)


def dates_in_the_future_and_script_left(batch):
    dates_in_the_future(batch)
    script_left(batch)


def script_left(batch):
    for article in batch.articles[:10]:
        article["body"] += "\n\n<script>dataLayer.push({'a': 1});</script>"


def unreadable_and_without_titles(batch):
    for article in batch.articles[::3]:
        article["title"] = None
    for _ in range(12):
        batch.page("small0.example", status="rejected", problem="gzip stream ends early")


def nothing_but_titles(batch):
    for article in batch.articles[::2]:
        batch.set_body(article, article["title"])


def wrong_edition(batch):
    for article in batch.of("big.example") + batch.of("small1.example"):
        article["language"] = "tr"


def ids_twice_and_missing(batch):
    ids_missing(batch)
    batch.articles[3]["article_id"] = batch.articles[0]["article_id"]
    batch.pages[3]["page_id"] = batch.pages[0]["page_id"]


def ids_missing(batch):
    batch.articles[1]["article_id"] = None
    batch.pages[1]["page_id"] = None


def no_articles(batch):
    for article in list(batch.articles):
        batch.empty(article)


def nothing_at_all(batch):
    batch.pages.clear()
    batch.articles.clear()


UNIQUE = "expect_column_values_to_be_unique"
THERE = "expect_column_values_to_not_be_null"
BROKEN = {
    template_changed: {("sources", "empty_share")},
    template_changed_and_a_menu_was_taken: {("sources", "median_words")},
    mojibake: {("articles", "body")},
    login_wall: {
        ("articles", "body"),
        ("sources", "median_words"),
    },
    one_article_sixty_times: {("clusters", "size"), ("sources", "duplicate_share"), ("articles", "is_canonical")},
    dates_in_the_future_and_script_left: {("articles", "published_at"), ("paragraphs", "text")},
    unreadable_and_without_titles: {("pages", "status"), ("sources", "rejected_share"), ("articles", "title")},
    nothing_but_titles: {("articles", "title, body"), ("articles", "n_words")},
    wrong_edition: {("articles", "language"), ("sources", "language_share")},
    ids_twice_and_missing: {("articles", "article_id"), ("pages", "page_id"), ("paragraphs", "article_id, paragraph")},
    no_articles: {
        ("pages", "status"), ("articles", None), ("articles", "is_canonical"), ("articles", "boilerplate_share"),
        ("sources", "empty_share"),
    },
    nothing_at_all: {("pages", None), ("articles", None), ("articles", "is_canonical"), ("articles", "boilerplate_share")},
}  # fmt: skip


@pytest.mark.parametrize("breaks", BROKEN, ids=lambda breaks: breaks.__name__)
def test_a_broken_batch_fails_for_its_own_reason(batch, gate, breaks):
    breaks(batch)
    verdict = gate(batch)
    assert criticals(verdict) == BROKEN[breaks]
    assert (verdict.verdict, verdict.may_publish, verdict.exit_code) == ("fail", False, 1)


def test_a_sound_batch_passes_every_expectation(batch, gate):
    verdict = gate(batch)
    assert verdict.failures == ()
    assert (verdict.verdict, verdict.exit_code) == ("pass", 0)


def one_empty_page_of_a_small_host(batch):
    batch.empty(batch.of("small0.example")[0])


def two_empty_pages_of_a_small_host(batch):
    for article in batch.of("small0.example")[:2]:
        batch.empty(article)


def one_misread_date(batch):
    batch.articles[0]["published_at"] = datetime(2042, 9, 4)


def one_date_of_the_epoch(batch):
    batch.articles[0]["published_at"] = datetime(1970, 1, 1)


def one_body_in_mojibake(batch):
    batch.articles[1]["body"] = "L’économie française".encode().decode("cp1252") + batch.articles[1]["body"]


def a_story_on_four_hosts(batch):
    batch.join([batch.of(f"small{n}.example")[0] for n in range(4)])


def a_short_small_host(batch):
    for article in batch.of("small2.example"):
        batch.set_body(article, "خبر قصير من كلمات قليلة")


def test_what_happens_in_any_batch_does_not_even_warn(batch, gate):
    one_empty_page_of_a_small_host(batch)
    a_story_on_four_hosts(batch)
    assert gate(batch).verdict == "pass"


def test_what_is_wrong_with_single_pages_and_small_hosts_only_warns(batch, gate):
    for slightly in (two_empty_pages_of_a_small_host, one_misread_date, one_body_in_mojibake, a_short_small_host):
        slightly(batch)
    verdict = gate(batch)
    assert (verdict.verdict, verdict.may_publish, verdict.exit_code) == ("warnings", True, 0)
    assert {(table, column) for table, column, _ in failed(verdict, "warning")} == {
        ("articles", "n_words"),
        ("articles", "published_at"),
        ("articles", "published_at, fetched_at"),
        ("articles", "body"),
        ("sources", "empty_share"),
        ("sources", "median_words"),
    }


@pytest.mark.parametrize("misdated", [one_misread_date, one_date_of_the_epoch])
def test_strict_makes_warnings_fail(batch, gate, suites, misdated):
    misdated(batch)
    verdict = gate(batch, suites=[suite for suite in suites if suite.table == "articles"], strict=True)
    assert (verdict.verdict, verdict.exit_code) == ("fail", 1)
    assert not failed(verdict)


def test_info_never_matters(batch, gate, only):
    suites = only("articles", {"type": UNIQUE, "kwargs": {"column": "language"}, "severity": "info"})
    verdict = gate(batch, suites=suites, strict=True)
    assert verdict.verdict == "pass"
    assert [one.check.severity for one in verdict.failures] == ["info"]


@pytest.mark.parametrize(("languages", "holds"), [((), True), (("ar", "en", "fr"), True), (("ar",), False)])
def test_languages_are_those_of_the_options(batch, gate, suites, languages, holds):
    articles = [suite for suite in suites if suite.table == "articles"]
    assert (("articles", "language") not in criticals(gate(batch, suites=articles, languages=languages))) is holds


def test_a_day_ahead_is_not_the_future(batch, gate, suites):
    for article in batch.articles:
        article["published_at"] = datetime(2024, 4, 11, 2)
    assert gate(batch, suites=[suite for suite in suites if suite.table == "articles"]).verdict == "pass"


def test_an_edit_in_the_folder_takes_effect(batch, gate, only):
    expectation = {"type": "expect_column_values_to_be_between", "kwargs": {"column": "n_words", "min_value": 100}}
    assert gate(batch, suites=only("articles", expectation)).verdict == "pass"
    expectation["kwargs"]["min_value"] = 200
    assert gate(batch, suites=only("articles", expectation)).verdict == "fail"


def test_a_suite_may_define_parameters_of_its_own(batch, gate, only):
    expectation = {
        "type": "expect_column_values_to_be_between",
        "kwargs": {"column": "n_words", "min_value": {"$PARAMETER": "least"}},
    }
    suites = only("articles", expectation, suite_parameters={"least": 121})
    verdict = gate(batch, suites=suites)
    assert verdict.failures[0].threshold == "every row: at least 121"


class TestRejected:
    def test_each_failing_row_stands_there_once_with_all_reasons(self, batch, gate, suites, tmp_path):
        article = batch.of("small3.example")[0]
        article |= {"published_at": datetime(2042, 9, 4), "title": "x"}
        gate(batch, suites=[suite for suite in suites if suite.table == "articles"])
        (row,) = pl.read_parquet(tmp_path / "rejected.parquet").to_dicts()
        assert row == {
            "table": "articles",
            "row_id": article["article_id"],
            "host": "small3.example",
            "severity": "critical",
            "reasons": [
                "critical: published_at: expect_column_values_to_be_between",
                "warning: title: expect_column_value_lengths_to_be_between",
                "warning: published_at: expect_column_values_to_be_between",
                "warning: published_at, fetched_at: expect_column_pair_date_to_not_be_after_fetch",
            ],
        }

    def test_a_row_without_a_host_of_its_own_has_that_of_its_article(self, batch, gate, suites, tmp_path):
        script_left(batch)
        gate(batch, suites=[suite for suite in suites if suite.table == "paragraphs"])
        rows = pl.read_parquet(tmp_path / "rejected.parquet").select("table", "row_id", "host").rows()
        assert rows[0] == ("paragraphs", "a000:3", "big.example")
        assert len(rows) == 10

    def test_a_cluster_has_none(self, batch, gate, suites, tmp_path):
        one_article_sixty_times(batch)
        gate(batch, suites=[suite for suite in suites if suite.table == "clusters"])
        rows = pl.read_parquet(tmp_path / "rejected.parquet").select("table", "row_id", "host").rows()
        assert rows == [("clusters", "a000", None)]

    def test_rows_that_are_tolerated_stand_there_too(self, batch, gate, only, tmp_path):
        batch.articles[4]["title"] = None
        suites = only("articles", {"type": THERE, "kwargs": {"column": "title", "mostly": 0.5}})
        assert gate(batch, suites=suites).verdict == "pass"
        assert pl.read_parquet(tmp_path / "rejected.parquet")["row_id"].to_list() == ["a004"]

    def test_a_missing_key_is_an_empty_id(self, batch, gate, only, tmp_path):
        ids_missing(batch)
        gate(batch, suites=only("articles", {"type": THERE, "kwargs": {"column": "article_id"}}))
        assert pl.read_parquet(tmp_path / "rejected.parquet").select("row_id", "host").rows() == [("", "big.example")]


def test_what_is_written_is_as_defined_and_the_same_each_time(batch, gate, suites, tmp_path):
    login_wall(batch)
    suites = [suite for suite in suites if suite.table in {"articles", "sources"}]
    gate(batch, suites=suites)
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert {"checks.parquet", "rejected.parquet", "verdict.json", "junit.xml", "summary.md"} <= written.keys()
    for table in (tables.CHECKS, tables.REJECTED):
        frame = pl.read_parquet(table.file(tmp_path))
        assert frame.schema == table.schema
        assert frame.equals(frame.sort(table.key))
        assert frame.height > 0
    gate(batch, suites=suites)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == written


def test_a_run_that_lacks_tables_or_columns_is_told(batch, suites, tmp_path):
    batch.write(tmp_path)
    (tmp_path / "clusters.parquet").unlink()
    (tmp_path / "sources.parquet").write_bytes(b"PAR1 and no more")
    batch.frames()["pages"].drop("status", "problem").write_parquet(tmp_path / "pages.parquet")
    with pytest.raises(TableError) as caught:
        check(tmp_path, suites, GateOptions(), figures=Figures(), run_id="r", started=datetime.now().astimezone())
    for told in ("no ", "clusters.parquet", "sources.parquet cannot be read", "pages.parquet lacks status, problem"):
        assert told in str(caught.value)
    assert not (tmp_path / "verdict.json").exists()


def test_without_expectations_there_is_no_pass(tmp_path):
    with pytest.raises(SuiteError, match="must not pass"):
        check(tmp_path, [], GateOptions(), figures=Figures(), run_id="r", started=datetime.now().astimezone())


@pytest.mark.parametrize("wall", WALLS.values(), ids=WALLS)
def test_walls_are_known_in_several_languages(patterns, wall):
    assert patterns("articles", "body", "robot notice")(wall)


NEWS = [
    "قال وزير الاتصالات إن شركات كثيرة تستخدم بيانات القراء، وإن قانونا جديدا لحماية الخصوصية سيصدر قريبا.",
    "ناقش البرلمان قانون الاشتراك في خدمات الإنترنت وكلمات المرور الضعيفة التي يستخدمها الموظفون.",
    "The company said it would stop using third-party cookies next year, after regulators in Europe objected.",
    "Hackers stole 2 million passwords, police said. Users were told to change them.",
    "Les abonnés du journal ont manifesté devant le siège, où la direction les a reçus.",
    "המנויים של העיתון הפגינו מול המשרדים בתל אביב, ונענו בקור רוח.",
    "Die Regierung will Cookies im Netz strenger regeln, sagte der Minister am Montag in Berlin.",
]


@pytest.mark.parametrize("text", NEWS)
@pytest.mark.parametrize(
    ("table", "column", "about"),
    [
        ("articles", "body", "robot notice"),
        ("articles", "body", "mojibake"),
        ("paragraphs", "text", "markup"),
        ("paragraphs", "text", "invitation"),
    ],
)
def test_news_about_such_things_is_news(patterns, text, table, column, about):
    assert not patterns(table, column, about)(text)


MISREAD = [
    ("قال وزير الاقتصاد إن الحكومة تعمل", "utf-8", "cp1252"),
    ("قال وزير الاقتصاد إن الحكومة تعمل", "utf-8", "latin-1"),
    ("قال وزير الاقتصاد إن الحكومة تعمل", "utf-8", "cp1256"),
    ("قال وزير الاقتصاد إن الحكومة تعمل", "cp1256", "cp1252"),
    ("قال وزير الاقتصاد إن الحكومة تعمل", "iso8859-6", "latin-1"),
    ("قال وزير الاقتصاد إن الحكومة تعمل", "cp1256", "ascii"),
    ("L’été dernier, les élèves ont été reçus à l’école", "utf-8", "cp1252"),
    ("ראש הממשלה אמר היום כי הממשלה", "utf-8", "cp1252"),
    ("Президент заявил сегодня в Москве", "utf-8", "latin-1"),
    ("Президент заявил сегодня в Москве", "cp1251", "latin-1"),
    ("Der Präsident sprach über die Lage – und ging", "utf-8", "cp1252"),
]


@pytest.mark.parametrize(("text", "written", "read"), MISREAD)
def test_letters_decoded_wrongly_are_seen(patterns, text, written, read):
    assert patterns("articles", "body", "mojibake")(text.encode(written).decode(read, errors="replace"))


@pytest.mark.parametrize(
    "text", [text for text, _, _ in MISREAD] + ["Ångström, São Paulo, Ærø, ÉCOLE, naïveté", "سعر الطن ٣٠٠ دولار…"]
)
def test_letters_decoded_rightly_are_left_alone(patterns, text):
    assert not patterns("articles", "body", "mojibake")(text)


@pytest.mark.parametrize(
    "text",
    [
        "<p>قال الوزير", "نص <br/> نص", "Text &nbsp; more", "السعر &#8217; أعلى", "<script src='x'>", "</div>",
        "window.dataLayer = window.dataLayer || [];", "function gtag(a, b) {", ".x { color: red; }", "[caption id='1']",
        '{"@context": "https://schema.org"}', "document.getElementById('x')",
    ],
)  # fmt: skip
def test_markup_left_is_seen(patterns, text):
    assert patterns("paragraphs", "text", "markup")(text)


@pytest.mark.parametrize(
    "text",
    [
        "a < b and b > c",
        "R&D في الشركة",
        "AT&T; وغيرها",
        "درجة الحرارة <٥>",
        "The function f(x) grows {fast}",
        "price: <$5",
    ],
)
def test_signs_in_prose_are_not_markup(patterns, text):
    assert not patterns("paragraphs", "text", "markup")(text)


@pytest.mark.parametrize(
    "text",
    [
        "اقرأ أيضا: الوزير يزور",
        "إقرأ ايضاً خبر آخر",
        "شاهد أيضًا",
        "Read also: more",
        "▪ À lire aussi : la suite",
        "קראו גם: כתבה",
    ],
)
def test_teasers_are_seen(patterns, text):
    assert patterns("paragraphs", "text", "invitation")(text)
