"""Queries of the pages: trusted texts with terms filled in, evaluated in the page lane, answered as terms.

The known prefixes of the release need no declaration, so that a query holds in a release with other bases too.

A text has a line ``VALUES ?name { UNDEF }`` for each parameter, so that it is valid SPARQL without them; terms are
filled in in their N-Triples form, out of which no value can break.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from gob_graph import vocab
from gob_graph.endpoint.engine.job import Formats, Job, Manner
from gob_graph.endpoint.engine.tokens import tokens, used_prefixes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gob_graph.endpoint.engine.engine import Engine

STANDARD: Final[Mapping[str, str]] = {
    "adms": vocab.ADMS, "cv": vocab.CV, "dcat": vocab.DCAT, "dct": vocab.DCT, "foaf": vocab.FOAF, "locn": vocab.LOCN,
    "oa": vocab.OA, "org": vocab.ORG, "owl": vocab.OWL, "prov": vocab.PROV, "rdf": vocab.RDF, "rdfs": vocab.RDFS,
    "rov": "http://www.w3.org/ns/regorg#", "schema": vocab.SCHEMA, "sd": vocab.SD, "sh": vocab.SH, "skos": vocab.SKOS,
    "spdx": vocab.SPDX, "vcard": vocab.VCARD, "void": vocab.VOID, "xsd": vocab.XSD,
}  # fmt: skip
"""Prefixes of common vocabularies, for a release whose own table lacks one that a page uses."""
Term = ox.NamedNode | ox.BlankNode | ox.Literal
Row = dict[str, Term]
"""The bound variables of one solution."""
MANNER = Manner(None, None, Formats("json", "json", "ntriples"))


@dataclass(frozen=True, slots=True)
class Question:
    """A query text and where it came from, for errors."""

    text: str

    def filled(self, **given: Term | Iterable[Term]) -> str:
        """The query with the terms of each name.

        Raises:
            KeyError: the query has no line for a name.
        """
        text = self.text
        for name, terms in given.items():
            line = f"VALUES ?{name} {{ UNDEF }}"
            if line not in text:
                raise KeyError(name)
            several = [terms] if isinstance(terms, Term) else list(terms)
            text = text.replace(line, f"VALUES ?{name} {{ {' '.join(map(str, several))} }}")
        return text


def declared(text: str, prefixes: Mapping[str, str]) -> str:
    """The query with a declaration of each known prefix that it uses and does not declare itself."""
    known = {**STANDARD, **prefixes}
    return "".join(f"PREFIX {name}: <{known[name]}>\n" for name in _missing(text) if name in known) + text


@lru_cache(maxsize=256)
def _missing(text: str) -> list[str]:
    used, own = used_prefixes(tokens(text))
    return sorted(set(used) - set(own))


def rows(engine: Engine, text: str, **given: Term | Iterable[Term]) -> list[Row]:
    """The solutions of a SELECT.

    Raises:
        RequestError: the engine has no time or room for it now.
    """
    body = _ask(engine, text, given)
    answer = ox.parse_query_results(body, format=ox.QueryResultsFormat.JSON)
    if not isinstance(answer, ox.QuerySolutions):
        raise TypeError("no SELECT")
    names = [v.value for v in answer.variables]
    return [{n: value for n in names if isinstance(value := solution[n], Term)} for solution in answer]


def triples(engine: Engine, text: str, **given: Term | Iterable[Term]) -> list[ox.Triple]:
    """The triples of a CONSTRUCT or DESCRIBE.

    Raises:
        RequestError: the engine has no time or room for it now.
    """
    body = _ask(engine, text, given)
    return [quad.triple for quad in ox.parse(body, format=ox.RdfFormat.N_TRIPLES)]


def _ask(engine: Engine, text: str, given: Mapping[str, Term | Iterable[Term]]) -> bytes:
    manifest = engine.release.manifest
    own = {"gov": f"{manifest['ontology_base']}/ns/governance#", "display": f"{manifest['ontology_base']}/ns/display#"}
    query = declared(Question(text).filled(**given), {**own, **manifest["prefixes"]})
    return engine.ask_page(Job(query, MANNER)).body
