"""Templates and what they are given: every value escaped, nothing unseen let through, style and script of our own."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dq.figures import UNKNOWN_HOST
from dq.report import language
from dq.report.capped import left_out
from dq.report.charts import HISTOGRAM_HEIGHT, HISTOGRAM_WIDTH
from dq.report.hosts import FIGURES
from dq.report.reviews import KINDS
from dq.report.samples import WHY
from dq.report.text import clip, link_target, visible
from dq.report.wording import bound_told, counted, day, duration, name_of, number, rows, share, similarity

if TYPE_CHECKING:
    from dq.report.page import Report

TEMPLATE_FOLDER = Path(__file__).parent / "template"

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,8})?")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Assets:
    """Style and script: in the page itself, or in the files report.css and report.js at the address `beside`."""

    beside: str | None = None

    @property
    def style(self) -> Markup:
        """The style sheet."""
        return style()

    @property
    def script(self) -> Markup:
        """The script."""
        return script()

    @property
    def policy(self) -> str:
        """A content policy that allows this very style and script, pictures within the page, and nothing else."""
        return content_policy(self.style, self.script) if self.beside is None else content_policy()


def content_policy(inline_style: str | None = None, inline_script: str | None = None) -> str:
    """A content policy that allows just this style and script, or files of the page's own place without them."""
    style_source = "'self'" if inline_style is None else f"'sha256-{_digest(inline_style)}'"
    script_source = "'self'" if inline_script is None else f"'sha256-{_digest(inline_script)}'"
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src {style_source}",
            f"script-src {script_source}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _digest(content: str) -> str:
    return base64.b64encode(hashlib.sha256(content.encode("utf-8")).digest()).decode("ascii")


def style() -> Markup:
    """The style sheet of every page."""
    return _asset("style.css")


def script() -> Markup:
    """The script of every page."""
    return _asset("script.js")


@cache
def _asset(name: str) -> Markup:
    """A file of the template, to be set into the page as it is."""
    return Markup((TEMPLATE_FOLDER / name).read_text(encoding="utf-8"))  # noqa: S704 - our own file, nothing scraped


def draw(template: str, report: Report, assets: Assets, **more: Any) -> str:
    """A page of a run's report, as text, in the language in use.

    `page_links`, `host_links` and `host_pages` say where pages and hosts stand; `main_page` is the address of the main
    page, empty on itself.
    """
    links = {"page_links": {}, "host_links": {}, "host_pages": {}, "main_page": ""} | more
    return draw_page(
        template,
        assets,
        report=report,
        in_page=lambda anchor: links["page_links"].get(anchor.removeprefix("page-"), f"#{anchor}"),
        host_figures=FIGURES,
        why=WHY,
        questions=KINDS,
        left_out=left_out(report.extents()),
        max_text=report.max_text,
        checks=report.checks(),
        histogram_size=(HISTOGRAM_WIDTH, HISTOGRAM_HEIGHT),
        **links,
    )


def draw_page(template: str, assets: Assets, **values: Any) -> str:
    """Any other page, as text, in the language in use."""
    told_in = {"language": language.spoken(), "direction": language.direction()}
    environment = _environment(language.spoken())
    return environment.get_template(template).render(assets=assets, unknown_host=UNKNOWN_HOST, **told_in, **values)


@cache
def _environment(spoken: language.LanguageCode) -> Environment:  # noqa: ARG001 - the key of the cache
    """Templates that escape every value, in which nothing unseen gets past `visible`.

    One for each language: what filters make of constants is worked out when a template is compiled.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATE_FOLDER),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined] # the extension adds it
        language.message_of, language.messages_of, newstyle=True
    )
    environment.filters.update(_FILTERS)
    return environment


def _finalize(value: Any) -> Any:
    return visible(value) if type(value) is str else value


def _option_flag(field: str) -> str:
    """An option as it is written on the command line.

    >>> _option_flag("max_pages")
    '--max-pages'
    """
    return "--" + field.replace("_", "-")


def _language(code: str | None) -> str:
    """A language code fit for the attribute lang; empty, which says unknown, for anything else."""
    return code if code and _LANGUAGE.fullmatch(code) else ""


_FILTERS: Mapping[str, Any] = {
    "bound_told": bound_told,
    "clip": clip,
    "counted": counted,
    "day": day,
    "duration": duration,
    "flag": _option_flag,
    "foreign": language.foreign,
    "language": _language,
    "link_target": link_target,
    "name_of": name_of,
    "number": number,
    "numeral": language.numeral,
    "rows": rows,
    "share": share,
    "similarity": similarity,
    "translated": language.message_of,
}
"""What templates call by a bar. A value that is translated goes through `translated`, which leaves it to be escaped;
only texts that stand in the templates go through `_`."""
