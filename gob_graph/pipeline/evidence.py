"""From one line per fact and statement to annotations: which words of which page a fact stands on.

People write, in data/evidence, ``statements.csv`` (the statements of the page: offsets, digest, text fragment),
``quotes.csv`` (the words of those that may be quoted: names, titles, slogans, values, missions, hedges) and one
``<layer>.tsv`` each for `source`, `external` and `history`: the key of a statement or of a source document, a tab, and
one triple in Turtle. Made from them, for the layer `evidence`:

* per statement an ``oa:Annotation`` with a position selector (code points, half-open; Web Annotation Data Model 4.2.5),
  and a quote selector where the words may be quoted; a quote of a part of the span refines the position (4.2.9);
* per fact an ``rdf:Statement`` whose IRI is a hash of the triple, independent of the base;
* per outside fact ``prov:hadPrimarySource``, the address it was read at; for whole files see `evidence_files`.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.errors import EvidenceError, ForbiddenFact
from gob_graph.pipeline.evidence_files import EVIDENCED, BulkFiles, described, read_files
from gob_graph.pipeline.files import read_rows, read_text
from gob_graph.pipeline.sources import Rebase, place_of_iri, read_prefixes, rebase
from gob_graph.vocab import DCT, OA, PROV, RDF, SPDX, XSD, governance

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from gob_graph.pipeline.inference import Rule
    from gob_graph.pipeline.source_page import SourcePage
    from gob_graph.pipeline.sources import Layers
    from gob_graph.settings import Settings

STATEMENT_COLUMNS = ("id", "kind", "start", "end", "sha256", "fragment", "label")
QUOTE_COLUMNS = ("id", "exact", "prefix", "suffix")
EVIDENCE_ONLY = "evidence-only"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of the source page: code points ``[start, end)``, digest of that span, fragment that finds it."""

    id: str
    kind: str
    start: int
    end: int
    sha256: str
    fragment: str
    label: str


@dataclass(frozen=True, slots=True)
class Quote:
    """The words of a statement or of a part of it, and, where they are not unique, those before and after."""

    exact: str
    prefix: str
    suffix: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a .tsv file: a source, and the fact that it states."""

    path: Path
    number: int
    key: str
    triple: ox.Triple


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that data/evidence says, checked against itself but not yet against the facts."""

    statements: dict[str, Statement]
    files: BulkFiles
    lines: dict[str, list[Line]] = field(default_factory=dict)
    quotes: dict[str, Quote] = field(default_factory=dict)

    def of_layer(self, layer: str) -> Iterator[Line]:
        """The lines for the facts of a layer."""
        return iter(self.lines.get(layer, ()))


def read_evidence(settings: Settings) -> Evidence:
    """Read data/evidence.

    Raises:
        EvidenceError: at its line: wrong columns, not one triple, an undefined prefix, an unknown statement, a quote
            that is not the words of its statement.
    """
    folder = settings.data_dir / "evidence"
    statements = {s.id: s for s in _read_statements(folder / "statements.csv")}
    prologue = "".join(f"@prefix {p}: <{n}> .\n" for p, n in read_prefixes(settings).items())
    lines = {}
    for layer in EVIDENCED:
        path = folder / f"{layer}.tsv"
        lines[layer] = list(_read_lines(path, prologue, rebase(settings))) if path.exists() else []
    for line in lines["source"]:
        if line.key not in statements:
            raise EvidenceError(line.path, f"{line.key} is no statement of statements.csv", line.number)
    quotes = folder / "quotes.csv"
    words = dict(_read_quotes(quotes, statements)) if quotes.exists() else {}
    return Evidence(statements, read_files(settings), lines, words)


def _read_quotes(path: Path, statements: dict[str, Statement]) -> Iterator[tuple[str, Quote]]:
    """The quotes by statement; one of the whole span must have its digest."""
    for line, (identifier, exact, prefix, suffix) in read_rows(path, QUOTE_COLUMNS):
        statement = statements.get(identifier)
        if statement is None or not exact:
            raise EvidenceError(path, f"{identifier} is no statement of statements.csv, or has no words here", line)
        length = statement.end - statement.start
        whole = hashlib.sha256(exact.encode()).hexdigest() == statement.sha256
        if len(exact) > length or (len(exact) == length) != whole:
            reason = f"{identifier}: offsets or digest of statements.csv do not match these words"
            raise ForbiddenFact(path, reason, line)
        yield identifier, Quote(exact, prefix, suffix)


