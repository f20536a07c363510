"""The questions of a release: the files of ``queries/``, with what their header comments say in four languages.

A file begins with lines ``# title@nl: …``, ``# description@fr: …``, ``# empty@de: …`` (why an empty answer is the right
one), ``# sentence@en: …`` (a template of the answer, see `web.pages.answer_sentence`) and ``# answers: CQ2``. A
question whose answer has words holds the line `LANGUAGE_LINE`, in which the language of the answer is chosen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gob_graph.endpoint.engine.per_release import per_release

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gob_graph.release import Release

LANGUAGE_LINE: Final = '    BIND("nl" AS ?lang)'
FOLDER: Final = "queries"
_HEADER = re.compile(r"# (?P<part>title|description|empty|answers|sentence)(?:@(?P<language>[a-z]{2}))?: ?(?P<text>.*)")


@dataclass(frozen=True, slots=True)
class QuestionFile:
    """One question; its texts by language (`empty` and `sentence` may hold none)."""

    name: str
    title: Mapping[str, str]
    description: Mapping[str, str]
    empty: Mapping[str, str]
    answers: str
    text: str
    language_line: bool
    sentence: Mapping[str, str]

    def in_language(self, language: str) -> str:
        """The query without its header, asking for words in a language."""
        lines = self.text.splitlines()
        while lines and (not lines[0].strip() or lines[0].startswith("#")):
            lines.pop(0)
        body = "\n".join(lines) + "\n"
        return body.replace(LANGUAGE_LINE, LANGUAGE_LINE.replace("nl", language))


@per_release
def read_questions(release: Release) -> tuple[QuestionFile, ...]:
    """The questions of a release, by name; read once."""
    files = sorted((release.path / FOLDER).glob("*.rq"))
    return tuple(parse(file.stem, file.read_text(encoding="utf-8")) for file in files)


def parse(name: str, text: str) -> QuestionFile:
    """One question from the text of its file."""
    said: dict[str, dict[str, str]] = {"title": {}, "description": {}, "empty": {}, "answers": {}, "sentence": {}}
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        if found := _HEADER.fullmatch(line.rstrip()):
            said[found["part"]][found["language"] or ""] = found["text"].strip()
    return QuestionFile(
        name=name,
        title=said["title"],
        description=said["description"],
        empty=said["empty"],
        answers=said["answers"].get("", ""),
        text=text,
        language_line=LANGUAGE_LINE in text.splitlines(),
        sentence=said["sentence"],
    )
