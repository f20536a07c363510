"""Evidence per file: of a file that one register gave whole, the document is named once, and not with each fact.

``data/evidence/files.csv`` (columns ``file,key``; optional) names a Turtle file of the layers `external` or `history`
by its path below data/, and the ``dct:identifier`` of a document of sources.ttl: every triple of it was read there.
Made from it, for the layer `evidence`:

* per file a ``void:Dataset``, a ``void:subset`` of the named graph of its layer, with ``prov:hadPrimarySource``;
* per subject of the file ``void:inDataset`` (https://www.w3.org/TR/void/#dataset-metadata-back-links). What the layer
  says of the subject stands in that file and nowhere else, so both together name the document of each fact.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.errors import EvidenceError
from gob_graph.pipeline.files import read_rows
from gob_graph.pipeline.sources import find_sources, place_in, rebase
from gob_graph.vocab import PROV, RDF, RDFS, VOID, XSD, governance, layer_graph

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from gob_graph.pipeline.sources import Rebase, Source
    from gob_graph.settings import Settings

COLUMNS = ("file", "key")
ALLOWED = ("external", "history")
"""A fact of `source` stands on words of the page, and so on a statement of its own."""
EVIDENCED = ("source", *ALLOWED)
FILE = {"nl": "Bestand", "fr": "Fichier", "de": "Datei", "en": "File"}


@dataclass(frozen=True, slots=True)
class BulkFile:
    """A file whose facts were all read in one document; `line` is its line of files.csv."""

    name: str
    path: Path
    layer: str
    key: str
    line: int

    @property
    def slug(self) -> str:
        """What names the file in an IRI: its path below data/ without the ending, as one word."""
        return "file-" + re.sub(r"[^a-z0-9]+", "-", self.name.removesuffix(".ttl").lower()).strip("-")

    def node(self, base_iri: str) -> ox.NamedNode:
        """The dataset that its facts are."""
        return ox.NamedNode(f"{base_iri}/id/dataset/{self.slug}")


@dataclass(frozen=True, slots=True)
class BulkFiles:
    """The files of files.csv, and which of them says what there is of a subject."""

    path: Path
    files: tuple[BulkFile, ...] = ()
    of_subject: Mapping[object, BulkFile] = field(default_factory=dict)

    def check(self, documents: Mapping[str, ox.NamedNode], taken: Collection[object], base_iri: str) -> None:
        """Each file has a document that sources.ttl describes, and an IRI that nothing in `taken` has.

        Raises:
            EvidenceError: at the line of files.csv.
        """
        for file in self.files:
            if file.key not in documents:
                reason = (
                    f"{file.key!r} is no dct:identifier of sources.ttl; write that of the document, or add one there"
                )
                raise EvidenceError(self.path, reason, file.line)
            if (node := file.node(base_iri)) in taken:
                reason = f"{file.name} would be called {node}, as a dataset of data/release.ttl is; rename the file"
                raise EvidenceError(self.path, reason, file.line)


def read_files(settings: Settings) -> BulkFiles:
    """Read data/evidence/files.csv and the subjects of the files that it names; no such file, no such evidence.

    Raises:
        EvidenceError: at its line: no Turtle file of the two layers, a file twice, two files of one slug, a file that
            describes nothing; or a subject that another file also describes, at that subject.
        SourceError: the columns are others.
    """
    path = settings.data_dir / "evidence" / "files.csv"
    if not path.exists():
        return BulkFiles(path)
    evidenced = (source for source in find_sources(settings) if source.layer in EVIDENCED)
    # By name: the label and the IRI of a file come from its line, so that one file has one spelling.
    sources = {source.path.relative_to(settings.data_dir).as_posix(): source for source in evidenced}
    files = tuple(_read_rows(path, sources))
    found = _subjects_of(files, sources, settings)
    described_in = {file.name for file in found.values()}
    if empty := next((file for file in files if file.name not in described_in), None):
        raise EvidenceError(path, f"{empty.name} describes nothing; take its line out", empty.line)
    return BulkFiles(path, files, found)


def _read_rows(path: Path, sources: Mapping[str, Source]) -> Iterator[BulkFile]:
    read: dict[str, BulkFile] = {}
    for line, (name, key) in read_rows(path, COLUMNS):
        source = sources.get(name)
        if source is None:
            reason = (
                f"{name!r} is no Turtle file of the layers external and history; "
                "name one by its path below data/, such as external/registry.ttl"
            )
            raise EvidenceError(path, reason, line)
        if source.layer not in ALLOWED:
            raise EvidenceError(path, f"{name} is of the layer source; write a line in source.tsv for each fact", line)
        file = BulkFile(name, source.path, source.layer, key, line)
        other = read.setdefault(file.slug, file)
        if other.name == name and other is not file:
            raise EvidenceError(path, f"{name} stands here twice, also in line {other.line}; leave one of them", line)
        if other is not file:
            raise EvidenceError(path, f"{name} and {other.name} would share the IRI {file.slug}; rename one", line)
        yield file


def _subjects_of(
    files: tuple[BulkFile, ...], sources: Mapping[str, Source], settings: Settings
) -> dict[object, BulkFile]:
    """Each subject of the files with the one file that describes it; the other files are read to be sure of that."""
    mapping, found = rebase(settings), dict[object, BulkFile]()
    for file in files:
        for subject in _subjects(file.path, mapping):
            other = found.setdefault(subject, file)
            if other is not file:
                raise _described_twice(subject, file.path, other)
    whole = {file.path for file in files}
    for path in (source.path for source in sources.values() if source.path not in whole):
        for subject in _subjects(path, mapping):
            if subject in found:
                raise _described_twice(subject, path, found[subject])
    return found


def _subjects(path: Path, mapping: Rebase) -> Iterator[ox.NamedNode]:
    """The subjects of a file as they come; one that follows itself once. The triples are not kept."""
    last: object = None
    try:
        for quad in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE):
            subject = quad.subject
            if subject != last and isinstance(subject, ox.NamedNode):
                last = subject
                yield ox.NamedNode(mapping.iri(subject.value))
    except SyntaxError as error:
        raise EvidenceError(path, str(error.msg), error.lineno, error.offset) from error


def _described_twice(subject: ox.NamedNode, path: Path, file: BulkFile) -> EvidenceError:
    line, column = place_in(path, subject.value.split("/", 3)[-1]) or (None, None)
    reason = (
        f"{subject} is also described in {file.name}, which files.csv gives one document for all that is said of its "
        "subjects; move these facts there, or take the file out of files.csv"
    )
    return EvidenceError(path, reason, line, column)


def described(files: BulkFiles, documents: Mapping[str, ox.NamedNode], settings: Settings) -> Iterator[ox.Triple]:
    """The triples of the layer `evidence` about the files and their subjects."""
    base, gov = settings.base_iri, governance(settings.ontology_base)
    counts = Counter(file.slug for file in files.of_subject.values())
    nodes = {file.slug: file.node(base) for file in files.files}
    for file in files.files:
        node = nodes[file.slug]
        yield ox.Triple(node, RDF.type, VOID.Dataset)
        yield ox.Triple(node, RDF.type, PROV.Entity)
        yield ox.Triple(layer_graph(base, file.layer), VOID.subset, node)
        yield ox.Triple(node, PROV.hadPrimarySource, documents[file.key])
        yield ox.Triple(node, VOID.distinctSubjects, ox.Literal(str(counts[file.slug]), datatype=XSD.integer))
        yield ox.Triple(node, gov.wording, ox.NamedNode(f"{base}/auth/wording/project"))
        for language, word in FILE.items():
            yield ox.Triple(node, RDFS.label, ox.Literal(f"{word} {file.name}", language=language))
    for subject, file in files.of_subject.items():
        yield ox.Triple(subject, VOID.inDataset, nodes[file.slug])  # type: ignore[arg-type]
