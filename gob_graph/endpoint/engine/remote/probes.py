"""The probes of `check-engine`: the table `probes.txt`, each section of which is a difference that engines have."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final, NamedTuple

from gob_graph.endpoint.engine.remote.filling import LOADED_TERMS

if TYPE_CHECKING:
    from collections.abc import Iterable

QUESTION: Final = "question-"
"""The difference of a question of the release is called by this and its name."""
TIME_LIMIT: Final = "time-limit"
OUR_OWN: Final = {
    LOADED_TERMS: "Terms are given back in another form than they were loaded in.",
    TIME_LIMIT: "At the limit of time a part of the answer is given for the whole.",
}
"""The differences that no line of the table is about."""


class Probe(NamedTuple):
    """A query, and the name of the difference that it would show."""

    difference: str
    query: str


class _Table(NamedTuple):
    probes: tuple[Probe, ...]
    texts: dict[str, str]
    digest: str


@cache
def table() -> _Table:
    """The probes, what each difference means, and the digest of the file."""
    text = resources.files(__package__).joinpath("probes.txt").read_text(encoding="utf-8")
    texts = dict(OUR_OWN)
    probes = []
    name = ""
    for line in text.splitlines():
        if line.startswith("## "):
            name, _, texts_of = line[3:].partition(": ")
            texts[name] = texts_of
        elif line and not line.startswith("#"):
            probes.append(Probe(name, line))
    return _Table(tuple(probes), texts, hashlib.sha256(text.encode()).hexdigest())


def meaning(difference: str) -> str:
    """What clients are told of a difference; empty when it has no such name."""
    if difference.startswith(QUESTION):
        return f"The answer to the question {difference.removeprefix(QUESTION)} of the release is another one."
    return table().texts.get(difference, "")


def names(setting: str) -> frozenset[str]:
    """The names in the setting `accepted_differences`."""
    return frozenset(setting.replace(",", " ").split())


def published(setting: str) -> Iterable[tuple[str, str]]:
    """Name and meaning of the differences that a deployer accepts."""
    return [(name, meaning(name)) for name in sorted(names(setting)) if meaning(name)]
