"""The command `query`: asks an endpoint over HTTP, or the current release on disk, and answers in text."""

from __future__ import annotations

import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.endpoint.engine.admission import Admission
from gob_graph.endpoint.engine.dispatcher import Lane
from gob_graph.endpoint.engine.job import Limits
from gob_graph.endpoint.engine.zygote_client import Zygote
from gob_graph.endpoint.sparql import protocol
from gob_graph.endpoint.sparql.stored_query import parse
from gob_graph.errors import GobGraphError
from gob_graph.formats import FORMATS, by_name
from gob_graph.pipeline.files import read_text
from gob_graph.pipeline.sources import rebase
from gob_graph.release import CURRENT, current, open_release

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gob_graph.endpoint.sparql.stored_query import QuestionFile
    from gob_graph.formats import Format
    from gob_graph.settings import Settings

JSON_RESULTS = "application/sparql-results+json"
JSON = frozenset({JSON_RESULTS, "application/json", "text/json"})
"""Media types, without parameters, under which endpoints send results in JSON."""
ACCEPT = f"{JSON_RESULTS}, text/turtle;q=0.9"


def find_question(text: str, settings: Settings) -> QuestionFile:
    """What is meant: a file, the name of a question of the current release or of data/queries, or SPARQL itself.

    Raises:
        GobGraphError: it looks like the name of a file, but there is none.
    """
    if any(c in text for c in " \n{"):
        return parse("", text)
    name = text.removesuffix(".rq")
    folders = [settings.data_dir / "queries"]
    if (settings.release_dir / CURRENT).is_symlink():
        folders.insert(0, current(settings.release_dir) / "queries")
    for path in (Path(text), *(folder / f"{name}.rq" for folder in folders)):
        if path.is_file():
            return parse(path.stem, rebase(settings).query(read_text(path)))
    raise GobGraphError(f"{text} is neither SPARQL, nor a file, nor the name of a question; see data/queries")


def ask(
    settings: Settings, text: str, *, language: str = "nl", form: str | None = None, endpoint: str | None = None
) -> str:
    """The answer as text, in the format named, else as a table (bindings), a word (ASK) or Turtle (graphs).

    Questions with words are asked in the language given; an empty answer that is the right one is explained.

    Raises:
        GobGraphError: there is no release or no endpoint, the query is wrong, or the format does not fit the result.
    """
    question = find_question(text, settings)
    query = question.in_language(language) if question.name else question.text
    body, media_type = _over_http(endpoint, query, form) if endpoint else _on_disk(settings, query, form)
    if form not in {None, "table"} or not _is_json(media_type):
        return body.decode()
    solutions = _solutions(body)
    if isinstance(solutions, bool):
        return f"{'yes' if solutions else 'no'}\n"
    columns, rows = solutions
    table = _table(columns, [[_plain(term) for term in row] for row in rows])
    return table if rows or not question.empty else f"{table}{question.empty.get(language) or question.empty['en']}\n"


def _solutions(body: bytes) -> tuple[list[str], list[list[object]]] | bool:
    """The names and the rows of a result in JSON, or its truth value.

    All of it is read here: a result object must end in the thread that made it, and a frame that lives on, in the
    traceback of an exception for instance, is collected by whatever thread comes to it.
    """
    answer = ox.parse_query_results(body, format=ox.QueryResultsFormat.JSON)
    if isinstance(answer, ox.QueryBoolean):
        return bool(answer)
    return [v.value for v in answer.variables], [list(solution) for solution in answer]


def _is_json(content_type: str) -> bool:
    """Whether a Content-Type, with or without parameters, says that results come in JSON."""
    return content_type.partition(";")[0].strip().lower() in JSON


def _over_http(endpoint: str, query: str, form: str | None) -> tuple[bytes, str]:
    wanted = _format(form, FORMATS).media_type if form not in {None, "table"} else ACCEPT
    request = urllib.request.Request(  # noqa: S310 - the address is the caller's own
        endpoint,
        data=urllib.parse.urlencode({"query": query}).encode(),
        headers={"Accept": wanted, "User-Agent": "gob-graph-client"},
    )
    try:
        with urllib.request.urlopen(request, timeout=120) as response:  # noqa: S310
            return response.read(), response.headers.get("Content-Type", "")
    except urllib.error.HTTPError as error:
        raise GobGraphError(f"{endpoint} answered {error.code}: {error.read(4000).decode(errors='replace')}") from error
    except OSError as error:
        raise GobGraphError(f"{endpoint} cannot be reached: {error}") from error


def _on_disk(settings: Settings, query: str, form: str | None) -> tuple[bytes, str]:
    """Ask the current release, in a query process of its own that can be stopped, with the limits of the settings."""
    release = open_release(current(settings.release_dir))
    accept = _format(form, FORMATS).media_type if form not in {None, "table"} else ACCEPT
    request = protocol.Request("POST", b"", protocol.DIRECT, query.encode(), [accept])
    asked = protocol.read_query(request, length=settings.query_length)
    zygote = Zygote(release.path)
    limits = Limits(
        settings.query_memory, settings.result_limit, settings.query_timeout, normaliser=settings.normaliser
    )
    lane = Lane(zygote, limits, Admission(1, 1.0, 1, 1))
    try:
        answer = lane.answer(asked.job(f"{settings.service_url}/sparql"), "command line")
    finally:
        lane.close()
        zygote.close()
    return answer.body, _format(answer.format, FORMATS).media_type


def _format(name: str | None, among: Sequence[Format]) -> Format:
    if name is None:
        return among[0]
    found = by_name(name, among)
    if found is None:
        raise GobGraphError(f"format {name!r} is unknown; possible: {', '.join(f.name for f in among)}")
    return found


def _table(names: list[str], rows: list[list[str]]) -> str:
    widths = [max([len(name), *(len(row[i]) for row in rows)]) for i, name in enumerate(names)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [names, ["-" * width for width in widths], *rows]
    ]
    return "\n".join(lines) + f"\n({len(rows)} {'row' if len(rows) == 1 else 'rows'})\n"


def _plain(term: object) -> str:
    if term is None:
        return ""
    return getattr(term, "value", None) or str(term)
