"""Find, read and check the files that people write: every error names file, line and column.

A layer is a folder of data/; ontology/vocabulary belongs to `vocab`. Terms are mapped to the deployment's bases
as they are read, so that everything after this module knows only one set of IRIs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.errors import ForbiddenFact, SourceError
from gob_graph.pipeline.files import read_text
from gob_graph.settings import DEFAULT_BASE
from gob_graph.vocab import ASSERTED, LAYERS, RDF, SH, XSD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from gob_graph.settings import Settings

Layers = dict[str, set[ox.Triple]]
"""The triples of each layer; a triple stands in one layer only."""

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_PROLOGUE = re.compile(r"(?im)^(\s*PREFIX\s+[\w-]*:\s*<)([^>]*)(>)")


@dataclass(frozen=True, slots=True)
class Source:
    """One Turtle file and the layer that its triples belong to."""

    path: Path
    layer: str


@dataclass(frozen=True, slots=True)
class Rebase:
    """Maps the bases that the files are written with to those of the deployment; ontology terms by their own base."""

    base_iri: str
    ontology_base: str

    def iri(self, text: str) -> str:
        """The IRI in this deployment."""
        rest = text.removeprefix(DEFAULT_BASE)
        if rest == text:
            return text
        return (self.ontology_base if rest.startswith("/ns/") else self.base_iri) + rest

    def term(
        self, term: ox.Triple | ox.NamedNode | ox.Literal | ox.BlankNode
    ) -> ox.NamedNode | ox.Literal | ox.BlankNode:
        """The term in this deployment."""
        if isinstance(term, ox.NamedNode):
            if self.base_iri == self.ontology_base == DEFAULT_BASE:
                return term
            name = self.iri(term.value)
            return term if name == term.value else ox.NamedNode(name)
        if isinstance(term, ox.Triple):
            raise TypeError("a triple term")
        return term

    def query(self, text: str) -> str:
        """A query with the IRIs of its prologue in this deployment; elsewhere our queries hold no IRI of ours."""
        return _PROLOGUE.sub(lambda m: m[1] + self.iri(m[2]) + m[3], text)


def rebase(settings: Settings) -> Rebase:
    """The mapping for these settings."""
    return Rebase(settings.base_iri, settings.ontology_base)


def find_sources(settings: Settings) -> list[Source]:
    """Every Turtle file that holds facts, in a fixed order.

    Raises:
        SourceError: the folder is not one of ours, or data/ has a folder that is no layer.
    """
    data = settings.data_dir
    if not data.is_dir() or not settings.ontology_dir.is_dir():
        raise SourceError(settings.source_dir.resolve(), "holds no ontology/ and data/; set GOB_GRAPH_SOURCE_DIR")
    vocabulary = [Source(p, "vocab") for p in sorted((settings.ontology_dir / "vocabulary").rglob("*.ttl"))]
    facts = []
    for folder in sorted(p for p in data.iterdir() if p.is_dir() and p.name != "queries"):
        if folder.name not in LAYERS:
            raise SourceError(folder, f"is no layer; the layers are {', '.join(LAYERS)}")
        facts += [Source(p, folder.name) for p in sorted(folder.rglob("*.ttl"))]
    return vocabulary + facts


def read_turtle(path: Path, mapping: Rebase, *, blank_nodes: bool = False) -> list[ox.Triple]:
    """The triples of one Turtle file, rebased and checked.

    Raises:
        SourceError: at line and column: not UTF-8, not Turtle, an undefined prefix, a blank node (unless allowed), a
            control character, a relative IRI, or a literal whose lexical form the store would rewrite.
    """
    text = read_text(path)
    triples = []
    moves_nothing = mapping.base_iri == mapping.ontology_base == DEFAULT_BASE
    try:
        for quad in ox.parse(text.encode(), format=ox.RdfFormat.TURTLE):
            terms = (quad.subject, quad.predicate, quad.object)
            if moves_nothing and isinstance(terms[0], ox.NamedNode) and isinstance(terms[2], ox.NamedNode):
                triples.append(quad.triple)  # most of a large file: nothing to check, nothing to map
                continue
            _check_terms(terms, path, text, blank_nodes=blank_nodes)
            here = [mapping.term(term) for term in terms]
            same = all(term is other for term, other in zip(terms, here, strict=True))
            triples.append(quad.triple if same else ox.Triple(*here))  # type: ignore[arg-type]
    except SyntaxError as error:
        raise SourceError(path, _reason(error), error.lineno, error.offset) from error
    return triples


def _reason(error: SyntaxError) -> str:
    return re.sub(r"^Parser error .*?(?:line|columns?) \d+(?: and (?:line \d+ column )?\d+)?: ", "", str(error.msg))


def _check_terms(terms: Iterable[object], path: Path, text: str, *, blank_nodes: bool) -> None:
    for term in terms:
        if isinstance(term, ox.BlankNode) and not blank_nodes:
            raise SourceError(
                path, "a blank node; give the thing an IRI, and list it in data/ids.csv", *_blank_place(text)
            )
        if isinstance(term, ox.Triple):
            raise SourceError(path, "a triple term; facts about facts are made from data/evidence")
        if isinstance(term, ox.Literal):
            if _FORBIDDEN.search(term.value):
                raise SourceError(path, f"a control character in {term.value!r}", *place_of(text, term.value[:20]))
            kept = stored(term)
            if kept != term:
                raise SourceError(
                    path, f"the store would rewrite {term} as {kept}; write it so", *place_of(text, f'"{term.value}"')
                )


_STORE = ox.Store()


@lru_cache(maxsize=10_000)
def stored(literal: ox.Literal) -> ox.Literal:
    """The literal as the store gives it back: it rewrites some lexical forms (``"0010"^^xsd:integer``)."""
    if literal.datatype in {RDF.langString, XSD.string}:
        return literal
    rows = _STORE.query("SELECT ?x { VALUES ?x { " + str(literal) + " } }")
    if not isinstance(rows, ox.QuerySolutions):
        raise TypeError(rows)
    value = next(iter(rows))[0]
    if not isinstance(value, ox.Literal):
        raise TypeError(value)
    return value


def place_of(text: str, needle: str) -> tuple[int | None, int | None]:
    """Line and column (from 1) of the first place where a piece of a file stands; none when it is written otherwise."""
    at = text.find(needle)
    if at < 0:
        return None, None
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def _blank_place(text: str) -> tuple[int | None, int | None]:
    hidden = re.sub(
        r'"""[\s\S]*?"""|"(?:[^"\\\n]|\\.)*"|<[^>\n]*>|#[^\n]*', lambda m: re.sub(r"[^\n]", " ", m[0]), text
    )
    found = re.search(r"\[|\(|_:", hidden)
    return place_of(hidden, found[0]) if found else (None, None)


def load(settings: Settings) -> Layers:
    """The layers that people write.

    Raises:
        SourceError: as `read_turtle`, or there is nothing to read.
        ForbiddenFact: a triple stands in two layers.
    """
    mapping = rebase(settings)
    found: Layers = {layer: set() for layer in LAYERS}
    sources = find_sources(settings)
    for source in sources:
        found[source.layer].update(read_turtle(source.path, mapping))
    if not sources:
        raise SourceError(settings.data_dir, "holds no Turtle file")
    for one, other in combinations(LAYERS, 2):
        if twice := found[one] & found[other]:
            raise _stated_twice(min(twice, key=str), (one, other), sources, mapping)
    return found


def _stated_twice(
    triple: ox.Triple, layers: Iterable[str], sources: Iterable[Source], mapping: Rebase
) -> ForbiddenFact:
    """The error at the second of the files, in their order, that state the triple."""
    among = [source for source in sources if source.layer in layers]
    first, *others = [source for source in among if triple in read_turtle(source.path, mapping)]
    second = next(source for source in others if source.layer != first.layer)
    text, line, column = read_text(second.path), None, None
    spaces = ((prefix, mapping.iri(iri)) for prefix, iri in re.findall(r"(?m)^@prefix ([\w-]*): <([^>]*)>", text))
    name = getattr(triple.subject, "value", "")
    curies = [f"{p}:{name.removeprefix(iri)} " for p, iri in spaces if name.startswith(iri)]
    for form in (*curies, f"<{name}> "):
        if line is None:
            line, column = place_of(text, f"\n{form}")
    reason = f"{triple} stands in two layers, also in {first.path} ({first.layer}); leave it in one of them"
    return ForbiddenFact(second.path, reason, line and line + 1, column and 1)


def keep_one_place(layers: Layers) -> None:
    """Leave each triple in the first layer, in the order of `LAYERS`, that states it."""
    for first, later in combinations(LAYERS, 2):
        layers[later] -= layers[first] & layers[later]


def asserted(layers: Layers) -> Iterator[ox.Triple]:
    """The triples that people wrote as facts or vocabulary."""
    for layer in ASSERTED:
        yield from layers[layer]


def read_prefixes(settings: Settings) -> dict[str, str]:
    """The one prefix table, for this deployment: prefix to namespace.

    Raises:
        SourceError: the file is broken, or a prefix is declared twice.
    """
    path = settings.ontology_dir / "prefixes.ttl"
    mapping = rebase(settings)
    triples = read_turtle(path, mapping)
    names = {t.subject: _text(t.object) for t in triples if t.predicate == SH.prefix}
    spaces = {t.subject: mapping.iri(_text(t.object)) for t in triples if t.predicate == SH.namespace}
    table = {names[node]: spaces[node] for node in names.keys() & spaces.keys()}
    if len(table) != len(names) or len(names) != len(spaces):
        raise SourceError(path, "each declaration needs one sh:prefix of its own and one sh:namespace")
    return dict(sorted(table.items()))


def _text(term: object) -> str:
    if not isinstance(term, ox.Literal):
        raise TypeError(term)
    return term.value


def place_of_iri(settings: Settings, name: str, layer: str | None = None) -> tuple[Path, int | None, int | None]:
    """File, line and column of the first use, in a layer or anywhere, of an IRI of ours: its path below the base."""
    for source in find_sources(settings):
        if layer in {None, source.layer} and (place := place_in(source.path, name)):
            return source.path, *place
    return settings.data_dir, None, None


def place_in(path: Path, name: str) -> tuple[int | None, int | None] | None:
    """Line and column of the first use, in a file, of an IRI of ours: its path below the base; None without any."""
    _, concept, *rest = name.split("/")
    curie = re.escape(f"{concept}:{'/'.join(rest)}") + r"(?![\w-])"
    text = read_text(path)
    found = re.search(rf"{curie}|<{re.escape(DEFAULT_BASE)}/{re.escape(name)}>", text)
    return place_of(text, found[0]) if found else None
