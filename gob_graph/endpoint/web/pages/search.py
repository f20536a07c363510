"""The page of a search, its JSON, and the suggestions while a word is typed.

A pasted IRI (ours, one with a known prefix, or an external one that the graph mentions) leads to its page.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import pyoxigraph as ox
from flask import Response

from gob_graph.endpoint.description.model import Label
from gob_graph.endpoint.engine.page_query import rows
from gob_graph.endpoint.sparql.stored_query import read_questions
from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.page_index.prepare import page_index
from gob_graph.endpoint.web.pages import i18n
from gob_graph.endpoint.web.pages.i18n import gettext, message
from gob_graph.endpoint.web.pages.labels import labels
from gob_graph.endpoint.web.pages.layout import ABOUT_THIS_SITE, FOR_MACHINES, NAVIGATION, address, page
from gob_graph.endpoint.web.pages.links import safe_link
from gob_graph.endpoint.web.search.find import MISSPELT, find
from gob_graph.endpoint.web.search.prepare import search_index
from gob_graph.endpoint.web.search.texts import PAGE, QUESTION, STATEMENT
from gob_graph.vocab import LANGUAGES, preference

if TYPE_CHECKING:
    from gob_graph.endpoint.web.search.find import Hit

SHOWN: Final = 50
SUGGESTED: Final = 8
MENTIONS: Final = """
SELECT DISTINCT ?thing WHERE {
    VALUES ?iri { UNDEF }
    GRAPH ?graph { ?thing ?property ?iri }
    FILTER(?graph IN (graph:source, graph:external, graph:history, graph:vocab))
}
LIMIT 2
"""
GROUP_NAMES: Final = {
    "question": message("Question"),
    "page": message("Page of this site"),
    "statement": message("Statement of the source"),
}
"""What a result is that has no class in the graph."""


def _pasted(asked: str) -> str | None:
    """The IRI that a search is, if it is one: as it stands, with a known prefix, or as an address of this server."""
    text = asked.strip().strip("<>")
    if re.match(r"https?://\S+$", text):
        base, service = here().release.base_iri, here().settings.service_url
        if text.startswith(f"{service}/"):
            text = base + text[len(service) :]
        path = re.sub(rf"^{re.escape(base)}/(?:(?:{'|'.join(LANGUAGES)})/)?doc/", "", text)
        return text if path == text else _topic(base, path)
    prefix, colon, local = text.partition(":")
    namespace = here().prefixes.get(prefix)
    return namespace + local if colon and namespace and re.fullmatch(r"[\w.~-]+", local) else None


def _topic(base: str, path: str) -> str:
    """The thing that the document ``/doc/{path}`` is about (the reverse of `links.document_path`)."""
    candidates = (f"{base}/{path}", f"{base}/id/{path}", f"{base}/doc/{path}")
    return next((iri for iri in candidates if labels(here().engine).known(iri)), candidates[1])


def _leads_to(iri: str) -> str | None:
    """Where a pasted IRI leads: to its own page, or to the page of the one thing that mentions it."""
    try:
        node = ox.NamedNode(iri)
    except ValueError:
        return None
    engine = here().engine
    ours = iri.startswith((f"{here().release.base_iri}/", f"{here().release.manifest['ontology_base']}/"))
    if ours:
        return safe_link(iri) if labels(engine).known(iri) else None
    mentions = [r["thing"].value for r in rows(engine, MENTIONS, iri=node)]
    return safe_link(mentions[0]) if len(mentions) == 1 else None


def answer(asked: str, accept: list[str]) -> Response:
    """The page of a search, or its JSON; a pasted IRI is answered with the way to its page."""
    iri = _pasted(asked)
    target = _leads_to(iri) if iri else None
    if target:
        return Response(status=302, headers={"Location": target, "Vary": "Accept"})
    found = find(here().engine, asked, i18n.language())
    results = [_result(hit) for hit in found.hits[:SHOWN]]
    total = len(found.hits)
    given = ",".join(accept).lower()
    if "application/json" in given and "text/html" not in given:
        document = {"query": asked, "total": total, "partial": found.partial, "also": list(found.also),
                    "results": [_plain(r) for r in results]}  # fmt: skip
        response = _json(document)
    else:
        close = bool(found.hits) and all(hit.how == MISSPELT for hit in found.hits)
        response = page("search.html", asked=asked, results=results, total=total, found=found, close=close)
    response.headers["Vary"] = "Accept"
    return response


def suggest(asked: str) -> Response:
    """The likeliest results for what is typed so far: name, what it is, address."""
    known = [_result(hit) for hit in find(here().engine, asked, i18n.language()).hits]
    some = [r for r in known if r["address"]][:SUGGESTED]
    return _json(
        [
            {
                "label": r["label"].text,
                "language": r["label"].language,
                "type": r["types"][0].text if r["types"] else "",
                "page": r["address"],
            }
            for r in some
        ]
    )


def _json(document: object) -> Response:
    return Response(json.dumps(document, ensure_ascii=False), content_type="application/json")


def _result(hit: Hit) -> dict[str, Any]:
    label, target, types = _shown(hit)
    kind, name = hit.of
    return {
        "iri": name if kind == "thing" else None,
        "label": label,
        "address": target,
        "types": types,
        "kind": hit.kind,
        "group": hit.group,
        "text": hit.text,
        "text_language": hit.language or None,
    }


def _shown(hit: Hit) -> tuple[Label, str | None, list[Label]]:
    """What a result is called, where it leads, and what it is."""
    kind, name = hit.of
    types = [Label(gettext(GROUP_NAMES[kind]), i18n.language())] if kind in GROUP_NAMES else []
    if kind == QUESTION:
        title = next(q.title for q in read_questions(here().release) if q.name == name)
        code = next(code for code in preference(i18n.language()) if code in title)
        return Label(title[code], code), address("documentation.question", name=name), types
    if kind == PAGE:
        entries = {entry.endpoint: entry.text for entry in (*FOR_MACHINES, *ABOUT_THIS_SITE, *NAVIGATION)}
        return Label(gettext(entries[name]), i18n.language()), address(name), types
    if kind == STATEMENT:
        text, language = search_index(here().release).statements[name]
        return Label(f"{name} – {text}", language), address("documentation.statement", name=name), types
    known = labels(here().engine)
    classes = page_index(here().release).types(name)
    own = known.kind(name)
    order = [c for c in classes if c == own] + [c for c in classes if c != own]
    return known.of(name, i18n.language()), safe_link(name), [known.of(c, i18n.language()) for c in order]


def _plain(result: dict[str, Any]) -> dict[str, Any]:
    label = result["label"]
    return {
        "iri": result["iri"],
        "label": label.text,
        "language": label.language,
        "group": result["group"],
        "types": [t.text for t in result["types"]],
        "match": {"kind": result["kind"], "text": result["text"], "language": result["text_language"]},
        "page": result["address"],
    }
