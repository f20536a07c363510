"""Each detail of an error that a page can show is a pattern of the catalogues, so that it is told in the page's language."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from gob_graph.endpoint.web.pages.error_details import OF_PAGES, OF_QUERIES
from gob_graph.endpoint.web.pages.i18n import translations
from gob_graph.endpoint.web.pages.syntax_words import expression
from tests.parts import ROOT

ENDPOINT = ROOT / "gob_graph/endpoint"
READ = (
    *(ENDPOINT / "web/pages").rglob("*.py"),
    *(ENDPOINT / "web/routes").glob("*.py"),
    *(ENDPOINT / f"engine/{name}.py" for name in ("admission", "budget", "dispatcher", "exit_reason", "older_engines")),
    *(ENDPOINT / f"sparql/{name}.py" for name in ("protocol", "handler")),
)
FOR_PROGRAMS = frozenset({"crawlers", "feed", "health", "linksets", "reconciliation", "reconcile_manifest", "status"})
"""Modules of addresses that only programs ask."""
TO_PROGRAMS = (
    r"a POST carries ",  # what is wrong with a request that no form and no link of a page makes
    r"broken percent-escape|not UTF-8 at|the charset is|a NUL|a form is ASCII",
    r"'update' cannot|there are 1 updates|using-graph-uri|this endpoint answers queries|the 1 has 1 bytes",
)


def details() -> Iterator[tuple[Path, str]]:
    """The second argument of each RequestError, or the detail written before it, with 1 for what is filled in."""
    for path in READ:
        if path.stem in FOR_PROGRAMS:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "RequestError" and len(node.args) > 1:
                if text := _text(node.args[1]):
                    yield path, text
            elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "detail":
                yield path, _text(node.value)


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "1" for part in node.values)
    return ""


def test_each_detail_is_a_pattern() -> None:
    known = [re.compile(expression(pattern)) for pattern in (*OF_QUERIES, *OF_PAGES)]
    found = list(details())
    assert len(found) > 50
    without = [
        (path.name, text)
        for path, text in found
        if not any(pattern.match(text) for pattern in known) and not re.match("|".join(TO_PROGRAMS), text)
    ]
    assert without == []
    assert sum(any(p.match(text) for _, text in found) for p in known) > 50


def test_each_pattern_is_told_in_every_language() -> None:
    for pattern in (*OF_QUERIES, *OF_PAGES):
        told = {translations(language).gettext(pattern) for language in ("nl", "fr", "de")}
        assert pattern not in told
        assert len(told) == 3, pattern
