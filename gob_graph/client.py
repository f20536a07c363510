"""Ask a question from the command line or from Python: of an endpoint over HTTP, or of the current release on disk."""

from __future__ import annotations

import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.endpoint import protocol
from gob_graph.endpoint.pool import Lane
from gob_graph.endpoint.processes import Zygote
from gob_graph.endpoint.worker import Limits
from gob_graph.errors import GobGraphError
from gob_graph.formats import FORMATS, by_name
from gob_graph.pipeline.sources import rebase
from gob_graph.release import current, open_release

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gob_graph.formats import Format
    from gob_graph.settings import Settings

ACCEPT = "application/sparql-results+json, text/turtle;q=0.9"


def find_query(text: str, settings: Settings) -> str:
    """The SPARQL text that is meant: a file, the name of a file of data/queries, or the text itself.

    Raises:
        GobGraphError: it looks like the name of a file, but there is none.
    """
    if not any(c in text for c in " \n{"):
        named = settings.data_dir / "queries" / f"{text.removesuffix('.rq')}.rq"
        for path in (Path(text), named):
            if path.is_file():
                return rebase(settings).query(path.read_text(encoding="utf-8"))
        raise GobGraphError(f"{text} is neither SPARQL, nor a file, nor the name of a file of data/queries")
    return text


def ask(settings: Settings, text: str, form: str | None, endpoint: str | None) -> str:
    """The answer as text, in the format named, else as a table (bindings), a word (ASK) or Turtle (graphs).

    Raises:
        GobGraphError: there is no release or no endpoint, the query is wrong, or the format does not fit the result.
    """
    query = find_query(text, settings)
    body, media_type = _over_http(endpoint, query, form) if endpoint else _on_disk(settings, query, form)
    if form not in {None, "table"}:
        return body.decode()
    if media_type.startswith("application/sparql-results+json"):
        return _table(ox.parse_query_results(body, format=ox.QueryResultsFormat.JSON))
    return body.decode()


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
    lane = Lane(zygote, Limits(settings.query_memory, settings.result_limit, settings.query_timeout), 1, 1.0, 1, 1)
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


def _table(answer: ox.QuerySolutions | ox.QueryBoolean) -> str:
    if isinstance(answer, ox.QueryBoolean):
        return f"{'yes' if answer else 'no'}\n"
    names = [v.value for v in answer.variables]
    rows = [[_plain(solution[name]) for name in names] for solution in answer]
    widths = [max([len(name), *(len(row[i]) for row in rows)]) for i, name in enumerate(names)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [names, ["-" * width for width in widths], *rows]
    ]
    return "\n".join(lines) + f"\n({len(rows)} rows)\n"


def _plain(term: object) -> str:
    if term is None:
        return ""
    return getattr(term, "value", None) or str(term)
