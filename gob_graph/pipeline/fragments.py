"""The address of words in a page: a text fragment that a browser scrolls to and highlights.

``#:~:text=[prefix-,]start[,end][,-suffix]``; each part is words, percent-encoded. https://wicg.github.io/scroll-to-text-fragment/
"""

from __future__ import annotations

import re
from urllib.parse import quote

EXACT = 45
"""Longer words are given by their first and last ones: so little is quoted, and the address stays short."""


def fragment(text: str, start: int, end: int) -> str | None:
    """The shortest fragment of our forms that finds exactly ``text[start:end]`` first; None when there is none."""
    plain = text.replace("\u00a0", " ")
    words = plain[start:end].split()
    # A browser matches words around within one block of the page only; a line of its text is never more than that.
    before, after = _told(plain[:start].rpartition("\n")[2]), plain[end:].partition("\n")[0].split()
    for context in range(0 if len(words) > 1 else 2, 5):  # one word alone stands in many a menu
        prefix = " ".join(before[-context:]) if context else ""
        suffix = " ".join(after[:context]) if context else ""
        for first, last in _ranges(words):
            if _find(plain, prefix, first, last, suffix) == (start, end):
                parts = [f"{_encode(prefix)}-"] if prefix else []
                parts += [_encode(first)] + ([_encode(last)] if last else [])
                return ",".join(parts + ([f"-{_encode(suffix)}"] if suffix else []))
    return None


def _told(line: str) -> list[str]:
    """The words of the beginning of a line, without the bullet that a page draws before an item."""
    return re.sub(r"^[^\w\"“(]+", "", line).split()


def _ranges(words: list[str]) -> list[tuple[str, str]]:
    whole = " ".join(words)
    if len(whole) <= EXACT:
        return [(whole, "")]
    return [(" ".join(words[:n]), " ".join(words[-n:])) for n in range(2, len(words) // 2 + 1)]


def _find(text: str, prefix: str, first: str, last: str, suffix: str) -> tuple[int, int] | None:
    """The first span that the parts match, words at word boundaries and case aside, as a browser searches."""
    head = rf"(?<!\w){_loose(prefix)}\s+" if prefix else r"(?<!\w)"
    for found in re.finditer(rf"{head}(?P<first>{_loose(first)})(?!\w)", text, re.IGNORECASE):
        start, end = found.start("first"), found.end("first")
        if last:
            rest = re.compile(rf"(?<!\w){_loose(last)}(?!\w)", re.IGNORECASE).search(text, end)
            if rest is None:
                return None
            end = rest.end()
        if not suffix or re.compile(rf"\s*{_loose(suffix)}(?!\w)", re.IGNORECASE).match(text, end):
            return start, end
    return None


def _loose(words: str) -> str:
    return r"\s+".join(re.escape(word) for word in words.split())


def _encode(words: str) -> str:
    return quote(words, safe="").replace("-", "%2D")
