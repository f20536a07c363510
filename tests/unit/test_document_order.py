"""Lines are put into the order of documents as their terms would be."""

import random
from pathlib import Path

import pyoxigraph as ox
import pytest

from gob_graph import documents
from gob_graph.pipeline.document_order import in_order, namespaces
from gob_graph.vocab import DCT, LANGUAGE_IRIS, RDF, RDFS, SKOS, XSD

TEXTS = [
    "",
    "a",
    "A",
    'a "b" <urn:x> .',
    "two\nlines",
    "tab\t\r",
    "é",
    "\x7f\x01",
    "\U0001d11e",
    "a\\b",
    "a b@nl",
    '"^^<urn:y>',
]
IRIS = [
    "urn:a",
    "urn:a1",
    "urn:a-1",
    "https://example.org/x/y",
    "https://example.org/x#y",
    "http://é.example/é",
    "urn:a:(b)",
]
PREDICATES = [RDF.type, RDFS.label, SKOS.prefLabel, DCT.language, *(ox.NamedNode(iri) for iri in IRIS)]
THINGS = [
    *(ox.NamedNode(iri) for iri in (*IRIS, *LANGUAGE_IRIS.values())),
    *(ox.Literal(text) for text in TEXTS),
    *(ox.Literal(text, language=tag) for text in TEXTS for tag in ("nl", "fr", "de", "en", "it", "en-gb")),
    ox.Literal("right", language="nl", direction=ox.BaseDirection.RTL),
    *(ox.Literal(text, datatype=XSD.term(name)) for text, name in (("1", "integer"), ("2", "date"), ("x>", "anyURI"))),
]


@pytest.mark.parametrize("seed", range(20))
def test_lines_come_as_their_triples_are_ordered(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    triples = [
        ox.Triple(ox.NamedNode(chance.choice(IRIS)), chance.choice(PREDICATES), chance.choice(THINGS))
        for _ in range(300)
    ]
    given = {ox.Quad(t.subject, t.predicate, t.object, ox.NamedNode(chance.choice(IRIS[:3]))) for t in set(triples)}
    path = tmp_path / "dataset.nq"
    path.write_text("".join(f"{line}\n" for line in documents.nquads_lines(given)), encoding="utf-8")
    found = list(in_order(path))
    body = b"".join(b"%b %b %b %b .\n" % each for each in found)
    quads = list(ox.parse(body, format=ox.RdfFormat.N_QUADS))
    assert set(quads) == given
    subjects = list(dict.fromkeys(q.subject for q in quads))
    assert quads == sorted(quads, key=lambda q: (subjects.index(q.subject), documents.order(q.triple)))
    assert namespaces(found) == documents.namespaces(triples)
    assert namespaces(found[:5]) == documents.namespaces(q.triple for q in quads[:5])
