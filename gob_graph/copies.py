"""Copies of a release or of a part of it: written the same way every time, and proved against the release.

A copy is the whole graph, one layer, what is said of the instances of a class, or of a resource and what is below it.
Formats with named graphs keep each triple in the graph of its layer; the others hold the triples once.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.documents import serialize, split_lines
from gob_graph.errors import GobGraphError
from gob_graph.vocab import ADMS, CV, DCT, LAYERS, LOCN, ORG, RDF, SKOS, governance, layer_graph

if TYPE_CHECKING:
    from gob_graph.formats import Format
    from gob_graph.release import Release

Keep = Callable[[ox.Quad], bool]

BELOW = (
    ORG.hasUnit, ORG.hasSubOrganization, ORG.hasPost, ORG.purpose, ORG.resultedFrom, ORG.changedBy,
    CV.hasFormalFramework, CV.contactPoint, LOCN.address, ADMS.identifier, DCT.temporal,
    SKOS.narrower, SKOS.hasTopConcept, SKOS.member,
)  # fmt: skip
BELOW_GOV = (
    "hasGoverningBody", "hasResponsibility", "hasValue", "helpsWith", "hasAmbition", "meetingSchedule", "chairedBy",
    "conductQuality",
)  # fmt: skip
"""What a resource has: the subtree goes on at the object. The second are terms of our ontology."""
OF = (SKOS.inScheme,)
OF_GOV = ("figureOf", "claimedBy", "planOf", "policyOf", "compositionOf", "formerUnitOf")
"""What belongs to a resource says so itself: the subtree goes on at the subject."""

GZIP_LEVEL = 6
"""Level 9 takes three and a half times as long, for files that are a ninth smaller."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The part that is wanted; nothing given means the whole. `cls` and `subtree` may be CURIEs."""

    layer: str | None = None
    cls: str | None = None
    subtree: str | None = None

    def text(self) -> str:
        """The part in words, for the head of the copy."""
        if self.layer:
            return f"layer {self.layer}"
        if self.cls:
            return f"instances of {self.cls}"
        return f"{self.subtree} and what is below it" if self.subtree else "the whole graph"


def read_quads(release: Release) -> list[ox.Quad]:
    """Every quad of a release."""
    return list(ox.parse(path=str(release.dataset), format=ox.RdfFormat.N_QUADS))


def dataset_lines(release: Release) -> list[str]:
    """The sorted N-Quads lines of a release."""
    return split_lines(release.dataset.read_bytes().decode())


def export(release: Release, selection: Selection, target: Format, *, compressed: bool = False) -> bytes:
    """A copy of the selected part; the same release gives the same bytes.

    Raises:
        GobGraphError: the layer, class or resource is not in the release.
    """
    chosen = select(read_quads(release), selection, release)
    body = write(chosen, target, release.manifest["prefixes"], heading(release.manifest, release.id, selection))
    return compress(body) if compressed else body


def write(quads: Iterable[ox.Quad], target: Format, prefixes: Mapping[str, str], comment: Iterable[str]) -> bytes:
    """The quads in a format: with their graphs where the format has them, else each triple once."""
    if "dataset" in target.kinds:
        return serialize(quads, target, prefixes, comment)
    return serialize({q.triple for q in quads}, target, prefixes, comment)


def compress(body: bytes) -> bytes:
    """The gzip form, without the clock and the name that gzip would put in."""
    return gzip.compress(body, GZIP_LEVEL, mtime=0)


def heading(manifest: Mapping[str, object], identity: str, selection: Selection) -> tuple[str, ...]:
    """What the head of a copy says: which release, which part of it, which licence."""
    return (
        f"gob-graph {manifest['version']}, issued {manifest['issued']}, release {identity}",
        f"This copy: {selection.text()}",
        f"Licence: {manifest['license']}",
    )


def select(quads: list[ox.Quad], selection: Selection, release: Release) -> list[ox.Quad]:
    """The quads of the selected part.

    Raises:
        GobGraphError: the layer, class or resource is not in the release.
    """
    if selection.layer:
        if selection.layer not in LAYERS:
            raise GobGraphError(f"{selection.layer!r} is no layer; the layers are {', '.join(LAYERS)}")
        graph = layer_graph(release.base_iri, selection.layer)
        return [q for q in quads if q.graph_name == graph]
    if selection.cls:
        subjects = _instances(quads, expand(selection.cls, release.manifest["prefixes"]))
    elif selection.subtree:
        subjects = _below(quads, expand(selection.subtree, release.manifest["prefixes"]), release)
    else:
        return quads
    return [q for q in quads if q.subject in subjects]


def expand(name: str, prefixes: Mapping[str, str]) -> ox.NamedNode:
    """The IRI that is meant by an IRI (with or without angle brackets) or a CURIE.

    Raises:
        GobGraphError: the prefix is unknown.
    """
    if "://" in name:
        return _iri(name.strip("<>"), name)
    prefix, colon, local = name.partition(":")
    if not colon or prefix not in prefixes:
        raise GobGraphError(f"{name!r} is neither an IRI nor a known prefix and a name, such as org:Post")
    return _iri(prefixes[prefix] + local, name)


def _iri(text: str, name: str) -> ox.NamedNode:
    try:
        return ox.NamedNode(text)
    except ValueError as error:
        raise GobGraphError(f"{name!r} is no IRI: {error}") from error


def _instances(quads: list[ox.Quad], cls: ox.NamedNode) -> set[object]:
    found: set[object] = {q.subject for q in quads if q.predicate == RDF.type and q.object == cls}
    if not found:
        raise GobGraphError(
            f"the release has no instance of <{cls.value}>; 'gob-graph query resources-per-class' lists"
        )
    return found


def _below(quads: list[ox.Quad], top: ox.NamedNode, release: Release) -> set[object]:
    """The resource and everything of ours that it has, at any depth."""
    gov = governance(str(release.manifest["ontology_base"]))
    down = {*BELOW, *map(gov.term, BELOW_GOV)}
    up = {*OF, *map(gov.term, OF_GOV)}
    ours = tuple(f"{release.base_iri}/{kind}/" for kind in ("id", "auth"))
    steps: dict[object, set[object]] = {}
    for q in quads:
        if isinstance(q.object, ox.NamedNode) and isinstance(q.subject, ox.NamedNode):
            if q.predicate in down and q.object.value.startswith(ours):
                steps.setdefault(q.subject, set()).add(q.object)
            elif q.predicate in up and q.subject.value.startswith(ours):
                steps.setdefault(q.object, set()).add(q.subject)
    if not any(q.subject == top for q in quads):
        raise GobGraphError(f"the release says nothing of <{top.value}>")
    found: set[object] = {top}
    todo: list[object] = [top]
    while todo:
        fresh = steps.get(todo.pop(), set()) - found
        found |= fresh
        todo += fresh
    return found