def _read_statements(path: Path) -> Iterator[Statement]:
    seen = set()
    for line, cells in read_rows(path, STATEMENT_COLUMNS):
        identifier, kind, start, end, digest, fragment, label = cells
        try:
            statement = Statement(identifier, kind, int(start), int(end), digest, fragment, label)
        except ValueError as error:
            raise EvidenceError(path, f"start and end are numbers: {error}", line) from error
        if statement.start >= statement.end or not re.fullmatch("[0-9a-f]{64}", digest) or identifier in seen:
            raise EvidenceError(path, f"{identifier}: twice, or start, end or sha256 is wrong", line)
        seen.add(identifier)
        yield statement


def _read_lines(path: Path, prologue: str, mapping: Rebase) -> Iterator[Line]:
    for number, text in enumerate(read_text(path).split("\n"), 1):
        if not text.strip() or text.startswith("#"):
            continue
        key, tab, fact = text.partition("\t")
        if not tab:
            raise EvidenceError(path, "write: key, tab, one triple in Turtle", number)
        try:
            triples = [q.triple for q in ox.parse((prologue + fact).encode(), format=ox.RdfFormat.TURTLE)]
        except SyntaxError as error:
            raise EvidenceError(path, str(error.msg), number, len(key) + 1 + (error.offset or 0)) from error
        if len(triples) != 1:
            raise EvidenceError(path, f"{len(triples)} triples; one line is one fact", number)
        yield Line(path, number, key.strip(), ox.Triple(*(mapping.term(t) for t in triples[0])))  # type: ignore[arg-type]


def check_evidence(evidence: Evidence, layers: Layers, documents: dict[str, ox.NamedNode], settings: Settings) -> None:
    """Every fact of the evidenced layers has a line or a file, every line its fact, every statement a line or none.

    Raises:
        EvidenceError: at the line, or naming the fact that nothing supports.
    """
    evidence.files.check(documents, {t.subject for t in layers["meta"]}, settings.base_iri)
    _check_lines(evidence, layers, documents)
    supported = {line.triple for layer in EVIDENCED for line in evidence.of_layer(layer)}
    in_file = evidence.files.of_subject
    for layer in EVIDENCED:
        bare = (t for t in layers[layer] if t.subject not in in_file and t not in supported)
        if triple := min(bare, key=str, default=None):
            name = str(triple.subject).strip("<>").removeprefix(f"{settings.base_iri}/")
            place = place_of_iri(settings, name, layer)
            also = "" if layer == "source" else " or files.csv"
            reason = f"no line of data/evidence/{layer}.tsv{also} says where this fact comes from: {triple}"
            raise EvidenceError(place[0], reason, *place[1:])
    used = {line.key for line in evidence.of_layer("source")}
    for statement in evidence.statements.values():
        if statement.id not in used and statement.kind != EVIDENCE_ONLY:
            raise EvidenceError("data/evidence/source.tsv", f"no fact is drawn from statement {statement.id}")


def _check_lines(evidence: Evidence, layers: Layers, documents: dict[str, ox.NamedNode]) -> None:
    for layer in EVIDENCED:
        for line in evidence.of_layer(layer):
            if not any(line.triple in layers[name] for name in EVIDENCED):
                raise EvidenceError(line.path, f"supports a fact that is not in the data: {line.triple}", line.number)
            if file := evidence.files.of_subject.get(line.triple.subject):
                reason = f"stands in {file.name}, whose evidence is the line of files.csv; take this line out"
                raise EvidenceError(line.path, reason, line.number)
            if layer != "source" and line.key not in documents:
                raise EvidenceError(line.path, f"{line.key} is no dct:identifier of sources.ttl", line.number)


def source_documents(triples: Iterable[ox.Triple]) -> dict[str, ox.NamedNode]:
    """The documents of data/evidence/sources.ttl by their ``dct:identifier``."""
    return {
        t.object.value: t.subject
        for t in triples
        if t.predicate == DCT.identifier and isinstance(t.subject, ox.NamedNode) and isinstance(t.object, ox.Literal)
    }


def fact_hash(triple: ox.Triple, base_iri: str) -> str:
    """What names a fact whatever the base: the SHA-256 of the triple with our IRIs relative, 32 hexadecimal digits."""
    relative = re.sub(rf"<{re.escape(base_iri)}/(?=(?:id|auth|doc)/)", "<", str(triple))
    return hashlib.sha256(relative.encode()).hexdigest()[:32]


