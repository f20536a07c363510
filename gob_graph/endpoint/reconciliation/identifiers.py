"""Numbers and codes however they are spelled: which are ours, which are wrong, and why.

A Belgian register number has ten digits, the last two of which are 97 less the remainder of the first eight by 97; it
is an enterprise when it begins with 0 or 1, an establishment unit from 2 to 8. Kept libraries disagree on which numbers
are valid, so it is a few lines here.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Final, Self

from rapidfuzz.distance import OSA

from gob_graph.endpoint.reconciliation.array_file import joined, part_of
from gob_graph.endpoint.reconciliation.texts import Lists, ListsDraft, Texts, TextsDraft, by_hash, hash_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gob_graph.endpoint.reconciliation.array_file import Arrays

REGISTER: Final = "KBO/BCE"
"""What the Belgian register of enterprises is called where a number of it is not in the graph."""
LONGEST: Final = 200
"""Characters of an identifier that are looked at."""
NEAR: Final = 5
"""Near misses that are offered at most."""
FEW: Final = 5000
"""Identifiers up to which near misses are looked for among all of them."""
DIGITS: Final = "0123456789"
CODE: Final = DIGITS + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ADDRESS: Final = CODE + "abcdefghijklmnopqrstuvwxyz-_./"
"""The signs of numbers, of codes and of addresses."""
_BELGIAN = re.compile(r"^\s*(?:(?:kbo|bce|cbe|btw|tva|vat|ondernemingsnummer|num[eé]ro\s+d['’]entreprise)\b[\s:/.]*)*"
                      r"(?:n[°o]\s*)?(?:be)?[\s.:]*(\(?[0-8]\)?(?:[\s.\-/]*\d){8,9})\s*$", re.IGNORECASE)  # fmt: skip
_PREFIXED = re.compile(r"([^\W\d][\w /-]*?)(?:\s*:\s*|\s+)(\S.*)")
"""The name of a scheme before its code, such as ``NUTS: BE1`` and ``REFNIS 4000``."""
_ADDRESS = re.compile(r"https?://[^\s/]+/.+", re.IGNORECASE)


def _edits(text: str) -> set[str]:
    """What becomes of an identifier when a sign is left out, added or another one, or two change places."""
    signs = DIGITS if text.isdigit() else CODE if text.isupper() else ADDRESS
    parts = [(text[:n], text[n:]) for n in range(len(text) + 1)]
    found = {a + b[1:] for a, b in parts if b} | {a + b[1] + b[0] + b[2:] for a, b in parts if len(b) > 1}
    return found | {a + c + b[m:] for a, b in parts for c in signs for m in (0, 1)}


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier of a thing: its scheme (in words of the graph), as it is written there, path or IRI of the thing.

    `via` is the registered entity that the number belongs to, where the thing only refers to it: others may share it.
    """

    scheme: str
    written: str
    thing: str
    via: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What a look-up found: the identifiers, or why none, and what is near.

    `reason` is ``check-digits``, ``unknown-number``, ``unknown-address``, ``other-scheme`` or ``empty``.
    """

    asked: str
    hits: tuple[Identifier, ...] = ()
    reason: str = ""
    scheme: str = ""
    near: tuple[Identifier, ...] = ()

    @property
    def things(self) -> list[str]:
        """The things that bear it, and the registered entity that it belongs to, each once."""
        return list(dict.fromkeys([h.thing for h in self.hits] + [h.via for h in self.hits if h.via]))


def belgian(text: str) -> str | None:
    """The ten digits of what has the form of a Belgian register number; a nine-digit one gets its leading zero."""
    found = _BELGIAN.match(text[:LONGEST])
    if not found:
        return None
    digits = re.sub(r"\D", "", found[1])
    return digits if len(digits) == 10 else f"0{digits}"


def valid(digits: str) -> bool:
    """Whether the check digits of ten digits are right, and the first is one that is given out."""
    return len(digits) == 10 and digits[0] in "012345678" and int(digits[8:]) == 97 - int(digits[:8]) % 97


def establishment(digits: str) -> bool:
    """Whether ten digits number an establishment unit, and not an enterprise."""
    return digits[0] not in "01"


def normal(text: str) -> str:
    """An identifier as it is compared: ten digits, or letters and digits alone; of an address, all but its scheme."""
    given = text.strip()[:LONGEST]
    if _ADDRESS.fullmatch(given):
        return re.sub(r"^https?://", "", given, flags=re.IGNORECASE).rstrip("/")
    plain = belgian(given) or re.sub(r"[\W_]", "", given).upper()
    # Codes of digits are written with and without zeros in front (REFNIS 4000 and 04000); a register number never is.
    return plain if len(plain) == 10 or not plain.isdigit() else plain.lstrip("0") or "0"


class IdentifiersDraft:
    """Identifiers that are still gathered, in the order of their things."""

    def __init__(self) -> None:
        self._schemes: dict[str, int] = {}
        self._scheme, self._owners = array("I"), array("I")
        self._written, self._via = TextsDraft(), TextsDraft()
        self._spellings, self._spelt, self._hashes = TextsDraft(), array("I"), array("I")

    def append(self, owner: int, one: Identifier) -> None:
        """Add an identifier of the thing with a number; the address of a registered entity is one too."""
        number = len(self._written)
        self._scheme.append(self._schemes.setdefault(one.scheme, len(self._schemes)))
        self._owners.append(owner)
        self._written.append(one.written)
        self._via.append(one.via)
        for text in dict.fromkeys(normal(text) for text in (one.written, one.via) if text):
            self._spellings.append(text)
            self._spelt.append(number)
            self._hashes.append(hash_of(text))

    def arrays(self) -> Arrays:
        """The arrays of the identifiers, to which none can be added any more."""
        hashes, keys, holders = self._keys()
        parts = joined(written=self._written.arrays(), via=self._via.arrays(), schemes=Texts(self._schemes).arrays(),
                       keys=keys, holders=holders)  # fmt: skip
        scheme, owners = memoryview(self._scheme), memoryview(self._owners)
        return {**parts, "scheme": scheme, "owners": owners, "hashes": hashes}

    def _keys(self) -> tuple[memoryview, Arrays, Arrays]:
        """Hash by hash the spellings, and the identifiers that each is one of, in their order."""
        spellings = Texts.of(self._spellings.arrays())
        hashes, keys, holders = array("I"), TextsDraft(), ListsDraft()
        ordered, places = by_hash(self._hashes)
        for value, several in groupby(zip(ordered, places, strict=True), key=itemgetter(0)):
            found: dict[str, list[int]] = {}
            for _, place in several:
                found.setdefault(spellings[place], []).append(self._spelt[place])
            for key, numbers in found.items():
                hashes.append(value)
                keys.append(key)
                holders.append(numbers)
        return memoryview(hashes), keys.arrays(), holders.arrays()


class Identifiers:
    """The identifiers of a release, by how they are compared and by what bears them."""

    __slots__ = ("_hashes", "_holders", "_keys", "_owners", "_scheme", "_schemes", "_things", "_via", "_written")

    def __init__(self, several: Iterable[Identifier] = ()) -> None:
        ordered = sorted(dict.fromkeys(several), key=lambda one: one.thing)
        draft, things = IdentifiersDraft(), TextsDraft()
        for thing, own in groupby(ordered, key=lambda one: one.thing):
            for one in own:
                draft.append(len(things), one)
            things.append(thing)
        self._take(Texts.of(things.arrays()), draft.arrays())

    @classmethod
    def held_in(cls, things: Texts, arrays: Arrays) -> Self:
        """The identifiers that a draft gave the arrays of; their things by number."""
        made = cls.__new__(cls)
        made._take(things, arrays)
        return made

    def _take(self, things: Texts, arrays: Arrays) -> None:
        self._things = things
        self._written, self._via = Texts.of(part_of(arrays, "written")), Texts.of(part_of(arrays, "via"))
        self._schemes, self._keys = Texts.of(part_of(arrays, "schemes")), Texts.of(part_of(arrays, "keys"))
        self._holders = Lists.of(part_of(arrays, "holders"))
        self._scheme, self._owners, self._hashes = arrays["scheme"], arrays["owners"], arrays["hashes"]

    def _at(self, number: int) -> Identifier:
        thing, scheme = self._things[self._owners[number]], self._schemes[self._scheme[number]]
        return Identifier(scheme, self._written[number], thing, self._via[number])

    def all(self) -> Iterator[Identifier]:
        """Every identifier, each once."""
        return (self._at(number) for number in range(len(self._owners)))

    def of(self, thing: str) -> Sequence[Identifier]:
        """The identifiers of one thing, by its path."""
        owner = self._things.find(thing)
        if owner is None:
            return ()
        start, end = bisect_left(self._owners, owner), bisect_right(self._owners, owner)
        return tuple(self._at(number) for number in range(start, end))

    def _place(self, key: str) -> int | None:
        """The place of what is compared."""
        wanted = hash_of(key)
        place = bisect_left(self._hashes, wanted)
        while place < len(self._hashes) and self._hashes[place] == wanted:
            if self._keys[place] == key:
                return place
            place += 1
        return None

    def _held(self, key: str) -> list[Identifier]:
        place = self._place(key)
        return [] if place is None else [self._at(number) for number in self._holders[place]]

    def exact(self, text: str) -> Sequence[Identifier]:
        """The identifiers that a text is a spelling of."""
        given = normal(text)
        found = self._held(given)
        prefixed = _PREFIXED.fullmatch(text.strip()[:LONGEST])
        if found or not prefixed or _ADDRESS.fullmatch(text.strip()):
            return found if given else []
        wanted = normal(prefixed[1])
        return [one for one in self._held(normal(prefixed[2])) if wanted in normal(one.scheme)]

    def look_up(self, text: str) -> Found:
        """Everything that is known of an identifier: what bears it, or why nothing does."""
        hits = tuple(self.exact(text))
        if hits:
            return Found(text, hits, scheme=hits[0].scheme)
        given = normal(text)
        if not given:
            return Found(text, reason="empty")
        near = self._near(given)
        digits = belgian(text)
        if digits:
            return Found(text, reason="unknown-number" if valid(digits) else "check-digits", scheme=REGISTER, near=near)
        return Found(text, reason="unknown-address" if _ADDRESS.fullmatch(text.strip()) else "other-scheme", near=near)

    def _near(self, given: str) -> tuple[Identifier, ...]:
        """Identifiers that differ by two signs at most; by one where they are short, or too many to look at all."""
        most = 2 if len(given) >= 8 else 1
        scored: list[tuple[int, str, str, int]] = []
        for place in self._likely(given):
            known = self._keys[place]
            away = OSA.distance(given, known, score_cutoff=most) if abs(len(known) - len(given)) <= most else most + 1
            if away <= most:
                several = ((number, self._at(number)) for number in self._holders[place])
                scored += [(away, one.scheme, one.written, number) for number, one in several]
        return tuple(self._at(number) for number in dict.fromkeys(number for *_, number in sorted(scored)))[:NEAR]

    def _likely(self, given: str) -> Iterable[int]:
        """The places of what may be a near miss."""
        if len(self) <= FEW:
            return range(len(self))
        return (place for edit in _edits(given) if (place := self._place(edit)) is not None)

    def __len__(self) -> int:
        """How many spellings are told apart."""
        return len(self._keys)
