"""Search by name, former name, abbreviation or identifier: an index in memory, made once for a release.

Texts are compared without case and accents; every word that is asked for must begin a word of the text. A pasted IRI
(ours, one with a known prefix, or an external one that the graph mentions) leads to its page.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
from flask import Response

from gob_graph.endpoint.engine.page_query import rows
from gob_graph.endpoint.engine.per_release import per_release
from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages import i18n
from gob_graph.endpoint.web.pages.labels import labels
from gob_graph.endpoint.web.pages.layout import page
from gob_graph.endpoint.web.pages.links import safe_link
from gob_graph.vocab import LANGUAGES

if TYPE_CHECKING:
    from gob_graph.endpoint.engine.engine import Engine

SHOWN = 50
LONGEST = 200
"""Characters of a search that are looked at."""
TEXTS = """
SELECT ?thing ?kind ?text ?class WHERE {
    {
        GRAPH ?graph { ?thing ?property ?text }
        VALUES (?property ?kind) {
            (skos:prefLabel "name") (rdfs:label "name") (dct:title "name") (display:label "name")
            (skos:altLabel "short") (schema:alternateName "other") (gov:gloss "other") (skos:hiddenLabel "other")
            (schema:text "words")
            (skos:notation "identifier") (dct:identifier "identifier") (locn:fullAddress "other")
            (cv:email "identifier") (cv:telephone "identifier")
        }
        FILTER(?graph NOT IN (graph:evidence, graph:meta))
    }
    UNION {
        ?thing rov:hasRegisteredOrganization?/adms:identifier/skos:notation ?text .
        BIND("identifier" AS ?kind)
    }
    UNION {
        ?thing gov:formerName ?text .
        BIND("former" AS ?kind)
    }
    OPTIONAL { ?thing a ?class }
    FILTER(ISIRI(?thing))
}
"""
MENTIONS = """
SELECT DISTINCT ?thing WHERE {
    VALUES ?iri { UNDEF }
    GRAPH ?graph { ?thing ?property ?iri }
    FILTER(?graph IN (graph:source, graph:external, graph:history, graph:vocab))
}
LIMIT 2
"""
KINDS = {"name": 0, "short": 1, "former": 2, "other": 3, "identifier": 4, "words": 5}
"""What a text is to its thing, the more telling first."""
NUMBER = re.compile(r"(?i)^(be)?[\s.]*\d[\d.\s/+()-]*$")


@dataclass(frozen=True, slots=True)
class Text:
    """A text by which a thing is found."""

    iri: str
    kind: str
    text: str
    language: str | None
    words: tuple[str, ...]
    """Its words, folded."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A thing that was found, and by what."""

    iri: str
    kind: str
    text: str
    language: str | None


def folded(text: str) -> str:
    """A text without case and accents; what is no letter and no digit is a space."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()
    return " ".join(re.findall(r"\w+", plain))


@per_release
def _index(engine: Engine) -> tuple[tuple[Text, ...], dict[str, tuple[str, ...]]]:
    """Every text, and the classes of every thing."""
    texts: dict[Text, None] = {}
    found: dict[str, set[str]] = {}
    for row in rows(engine, TEXTS):
        iri, kind, text = row["thing"].value, row["kind"].value, row["text"]
        if isinstance(text, ox.Literal):
            known = tuple(folded(text.value).split())
            if kind == "identifier":
                known += ("".join(known),)
            texts[Text(iri, kind, text.value, text.language, known)] = None
        if "class" in row:
            found.setdefault(iri, set()).add(row["class"].value)
    return tuple(texts), {iri: tuple(sorted(several)) for iri, several in found.items()}


def find(engine: Engine, asked: str) -> list[Hit]:
    """The things that a search finds, the best first, each once.

    Raises:
        RequestError: the engine has no time or room now.
    """
    wanted = folded(asked[:LONGEST]).split()
    if NUMBER.match(asked.strip()):
        wanted = [re.sub(r"\D", "", asked)]
    if not wanted:
        return []
    concepts = f"{engine.release.base_iri}/auth/"
    best: dict[str, tuple[tuple[Any, ...], Hit]] = {}
    for text in _index(engine)[0]:
        if not all(any(w.startswith(part) for w in text.words) for part in wanted):
            continue
        words = list(text.words)
        whole = words == wanted or (text.kind == "identifier" and words[:-1] == wanted)
        first = bool(text.words) and text.words[0].startswith(wanted[0])
        concept = text.iri.startswith(concepts)
        place = (not whole, KINDS[text.kind], concept, not first, len(text.text), text.text, text.iri)
        if text.iri not in best or place < best[text.iri][0]:
            best[text.iri] = (place, Hit(text.iri, text.kind, text.text, text.language))
    return [hit for _, hit in sorted(best.values(), key=lambda pair: pair[0])]


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
    hits = find(here().engine, asked)
    results = [_result(hit) for hit in hits[:SHOWN]]
    given = ",".join(accept).lower()
    if "application/json" in given and "text/html" not in given:
        document = {"query": asked, "total": len(hits), "results": [_plain(r) for r in results]}
        response = Response(json.dumps(document, ensure_ascii=False), content_type="application/json")
    else:
        response = page("search.html", asked=asked, results=results, total=len(hits))
    response.headers["Vary"] = "Accept"
    return response


def _result(hit: Hit) -> dict[str, Any]:
    known, language = labels(here().engine), i18n.language()
    return {
        "iri": hit.iri,
        "label": known.of(hit.iri, language),
        "address": safe_link(hit.iri),
        "types": [known.of(c, language) for c in _index(here().engine)[1].get(hit.iri, ())],
        "kind": hit.kind,
        "text": hit.text,
        "text_language": hit.language,
    }


def _plain(result: dict[str, Any]) -> dict[str, Any]:
    label = result["label"]
    return {
        "iri": result["iri"],
        "label": label.text,
        "language": label.language,
        "types": [t.text for t in result["types"]],
        "match": {"kind": result["kind"], "text": result["text"], "language": result["text_language"]},
        "page": result["address"],
    }
