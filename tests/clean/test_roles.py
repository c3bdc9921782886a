"""Roles: lines whose words or shape leave no doubt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq.clean.lines import make_line
from dq.clean.measured import measure_lines, split_pages
from dq.clean.roles import ROLES, RULES, find_role, find_roles, label_value

KNOWN = [
    ("TT", "widget", "widget-label"),
    ("fbpx", "widget", "widget-label"),
    ("No Result", "widget", "widget-label"),
    ("View All Result", "widget", "widget-label"),
    ("زر الذهاب إلى الأعلى", "widget", "widget-label"),
    ("1,204", "widget", "no-letters"),
    ("Share196Tweet123", "share", "share-counters"),
    ("شارك على فيسبوك", "share", "share-label"),
    ("Teilen", "share", "share-label"),
    ("Welcome Back!", "form", "form-label"),
    ("Forgotten Password?", "form", "form-label"),
    ("Please enter your username or email address to reset your password.", "form", "form-label"),
    ("نسيت كلمة المرور؟", "form", "form-label"),
    ("نستخدم ملفات تعريف الارتباط لتحسين تجربتك على موقعنا.", "form", "form-label"),
    ("مقالات ذات صلة", "related", "related-heading"),
    ("إقرأ أيضاً:", "related", "related-heading"),
    ("Read also: The harbour reopens", "related", "related-link"),
    ("相关阅读", "related", "related-heading"),
    ("Copyright © 2024", "footer", "copyright"),
    ("جميع الحقوق محفوظة لصحيفة النهر", "footer", "footer-phrase"),
    ("سياسة الخصوصية", "footer", "footer-label"),
    ("Whatsapp : +96890000000", "footer", "contact"),
    ("تاريخ النشر: 9th, April 2024 GMT", "date", "date-label"),
    ("22 ديسمبر، 2021", "date", "date-line"),
    ("المصدر: وكالة الساحل", "credit", "credit-label"),
    ("«صحيفة الميناء» (لندن)", "credit", "outlet-credit"),
    ("لندن: «صحيفة الميناء»", "credit", "outlet-credit"),
    ("كلمات دلالية: مياه ري سدود", "tags", "tags-label"),
    ("Tags: water, dams", "tags", "tags-label"),
    ("كتب: سالم الهاشمي", "byline", "byline-label"),
    ("By Jane Doe", "byline", "byline-label"),
    ("رئيس البلدية خلال افتتاح الجسر (رويترز)", "caption", "photo-credit"),
    ("تصوير: أحمد علي", "caption", "caption-label"),
]
TEXT = [
    "قال رئيس البلدية إن الجسر الجديد سيفتح أمام المركبات مطلع الأسبوع المقبل بعد انتهاء أعمال الرصف.",
    "By the time the harbour reopened, most of the fishing boats had left for the northern grounds.",
    "The council voted on Monday. Its decision takes effect next week (Reuters).",
    "Login systems of three ministries failed on Tuesday, the auditor said.",
    "شاركت فرق من ست مدن في البطولة التي أقيمت على ملعب النهر.",
]


@pytest.mark.parametrize(("text", "label", "reason"), KNOWN)
def test_a_line_of_known_role(text, label, reason):
    role = find_role(make_line(text))
    assert (role.label, role.reason) == (label, reason)


@pytest.mark.parametrize("text", TEXT)
def test_a_sentence_has_no_role(text):
    assert find_role(make_line(text)) is None


@pytest.mark.parametrize("text", ["مُقَالاتٌ ذاتُ صِلَة", "مقـــالات ذات صلة", "مقالات ذات صله"])
def test_spelling_does_not_hide_a_role(text):
    assert find_role(make_line(text)).label == "related"


@given(st.text(min_size=1).filter(str.strip))
def test_every_line_gets_a_known_rule_or_none(text):
    role = find_role(make_line(text))
    assert role is None or (role.label, role.reason) in {(label, reason) for label, reason, _ in RULES}


def in_batch(texts):
    lines = split_pages(["\n".join(texts)])
    return [ROLES[number] for number in find_roles(lines.texts, measure_lines(lines))]


@pytest.mark.parametrize("texts", [["TT", "خبر", "TT"], [case[0] for case in KNOWN], TEXT])
def test_a_line_has_the_same_role_in_a_batch_and_alone(texts):
    assert in_batch(texts) == [find_role(make_line(text)) for text in texts]


@given(
    st.lists(st.text(alphabet="abcشارك مقال:0123./@()«»2024", min_size=1, max_size=30).filter(str.strip), min_size=1)
)
def test_no_role_is_lost_in_a_batch(texts):
    texts = [part for text in texts if (part := split_pages([text]).texts[0])]
    assert in_batch(texts) == [find_role(make_line(text)) for text in texts]


def test_a_label_without_a_colon_is_its_own_value():
    assert label_value("وكالة الساحل") == "وكالة الساحل"
