"""The links of a release to what others publish: linksets (RFC 9264), VoID linksets, mapping tables (CSV, SSSOM)."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

import pyoxigraph as ox

from gob_graph.endpoint.engine.page_query import rows
from gob_graph.endpoint.engine.per_release import per_release
from gob_graph.endpoint.reconciliation.prepare import catalogue
from gob_graph.endpoint.reconciliation.properties import compact
from gob_graph.endpoint.reconciliation.things import SAME
from gob_graph.vocab import RDF, RDFS, VOID, XSD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gob_graph.endpoint.engine.engine import Engine
    from gob_graph.endpoint.engine.page_query import Row
    from gob_graph.release import Release

LINKS: Final = """SELECT DISTINCT ?thing ?property ?target WHERE {
    GRAPH ?graph { ?thing ?property ?target }
    FILTER(?graph IN (graph:source, graph:external, graph:history, graph:vocab))
    FILTER(ISIRI(?target) && ?property != rdf:type)
}"""
LINKS_OF: Final = LINKS.replace("WHERE {", "WHERE {\n    VALUES ?thing { UNDEF }")
MAPPINGS: Final = frozenset({*SAME, RDFS.seeAlso, ox.NamedNode("http://www.w3.org/2004/02/skos/core#relatedMatch")})
"""Properties of a mapping: they say that two identifiers name the same thing, or nearly; others lead elsewhere."""
CSV_COLUMNS: Final = ("iri", "name", "property", "target", "target_host")
SSSOM_COLUMNS: Final = ("subject_id", "subject_label", "predicate_id", "object_id", "mapping_justification")
CURATED: Final = "semapv:ManualMappingCuration"
"""How our mappings came to be: people wrote them, from a source."""
LICENCE: Final = "https://creativecommons.org/publicdomain/zero/1.0/"


@dataclass(frozen=True, slots=True, order=True)
class Link:
    """One link: path of our thing, IRI of the property, IRI of the target."""

    path: str
    relation: str
    target: str

    @property
    def host(self) -> str:
        """Whose the target is."""
        return urlsplit(self.target).netloc


@per_release
def links(engine: Engine) -> tuple[Link, ...]:
    """All links of the release to the outside, sorted."""
    return _links(engine.release, rows(engine, LINKS))


def links_of(engine: Engine, path: str) -> tuple[Link, ...]:
    """The links of one thing, sorted; none of a path that no IRI can have."""
    try:
        thing = ox.NamedNode(f"{engine.release.base_iri}/{path}")
    except ValueError:
        return ()
    return _links(engine.release, rows(engine, LINKS_OF, thing=thing))


def _links(release: Release, found: Iterable[Row]) -> tuple[Link, ...]:
    base, ontology = f"{release.base_iri}/", f"{release.manifest['ontology_base']}/"
    several = set()
    for row in found:
        thing, target = row["thing"].value, row["target"].value
        path = thing.removeprefix(base)
        ours = path != thing and path.startswith(("id/", "auth/"))
        if ours and not target.startswith((base, ontology)):
            several.add(Link(path, row["property"].value, target))
    return tuple(sorted(several))


def linkset_json(several: Iterable[Link], base_iri: str) -> bytes:
    """The links as ``application/linkset+json`` (RFC 9264 section 4.2); the relation is the IRI of the property."""
    contexts: dict[str, dict[str, Any]] = {}
    for link in several:
        anchor = f"{base_iri}/{link.path}"
        context = contexts.setdefault(anchor, {"anchor": anchor})
        context.setdefault(link.relation, []).append({"href": link.target})
    return (json.dumps({"linkset": list(contexts.values())}, ensure_ascii=False, indent=1) + "\n").encode()


def linkset_text(several: Iterable[Link], base_iri: str) -> bytes:
    """The links as ``application/linkset`` (RFC 9264 section 4.1): the value of a Link header, with line ends."""
    lines = [
        f'<{_ascii(link.target)}>; rel="{_ascii(link.relation)}"; anchor="{_ascii(f"{base_iri}/{link.path}")}"'
        for link in several
    ]
    return (",\n".join(lines) + "\n").encode()


def void_linksets(engine: Engine, dataset: ox.NamedNode, document: str) -> Iterator[ox.Triple]:
    """A ``void:Linkset`` for each host and property that we link to, with the number of links.

    They are parts of the document that lists them, so that their IRIs open when a later release links elsewhere, too.
    """
    for (host, property_), count in sorted(Counter((link.host, link.relation) for link in links(engine)).items()):
        name = "".join(c if c.isalnum() else "-" for c in f"{host}-{compact(engine, property_)}").lower()
        node = ox.NamedNode(f"{document}#linkset-{name}")
        target = ox.NamedNode(f"{document}#target-{''.join(c if c.isalnum() else '-' for c in host)}")
        space = _common([link.target for link in links(engine) if (link.host, link.relation) == (host, property_)])
        yield ox.Triple(dataset, VOID.subset, node)
        yield ox.Triple(node, RDF.type, VOID.Linkset)
        yield ox.Triple(node, VOID.subjectsTarget, dataset)
        yield ox.Triple(node, VOID.objectsTarget, target)
        yield ox.Triple(node, VOID.linkPredicate, ox.NamedNode(property_))
        yield ox.Triple(node, VOID.triples, ox.Literal(str(count), datatype=XSD.integer))
        yield ox.Triple(target, RDF.type, VOID.Dataset)
        yield ox.Triple(target, VOID.uriSpace, ox.Literal(space))


def mapping_csv(engine: Engine) -> bytes:
    """Every link as a table: IRI and name of our thing, property, target and whose it is."""
    known = catalogue(engine)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS)
    for link in links(engine):
        row = (
            f"{known.base_iri}/{link.path}",
            _label(engine, link),
            compact(engine, link.relation),
            link.target,
            link.host,
        )
        writer.writerow(row)
    return out.getvalue().encode()


def mapping_sssom(engine: Engine, address: str) -> bytes:
    """The mappings as SSSOM/TSV with its metadata as comments (SSSOM, “TSV”); `address` is where the table is."""
    mapped = [link for link in links(engine) if ox.NamedNode(link.relation) in MAPPINGS]
    used = {iri: _curie(engine, iri) for link in mapped for iri in _iris(link, engine.release)}
    out = io.StringIO()
    for line in _metadata(engine, address, used.values()):
        out.write(f"#{line}\n")
    writer = csv.writer(out, dialect="excel-tab", lineterminator="\n")
    writer.writerow(SSSOM_COLUMNS)
    for link in mapped:
        subject, property_, target = (used[iri][2] for iri in _iris(link, engine.release))
        writer.writerow((subject, _label(engine, link), property_, target, CURATED))
    return out.getvalue().encode()


def _iris(link: Link, release: Release) -> tuple[str, str, str]:
    return f"{release.base_iri}/{link.path}", link.relation, link.target


def _metadata(engine: Engine, address: str, used: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    release = engine.release
    yield "curie_map:"
    for prefix, namespace in sorted({(prefix, namespace) for prefix, namespace, _ in used}):
        yield f"  {prefix}: {namespace}"
    yield "  semapv: https://w3id.org/semapv/vocab/"
    yield f"license: {LICENCE}"
    yield f"mapping_set_id: {address}"
    yield f'mapping_set_version: "{release.version}"'
    yield f"mapping_date: {release.issued}"


def _curie(engine: Engine, iri: str) -> tuple[str, str, str]:
    """Prefix, namespace and short form of an IRI; where the release has no prefix, one is made of the host."""
    short = compact(engine, iri)
    if short != iri:
        prefix = short.partition(":")[0]
        return prefix, str(engine.release.manifest["prefixes"][prefix]), short
    # An address that ends with a slash leaves the part before it for the name.
    cut = max(iri.rstrip("/").rfind("/"), iri.rfind("#")) + 1
    prefix = "".join(c if c.isalnum() else "_" for c in urlsplit(iri).netloc)
    return prefix, iri[:cut], f"{prefix}:{iri[cut:]}"


def _label(engine: Engine, link: Link) -> str:
    known = catalogue(engine)
    number = known.number(link.path)
    return "" if number is None else known.label(number, "en").text


def _common(targets: list[str]) -> str:
    """The beginning that all targets have in common, up to a slash or hash."""
    first, last = min(targets), max(targets)
    length = next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    shared = first[:length]
    return shared if len(targets) == 1 and not urlsplit(shared).path.strip("/") else shared[: shared.rfind("/") + 1]


def _ascii(iri: str) -> str:
    return quote(iri, safe="%/:=&?~#+!$,;'@()*[]._-")
