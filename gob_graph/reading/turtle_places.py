"""Where in a Turtle text something begins: a parser tells of a statement when it ends."""

from __future__ import annotations

import re
from functools import lru_cache

_TOKEN = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""'
    r"|'''(?:[^'\\]|\\.|'(?!''))*'''"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'(?:[^'\\\n]|\\.)*'"
    r"|<[^>\n]*>|#[^\n]*|[\[\](){}]|\n",
    re.S,
)


def statement_line(text: str, line: int) -> int:
    """The line (from 1) of the bracket that is open where `line` begins; `line` itself if none is, or it opens one."""
    opened = _opening_lines(text)
    return opened[line - 1] if 0 < line <= len(opened) else line


@lru_cache(maxsize=4)
def _opening_lines(text: str) -> list[int]:
    result: list[int] = []
    stack: list[int] = []
    number, inherited, opens = 1, 0, False
    for found in _TOKEN.finditer(text):
        token = found[0]
        if token[0] in "[(":
            stack.append(number)
            opens = True
        elif token[0] in "])" and stack:
            stack.pop()
        for _ in range(token.count("\n")):
            result.append(number if opens or not inherited else inherited)
            number += 1
            inherited, opens = stack[-1] if stack else 0, False
    result.append(number if opens or not inherited else inherited)
    return result
