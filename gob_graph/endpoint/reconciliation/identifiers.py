"""Numbers and codes however they are spelled: which are ours, which are wrong, and why.

A Belgian register number has ten digits, the last two of which are 97 less the remainder of the first eight by 97; it
is an enterprise when it begins with 0 or 1, an establishment unit from 2 to 8. Kept libraries disagree on which numbers
are valid, so it is a few lines here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from rapidfuzz.distance import OSA

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

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


@dataclass(slots=True)
class Identifiers:
    """The identifiers of a release, by how they are compared and by what bears them."""

    base_iri: str
    _known: dict[str, dict[Identifier, None]] = field(default_factory=dict)
    _of: dict[str, list[Identifier]] = field(default_factory=dict)

    def add(self, several: Iterable[Identifier]) -> None:
        """Add identifiers; the addresses of things and of registered entities are identifiers too."""
        for one in dict.fromkeys(several):
            self._of.setdefault(one.thing, []).append(one)
            for text in filter(None, (one.written, one.via)):
                self._known.setdefault(normal(text), {})[one] = None

    def all(self) -> Iterator[Identifier]:
        """Every identifier, each once."""
        return (one for several in self._of.values() for one in several)

    def of(self, thing: str) -> Sequence[Identifier]:
        """The identifiers of one thing, by its path."""
        return self._of.get(thing, ())

    def exact(self, text: str) -> Sequence[Identifier]:
        """The identifiers that a text is a spelling of."""
        given = normal(text)
        found = list(self._known.get(given, ()))
        prefixed = _PREFIXED.fullmatch(text.strip()[:LONGEST])
        if found or not prefixed or _ADDRESS.fullmatch(text.strip()):
            return found if given else []
        wanted = normal(prefixed[1])
        return [one for one in self._known.get(normal(prefixed[2]), ()) if wanted in normal(one.scheme)]

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
        scored = []
        for known in self._known if len(self._known) <= FEW else _edits(given) & self._known.keys():
            away = OSA.distance(given, known, score_cutoff=most) if abs(len(known) - len(given)) <= most else most + 1
            if away <= most:
                scored += [(away, one.scheme, one.written, one) for one in self._known[known]]
        return tuple(dict.fromkeys(one for *_, one in sorted(scored, key=lambda item: item[:3])))[:NEAR]

    def __len__(self) -> int:
        """How many spellings are told apart."""
        return len(self._known)
