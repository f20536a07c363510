"""The SPARQL 1.1 Protocol on plain values: the request, without an HTTP framework.

https://www.w3.org/TR/sparql11-protocol/ section 2. Parameters are decoded strictly and exactly once; whatever cannot be
understood is refused with the reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote_to_bytes

from gob_graph.endpoint.engine.job import Formats, Job, Manner
from gob_graph.endpoint.engine.service_clause import reaches_out
from gob_graph.endpoint.sparql.prescan import UPDATES, form, keywords
from gob_graph.errors import RequestError
from gob_graph.formats import FORMATS, by_name, negotiate, offers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gob_graph.formats import Format, Kind

FORM: Final = "application/x-www-form-urlencoded"
DIRECT: Final = "application/sparql-query"
UPDATE: Final = "application/sparql-update"
RELEASE: Final = "release"
"""The parameter, ours, that names the release to be asked."""
KINDS: Final[tuple[Kind, ...]] = ("bindings", "boolean", "graph")
_BROKEN = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_IRI = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|\\^`]*$")


class Request(NamedTuple):
    """An HTTP request as the protocol sees it; `accept` holds each Accept line, `body` the whole body."""

    method: str
    query_string: bytes
    content_type: str | None
    body: bytes
    accept: Sequence[str]


Given = dict[str, list[str]]
"""The values of each parameter of a request."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The representation for each kind of result, and what the engine gives for it: JSON or Turtle for a page."""

    formats: Mapping[Kind, Format | None]
    engine: Formats

    @classmethod
    def of(cls, formats: Mapping[Kind, Format | None]) -> Chosen:
        """With what follows from it."""
        names = {kind: chosen.name if chosen else None for kind, chosen in formats.items()}
        source = {kind: "turtle" if kind == "graph" else "json" for kind in KINDS}
        return cls(formats, Formats(**{kind: source[kind] if names[kind] == "html" else names[kind] for kind in KINDS}))


UNNAMED = "result"
"""What a saved answer is called without a name of its own."""
FILE_NAME = re.compile(r"[a-z][a-z0-9-]{0,79}")


class Query(NamedTuple):
    """A query request that is understood: text, dataset, and the representation for each kind of result."""

    text: str
    default_graphs: tuple[str, ...] | None
    named_graphs: tuple[str, ...] | None
    chosen: Chosen
    form: str
    release: str | None = None
    """An older release that is asked (its id, or the first digits)."""
    download: str = ""
    """The name, without ending, of the file that a browser saves the answer as; empty where it shows the answer."""

    def job(self, base: str) -> Job:
        """What a worker is asked to do; `base` resolves relative addresses."""
        return Job(self.text, Manner(self.default_graphs, self.named_graphs, self.chosen.engine, base))


def has_query(request: Request) -> bool:
    """Whether anything is asked; a GET without any parameter of the protocol is for the service description."""
    return request.method == "POST" or bool(request.query_string.strip())


def read_query(request: Request, *, length: int) -> Query:
    """Understand a request; `length` is the largest number of bytes of a query.

    Raises:
        RequestError: whatever the protocol forbids (its test cases ``bad_*``), and what this service does not offer.
    """
    given = decode(request.query_string)
    direct: str | None = None
    if request.method == "POST":
        media_type, charset = _media_type(request.content_type)
        if media_type == FORM:
            _ascii(request.body)
            for name, values in decode(request.body).items():
                given.setdefault(name, []).extend(values)
        elif media_type == DIRECT:
            direct = _utf8(request.body, charset)
        elif media_type == UPDATE:
            raise _update_refusal(given, [_utf8(request.body, charset)], length)
        else:
            raise RequestError(
                "unsupported-media-type",
                f"a POST carries {FORM} or {DIRECT}, not {request.content_type or 'no Content-Type'}",
                {"Accept-Post": f"{FORM}, {DIRECT}"},
            )
    text = _one_query(given, direct, request.method, length)
    _measured(text, "query", length)
    if reaches_out(text):
        raise RequestError("service-refused", "SERVICE would make this server ask another; let your client ask both")
    first = form(text)
    if first in UPDATES:
        raise RequestError("update-refused", "this is an update; the graph changes by releases")
    default, named = _graphs(given, "default-graph-uri"), _graphs(given, "named-graph-uri")
    if default is not None or named is not None:
        default, named = default or (), named or ()
    return Query(text, default, named, _formats(given, request.accept), first, _release(given), _download(given))


def _download(given: Given) -> str:
    """The name of the file to save; any value that is no plain name asks for the usual one."""
    values = given.get("download", [])
    return next((v for v in values if FILE_NAME.fullmatch(v)), UNNAMED) if values else ""


def decode(raw: bytes) -> Given:
    """The values of each parameter of a query string or form, percent-decoded once.

    Raises:
        RequestError: ``bad-encoding``: not ASCII, a broken percent-escape, or not UTF-8 behind it.
    """
    given: Given = {}
    for part in raw.split(b"&") if raw else ():
        name, _, value = part.partition(b"=")
        given.setdefault(_decode(name), []).append(_decode(value))
    return given


