import json
from pathlib import Path

import pytest

from dq.ingest.mojibake import find_mojibake

TEXTS = {
    case["language"]: case["text"]
    for case in json.loads((Path(__file__).parent / "encodings.json").read_text(encoding="utf-8"))
}
HTML = '<div class="story"><a href="/x">read more</a></div>' * 400


@pytest.mark.parametrize("language", TEXTS)
def test_good_text_is_left_in_peace(language):
    assert find_mojibake(TEXTS[language]) is None
    assert find_mojibake(HTML + TEXTS[language] + HTML) is None


def test_all_languages_on_one_page_are_left_in_peace():
    assert find_mojibake(" ".join(TEXTS.values()) * 20) is None


@pytest.mark.parametrize("codec", ["cp1252", "latin-1", "cp1256", "cp1251"])
@pytest.mark.parametrize("language", ["ar", "fa", "he", "ru", "el", "fr", "zh", "ja"])
def test_utf8_read_as_something_else(language, codec):
    if codec in {"cp1256", "cp1251"} and language == "fr":
        pytest.skip("single accented letters are no evidence there")
    damaged = TEXTS[language].encode().decode(codec, "replace")
    for page in (damaged, HTML + damaged + HTML):
        assert find_mojibake(page).startswith("mojibake: utf-8 was read as windows-125")


def test_the_misreading_is_named():
    assert "as windows-1256" in find_mojibake(TEXTS["ar"].encode().decode("cp1256"))
    assert "as windows-1251" in find_mojibake(TEXTS["ru"].encode().decode("cp1251", "replace"))


def test_twice_is_noticed_too():
    once = TEXTS["ar"].encode().decode("latin-1")
    assert find_mojibake(once.encode().decode("latin-1"))


@pytest.mark.parametrize(
    ("language", "codec"), [("ar", "cp1256"), ("ru", "cp1251"), ("he", "cp1255"), ("zh", "gb18030")]
)
def test_another_encoding_read_as_latin(language, codec):
    damaged = TEXTS[language].encode(codec, "replace").decode("latin-1")
    assert find_mojibake(damaged).startswith("mojibake: ")


def test_lost_letters():
    assert "replaced by U+FFFD" in find_mojibake(TEXTS["ar"].encode("cp1256").decode("utf-8", "replace"))
    assert "replaced by question marks" in find_mojibake(TEXTS["ar"].encode("ascii", "replace").decode())
    assert "replaced by question marks" in find_mojibake("é " + TEXTS["ar"].encode("ascii", "replace").decode())


@pytest.mark.parametrize(
    "text",
    [
        "Really?? What?! Why??? No.",
        "a = b ?? c ?? d; x ? y : z",
        "قال: ماذا؟؟ نعم، «لا» – حسنا… 100% ©",
        "CAFÉ», DÉJÀ», déjà créée à l’été",
        "letters: ÀÈÌÒÙàèìòù äüöÄÖÜß",
        "one stray byte \ufffd in a long page " + "كلمة " * 100,
        "© 2024 Â© once",
        "",
        " ",
        "plain",
    ],
)
def test_what_only_looks_like_it(text):
    assert find_mojibake(text) is None


def test_a_damaged_part_of_a_long_page_is_found():
    damaged = TEXTS["ar"].encode().decode("cp1256")
    assert find_mojibake(TEXTS["ar"] * 200 + damaged * 30 + TEXTS["ar"] * 200)
