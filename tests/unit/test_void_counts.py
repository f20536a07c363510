"""What is counted while lines pass is what the triples hold."""

import random

import pyoxigraph as ox
import pytest

from gob_graph.pipeline import void_counts
from gob_graph.pipeline.exports import quad_lines
from gob_graph.pipeline.line_sort import SortedOnce, with_few
from gob_graph.pipeline.sources import Layers
from gob_graph.pipeline.void_counts import LineCounts
from gob_graph.vocab import LAYERS, RDF, VOID, XSD, layer_graph

BASE = "https://data.example.org"
DATASET = ox.NamedNode(f"{BASE}/id/dataset/d")
PREDICATES = [RDF.type, *(ox.NamedNode(f"urn:p:{n}") for n in range(3))]
THINGS = [
    *(ox.NamedNode(f"urn:o:{name}") for name in ("a", "a1", "é", "x/y#z")),
    *(ox.Literal(text) for text in ("", 'a "b" .', "two\nlines", " <urn:o:a> .")),
    ox.Literal("1", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer")),
    ox.Literal("a", language="nl"),
    ox.Triple(ox.NamedNode("urn:s"), RDF.type, ox.Literal("in a triple")),
]


def layers(seed: int) -> Layers:
    chance = random.Random(seed)
    made: Layers = {layer: set() for layer in LAYERS}
    for _ in range(chance.randrange(120)):
        subject = ox.NamedNode(f"urn:s:{chance.choice(['1', '10', '1-', 'é'])}{chance.randrange(4)}")
        predicate = chance.choice(PREDICATES)
        triple = ox.Triple(subject, predicate, chance.choice(THINGS[:4] if predicate == RDF.type else THINGS))
        if not any(triple in layer for layer in made.values()):
            made[chance.choice(LAYERS[:3])].add(triple)
    return made


def counted(content: Layers) -> LineCounts:
    counts, lines = LineCounts(), SortedOnce(quad_lines(content, BASE), part=7)
    assert list(counts.through(lines)) == list(lines)
    lines.close()
    return counts


def numbers(made: set[ox.Triple], predicate: ox.NamedNode) -> dict[object, int]:
    return {t.subject: int(t.object.value) for t in made if t.predicate == predicate}  # type: ignore[union-attr]


@pytest.mark.parametrize("seed", range(12))
def test_the_counts_of_a_layer_and_of_all_are_those_of_their_triples(seed: int) -> None:
    content = layers(seed)
    counts = counted(content)
    parts = [(counts.of_graph(layer_graph(BASE, name)), content[name]) for name in LAYERS]
    for found, triples in [*parts, (counts.whole(), set().union(*content.values()))]:
        typed = [t for t in triples if t.predicate == RDF.type]
        made = found.statistics(DATASET)
        assert {t.predicate: t.object.value for t in made} == {  # type: ignore[union-attr]
            VOID.triples: str(len(triples)),
            VOID.distinctSubjects: str(len({t.subject for t in triples})),
            VOID.distinctObjects: str(len({t.object for t in triples})),
            VOID.properties: str(len({t.predicate for t in triples})),
            VOID.classes: str(len({t.object for t in typed})),
            VOID.entities: str(len({t.subject for t in typed})),
        }


@pytest.mark.parametrize("seed", range(12))
def test_what_has_a_datatype_comes_back_as_it_went_in(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(void_counts, "BATCH", 2)
    content = layers(seed)
    triples = set[ox.Triple]().union(*content.values())
    plain = {
        t.object
        for t in triples
        if isinstance(t.object, ox.Literal) and t.object.datatype in {XSD.string, RDF.langString}
    }
    wanted = {t.object for t in triples if isinstance(t.object, ox.Literal | ox.Triple)} - plain
    assert set(counted(content).valued()) == wanted


@pytest.mark.parametrize("seed", range(12))
def test_the_partitions_are_those_of_the_triples(seed: int) -> None:
    content = layers(seed)
    triples = set().union(*content.values())
    made = counted(content).partitions(DATASET)
    of_class, property_of = VOID.term("class"), {t.subject: t.object for t in made if t.predicate == VOID.property}
    classes = {t.subject: t.object for t in made if t.predicate == of_class}
    members = {
        node: {t.subject for t in triples if (t.predicate, t.object) == (RDF.type, cls)}
        for node, cls in classes.items()
    }
    assert set(classes.values()) == {t.object for t in triples if t.predicate == RDF.type}
    assert numbers(made, VOID.entities) == {node: len(found) for node, found in members.items()}
    wholes = {t.object: t.subject for t in made if t.predicate == VOID.propertyPartition}
    wanted = {
        node: sum(
            t.predicate == property_of[node] and (whole == DATASET or t.subject in members[whole]) for t in triples
        )
        for node, whole in wholes.items()
    }
    assert numbers(made, VOID.triples) == wanted
    assert all(wanted.values())
    used = {t.predicate for t in triples}
    assert {property_of[node] for node, whole in wholes.items() if whole == DATASET} == used


@pytest.mark.parametrize("few", [[], [b"a"], [b"b", b"d"], [b"e", b"f"], [b"a", b"c", b"f"]])
def test_a_few_lines_are_put_in_where_they_belong(few: list[bytes]) -> None:
    assert list(with_few([b"b", b"c", b"d"], few)) == sorted([b"b", b"c", b"d", *few])
    assert list(with_few([], few)) == few
