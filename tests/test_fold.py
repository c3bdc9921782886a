"""Folding: two spellings of one word are one string, and nothing else changes."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq.fold import fold, fold_char, key, table, words

SAME = [
    ("vowel marks", "مُحَمَّدٌ", "محمد"),
    ("tatweel", "محمـــد", "محمد"),
    ("hamza on alef", "أحمد إبراهيم آمال ٱلله", "احمد ابراهيم امال الله"),
    ("hamza on waw and yeh", "مسؤول شاطئ", "مسوول شاطي"),
    ("alef maqsura", "على مصطفى", "علي مصطفي"),
    ("ta marbuta", "مدينة", "مدينه"),
    ("Persian kaf and yeh", "کتاب فارسی", "كتاب فارسي"),
    ("Urdu heh", "ہمارے", "هماري"),
    ("presentation forms", "ﻣﺤﻤﺪ ﷲ", "محمد الله"),
    ("Arabic-Indic digits", "٢٠٢٤", "2024"),
    ("Persian digits", "۲۰۲۴", "2024"),
    ("Devanagari and full-width digits", "२०२४ ２０２４", "2024 2024"),
    ("zero-width and bidi marks", "مح\u200cمد\u200f \u202bنص\u202c", "محمد نص"),
    ("case and accents", "ÉLYSÉE Straße İzmir", "elysee strasse izmir"),
    ("decomposed accents", "e\u0301lyse\u0301e", "élysée"),
    ("Hebrew points", "שָׁלוֹם", "שלום"),
    ("ligatures and width", "ﬁnance Ｎｅｗｓ", "finance News"),
    ("Russian yo", "ёлка", "елка"),
]


@pytest.mark.parametrize(("left", "right"), [case[1:] for case in SAME], ids=[case[0] for case in SAME])
def test_spellings_of_one_word_fold_alike(left, right):
    assert words(left) == words(right)


@pytest.mark.parametrize(
    ("left", "right"), [("كتاب", "كتب"), ("2024", "2025"), ("ن", "ت"), ("से", "स"), ("가", "나"), ("か", "き")]
)
def test_different_words_stay_different(left, right):
    assert words(left) != words(right)


@pytest.mark.parametrize("text", ["«قال»، ثم: مضى؛ أليس؟", "said—and “left”", "新闻。报道，", "a|b·c•d/e"])
def test_punctuation_of_every_script_separates(text):
    assert all(unicodedata.category(char)[0] in "LMN" for word in words(text) for char in word)


def test_unspaced_scripts_are_split_by_character():
    assert words("中国news网 タイ") == ["中", "国", "news", "网", "タ", "イ"]


@pytest.mark.parametrize("text", ["", " ", "\u200f", "…—«»", "ـــ"])
def test_text_without_letters_has_no_words(text):
    assert words(text) == []


@given(st.text())
def test_folding_twice_changes_nothing(text):
    assert key(key(text)) == key(text)


@given(st.text(), st.text())
def test_folding_goes_character_by_character(left, right):
    assert fold(left + right) == fold(left) + fold(right)


NOT_HANGUL = st.characters(categories=["L", "M", "N", "P"]).filter(
    lambda char: "HANGUL" not in unicodedata.name(char, "")
)


@given(st.text(NOT_HANGUL))
def test_composed_and_decomposed_letters_are_the_same(text):
    composed, decomposed = (fold(unicodedata.normalize(form, text)) for form in ("NFC", "NFD"))
    assert composed.replace(" ", "") == decomposed.replace(" ", "")


def test_the_table_of_compiled_code_is_the_same_folding():
    chars = "aÉ٣ةﷺ中\u200f،ß가\U0001f600"
    offsets, points = table(map(ord, chars))
    assert offsets.shape == (0x110001,)
    for char in chars:
        part = points[offsets[ord(char)] : offsets[ord(char) + 1]]
        assert np.asarray(part, "<u4").tobytes().decode("utf-32-le") == fold_char(char)
