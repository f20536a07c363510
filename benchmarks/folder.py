"""A source folder with a generated registry beside the real data: `python -m benchmarks.folder DIR --triples 1000000`.

    GOB_GRAPH_SOURCE_DIR=DIR GOB_GRAPH_RELEASE_DIR=DIR/releases gob-graph build

The registry stands in files of data/external, each with one line of evidence for the whole file
(data/evidence/files.csv); its document says that it was generated. Triples are written as they are made: memory holds
one file and the identifiers. The registry states what our rules would add to it, since an inferred fact has evidence of
its own; `--plain` leaves that to the rules. With `--changed 100` the figures of so many administrations are other ones
and the version is the next, for a release that follows the one without.
"""

from __future__ import annotations

import argparse
import re
import shutil
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox

from benchmarks.registry import BRANCHES, ROOT_LACKS, TRIPLES_EACH, UNITS_EACH, institutions
from gob_graph.documents import serialize
from gob_graph.formats import FORMATS
from gob_graph.pipeline.sources import read_prefixes
from gob_graph.settings import DEFAULT_BASE, Settings
from gob_graph.vocab import ORG, PROV, RDF, SCHEMA, governance

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MOST = 200_000
"""Triples of one file, at most, unless one institution has more."""
TURTLE = next(f for f in FORMATS if f.name == "turtle")
GOV = governance(DEFAULT_BASE)
INSTITUTION = f"{DEFAULT_BASE}/id/organization/institution-"
WIDER = {
    GOV.figureOf: SCHEMA.observationAbout,
    GOV.indicator: SCHEMA.measuredProperty,
    ORG.unitOf: ORG.subOrganizationOf,
    ORG.hasUnit: ORG.hasSubOrganization,
}
CLASSES = (PROV.Entity, SCHEMA.Observation)
"""What a figure also is."""
KEY = "generated-registry"
DOCUMENT = f"""
<https://example.org/{KEY}> a foaf:Document , prov:Entity ;
    rdfs:label "Gegenereerd register, verzonnen voor een meting"@nl , "Registre généré, inventé pour une mesure"@fr , "Generiertes Register, erfunden für eine Messung"@de , "Generated registry, made up for a benchmark"@en ;
    dct:identifier "{KEY}" ;
    gov:wording wording:project ;
    gov:timelinessNote "verzonnen"@nl , "inventé"@fr , "erfunden"@de , "made up"@en .
"""  # noqa: E501


def make(folder: Path, triples: int, *, changed: int = 0, plain: bool = False, most: int = MOST) -> None:
    """Write the folder: ontology/ and data/ of this project, and beside them a registry of at least so many triples.

    Raises:
        FileExistsError: there is an ontology/ or data/ in the folder.
    """
    settings = Settings()
    shutil.copytree(settings.ontology_dir, folder / "ontology")
    shutil.copytree(settings.data_dir, folder / "data")
    minted: set[str] = set()
    names = []
    size = triples if plain else _size_of_closed(triples)
    about = _changed(institutions(size, DEFAULT_BASE, DEFAULT_BASE), changed)
    if not plain:
        about = _closed(about)
    prefixes = read_prefixes(Settings(source_dir=folder))
    for number, part in enumerate(_parts(about, most), 1):
        names.append(f"external/registry-{number:03}.ttl")
        (folder / "data" / names[-1]).write_bytes(serialize(part, TURTLE, prefixes))
        minted.update(
            t.subject.value.removeprefix(f"{DEFAULT_BASE}/") for t in part if isinstance(t.subject, ox.NamedNode)
        )
    evidence = folder / "data/evidence"
    rows = "".join(f"{name},{KEY}\n" for name in names)
    (evidence / "files.csv").write_text(f"file,key\n{rows}", encoding="utf-8")
    with (evidence / "sources.ttl").open("a", encoding="utf-8") as stream:
        stream.write(DOCUMENT)
    version = _version(folder / "data/release.ttl", following=bool(changed))
    _register(folder / "data/ids.csv", minted, version)


