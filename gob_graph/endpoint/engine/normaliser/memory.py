"""What is remembered of a shape of queries: what the laws asked of its values, and the forms behind the answers.

The laws see a query of the shape with stand-ins for its values. What they ask of a value (which IRI it is, whether a
pattern has few matches) is a question, answered for the query at hand; all they decide follows from the shape and the
answers. So a query of a known shape is asked the same questions, and the form that stands behind the same answers is
its own, with its values in the places of the stand-ins. Answers that were not given before are a case for the laws.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from gob_graph.endpoint.engine.normaliser.path import Path
from gob_graph.endpoint.engine.normaliser.shapes import filled
from gob_graph.endpoint.engine.normaliser.terms import Terms
from gob_graph.endpoint.engine.normaliser.tree import Triple, is_variable

if TYPE_CHECKING:
    from collections.abc import Sequence

Answer = int | bool | None
Question = str | Triple
"""The text of a term: which IRI is it? A pattern: has it few matches?"""
STEPS: Final = 32
"""Answers that are remembered for a shape; behind more of them it begins anew."""


class Form(NamedTuple):
    """What is evaluated for a text."""

    text: str
    """The normalised query."""
    standard: str
    """The query as the standard translates it, before any law for the sake of speed."""


@dataclass(frozen=True, slots=True)
class Asked(Terms):
    """The terms of a query with stand-ins: it answers for the values, and notes what was asked."""

    plain: Terms = field(kw_only=True)
    values: Sequence[str] = field(kw_only=True)
    noted: list[tuple[Question, Answer]] = field(default_factory=list)
    _seen: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, plain: Terms, values: Sequence[str]) -> Asked:
        """The terms of a query with these values."""
        return cls(plain.prefixes, plain.taken, plain.matches, plain=plain, values=values)

    def answer(self, question: Question) -> Answer:
        """Whether a pattern has few matches; of a text the number of its IRI, None if it is none."""
        if isinstance(question, Triple):
            subject, link, target = (
                filled(text, self.values) for text in (question.subject, question.path.text, question.object)
            )
            return self.plain.few(Triple(subject, Path("link", text=link), target))
        iri = self.plain.iri(filled(question, self.values))
        return None if iri is None else self._seen.setdefault(iri, len(self._seen))

    def iri(self, text: str) -> str | None:
        """A name for the IRI that a term stands for, the same for the same; None when it is none."""
        self.noted.append((text, answer := self.answer(text)))
        return None if answer is None else str(answer)

    def few(self, triple: Triple) -> bool:
        """Whether a pattern has few matches in the data; no question where its shape says that it has many."""
        if not triple.path.simple or (is_variable(triple.subject) and is_variable(triple.object)):
            return False
        self.noted.append((triple, answer := self.answer(triple)))
        return bool(answer)


@dataclass(slots=True)
class Shape:
    """What became of the queries of one shape: what was asked, and the forms behind the answers."""

    standing: str
    """The query with stand-ins."""
    idle: bool
    """Whether no law can be about a query of this shape."""
    sound: bool
    """Whether each stand-in is a token, so that what is known of one query holds for others."""
    plain: Terms | None = None
    steps: dict[tuple[Answer, ...], Question | Form | None] = field(default_factory=dict)
    """Behind some answers: the next question, or the forms with stand-ins; None: the query as it is written."""

    def form(self, values: Sequence[str]) -> Form | None:
        """The forms, with stand-ins, of a query with these values; None: as it is written.

        Raises:
            KeyError: its answers were not given before.
        """
        answers: tuple[Answer, ...] = ()
        step = self.steps[answers]
        asked = Asked.of(self.plain, values) if self.plain else None
        while asked and isinstance(step, str | Triple):
            answers += (asked.answer(step),)
            step = self.steps[answers]
        return step if isinstance(step, Form) else None

    def learn(self, noted: Sequence[tuple[Question, Answer]], found: Form | None) -> Form | None:
        """Remember what the laws asked, and what they made of the answers, which is given back."""
        if len(self.steps) > STEPS:
            self.steps.clear()
        answers: tuple[Answer, ...] = ()
        for question, answer in noted:
            self.steps[answers] = question
            answers += (answer,)
        self.steps[answers] = found
        return found
