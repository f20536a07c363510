"""The tree of a query, as far as the laws need it: groups and their elements; all else is kept as it was written."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gob_graph.endpoint.engine.normaliser.path import Path
    from gob_graph.endpoint.engine.tokens import Token

NOTHING: frozenset[str] = frozenset()


class UnknownFormError(Exception):
    """The parser does not know this form of query; it is evaluated as it is written."""


@dataclass(frozen=True, slots=True)
class Triple:
    """A triple pattern or property path pattern; the terms are text."""

    subject: str
    path: Path
    object: str
    start: int = field(default=0, compare=False)
    """The character at which the object stands."""

    @property
    def ends(self) -> frozenset[str]:
        """The variables at its ends, each with its mark."""
        return frozenset(term for term in (self.subject, self.object) if is_variable(term))

    @property
    def variables(self) -> frozenset[str]:
        """All its variables."""
        return self.ends | ({self.path.text} if is_variable(self.path.text) else NOTHING)


@dataclass(frozen=True, slots=True)
class Block:
    """Triple patterns behind each other; statements with collections stay text."""

    triples: tuple[Triple, ...]
    opaque: tuple[str, ...] = ()
    opaque_variables: frozenset[str] = NOTHING

    @property
    def variables(self) -> frozenset[str]:
        """All variables, each of which is bound in every solution."""
        return self.opaque_variables.union(*(triple.variables for triple in self.triples))


@dataclass(frozen=True, slots=True)
class Verbatim:
    """FILTER, BIND, VALUES, MINUS, or a sub-select that stays as it is: its text and all variables in it."""

    kind: Literal["filter", "bind", "values", "minus", "select"]
    text: str
    variables: frozenset[str]
    certain: frozenset[str] = NOTHING
    """Variables that it binds in every solution."""
    tokens: tuple[Token, ...] = ()
    exists: Group | None = None
    """The group of a FILTER that is nothing but EXISTS."""


@dataclass(frozen=True, slots=True)
class Group:
    """A group graph pattern."""

    elements: tuple[Element, ...]

    @property
    def variables(self) -> frozenset[str]:
        """All variables that stand in it."""
        return NOTHING.union(*(element.variables for element in self.elements))

    @property
    def certain(self) -> frozenset[str]:
        """Variables that every solution of the group binds."""
        return NOTHING.union(*(certain(element) for element in self.elements))


@dataclass(frozen=True, slots=True)
class Nested:
    """A group behind OPTIONAL, behind GRAPH and its term, or by itself (no keyword)."""

    keyword: str
    group: Group
    term: str = ""

    @property
    def variables(self) -> frozenset[str]:
        """All variables that stand in it."""
        return self.group.variables | ({self.term} if is_variable(self.term) else NOTHING)


@dataclass(frozen=True, slots=True)
class Union:
    """Groups with UNION between them."""

    groups: tuple[Group, ...]

    @property
    def variables(self) -> frozenset[str]:
        """All variables that stand in it."""
        return NOTHING.union(*(group.variables for group in self.groups))


@dataclass(frozen=True, slots=True)
class Select:
    """A sub-select, which does not say `*`: what stands before and behind its group, and the variables it projects."""

    head: str
    group: Group
    tail: str
    projected: frozenset[str]
    other: frozenset[str]
    """The variables of head and tail."""

    @property
    def variables(self) -> frozenset[str]:
        """All variables that stand in it, those too that are not seen from outside."""
        return self.group.variables | self.other


Element = Block | Verbatim | Nested | Union | Select


@dataclass(frozen=True, slots=True)
class Query:
    """A query: the text before and behind its group, and where `*` stands in the text before it."""

    head: str
    group: Group
    tail: str
    star: int | None
    prefixes: Mapping[str, str]
    names: frozenset[str]
    """All its variables."""


def is_variable(text: str) -> bool:
    """Whether a term is a variable."""
    return text[:1] in {"?", "$"}


def certain(element: Element) -> frozenset[str]:
    """The variables that an element binds in every solution."""
    match element:
        case Block():
            return element.variables
        case Verbatim():
            return element.certain
        case Nested():
            return NOTHING if element.keyword == "OPTIONAL" else element.group.certain
        case Union():
            return frozenset.intersection(*(group.certain for group in element.groups))
        case Select():
            return element.group.certain & element.projected


def in_groups(group: Group, change: Callable[[Group], Group]) -> Group:
    """A group changed by a law, from the innermost groups outwards.

    Groups of MINUS and EXISTS are not among them: they only ask whether there is a solution.
    """
    return change(Group(tuple(_inside(element, change) for element in group.elements)))


def _inside(element: Element, change: Callable[[Group], Group]) -> Element:
    match element:
        case Nested() | Select():
            return replace(element, group=in_groups(element.group, change))
        case Union():
            return Union(tuple(in_groups(group, change) for group in element.groups))
        case _:
            return element
