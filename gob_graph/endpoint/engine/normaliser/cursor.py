"""A place in the tokens of a query, and the text between two of them."""

from __future__ import annotations

from typing import Final

from gob_graph.endpoint.engine.normaliser.tree import UnknownFormError
from gob_graph.endpoint.engine.tokens import Token
from gob_graph.endpoint.engine.tokens import tokens as tokenise

_CLOSING: Final = {"(": ")", "{": "}", "[": "]"}
_END: Final = Token("mark", "", -1)


class Cursor:
    """Reads the tokens of a query one after the other."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(tokenise(text))
        self.place = 0

    @property
    def done(self) -> bool:
        """Whether every token was taken."""
        return self.place >= len(self.tokens)

    @property
    def token(self) -> Token:
        """The next token; one without text at the end."""
        return self.tokens[self.place] if self.place < len(self.tokens) else _END

    @property
    def upper(self) -> str:
        """The next token as a keyword or mark."""
        return self.token.upper

    def ahead(self, count: int) -> Token:
        """The token so many behind the next."""
        place = self.place + count
        return self.tokens[place] if place < len(self.tokens) else _END

    def take(self) -> Token:
        """The next token, which is read.

        Raises:
            UnknownFormError: there is none.
        """
        if self.done:
            raise UnknownFormError
        self.place += 1
        return self.tokens[self.place - 1]

    def expect(self, mark: str) -> None:
        """Read this token.

        Raises:
            UnknownFormError: it is another one.
        """
        if self.take().upper != mark:
            raise UnknownFormError

    def balanced(self) -> None:
        """Read from one bracket to the one that closes it.

        Raises:
            UnknownFormError: the next token opens nothing, or brackets do not pair.
        """
        closing = [_CLOSING.get(self.take().text, "")]
        if not closing[0]:
            raise UnknownFormError
        while closing:
            token = self.take()
            if token.kind != "mark":
                continue
            if token.text in _CLOSING:
                closing.append(_CLOSING[token.text])
            elif token.text in {")", "}", "]"} and closing.pop() != token.text:
                raise UnknownFormError

    def step(self) -> None:
        """Read a token, or all from one bracket to the one that closes it."""
        if self.token.kind == "mark" and self.token.text in _CLOSING:
            self.balanced()
        else:
            self.take()

    def close(self) -> None:
        """Go to the brace that closes the group around this place."""
        while self.upper != "}":
            self.step()

    def between(self, start: int, end: int) -> str:
        """The text from one token up to another, which is not part of it."""
        return self.text[self.tokens[start].start : self.tokens[end - 1].end] if start < end else ""

    def variables(self, start: int, end: int) -> frozenset[str]:
        """The variables between two tokens, each with a question mark."""
        return frozenset("?" + token.text[1:] for token in self.tokens[start:end] if token.kind == "variable")