def _decode(raw: bytes) -> str:
    if _BROKEN.search(raw):
        raise RequestError("bad-encoding", f"broken percent-escape in {raw[:60].decode(errors='replace')!r}")
    return _utf8(unquote_to_bytes(raw.replace(b"+", b" ")), None)


def _utf8(body: bytes, charset: str | None) -> str:
    if charset not in {None, "utf-8", "utf8"}:
        raise RequestError("bad-encoding", f"the charset is {charset}; send UTF-8")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestError("bad-encoding", f"not UTF-8 at byte {error.start}") from error
    if "\0" in text:
        raise RequestError("bad-encoding", "a NUL character")
    return text


def _ascii(body: bytes) -> None:
    if not body.isascii():
        raise RequestError("bad-encoding", "a form is ASCII: percent-encode the UTF-8 bytes of other characters")


def _media_type(header: str | None) -> tuple[str, str | None]:
    media_type, *parameters = (part.strip().lower() for part in (header or "").split(";"))
    charsets = [p.partition("=")[2].strip('"') for p in parameters if p.startswith("charset=")]
    return media_type, charsets[0] if charsets else None


def _one_query(given: Given, direct: str | None, method: str, length: int) -> str:
    queries = given.get("query", [])
    if direct is not None:
        queries = [*queries, direct]
    updates = given.get("update")
    if updates and (queries or method != "POST"):
        raise RequestError("bad-request", "'update' cannot be combined with 'query', and not be sent by GET")
    if updates:
        raise _update_refusal(given, updates, length)
    if not queries:
        raise RequestError("query-missing", "there is no 'query' parameter")
    if len(queries) > 1:
        raise RequestError("query-duplicate", f"there are {len(queries)} queries in this request")
    if not queries[0].strip():
        raise RequestError("query-missing", "the query is empty")
    return queries[0]


def _measured(text: str, what: str, length: int) -> None:
    """Refuse a text that is too long, before it is tokenised: that holds the event loop."""
    if (size := len(text.encode())) > length:
        raise RequestError("query-too-long", f"the {what} has {size} bytes; the limit is {length}")


def _update_refusal(given: Given, updates: list[str], length: int) -> RequestError:
    """Updates are refused; a malformed update request is reported as such first (sections 2.2.1 and 2.2.3)."""
    if len(updates) > 1:
        return RequestError("bad-request", f"there are {len(updates)} updates in this request")
    _measured(updates[0], "update", length)
    dataset = "using-graph-uri" in given or "using-named-graph-uri" in given
    if dataset and not {"USING", "WITH"}.isdisjoint(keywords(updates[0])):
        return RequestError("bad-request", "using-graph-uri cannot be combined with USING or WITH")
    return RequestError("update-refused", "this endpoint answers queries; the graph changes by releases")


def _graphs(given: Given, name: str) -> tuple[str, ...] | None:
    values = given.get(name)
    if values is None:
        return None
    for value in values:
        if not _IRI.match(value):
            raise RequestError("bad-parameter", f"{name}={value[:100]!r} is no absolute IRI")
    return tuple(values)


def _release(given: Given) -> str | None:
    names = given.get(RELEASE, [])
    if len(names) > 1:
        raise RequestError("bad-parameter", f"{RELEASE!r} is given more than once")
    return names[0] if names else None


def _formats(given: Given, accept: Sequence[str]) -> Chosen:
    """The representation for each kind of result. What none of the kinds can satisfy is refused before any work."""
    # 'output' is what other endpoints call it. SPARQLWrapper sends both, several times, in several spellings: the first
    # is the plain name.
    named = given.get("format") or given.get("output")
    return _by_name(named[0]) if named else _by_accept(tuple(accept))


@lru_cache(maxsize=64)
def _by_name(name: str) -> Chosen:
    chosen = {kind: by_name(name, offers(kind, page=True)) for kind in KINDS}
    if not any(chosen.values()):
        known = ", ".join(f.name for f in FORMATS)
        raise RequestError("bad-parameter", f"format={name[:40]!r} is unknown; known are {known}")
    return Chosen.of(chosen)


@lru_cache(maxsize=512)
def _by_accept(accept: tuple[str, ...]) -> Chosen:
    """Kept, as most clients send one of a few headers, and weighing them takes longer than all else in here."""
    chosen: dict[Kind, Format | None] = {}
    for kind in KINDS:
        try:
            chosen[kind] = negotiate(accept, _html_last(offers(kind, page=True)))
        except RequestError as error:
            chosen[kind], refusal = None, error
    if not any(chosen.values()):
        raise RequestError("not-acceptable", refusal.detail, members={"offers": all_offers()})
    return Chosen.of(chosen)


def all_offers() -> list[str]:
    """Every media type of the endpoint, once."""
    return list(dict.fromkeys(f.media_type for kind in KINDS for f in offers(kind, page=True)))


def _html_last(among: tuple[Format, ...]) -> tuple[Format, ...]:
    return tuple(sorted(among, key=lambda f: f.codec is None))
