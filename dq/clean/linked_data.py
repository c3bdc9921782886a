"""JSON-LD in a page."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import lxml.html


def linked_data(tree: lxml.html.HtmlElement, name: str) -> Iterator[str]:
    """Every text of this name in the page's JSON-LD."""
    for block in _blocks(tree, name):
        with contextlib.suppress(RecursionError):
            yield from _values(block, name)


def _blocks(tree: lxml.html.HtmlElement, word: str) -> Iterator[Any]:
    """The blocks of JSON-LD that hold the word; those that are no JSON are passed over."""
    for script in tree.iter("script"):
        if (script.get("type") or "").lower() == "application/ld+json" and word in (script.text or ""):
            with contextlib.suppress(ValueError, RecursionError):
                yield json.loads(script.text or "", strict=False)


def _values(node: Any, name: str) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get(name), str):
            yield node[name]
        for part in node.values():
            yield from _values(part, name)
    elif isinstance(node, list):
        for part in node:
            yield from _values(part, name)


def author_names(tree: lxml.html.HtmlElement) -> Iterator[str]:
    """The names of the authors that the page's JSON-LD states."""
    for block in _blocks(tree, '"author"'):
        with contextlib.suppress(RecursionError):
            yield from _names(block)


def _names(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for part in node:
            yield from _names(part)
    elif isinstance(node, dict):
        stated = node.get("author")
        for author in stated if isinstance(stated, list) else [stated]:
            name = author.get("name") if isinstance(author, dict) else author
            if isinstance(name, str):
                yield " ".join(name.split())
        yield from _names(node.get("@graph"))
