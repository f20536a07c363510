"""All that reconciliation knows of a release: its things, their names in the index, their identifiers.

It is read from the dataset into a file beside the release (`prepare`), which is mapped in milliseconds.
"""

from __future__ import annotations

import json
import logging
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from gob_graph.endpoint.reconciliation.array_file import open_arrays, part_of, write_arrays
from gob_graph.endpoint.reconciliation.gathering import gathered
from gob_graph.endpoint.reconciliation.identifiers import Identifiers
from gob_graph.endpoint.reconciliation.index import NameIndex
from gob_graph.endpoint.reconciliation.texts import Lists, Texts
from gob_graph.endpoint.reconciliation.things import CODES, KINDS, NAME, Ended

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from gob_graph.endpoint.reconciliation.array_file import Arrays
    from gob_graph.release import Release

LOG = logging.getLogger("gob_graph")
K = TypeVar("K", int, str)
V = TypeVar("V")
PREFERENCE = ("en", "fr", "nl", "de", "")
"""Where the name of a thing is looked for after the language that is asked for."""
LAYOUT: Final = 1
"""Another number is needed when the arrays, what is read or how names are compared change: files are made again."""


@dataclass(frozen=True, slots=True)
class Called:
    """A name of a thing: what it is to the thing (`KINDS`), its language, as it is written."""

    kind: str
    language: str
    text: str


class Rows(Mapping[int, V]):
    """What is said of each thing by numbers, by the number of the thing."""

    def __init__(self, lists: Lists, read: Callable[[Sequence[int]], V]) -> None:
        self._lists, self._read = lists, read

    def __getitem__(self, number: int) -> V:
        """What is said of a thing."""
        if not 0 <= number < len(self._lists):
            raise KeyError(number)
        return self._read(self._lists[number].tolist())

    def __iter__(self) -> Iterator[int]:
        """The numbers of all things."""
        return iter(range(len(self._lists)))

    def __len__(self) -> int:
        """How many things."""
        return len(self._lists)


class Documents(Mapping[K, V], Generic[K, V]):
    """What is said of few, as JSON, by keys in order."""

    def __init__(self, keys: Sequence[K], documents: Texts, read: Callable[[Any], V]) -> None:
        self._keys: Sequence[K] = keys
        self._documents, self._read = documents, read

    def __getitem__(self, key: K) -> V:
        """What is said of one."""
        place = bisect_left(self._keys, key)
        if place == len(self._keys) or self._keys[place] != key:
            raise KeyError(key)
        return self._read(json.loads(self._documents[place]))

    def __iter__(self) -> Iterator[K]:
        """The keys."""
        return iter(self._keys)

    def __len__(self) -> int:
        """How many."""
        return len(self._keys)


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
    _own: Lists
    """The numbers of the names of each thing."""

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
        found = [Called(KINDS[index.kinds[n]], CODES[index.languages[n]], index.texts[n]) for n in self._own[number]]
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
    """Read the names and identifiers of a release, and index them in memory."""
    return _of(release.base_iri, gathered(release))


def write_catalogue(release: Release, path: Path) -> None:
    """Read the names and identifiers of a release, and write a file that `open_catalogue` opens.

    A second file stands beside it meanwhile. One process at a time.

    Raises:
        OSError: the disk is full or not writable; what was there is as it was.
        sqlite3.Error: the same, of the second file.
    """
    write_arrays(path, LAYOUT, release.id, gathered(release, path.with_name(f".{path.name}.table")))


def open_catalogue(release: Release, path: Path) -> Catalogue:
    """The catalogue of a release in a file that `write_catalogue` wrote.

    Raises:
        ArrayFileError: it cannot be read, is damaged, of another layout, or that of another release.
    """
    return _of(release.base_iri, open_arrays(path, LAYOUT, release.id))


def _of(base_iri: str, arrays: Arrays) -> Catalogue:
    paths, index = Texts.of(part_of(arrays, "paths")), NameIndex.of(part_of(arrays, "names"))
    iris = tuple(Texts.of(part_of(arrays, "class_iris")))
    return Catalogue(
        base_iri,
        paths,
        index,
        Identifiers.held_in(paths, part_of(arrays, "identifiers")),
        Rows(Lists.of(part_of(arrays, "classes")), lambda several: tuple(iris[n] for n in several)),
        dict(zip(iris, arrays["class_counts"], strict=True)),
        tuple(iris[n] for n in arrays["body_classes"]),
        Documents(arrays["ended"], Texts.of(part_of(arrays, "ends")), lambda said: Ended(*map(tuple, said))),
        Rows(Lists.of(part_of(arrays, "wholes")), frozenset),
        Documents(Texts.of(part_of(arrays, "noted")), Texts.of(part_of(arrays, "notes")), dict),
        Lists.of(part_of(arrays, "own")),
    )
