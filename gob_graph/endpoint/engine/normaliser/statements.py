"""Parses triple patterns and property paths; a statement with collections or square brackets stays text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gob_graph.endpoint.engine.normaliser.path import Path
from gob_graph.endpoint.engine.normaliser.tree import NOTHING, Block, Triple, UnknownFormError

if TYPE_CHECKING:
    from gob_graph.endpoint.engine.normaliser.cursor import Cursor

_STARTS: Final = {"iri", "string", "variable", "number", "label", "name"}
_LITERALS: Final = {"TRUE", "FALSE"}
_ABSOLUTE: Final = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*:(?!.*/\.)[^\\]*>")


def absolute(iri: str) -> bool:
    """Whether an IRI in angle brackets is one as it stands: no base changes it, and nothing in it is escaped."""
    return _ABSOLUTE.fullmatch(iri) is not None


class Statements:
    """The triple patterns of one query."""

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor

    def block(self) -> Block:
        """Statements with dots between them, up to the next keyword or closing brace."""
        cursor = self.cursor
        triples: list[Triple] = []
        opaque: list[str] = []
        names = NOTHING
        while self._begins():
            start = cursor.place
            try:
                triples += self._statement()
            except _CollectionError:
                cursor.place = start
                self._skip()
                opaque.append(cursor.between(start, cursor.place))
                names |= cursor.variables(start, cursor.place)
            if cursor.upper != ".":
                break
            cursor.take()
        if not triples and not opaque:
            raise UnknownFormError
        return Block(tuple(triples), tuple(opaque), names)

    def _begins(self) -> bool:
        token = self.cursor.token
        return token.kind in _STARTS or token.upper in {"[", "(", "+", "-"} | _LITERALS

    def _skip(self) -> None:
        """Go to the end of a statement."""
        cursor = self.cursor
        while cursor.upper not in {".", "}", "{", "FILTER", "OPTIONAL", "BIND", "VALUES", "MINUS", "GRAPH", "SERVICE"}:
            cursor.step()

    def _statement(self) -> list[Triple]:
        if self.cursor.upper in {"(", "["}:
            raise _CollectionError
        return self._properties(self.term())

    def _properties(self, subject: str) -> list[Triple]:
        cursor = self.cursor
        found = []
        while True:
            path = self.path()
            start = cursor.token.start
            found.append(Triple(subject, path, self.term(), start))
            while cursor.upper == ",":
                cursor.take()
                start = cursor.token.start
                found.append(Triple(subject, path, self.term(), start))
            if cursor.upper != ";":
                return found
            while cursor.upper == ";":
                cursor.take()
            if cursor.upper in {".", "}"} or not self._verb_begins():
                return found

    def _verb_begins(self) -> bool:
        token = self.cursor.token
        return token.kind in {"iri", "name", "variable"} or token.text in {"a", "^", "!", "("}

    def term(self) -> str:
        """A variable, IRI, literal or blank node label."""
        cursor, start = self.cursor, self.cursor.place
        token = cursor.take()
        if token.kind == "mark" and token.text in {"(", "["}:
            raise _CollectionError
        if token.text in {"+", "-"} and cursor.token.kind == "number":
            cursor.take()
        elif token.kind not in _STARTS and token.upper not in _LITERALS:
            raise UnknownFormError
        if token.kind == "string" and cursor.token.kind == "language":
            cursor.take()
        elif token.kind == "string" and cursor.upper == "^^":
            cursor.take()
            if cursor.take().kind not in {"iri", "name"}:
                raise UnknownFormError
        return "?" + token.text[1:] if token.kind == "variable" else cursor.between(start, cursor.place)

    def path(self) -> Path:
        """A verb: a variable, or a property path."""
        if self.cursor.token.kind == "variable":
            return Path("link", text="?" + self.cursor.take().text[1:])
        return self._alternative()

    def _alternative(self) -> Path:
        parts = [self._sequence()]
        while self.cursor.upper == "|":
            self.cursor.take()
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else Path("alternative", tuple(parts))

    def _sequence(self) -> Path:
        parts = [self._element()]
        while self.cursor.upper == "/":
            self.cursor.take()
            parts.append(self._element())
        return parts[0] if len(parts) == 1 else Path("sequence", tuple(parts))

    def _element(self) -> Path:
        inverse = self.cursor.upper == "^"
        if inverse:
            self.cursor.take()
        found = self._primary()
        modifier = self.cursor.upper
        if modifier in {"*", "+", "?"}:
            self.cursor.take()
            found = Path(modifier, (found,))  # type: ignore[arg-type]
        return Path("inverse", (found,)) if inverse else found

    def _primary(self) -> Path:
        cursor = self.cursor
        if cursor.upper == "!":
            cursor.take()
            return Path("not", self._negated())
        if cursor.upper == "(":
            cursor.take()
            found = self._alternative()
            cursor.expect(")")
            return found
        return self._link()

    def _negated(self) -> tuple[Path, ...]:
        cursor = self.cursor
        if cursor.upper != "(":
            return (self._one_of_set(),)
        cursor.take()
        found = [self._one_of_set()]
        while cursor.upper == "|":
            cursor.take()
            found.append(self._one_of_set())
        cursor.expect(")")
        return tuple(found)

    def _one_of_set(self) -> Path:
        if self.cursor.upper == "^":
            self.cursor.take()
            return Path("inverse", (self._link(),))
        return self._link()

    def _link(self) -> Path:
        token = self.cursor.take()
        if token.kind not in {"iri", "name"} and token.text != "a":
            raise UnknownFormError
        return Path("link", text=token.text)


class _CollectionError(Exception):
    """A statement with a collection, or with a blank node in square brackets, which stays as it is written."""
