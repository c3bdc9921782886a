"""Dates as pages write them."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq.clean.calendars import find_month
from dq.clean.dates import find_date, is_date_line

WRITTEN = [
    ("22 ديسمبر، 2021", "2021-12-22"),
    ("الأربعاء, يناير 28, 2026", "2026-01-28"),
    ("20 يناير (كانون الثاني) 2025", "2025-01-20"),
    ("10 يناير/كانون الثاني 2026", "2026-01-10"),
    ("13 كانون الثاني/يناير 2026", "2026-01-13"),
    ("١٠ تشرين الأول/أكتوبر ٢٠٢٥", "2025-10-10"),
    ("الأحد ٣ آب ٢٠٢٥", "2025-08-03"),
    ("28 جانفي 2026", "2026-01-28"),
    ("16 جويلية 2025", "2025-07-16"),
    ("30 أوت 2024", "2024-08-30"),
    ("2 فيفري 2025", "2025-02-02"),
    ("11 مايو 2025م", "2025-05-11"),
    ("9th, April 2024 GMT", "2024-04-09"),
    ("April 9, 2024", "2024-04-09"),
    ("Tue 5 May 2026", "2026-05-05"),
    ("1er février 2026", "2026-02-01"),
    ("12 de enero de 2025", "2025-01-12"),
    ("5. März 2025", "2025-03-05"),
    ("24 בינואר 2026", "2026-01-24"),
    ("4 мая 2013 г.", "2013-05-04"),
    ("15 Ocak 2026", "2026-01-15"),
    ("2005年3月11日", "2005-03-11"),
    ("2026-01-28T10:04:00+03:00", "2026-01-28"),
    ("28/01/2026", "2026-01-28"),
    ("01/28/2026", "2026-01-28"),
    ("28.1.26", "2026-01-28"),
]
NO_DATE = [
    "",
    "2024",
    "Copyright © 2024",
    "32 يناير 2025",
    "January 2025",
    "في العاشر من مايو",
    "version 1.2.3",
    "20 Minutes",
    "0005-01-02",
    "99999999999",
]


@pytest.mark.parametrize(("text", "day"), WRITTEN)
def test_a_written_date_is_read(text, day):
    assert str(find_date(text))[:10] == day


@pytest.mark.parametrize("text", NO_DATE)
def test_what_names_no_day_is_no_date(text):
    assert find_date(text) is None


def test_the_time_of_day_is_read_with_the_date():
    assert find_date("الأحد 25 يناير 2026 - ١٠:٣٥") == datetime(2026, 1, 25, 10, 35)


@given(
    st.dates(datetime(1990, 1, 1).date(), datetime(2099, 12, 31).date()),
    st.sampled_from(["{y}-{m:02}-{d:02}", "{d}/{m}/{y}", "{d} {name} {y}", "{y}年{m}月{d}日"]),
)
def test_every_day_survives_being_written(day, form):
    name = [
        "يناير",
        "فبراير",
        "مارس",
        "أبريل",
        "مايو",
        "يونيو",
        "يوليو",
        "أغسطس",
        "سبتمبر",
        "أكتوبر",
        "نوفمبر",
        "ديسمبر",
    ][day.month - 1]
    assert find_date(form.format(y=day.year, m=day.month, d=day.day, name=name)).date() == day


@given(st.text())
def test_no_text_breaks_the_parser(text):
    assert find_date(text) is None or find_date(text).year >= 1990


@pytest.mark.parametrize(
    "text", ["22 ديسمبر، 2021", "تاريخ النشر: 9th, April 2024 GMT", "Published Jun 05, 2026 • 3 minute read"]
)
def test_a_date_line_is_known(text):
    assert is_date_line(text)


def test_a_sentence_with_a_date_is_no_date_line():
    assert not is_date_line("وتعهد الوزير في 20 يناير 2025 بأن تنتهي أعمال الصيانة في الشبكة قبل بداية الصيف المقبل")


def test_both_month_systems_of_arabic_are_known():
    assert {find_month(*name)[1][0].number for name in (("يناير",), ("كانون", "الثاني"), ("جانفي",))} == {1}
