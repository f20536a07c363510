"""The catalogue of a release as arrays, gathered from its dataset in one pass over its things."""

from __future__ import annotations

import json
from array import array
from collections import Counter
from typing import TYPE_CHECKING

from gob_graph.endpoint.reconciliation.array_file import joined
from gob_graph.endpoint.reconciliation.identifiers import IdentifiersDraft
from gob_graph.endpoint.reconciliation.index import Name, NameIndex
from gob_graph.endpoint.reconciliation.texts import Lists, ListsDraft, Texts, TextsDraft
from gob_graph.endpoint.reconciliation.things import CODES, read_things
from gob_graph.vocab import RDF

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from gob_graph.endpoint.reconciliation.array_file import Arrays
    from gob_graph.endpoint.reconciliation.things import Thing, Things
    from gob_graph.release import Release

_CODES = {code: n for n, code in enumerate(CODES)}


def gathered(release: Release, scratch: Path | None = None) -> Arrays:
    """All that reconciliation knows of a release, as arrays.

    `scratch` is where a file may stand meanwhile; without one, what is read of the dataset is held in memory.
    """
    names, classes, rest = _Names(), _Classes(), _Rest()
    identifiers, paths, wholes = IdentifiersDraft(), TextsDraft(), _Wholes(release.base_iri)
    with read_things(release, scratch) as things:
        for number, thing in enumerate(things.named()):
            paths.append(thing.path)
            names.append(number, thing.names)
            wholes.append(things.wholes(thing))
            own = things.identifiers(thing)
            for one in own:
                identifiers.append(number, one)
            vias = {one.via: None for one in own if one.via}
            body = rest.append(number, thing, things, vias)
            classes.append(thing.said.iris(RDF.type), body=body)
    kept = paths.arrays()
    parts = joined(paths=kept, wholes=wholes.arrays(Texts.of(kept)), identifiers=identifiers.arrays())
    index = names.index()
    own_names = Lists.places(index.owners, len(paths))
    return {
        **parts,
        **joined(names=index.arrays(), own=own_names.arrays()),
        **classes.arrays(),
        **rest.arrays(),
    }


class _Names:
    """The names in the order of things."""

    def __init__(self) -> None:
        self._texts, self._lengths = TextsDraft(), array("H")
        self._owners, self._kinds, self._languages = array("I"), array("B"), array("B")

    def append(self, owner: int, names: Iterable[tuple[int, str, str]]) -> None:
        for kind, language, text in names:
            self._texts.append(text)
            self._lengths.append(min(len(text), 65535))
            self._owners.append(owner)
            self._kinds.append(kind)
            self._languages.append(_CODES.get(language, len(CODES) - 1))

    def index(self) -> NameIndex:
        """The index of them: of a million things, no name is held as an object."""
        texts = Texts.of(self._texts.arrays())
        order = array("I", sorted(range(len(texts)), key=self._lengths.__getitem__))
        names = (Name(self._owners[n], self._kinds[n], self._languages[n], texts[n]) for n in order)
        return NameIndex(names, ordered=True)


class _Classes:
    """The classes of each thing, and how often each occurs."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._lists = ListsDraft()
        self._counts, self._of_bodies = Counter[int](), Counter[int]()

    def append(self, iris: Iterable[str], *, body: bool) -> None:
        numbers = [self._numbers.setdefault(iri, len(self._numbers)) for iri in sorted(iris)]
        self._lists.append(numbers)
        self._counts.update(numbers)
        if body:
            self._of_bodies.update(numbers)

    def arrays(self) -> Arrays:
        """Classes are numbered anew, those with the most things first."""
        iris = list(self._numbers)
        order = sorted(self._counts, key=lambda n: (-self._counts[n], iris[n]))
        anew = {old: new for new, old in enumerate(order)}
        lists = self._lists.arrays()
        values = array("I", map(anew.__getitem__, lists["values"]))
        bodies = sorted(self._of_bodies, key=lambda n: (-self._of_bodies[n], iris[n]))
        return {
            **joined(
                classes={**lists, "values": memoryview(values)}, class_iris=Texts(iris[n] for n in order).arrays()
            ),
            "class_counts": memoryview(array("Q", (self._counts[n] for n in order))),
            "body_classes": memoryview(array("I", (anew[n] for n in bodies))),
        }


class _Wholes:
    """What each thing is a unit or part of; numbers are known when all things are."""

    def __init__(self, base_iri: str) -> None:
        self._start = f"{base_iri}/"
        self._paths, self._counts = TextsDraft(), array("I")

    def append(self, iris: Iterable[str]) -> None:
        before = len(self._paths)
        for iri in iris:
            if iri.startswith(self._start):
                self._paths.append(iri.removeprefix(self._start))
        self._counts.append(len(self._paths) - before)

    def arrays(self, paths: Texts) -> Arrays:
        wanted = iter(Texts.of(self._paths.arrays()))
        return Lists(self._found(paths, wanted, count) for count in self._counts).arrays()

    @staticmethod
    def _found(paths: Texts, wanted: Iterator[str], count: int) -> list[int]:
        found = (paths.find(next(wanted)) for _ in range(count))
        return sorted({n for n in found if n is not None})


class _Rest:
    """What is said of few things: that they ended, and what is noted of the registered entities behind them."""

    def __init__(self) -> None:
        self._ended, self._ends = array("I"), TextsDraft()
        self._notes: dict[str, dict[str, str]] = {}

    def append(self, number: int, thing: Thing, things: Things, vias: Iterable[str]) -> bool:
        """Take what is said of a thing; whether it is a body: it ended, or refers to a registered entity."""
        body = False
        for via in vias:
            body = True
            if via not in self._notes and (notes := things.notes_of(via)):
                self._notes[via] = notes
        ended = things.ended(thing)
        if ended:
            self._ended.append(number)
            self._ends.append(json.dumps([ended.dates, ended.successors]))
        return body or ended is not None

    def arrays(self) -> Arrays:
        noted = sorted(self._notes)
        notes = Texts(json.dumps(self._notes[iri]) for iri in noted)
        parts = joined(ends=self._ends.arrays(), noted=Texts(noted).arrays(), notes=notes.arrays())
        return {**parts, "ended": memoryview(self._ended)}
