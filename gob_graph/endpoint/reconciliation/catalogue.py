"""All that reconciliation knows of a release: its things, their names in the index, their identifiers.

It is derived when a release is first asked, and kept as long as that is served: a file of it in the release folder
would be one more thing that can be damaged, that older releases and replicas lack, and that ties the layout of a
release to this software, to save a second per hundred thousand names. The release id does not depend on it.
"""

from __future__ import annotations

import threading
from array import array
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gob_graph.endpoint.engine.per_release import per_release
from gob_graph.endpoint.reconciliation.identifiers import Identifiers
from gob_graph.endpoint.reconciliation.index import Name, NameIndex
from gob_graph.endpoint.reconciliation.texts import Texts
from gob_graph.endpoint.reconciliation.things import CODES, KINDS, NAME, Ended, read_things
from gob_graph.vocab import RDF, SKOS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gob_graph.endpoint.engine.engine import Engine
    from gob_graph.endpoint.reconciliation.things import Things
    from gob_graph.release import Release

PREFERENCE = ("en", "fr", "nl", "de", "")
"""Where the name of a thing is looked for after the language that is asked for."""
_making = threading.Lock()


@dataclass(frozen=True, slots=True)
class Called:
    """A name of a thing: what it is to the thing (`KINDS`), its language, as it is written."""

    kind: str
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The things are numbered in the order of their paths."""

    base_iri: str
    paths: Texts
    index: NameIndex
    identifiers: Identifiers
    classes: Mapping[int, tuple[str, ...]]
    class_counts: Mapping[str, int]
    """How many things each class has, those with the most things first."""
    body_classes: tuple[str, ...]
    """The classes of bodies: of what ended, or refers to a registered entity; those with the most of them first."""
    ended: Mapping[int, Ended]
    wholes: Mapping[int, frozenset[int]]
    """What a thing is a unit, a part or the governing body of."""
    notes: Mapping[str, Mapping[str, str]]
    """What is said of registered entities by language, such as that a number is shared."""
    _own: array[int]
    """The names by thing: the numbers of names, in the order of things."""
    _ends: array[int]

    def number(self, given: str) -> int | None:
        """The thing that a path or an IRI names, http and https alike."""
        path = given.strip()
        rest = self.base_iri.partition("://")[2]
        for scheme in ("https://", "http://"):
            path = path.removeprefix(f"{scheme}{rest}/")
        return self.paths.find(path)

    def names(self, number: int) -> list[Called]:
        """All names of a thing, its preferred ones first."""
        index = self.index
        found = [
            Called(KINDS[index.kinds[n]], CODES[index.languages[n]], index.texts[n])
            for n in self._own[self._ends[number] : self._ends[number + 1]]
        ]
        return sorted(found, key=lambda name: (KINDS.index(name.kind), name.language, name.text))

    def label(self, number: int, language: str) -> Called:
        """What a thing is called in a language, or in the first other one that it has a name in."""
        names = self.names(number)
        own = [name for name in names if name.kind == KINDS[NAME]] or names
        for code in (language, *PREFERENCE):
            for name in own:
                if name.language == code:
                    return name
        return own[0]

    def iri(self, number: int) -> str:
        """The IRI of a thing."""
        return f"{self.base_iri}/{self.paths[number]}"


def read_catalogue(release: Release) -> Catalogue:
    """Read the names and identifiers of a release, and index them."""
    things = read_things(release)
    named = things.named()
    order = sorted(named)
    numbers = {path: n for n, path in enumerate(order)}
    codes = {code: n for n, code in enumerate(CODES)}

    def names() -> Iterator[Name]:
        for path, several in named.items():
            for kind, language, text in dict.fromkeys(several):
                yield Name(numbers[path], kind, codes.get(language, len(CODES) - 1), text)

    index = NameIndex(names())
    identifiers = Identifiers(release.base_iri)
    identifiers.add(one for one in things.identifiers() if one.thing in numbers)
    iris = {n: f"{release.base_iri}/{path}" for path, n in numbers.items()}
    ended = {n: found for n, iri in iris.items() if (found := things.ended(iri))}
    classes = {n: tuple(sorted(things.said[iri].iris(RDF.type))) for n, iri in iris.items()}
    shared = {one.via for one in identifiers.all() if one.via}
    notes = {iri: things.texts_of(iri, SKOS.scopeNote) for iri in shared}
    bodies = {numbers[one.thing] for one in identifiers.all() if one.via} | ended.keys()
    return Catalogue(
        release.base_iri,
        Texts(order),
        index,
        identifiers,
        classes,
        _counted(classes.values()),
        tuple(_counted(classes[n] for n in bodies)),
        ended,
        _wholes(things, iris),
        notes,
        *_by_owner(index, len(order)),
    )


def _by_owner(index: NameIndex, count: int) -> tuple[array[int], array[int]]:
    """The numbers of the names in the order of their things, and where those of each thing end."""
    own = array("I", sorted(range(len(index)), key=index.owners.__getitem__))
    ends = array("I", [0]) * (count + 1)
    for owner in index.owners:
        ends[owner + 1] += 1
    for n in range(1, len(ends)):
        ends[n] += ends[n - 1]
    return own, ends


def _wholes(things: Things, iris: Mapping[int, str]) -> dict[int, frozenset[int]]:
    numbers = {iri: n for n, iri in iris.items()}
    found = {n: frozenset(numbers[i] for i in things.wholes(iri) if i in numbers) for n, iri in iris.items()}
    return {n: several for n, several in found.items() if several}


def _counted(several: Iterable[tuple[str, ...]]) -> dict[str, int]:
    """How often each class occurs, the most frequent first."""
    found = Counter(iri for classes in several for iri in classes)
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


@per_release
def _made(engine: Engine) -> Catalogue:
    return read_catalogue(engine.release)


def catalogue(engine: Engine) -> Catalogue:
    """The catalogue of the release that an engine answers from; made once, however many ask at the same time."""
    with _making:
        return _made(engine)
