"""The shape of a query: its text without the IRIs, strings, numbers and comments in which queries differ.

Values stay in the shape where they could decide more: IRIs of the prologue, of functions and of datatypes. A text with
an escape or a long string has no shape. The one tokeniser proves for each shape that every stand-in is a token.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from gob_graph.endpoint.engine.normaliser.spelling import readable
from gob_graph.endpoint.engine.tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gob_graph.endpoint.engine.tokens import Token

MOST: Final = 999
"""Values of a text that is cut."""
_REST: Final = r"""[^<>"{}|^`\\\x00-\x20]*+>"""
_PARTS: Final = re.compile(
    rf"""([<"'0-9\#^PpBb](?:
        (?<=<){_REST}(?:[\x20\t\r\n]*+\()?
      | (?<=")[^"\\\n\r]*+" | (?<=')[^'\\\n\r]*+'
      | (?<=[\x20\t\r\n(=,][0-9])[0-9]{{0,8}}+(?=[\x20\t\r\n),;}}]|$)
      | (?<=\#)[^\n\r]*+
      | (?<=\^)[\x20\t\r\n]*+<{_REST}
      | (?:(?<=[Pp])(?i:REFIX)|(?<=[Bb])(?i:ASE))\b[^<"'\#]{{0,99}}+<{_REST}
    ))""",
    re.VERBOSE,
)
"""Values, and the texts around some of them that stay in the shape."""
_VALUE: Final = frozenset("<\"'#0123456789")
_MARKS: Final = frozenset("<\"'#0")
_MARK: Final = "1000000000"
_STAND_IN: Final = re.compile(rf"""(?:<x:|["'#])?{_MARK}([0-9]{{3}})[>"']?""")
_VALID: Final = re.compile(
    r"(?:<(?:https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?/(?:(?<!/)\.|[\w~/:@!$&'()*+,;=-])*+[?#]?[\w~/:@=&+,;-]*+|urn:[\w:.-]++)>)*+",
    re.ASCII,
)
"""IRIs that the engine accepts and that no base changes, one behind the other."""


class Cut(NamedTuple):
    """A text with a mark in the place of each value, and the values."""

    parts: tuple[str, ...]
    values: list[str]

    def standing(self) -> str:
        """The text with stand-ins."""
        numbers = iter(range(MOST))
        return "".join(
            _stand_in(part, next(numbers)) if place % 2 and part in _MARKS else part
            for place, part in enumerate(self.parts)
        )


def cut(text: str) -> Cut | None:
    """The shape of a text and its values; None where it has none."""
    if "\\" in text or '"""' in text or "'''" in text or _MARK in text:
        return None
    parts = _PARTS.split(text)
    values = []
    for place in range(1, len(parts), 2):
        part = parts[place]
        if part[0] in _VALUE and part[-1] != "(":
            values.append(part)
            parts[place] = part[0] if part[0] in _MARKS else "0"
    return Cut(tuple(parts), values) if len(values) <= MOST else None


def _stand_in(mark: str, number: int) -> str:
    text = f"{_MARK}{number:03}"
    return {"<": f"<x:{text}>", "#": f"#{text}", "0": text}.get(mark, mark + text + mark)


def sound(text: str) -> bool:
    """Whether each stand-in of a text is a token that may be another value of its kind."""
    found = [*tokens("" if readable(text) != text else text)]
    marked = [place for place, token in enumerate(found) if _MARK in token.text]
    comments = text.count(f"#{_MARK}")
    return len(marked) == text.count(_MARK) - comments and all(_free(found, place) for place in marked)


def _free(found: Sequence[Token], place: int) -> bool:
    before = [token.upper for token in found[max(place - 2, 0) : place]]
    follows = found[place + 1].upper if place + 1 < len(found) else ""
    whole = _STAND_IN.fullmatch(found[place].text) is not None and found[place].kind in {"iri", "string", "number"}
    return whole and follows != "(" and not {"PREFIX", "BASE", "VERSION", "^^"} & {*before}


def filled(text: str, values: Sequence[str]) -> str:
    """A text with values in the places of its stand-ins."""
    first, rest = _split(text)
    return first + "".join([values[place] + behind for place, behind in rest])


@lru_cache(1024)
def _split(text: str) -> tuple[str, tuple[tuple[int, str], ...]]:
    """What stands before the first stand-in; the number of each, and what stands behind it."""
    first, *rest = _STAND_IN.split(text)
    return first, tuple(zip(map(int, rest[::2]), rest[1::2], strict=True))


def valid(values: Sequence[str]) -> bool:
    """Whether the engine reads a query with these values as it reads one with stand-ins."""
    return _VALID.fullmatch("".join([value for value in values if value[0] == "<"])) is not None
