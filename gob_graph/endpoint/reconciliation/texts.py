"""Many short texts, and many short lists of numbers, in little memory: one block, and where each of them ends in it."""

from __future__ import annotations

import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Self, overload

if TYPE_CHECKING:
    from gob_graph.endpoint.reconciliation.array_file import Arrays


class TextsDraft:
    """Texts that are still gathered."""

    __slots__ = ("_block", "_ends")

    def __init__(self) -> None:
        self._block, self._ends = bytearray(), array("I", [0])

    def append(self, text: str) -> None:
        """Add a text."""
        self._block += text.encode()
        self._ends.append(len(self._block))

    def __len__(self) -> int:
        """How many texts there are so far."""
        return len(self._ends) - 1

    def arrays(self) -> Arrays:
        """The arrays of the texts, to which none can be added any more."""
        return {"block": memoryview(self._block).toreadonly(), "ends": memoryview(self._ends).toreadonly()}


class ListsDraft:
    """Lists of numbers that are still gathered."""

    __slots__ = ("_ends", "_values")

    def __init__(self) -> None:
        self._values, self._ends = array("I"), array("I", [0])

    def append(self, numbers: Iterable[int]) -> None:
        """Add a list."""
        self._values.extend(numbers)
        self._ends.append(len(self._values))

    def arrays(self) -> Arrays:
        """The arrays of the lists, to which none can be added any more."""
        return {"values": memoryview(self._values).toreadonly(), "ends": memoryview(self._ends).toreadonly()}


class Texts(Sequence[str]):
    """An unchangeable list of texts; four bytes for each beside its own. At most 4 GiB altogether."""

    __slots__ = ("_block", "_ends")

    def __init__(self, texts: Iterable[str] = ()) -> None:
        draft = TextsDraft()
        for text in texts:
            draft.append(text)
        arrays = draft.arrays()
        self._block, self._ends = arrays["block"], arrays["ends"]

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        """The texts that `arrays` gave."""
        made = cls.__new__(cls)
        made._block, made._ends = arrays["block"], arrays["ends"]
        return made

    def arrays(self) -> Arrays:
        """The arrays that hold the texts."""
        return {"block": self._block, "ends": self._ends}

    def __len__(self) -> int:
        """How many texts."""
        return len(self._ends) - 1

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        """The text at a place."""
        if isinstance(place, slice):
            return [self[n] for n in range(*place.indices(len(self)))]
        return str(self._block[self._ends[place] : self._ends[place + 1]], "utf-8")

    def find(self, text: str) -> int | None:
        """The place of a text in a sorted list."""
        place = bisect_left(self, text)
        return place if place < len(self) and self[place] == text else None

    @property
    def size(self) -> int:
        """Bytes of memory."""
        return self._block.nbytes + self._ends.nbytes


class Lists:
    """An unchangeable list of lists of numbers below 2³², at most as many altogether."""

    __slots__ = ("_ends", "_values")

    def __init__(self, lists: Iterable[Iterable[int]] = ()) -> None:
        draft = ListsDraft()
        for several in lists:
            draft.append(several)
        arrays = draft.arrays()
        self._values, self._ends = arrays["values"], arrays["ends"]

    @classmethod
    def places(cls, numbers: Sequence[int], count: int) -> Self:
        """For each number below `count` the places in `numbers` where it stands."""
        values, ends = array("I", bytes(4 * len(numbers))), array("I", bytes(4 * (count + 1)))
        for number in numbers:
            ends[number + 1] += 1
        for n in range(count):
            ends[n + 1] += ends[n]
        free = ends[:]
        for place, number in enumerate(numbers):
            values[free[number]] = place
            free[number] += 1
        return cls.of({"values": memoryview(values).toreadonly(), "ends": memoryview(ends).toreadonly()})

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        """The lists that `arrays` gave."""
        made = cls.__new__(cls)
        made._values, made._ends = arrays["values"], arrays["ends"]
        return made

    def arrays(self) -> Arrays:
        """The arrays that hold the lists."""
        return {"values": self._values, "ends": self._ends}

    def __len__(self) -> int:
        """How many lists."""
        return len(self._ends) - 1

    def __getitem__(self, place: int) -> memoryview:
        """The list at a place."""
        return self._values[self._ends[place] : self._ends[place + 1]]

    def length(self, place: int) -> int:
        """How many numbers the list at a place has."""
        return self._ends[place + 1] - self._ends[place]

    @property
    def size(self) -> int:
        """Bytes of memory."""
        return self._values.nbytes + self._ends.nbytes


def hash_of(text: str) -> int:
    """32 bits by which a text is found; others may have the same."""
    return zlib.crc32(text.encode())


def by_hash(hashes: Iterable[int]) -> tuple[memoryview, memoryview]:
    """Hashes in order, and the places where they stood."""
    order = sorted(value << 32 | place for place, value in enumerate(hashes))
    values, places = array("I", (both >> 32 for both in order)), array("I", (both & 0xFFFFFFFF for both in order))
    return memoryview(values), memoryview(places)
