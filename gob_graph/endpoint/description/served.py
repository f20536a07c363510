"""What is published beside the releases, because it depends on where they are served: files, service, contact.

The catalogue and the service description name distributions, checksums and graphs of a service by IRIs of ours, and
files of a release name shapes and measurements. Each opens like any other IRI: its document holds what they say of it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph import catalogue
from gob_graph.editions import edition_of
from gob_graph.endpoint.description.describe import CAP, Counts, Place, groups, mentioned
from gob_graph.endpoint.description.model import Entity, Fact
from gob_graph.endpoint.description.rows import NAMES, labels_of
from gob_graph.endpoint.engine.page_query import rows
from gob_graph.endpoint.sparql import service_description
from gob_graph.errors import ReleaseError
from gob_graph.lifecycle import Lifecycle
from gob_graph.release import file_of, open_release
from gob_graph.state import read_state
from gob_graph.vocab import LAYERS, OWL, RDF, layer_graph

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from gob_graph.endpoint.engine.engine import Engine
    from gob_graph.publication import Publication
    from gob_graph.release import Release
    from gob_graph.settings import Settings
    from gob_graph.state import State

LABELS = f"""SELECT ?thing ?name ?text WHERE {{
    VALUES ?thing {{ UNDEF }} ?thing ?name ?text FILTER(?name IN ({", ".join(map(str, NAMES))}))
}}"""
FILES = frozenset({"quality.ttl", "shapes.ttl"})
LAYER = "meta"
"""The layer whose statements these are like: about the dataset, and without evidence."""
Said = dict[str, tuple[ox.Triple, ...]]
"""Triples by the IRI that they mention as subject or object."""


@lru_cache(maxsize=16)
def beside(path: Path, settings: Settings) -> Said:
    """What is published beside the release in a folder, for each IRI below the base that it describes.

    Raises:
        ReleaseError: the folder holds no release that can be opened.
    """
    release = open_release(path, verify=False)
    files = catalogue.served(release.manifest, release.id, settings)
    triples = [*files, *service_description.describe(release, settings), *_files(release)]
    ours = tuple(f"<{base}/" for base in (release.base_iri, release.manifest["ontology_base"]))
    described = {str(t.subject) for t in triples if str(t.subject).startswith(ours)}
    found: dict[str, list[ox.Triple]] = defaultdict(list)
    for t in dict.fromkeys(triples):
        for node in {str(t.subject), str(t.object)} & described:
            found[node[1:-1]].append(t)
    return {iri: tuple(several) for iri, several in found.items()}


@lru_cache(maxsize=256)
def named_beside(path: Path, settings: Settings) -> frozenset[str]:
    """The IRIs that are described beside a release; kept for many releases, where `beside` keeps the triples of few.

    Raises:
        ReleaseError: the folder holds no release that can be opened.
    """
    return frozenset(beside.__wrapped__(path, settings))


def _versions_of_ontology(state: State) -> Iterator[str]:
    """The IRIs of this version of the ontology and of those before, whose terms it keeps."""
    ontology = f"{state.release.manifest['ontology_base']}/ns/governance"
    for name in (OWL.versionIRI, OWL.priorVersion):
        yield from state.iris(ontology, name)


def contact(dataset: str) -> str:
    """The IRI of the contact point of the dataset, which stays while no contact is set."""
    return f"{dataset}/contact"


def _files(release: Release) -> list[ox.Triple]:
    """What the files with IRIs of their own say, shapes and measurements; of a damaged one nothing."""
    found: list[ox.Triple] = []
    for name in FILES & release.manifest["files"].keys():
        with suppress(ReleaseError, SyntaxError):
            read = ox.parse(file_of(release, name), format=ox.RdfFormat.TURTLE)
            found += [q.triple for q in read if not {type(q.subject), type(q.object)} & {ox.BlankNode}]
    return found


def lifecycle_of(
    release: Release,
    settings: Settings,
    log: list[Publication],
    since: Publication | None = None,
    *,
    compared: bool = False,
) -> Lifecycle:
    """What is known of identifiers as of a release, with what is described beside it and beside each version."""
    folder, state = release.path.parent, read_state(release.path)
    now = beside(release.path, settings)
    lasting = {contact(release.dataset_iri), *_versions_of_ontology(state)}

    def described(iri: str) -> bool:
        edition = edition_of(iri.removeprefix(f"{release.base_iri}/"), folder, log)
        if edition is None:
            return iri in now or iri in lasting
        try:
            return iri in beside((folder / edition.release).resolve(), settings)
        except ReleaseError:
            return False

    def described_then(p: Publication, iri: str) -> bool:
        try:
            return iri in named_beside((folder / p.release).resolve(), settings)
        except ReleaseError:
            return False

    return Lifecycle(folder, state, log, since, compared, described, described_then)


def describe_served(engine: Engine, settings: Settings, iri: str) -> Entity | None:
    """What is published of an IRI beside the release of an engine; None when nothing is.

    Raises:
        RequestError: the engine has no time or room for it now.
    """
    said = beside(engine.release.path, settings).get(iri)
    if said is None:
        return None
    node, base = ox.NamedNode(iri), engine.release.base_iri
    facts = [Fact(t.subject, t.predicate, t.object, LAYER) for t in said]  # type: ignore[arg-type]
    known = rows(engine, LABELS, thing={*mentioned(facts, (), ()), node})
    known += [{"thing": f.subject, "name": f.predicate, "text": f.value} for f in facts if f.predicate in NAMES]
    labels, positions = labels_of(known)
    counts: Counts = Counter(("out" if f.subject == node else "in", f.predicate) for f in facts)
    place = Place(labels, positions)
    return Entity(
        iri=iri,
        types=tuple(sorted(f.value.value for f in facts if f.subject == node and f.predicate == RDF.type)),
        facts=groups((f for f in facts if f.subject == node), "out", counts, place),
        incoming=groups((f for f in facts if f.value == node), "in", counts, place),
        labels=labels,
        layers=_layers(base),
        cap=CAP,
    )


def _layers(base: str) -> Mapping[str, str]:
    return {layer: layer_graph(base, layer).value for layer in LAYERS}
