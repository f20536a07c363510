"""Many short texts in little memory: one block of UTF-8 and where each text ends in it."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import overload


class Texts(Sequence[str]):
    """An unchangeable list of texts; four bytes for each beside its own. At most 4 GiB altogether."""

    __slots__ = ("_block", "_ends")

    def __init__(self, texts: Iterable[str]) -> None:
        block, ends = bytearray(), array("I", [0])
        for text in texts:
            block += text.encode()
            ends.append(len(block))
        self._block, self._ends = bytes(block), ends

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
        return self._block[self._ends[place] : self._ends[place + 1]].decode()

    def find(self, text: str) -> int | None:
        """The place of a text in a sorted list."""
        place = bisect_left(self, text)
        return place if place < len(self) and self[place] == text else None

    @property
    def size(self) -> int:
        """Bytes of memory."""
        return len(self._block) + self._ends.itemsize * len(self._ends)