def _parts(about: Iterable[list[ox.Triple]], most: int) -> Iterator[list[ox.Triple]]:
    """Lists put together to parts of at most so many triples."""
    part: list[ox.Triple] = []
    for triples in about:
        if part and len(part) + len(triples) > most:
            yield part
            part = []
        part += triples
    yield part


def _size_of_closed(triples: int) -> int:
    """The size of the registry that has so many triples with those that the rules would add."""
    count = total = 0
    while total < triples:
        depth = len(_above(count))
        total += TRIPLES_EACH + UNITS_EACH * (len(WIDER) + len(CLASSES) + 1 + depth) + depth
        count += 1
    return TRIPLES_EACH * count - ROOT_LACKS


def _above(number: int) -> list[int]:
    """The institutions above one, nearest first."""
    found = []
    while number:
        number = (number - 1) // BRANCHES
        found.append(number)
    return found


def _closed(about: Iterable[list[ox.Triple]]) -> Iterator[list[ox.Triple]]:
    """The lists, the first of which is about the territory, with what our rules would add to them."""
    for number, triples in enumerate(about, -1):
        ancestors = [ox.NamedNode(f"{INSTITUTION}{n}") for n in _above(max(number, 0))]
        more = []
        for t in triples:
            if wider := WIDER.get(t.predicate):
                more.append(ox.Triple(t.subject, wider, t.object))
            if t.object == GOV.KeyFigure:
                more += [ox.Triple(t.subject, RDF.type, cls) for cls in CLASSES]
            if t.predicate == ORG.unitOf:
                more += [
                    ox.Triple(t.subject, ORG.transitiveSubOrganizationOf, above) for above in (t.object, *ancestors)
                ]
            elif t.predicate == ORG.subOrganizationOf:
                more += [ox.Triple(t.subject, ORG.transitiveSubOrganizationOf, above) for above in ancestors]
        yield triples + more


def _changed(about: Iterable[list[ox.Triple]], count: int) -> Iterator[list[ox.Triple]]:
    """The lists, with another value of the first figures, as many as are to change."""
    for triples in about:
        for number, triple in enumerate(triples):
            if count and triple.predicate.value.endswith("#exactValue") and isinstance(triple.object, ox.Literal):
                value = ox.Literal(f"1{triple.object.value}", datatype=triple.object.datatype)
                triples[number] = ox.Triple(triple.subject, triple.predicate, value)
                count -= 1
        yield triples


def _version(path: Path, *, following: bool) -> str:
    """The version in release.ttl, written or raised by one in its last number."""
    before, version, after = re.split(r'(?<=dcat:version ")([^"]+)', path.read_text(encoding="utf-8"))
    if following:
        start, _, last = version.rpartition(".")
        version = f"{start}.{int(last) + 1}"
        path.write_text(before + version + after, encoding="utf-8")
    return version


def _register(path: Path, minted: set[str], version: str) -> None:
    """Add a row for each new identifier; the rows stay in order."""
    header, *rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
    made = (f"{name},{version},current,,,,generated for a benchmark\n" for name in minted)
    with path.open("w", encoding="utf-8") as stream:
        stream.write(header)
        stream.writelines(sorted(chain(rows, made), key=lambda row: row.partition(",")[0]))


def main() -> None:
    """Make a folder of the size asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="Where to write; made where it is missing.")
    parser.add_argument("--triples", type=int, default=100_000, help="Size of the registry.")
    parser.add_argument("--plain", action="store_true", help="Leave to the rules what follows.")
    parser.add_argument("--changed", type=int, default=0, help="Figures that differ; raises the version.")
    chosen = parser.parse_args()
    make(chosen.folder, chosen.triples, changed=chosen.changed, plain=chosen.plain)


if __name__ == "__main__":
    main()
