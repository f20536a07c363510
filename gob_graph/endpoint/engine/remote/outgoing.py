"""What a query becomes before it is sent to another engine: no comments, no dataset clauses, no extensions.

The dataset is always given by the parameters of the protocol, which replace FROM (SPARQL 1.1 Protocol 2.1.4), and names
graphs of the release only: an engine may fetch the address of a graph that it does not hold.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urljoin

from gob_graph.endpoint.engine.service_clause import decoded, reaches_out
from gob_graph.endpoint.engine.tokens import tokens
from gob_graph.errors import RequestError
from gob_graph.vocab import XSD

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gob_graph.endpoint.engine.job import Manner
    from gob_graph.endpoint.engine.tokens import Token

NOTHING: Final = "urn:uuid:00000000-0000-0000-0000-000000000000"
"""A graph that no engine holds; it is named where a part of a dataset is empty: leaving it out can mean all graphs."""
EXTENSIONS: Final = (
    "bif:",
    "sql:",
    "java:",
    "class:",
    "http://jena.apache.org/",
    "http://jena.hpl.hp.com/",
    "http://www.openlinksw.com/",
    "http://www.bigdata.com/",
    "http://www.ontotext.com/",
    "http://aws.amazon.com/neptune/",
    "http://franz.com/ns/",
    "tag:stardog:api:",
    "https://qlever.cs.uni-freiburg.de/builtin-functions/",
)
"""How the names begin that only some engine knows: functions, and predicates that are functions."""
CASTS: Final = XSD.term("").value
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_COMMENT = re.compile(r"#[^\n\r]*")


class Outgoing(NamedTuple):
    """A query as it is sent: its text and the graphs of its dataset."""

    text: str
    default_graphs: tuple[str, ...]
    named_graphs: tuple[str, ...]


class _Clause(NamedTuple):
    """A dataset clause: its first token, the one behind its last, and the graph that it names."""

    first: int
    behind: int
    named: bool
    graph: Token


class _Names:
    """The prefixes and the base of a prologue."""

    def __init__(self, found: Sequence[Token], base: str) -> None:
        self._prefixes: dict[str, str] = {}
        self._base = base
        for number, token in enumerate(found[:-1]):
            if token.upper == "BASE" and found[number + 1].kind == "iri":
                self._base = self.of(found[number + 1])
            if token.upper == "PREFIX" and number + 2 < len(found):
                self._prefixes[found[number + 1].prefix or ""] = self.of(found[number + 2])

    def of(self, token: Token) -> str:
        """The IRI that an address or a prefixed name stands for."""
        if token.kind == "iri":
            iri = decoded(token.text[1:-1])
            # `urljoin` drops an empty fragment, with which many namespaces end.
            return iri if _ABSOLUTE.match(iri) else urljoin(self._base, iri)
        prefix, _, local = token.text.partition(":")
        return self._prefixes.get(prefix, f"{prefix}:") + local.replace("\\", "")


def outgoing(text: str, manner: Manner, graphs: Sequence[str]) -> Outgoing:
    """The query that an engine which holds these graphs is asked.

    Raises:
        RequestError: ``service-refused``; ``extension-refused``: it uses what only some engine knows.
    """
    if reaches_out(text):
        raise RequestError("service-refused", "SERVICE would make the engine ask another")
    found = list(tokens(text))
    names = _Names(found, manner.base)
    _refuse_extensions(found, names)
    if "\\" in text:
        other = list(tokens(decoded(text)))
        _refuse_extensions(other, _Names(other, manner.base))
    clauses = list(_clauses(found))
    default, named = manner.default_graphs, manner.named_graphs
    if default is None and named is None:
        default = named = tuple(graphs)
        if clauses:
            default = tuple(names.of(clause.graph) for clause in clauses if not clause.named)
            named = tuple(names.of(clause.graph) for clause in clauses if clause.named)
    return Outgoing(_written(text, found, clauses, manner.base), _held(default, graphs), _held(named, graphs))


def _clauses(found: Sequence[Token]) -> Iterator[_Clause]:
    for number, token in enumerate(found):
        if token.upper == "FROM":
            named = found[number + 1].upper == "NAMED"
            place = number + 1 + named
            yield _Clause(number, place + 1, named, found[place])


def _written(text: str, found: Sequence[Token], clauses: Sequence[_Clause], base: str) -> str:
    """The text without comments and clauses, on a base of its own; each token keeps what stands before it."""
    left_out = {number for clause in clauses for number in range(clause.first, clause.behind)}
    parts, place = [f"BASE <{base}>\n"], 0
    for number, token in enumerate(found):
        gap = _COMMENT.sub(" ", text[place : token.start])
        parts += [gap, " " if number in left_out else token.text]
        place = token.end
    return "".join(parts)


def _held(asked: Sequence[str] | None, graphs: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in dict.fromkeys(asked or ()) if name in graphs) or (NOTHING,)


def _refuse_extensions(found: Sequence[Token], names: _Names) -> None:
    for token, following in pairwise(found):
        if token.kind not in {"iri", "name"}:
            continue
        name = names.of(token)
        if name.lower().startswith(EXTENSIONS):
            raise RequestError("extension-refused", f"<{name[:200]}> is an extension of some engine")
        if following.text == "(" and not name.startswith(CASTS):
            raise RequestError(
                "extension-refused",
                f"<{name[:200]}> before a bracket is a function of some engine, or a list; "
                "functions are those of SPARQL 1.1 and the casts of xsd:, and lists are written with rdf:first",
            )
