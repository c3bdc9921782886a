"""Pages in Persian, Hebrew, Chinese and Arabic with edited copies, so that diffs and reviews hold each script."""

from __future__ import annotations

from types import ModuleType
from typing import Any

PERSIAN = (
    "کتابخانهٔ شهر پس از دو سال بازسازی دوباره باز شد",
    "کتابخانهٔ قدیمی شهر پس از دو سال بازسازی عصر چهارشنبه دوباره درهای خود را به روی خوانندگان گشود و تا نیمه‌شب باز می‌ماند.",
    "مدیر کتابخانه گفت که شمار خوانندگان جوان در سال گذشته دو برابر شده است و برنامه‌های تازه‌ای برای کودکان در راه است.",
)


def pages(runs: ModuleType) -> list[Any]:
    """Each story twice, once with a word exchanged; one host is written in Arabic letters."""
    told = (
        ("روزنامه.example", "fa", PERSIAN, ()), ("khabar.example", "fa", PERSIAN, ("چهارشنبه", "جمعه")),
        ("rakevet.example", "he", runs.TRAIN, ("כשעתיים", "שלוש שעות")),
        ("yeshi.example", "zh", runs.MARKET, ("三分之一", "四分之一")),
        ("أخبار.example", "ar", runs.HARVEST, ("في", "ضمن")),
    )  # fmt: skip
    return [
        runs.Scraped(
            host=host,
            name=f"{language}/{place}",
            lines=runs.story([line.replace(*change, 1) if change else line for line in text]),
            language=language,
            published=runs.moment(29, place),
        )
        for place, (host, language, text, change) in enumerate(told)
    ]
