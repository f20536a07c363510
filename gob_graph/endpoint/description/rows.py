"""From the rows of the questions about one thing to values: labels, evidence, changes."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.endpoint.description.model import LANGUAGE_ORDER, Event, Evidence, Quote, Rule, Said, value_of
from gob_graph.vocab import DCT, FOAF, ORG, RDFS, SCHEMA, SKOS, Namespace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gob_graph.endpoint.engine.page_query import Row

NAMES = (
    SKOS.prefLabel,
    RDFS.label,
    DCT.term("title"),
    FOAF.name,
    SCHEMA.name,
    SKOS.notation,
    SCHEMA.term("text"),
    DCT.identifier,
    DCT.description,
    ox.NamedNode("http://www.w3.org/ns/locn#fullAddress"),
)
"""What names a thing, best first."""


def by_thing(found: Iterable[Row]) -> dict[str, Said]:
    """What is said of each of the things nearby."""
    said: dict[str, Said] = defaultdict(lambda: defaultdict(list))
    for row in found:
        said[text_of(row["near"])][row["p"]].append(row["o"])  # type: ignore[index,arg-type]
    return said


def event_of(iri: str, said: Said, gov: Namespace, *, ended: bool) -> Event:
    """A change, from what is said of it."""
    date, qualifier, change = (value_of(said, p) for p in (DCT.term("date"), gov.dateQualifier, gov.changeType))
    return Event(
        iri=iri,
        date=date.value if date else None,
        qualifier=qualifier.value if qualifier else None,
        change=change.value if change else None,
        originals=tuple(sorted(v.value for v in said.get(ORG.originalOrganization, ()))),
        results=tuple(sorted(v.value for v in said.get(ORG.resultingOrganization, ()))),
        ended=ended,
    )


def labels_of(extra: Iterable[Row]) -> tuple[dict[str, tuple[tuple[int, ox.Literal], ...]], dict[str, int]]:
    """The labels of each thing, what names it best first, and its stated position."""
    found: dict[str, set[tuple[int, ox.Literal]]] = defaultdict(set)
    positions: dict[str, int] = {}
    for row in extra:
        if "thing" in row and isinstance(text := row["text"], ox.Literal):
            if row["name"] == SCHEMA.position:
                positions[text_of(row["thing"])] = int(text.value) if text.value.isdigit() else 0
            else:
                found[text_of(row["thing"])].add((NAMES.index(row["name"]), text))
        elif "title" in row and isinstance(title := row["title"], ox.Literal):
            found[text_of(row["document"])].add((NAMES.index(RDFS.label), title))
        elif "rule" in row and isinstance(sentence := row["sentence"], ox.Literal):
            found[text_of(row["rule"])].add((NAMES.index(DCT.description), sentence))
    labels = {
        iri: tuple(
            sorted(several, key=lambda item: (item[0], LANGUAGE_ORDER.get(item[1].language or "", 9), str(item[1])))
        )
        for iri, several in found.items()
    }
    return labels, positions


def evidence_of(extra: Iterable[Row], node: ox.NamedNode) -> dict[tuple[object, object, object], Evidence]:
    """The evidence of each fact (subject, predicate, value); where a row leaves out one, it is `node`."""
    of_fact: dict[tuple[object, object, object], list[Row]] = defaultdict(list)
    for row in extra:
        if "fact" in row:
            of_fact[row.get("s", node), row["p"], row.get("o", node)].append(row)
    return {
        key: Evidence(
            fact=text_of(several[0]["fact"]),
            quotes=tuple(sorted({_quote(r) for r in several if "quote" in r}, key=lambda q: q.iri)),
            documents=tuple(sorted({text_of(r["document"]) for r in several if "document" in r})),
            rules=tuple(_rules(several)),
        )
        for key, several in of_fact.items()
    }


def files_of(extra: Iterable[Row], node: ox.NamedNode) -> dict[tuple[object, str | None], Evidence]:
    """By subject and named graph, the evidence of all that the graph says of the subject: it stands in one file."""
    found: dict[tuple[object, str | None], Evidence] = {}
    for row in extra:
        if "dataset" in row:
            key = row.get("s", node), text_of(row["graph"])
            found[key] = Evidence(None, text_of(row["dataset"]), documents=(text_of(row["document"]),))
    return found


def _rules(several: Iterable[Row]) -> Iterator[Rule]:
    """One of each; its sentence in English where there is one."""
    found: dict[str, list[ox.Literal]] = defaultdict(list)
    for row in several:
        if "rule" in row and isinstance(sentence := row["sentence"], ox.Literal):
            found[text_of(row["rule"])].append(sentence)
    for iri, sentences in sorted(found.items()):
        best = min(sentences, key=lambda text: (text.language != "en", text.language or "", text.value))
        yield Rule(iri, best.value)


def _quote(row: Row) -> Quote:
    words, address, fragment = row.get("words"), row.get("address"), row.get("fragment")
    return Quote(
        iri=text_of(row["quote"]),
        identifier=text_of(row["identifier"]),
        words=words if isinstance(words, ox.Literal) else None,
        page=text_of(row["page"]),
        address=f"{text_of(address)}#{text_of(fragment)}" if address and fragment else None,
    )


def text_of(term: object) -> str:
    """The text of a term, or of anything else."""
    return str(getattr(term, "value", term))