def annotate(
    evidence: Evidence,
    documents: dict[str, ox.NamedNode],
    inferred: dict[ox.Triple, Rule],
    page: SourcePage,
    settings: Settings,
) -> set[ox.Triple]:
    """The triples of the layer `evidence` that are made: annotations, selectors, reified facts."""
    maker = _Maker(page, settings)
    for statement in evidence.statements.values():
        maker.statement(statement)
        if quote := evidence.quotes.get(statement.id):
            maker.quote(statement, quote)
    for layer in EVIDENCED:
        for line in evidence.of_layer(layer):
            node = maker.fact(line.triple)
            if layer == "source":
                annotation = maker.node("statement", line.key)
                maker.say(annotation, OA.hasBody, node)
            else:
                maker.say(node, PROV.hadPrimarySource, documents[line.key])
    for triple, rule in inferred.items():
        maker.say(maker.fact(triple), maker.gov.derivedBy, maker.rule(rule))
    maker.made.update(described(evidence.files, documents, settings))
    return maker.made


class _Maker:
    """Collects triples; its methods name what they say."""

    def __init__(self, page: SourcePage, settings: Settings) -> None:
        self.base, self.gov = settings.base_iri, governance(settings.ontology_base)
        self.page, self.language = page.node, page.language
        self.made: set[ox.Triple] = set()

    def node(self, concept: str, name: str) -> ox.NamedNode:
        return ox.NamedNode(f"{self.base}/id/{concept}/{name}")

    def say(self, subject: ox.NamedNode, predicate: ox.NamedNode, thing: ox.NamedNode | ox.Literal) -> None:
        self.made.add(ox.Triple(subject, predicate, thing))

    def statement(self, given: Statement) -> None:
        node = self.node("statement", given.id)
        target, selector = self.node("selector", f"{given.id}-target"), self.node("selector", given.id)
        digest = self.node("selector", f"{given.id}-digest")
        for cls in (self.gov.SourceStatement, OA.Annotation):
            self.say(node, RDF.type, cls)
        self.say(node, DCT.identifier, ox.Literal(given.id))
        self.say(node, DCT.type, ox.NamedNode(f"{self.base}/auth/statement-kind/{given.kind}"))
        self.say(node, DCT.description, ox.Literal(given.label, language=self.language))
        self.say(node, OA.motivatedBy, OA.describing)
        self.say(node, PROV.wasQuotedFrom, self.page)
        self.say(node, OA.hasTarget, target)
        self.say(target, RDF.type, OA.SpecificResource)
        self.say(target, OA.hasSource, self.page)
        self.say(target, OA.hasSelector, selector)
        self.say(selector, RDF.type, OA.TextPositionSelector)
        # xsd:integer, though oa:start is of xsd:nonNegativeInteger: the store keeps only the former of the two types.
        self.say(selector, OA.start, ox.Literal(str(given.start), datatype=XSD.integer))
        self.say(selector, OA.end, ox.Literal(str(given.end), datatype=XSD.integer))
        fragment = self.node("selector", f"{given.id}-fragment")
        self.say(target, OA.hasSelector, fragment)
        self.say(fragment, RDF.type, OA.FragmentSelector)
        self.say(fragment, RDF.value, ox.Literal(f":~:text={given.fragment}"))
        self.say(fragment, DCT.conformsTo, ox.NamedNode("https://wicg.github.io/scroll-to-text-fragment/"))
        self.say(selector, SPDX.checksum, digest)
        self.say(digest, RDF.type, SPDX.Checksum)
        self.say(digest, SPDX.algorithm, SPDX.checksumAlgorithm_sha256)
        self.say(digest, SPDX.checksumValue, ox.Literal(given.sha256, datatype=XSD.hexBinary))

    def quote(self, given: Statement, quote: Quote) -> None:
        """The words beside the position that they fill, or refining it where they are a part of the span."""
        whole = len(quote.exact) == given.end - given.start
        node = self.node("selector", f"{given.id}-quote")
        found_from = self.node("selector", f"{given.id}-target" if whole else given.id)
        self.say(found_from, OA.hasSelector if whole else OA.refinedBy, node)
        self.say(node, RDF.type, OA.TextQuoteSelector)
        for predicate, words in ((OA.exact, quote.exact), (OA.prefix, quote.prefix), (OA.suffix, quote.suffix)):
            if words:
                self.say(node, predicate, ox.Literal(words))

    def fact(self, triple: ox.Triple) -> ox.NamedNode:
        node = self.node("triple", fact_hash(triple, self.base))
        self.say(node, RDF.type, RDF.Statement)
        for part, term in zip((RDF.subject, RDF.predicate, RDF.object), triple, strict=True):
            self.say(node, part, term)
        return node

    def rule(self, rule: Rule) -> ox.NamedNode:
        node = self.node("rule", rule.name)
        self.say(node, RDF.type, self.gov.Rule)
        for language, sentence in rule.sentences.items():
            self.say(node, DCT.description, ox.Literal(sentence, language=language))
        return node
