"""The counts of VoID (section 4): of terms, and of partitions (4.5), which query editors complete from.

They are taken from the sorted N-Quads, where all that is said of a subject stands together: no term is made of a line,
and of subjects nothing is kept.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.vocab import RDF, VOID, XSD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_A = str(RDF.type).encode()
_WITH = b"<urn:s> <urn:p> %b .\n"
BATCH = 20_000
"""Terms that are read at a time."""


@dataclass(slots=True)
class Counted:
    """How many different terms some triples have, each of which stands there once; terms as N-Quads writes them."""

    subjects: int = 0
    entities: int = 0
    predicates: Counter[bytes] = field(default_factory=Counter)
    objects: set[bytes] = field(default_factory=set)
    classes: Counter[bytes] = field(default_factory=Counter)

    def statistics(self, node: ox.NamedNode) -> set[ox.Triple]:
        """The counts in VoID (section 4)."""
        counts = {
            VOID.triples: self.predicates.total(),
            VOID.distinctSubjects: self.subjects,
            VOID.distinctObjects: len(self.objects),
            VOID.properties: len(self.predicates),
            VOID.classes: len(self.classes),
            VOID.entities: self.entities,
        }
        return {ox.Triple(node, predicate, integer(count)) for predicate, count in counts.items()}


class LineCounts:
    """What lines of sorted N-Quads say, counted while they pass."""

    def __init__(self) -> None:
        self._of_graph: defaultdict[bytes, Counted] = defaultdict(Counted)
        self._subjects = self._entities = 0
        # By all classes of the subject at once: there are few sets of classes, and many triples.
        self._together: defaultdict[frozenset[bytes], Counter[bytes]] = defaultdict(Counter)

    def through(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """The lines as they come; they are counted when the last one has passed."""
        subject, said = b"", list[tuple[bytes, bytes]]()
        for line in lines:
            yield line
            name, predicate, rest = line.split(b" ", 2)
            if name != subject:
                self._add(said)
                subject, said = name, []
            said.append((predicate, rest))
        self._add(said)

    def of_graph(self, graph: ox.NamedNode) -> Counted:
        """The counts of one graph."""
        return self._of_graph[str(graph).encode()]

    def valued(self) -> Iterator[ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple]:
        """The objects that have a datatype by name, each once in a graph, and triple terms, which may hold such."""
        for part in self._of_graph.values():
            texts = (text for text in part.objects if text.endswith(b">") and text.startswith((b'"', b"<<(")))
            while body := b"".join(_WITH % text for text in islice(texts, BATCH)):
                for quad in ox.parse(body, format=ox.RdfFormat.N_TRIPLES, rename_blank_nodes=False):
                    yield quad.object

    def whole(self) -> Counted:
        """The counts of all graphs together, no two of which have a triple in common."""
        whole = Counted(self._subjects, self._entities)
        for part in self._of_graph.values():
            whole.predicates += part.predicates
            whole.classes += part.classes
            whole.objects |= part.objects
        return whole

    def partitions(self, dataset: ox.NamedNode) -> set[ox.Triple]:
        """The partitions of a dataset by class and by property, and of each class by property."""
        whole, of_class, made = self.whole(), Counter[tuple[bytes, bytes]](), set[ox.Triple]()
        for classes, predicates in self._together.items():
            for predicate, count in predicates.items():
                for cls in classes:
                    of_class[cls, predicate] += count
        for cls, count in whole.classes.items():
            node = _part(dataset, "class", term(cls))
            made |= {
                ox.Triple(dataset, VOID.classPartition, node),
                ox.Triple(node, RDF.type, VOID.Dataset),
                ox.Triple(node, VOID.term("class"), term(cls)),
                ox.Triple(node, VOID.entities, integer(count)),
            }
        for predicate, count in whole.predicates.items():
            node = _part(dataset, "property", term(predicate))
            made |= {*_of_property(dataset, node, predicate, count), ox.Triple(node, RDF.type, VOID.Dataset)}
        for (cls, predicate), count in of_class.items():
            part = _part(dataset, "class", term(cls))
            made |= set(_of_property(part, _part(part, "property", term(predicate)), predicate, count))
        return made

    def _add(self, said: list[tuple[bytes, bytes]]) -> None:
        """Count what is said of one subject: predicates, each with the rest of its line."""
        graphs, typed, classes = set[bytes](), set[bytes](), set[bytes]()
        for predicate, rest in said:
            thing, graph, _ = rest.rsplit(b" ", 2)
            part = self._of_graph[graph]
            part.predicates[predicate] += 1
            part.objects.add(thing)
            graphs.add(graph)
            if predicate == _A:
                part.classes[thing] += 1
                classes.add(thing)
                typed.add(graph)
        for graph in graphs:
            self._of_graph[graph].subjects += 1
        for graph in typed:
            self._of_graph[graph].entities += 1
        self._subjects += bool(said)
        self._entities += bool(typed)
        self._together[frozenset(classes)].update(predicate for predicate, _ in said)


def term(text: bytes) -> ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple:
    """The term that N-Quads writes so."""
    quad: ox.Quad = next(iter(ox.parse(_WITH % text, format=ox.RdfFormat.N_TRIPLES, rename_blank_nodes=False)))
    return quad.object


def _of_property(whole: ox.NamedNode, node: ox.NamedNode, predicate: bytes, count: int) -> Iterator[ox.Triple]:
    """The partition of one property; those of classes go without a type, or most things in the graph would be they."""
    yield ox.Triple(whole, VOID.propertyPartition, node)
    yield ox.Triple(node, VOID.property, term(predicate))
    yield ox.Triple(node, VOID.triples, integer(count))


def _part(dataset: ox.NamedNode, kind: str, what: object) -> ox.NamedNode:
    value = what.value if isinstance(what, ox.NamedNode) else str(what)
    slug = value.split("://", 1)[-1].replace("/", "-").replace("#", "-").strip("-").lower()
    return ox.NamedNode(f"{dataset.value}/{kind}/{slug}")


def integer(number: int) -> ox.Literal:
    """A count as a literal."""
    return ox.Literal(str(number), datatype=XSD.integer)
