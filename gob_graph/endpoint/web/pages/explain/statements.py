"""The statements of an explained query: subject, property or path, value; and the walk over its tokens."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gob_graph.endpoint.web.pages.explain.terms import END, NotExplainedError, Wording
from gob_graph.endpoint.web.pages.i18n import gettext as _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gob_graph.endpoint.engine.tokens import Token

DEEPEST = 12
"""Levels of brackets."""


@dataclass(slots=True)
class Said:
    """A sentence, and what belongs under it."""

    text: str
    within: list[Said] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """For JSON and templates."""
        return {"text": self.text, "within": [part.document() for part in self.within]}


@dataclass(slots=True)
class Statements:
    """Reads statements off the tokens of a query."""

    tokens: list[Token]
    closing: dict[int, int]
    words: Wording
    at: int = 0
    depth: int = 0

    # reading

    def look(self, ahead: int = 0) -> Token:
        """The token that comes, or one further on; `END` behind the last."""
        number = self.at + ahead
        return self.tokens[number] if number < len(self.tokens) else END

    def take(self) -> Token:
        """Go on by one token."""
        token = self.look()
        if token is END:
            raise NotExplainedError("end")
        self.at += 1
        return token

    def accept(self, *texts: str) -> str:
        """The keyword or mark that comes, when it is one of these; else nothing."""
        if self.look().upper in texts:
            return self.take().upper
        return ""

    def expect(self, text: str) -> None:
        """Take this keyword or mark, or give up."""
        if not self.accept(text):
            raise NotExplainedError(self.look().text)

    def bracket(self, least: int = 0) -> list[Token]:
        """The tokens within the bracket that opens here, so many of them at least."""
        end = self.closing.get(self.at)
        if end is None:
            raise NotExplainedError(self.look().text)
        inner = self.tokens[self.at + 1 : end]
        if len(inner) < least:
            raise NotExplainedError(self.look().text)
        self.at = end + 1
        return inner

    def variables(self) -> list[str]:
        """The variables that come one after the other."""
        found = []
        while self.look().kind == "variable":
            found.append(self.take().text)
        return found

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """One level further down; nothing is explained that lies too deep for a reader, or for this walk."""
        if self.depth >= DEEPEST:
            raise NotExplainedError(self.look().text)
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1

    # triples

    def triples(self) -> list[Said]:
        """What is said of one subject."""
        within: list[Said] = []
        if self.look().text == "[":
            subject, within = self.something()
        else:
            subject = self.name()
        return within + (self.properties(subject) if self.look().text not in {".", "}"} else [])

    def properties(self, subject: str) -> list[Said]:
        """The properties of a subject and their values, up to the end of the statement."""
        said = []
        while True:
            verb = self.path()
            while True:
                said.append(self.object(subject, verb))
                if not self.accept(","):
                    break
            while self.accept(";"):
                pass
            if self.look().text in {".", "}", "]", ""} or self.look().upper in {"FILTER", "OPTIONAL", "BIND"}:
                return said

    def object(self, subject: str, verb: str) -> Said:
        """One value, as a sentence."""
        within: list[Said] = []
        if self.look().text == "[":
            value, within = self.something()
        else:
            value = self.name()
        values = {"subject": subject, "verb": verb, "value": value}
        if not verb:
            return Said(_("%(subject)s is of the kind %(value)s") % values, within)
        return Said("{subject} → {verb} → {value}".format(**values), within)

    def something(self) -> tuple[str, list[Said]]:
        """A node without a name, and what is said of it."""
        self.expect("[")
        thing = _("something")
        with self.deeper():
            said = [] if self.look().text == "]" else self.properties(thing)
        self.expect("]")
        return thing, said

    def name(self) -> str:
        """A variable, name or literal, with its language."""
        sign = self.take().text if self.look().text in {"-", "+"} else ""
        said = sign + self.words.term(self.take())
        if self.look().kind == "language":
            said += f" ({self.take().text[1:]})"
        elif self.accept("^^"):
            self.take()
        return said

    def path(self) -> str:
        """A property, or several steps; nothing for the kind of a thing."""
        if self.look().kind == "word" and self.look().text == "a":
            self.take()
            return ""
        said = self.step()
        while mark := self.accept("/", "|"):
            joined = _("%(one)s, then %(next)s") if mark == "/" else _("%(one)s or %(next)s")
            said = joined % {"one": said, "next": self.step()}
        return said

    def step(self) -> str:
        """One step of a path."""
        backwards = bool(self.accept("^"))
        if self.accept("("):
            with self.deeper():
                said = self.path()
            self.expect(")")
        elif self.look().kind == "word" and self.look().text == "a":
            self.take()
            said = _("kind")
        else:
            said = self.words.term(self.take())
        if mark := self.accept("*", "+", "?"):
            said = self.words.step(said, mark)
        return _("%(step)s, read backwards") % {"step": said} if backwards else said
