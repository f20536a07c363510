"""Releases and what changed between them, for machines: lists, files, patches, news. Pages: `release_pages`."""

from __future__ import annotations

import base64
import hashlib
import io
import itertools
import json
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request, send_file, url_for

from gob_graph.changelog import sentences
from gob_graph.changes import changes
from gob_graph.documents import serialize
from gob_graph.endpoint.feeds import atom, release_list
from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages import i18n
from gob_graph.endpoint.web.parts import LARGE, of_file
from gob_graph.errors import ReleaseError, RequestError
from gob_graph.formats import by_name, negotiate, offers
from gob_graph.known_intact import open_file
from gob_graph.publication import find_release, publications
from gob_graph.publication_log import ID
from gob_graph.release import MANIFEST, file_of, open_release
from gob_graph.tables import metadata_of
from gob_graph.vocab import LANGUAGES

if TYPE_CHECKING:
    from gob_graph.formats import Format, Kind
    from gob_graph.release import Release

routes = Blueprint("releases", __name__)
FRESH = "no-cache"
"""Lists change when a release is published, so a cached copy is revalidated before it is reused."""
FOR_EVER = "public, max-age=31536000, immutable"


def chosen(kinds: tuple[Kind, ...]) -> Format:
    """The representation that ``format=`` or Accept asks for, the page last.

    Raises:
        RequestError: there is no such representation here.
    """
    among = sorted(dict.fromkeys(f for kind in kinds for f in offers(kind, page=True)), key=lambda f: f.name == "html")
    named = request.args.get("format")
    if named is None:
        return negotiate(request.headers.getlist("Accept"), among)
    found = by_name(named, among)
    if found is None:
        known = ", ".join(f.name for f in among)
        raise RequestError("bad-parameter", f"format={named[:40]!r} is unknown here; known are {known}")
    return found


def release_named(name: str) -> str:
    """The id of a release, for a full id or its first digits.

    Raises:
        RequestError: there is none.
    """
    try:
        return find_release(here().settings.release_dir, name)
    except ReleaseError as error:
        raise RequestError("release-unknown", f"there is no release {name[:80]!r} here") from error


def language_asked() -> str:
    """The language of texts for people: the parameter ``language``, else Accept-Language."""
    named = request.args.get("language")
    if named and named not in LANGUAGES:
        raise RequestError("bad-parameter", f"language={named[:20]!r} is none of {', '.join(LANGUAGES)}")
    return named or i18n.choose(request.accept_languages)


@routes.get("/releases")
def index() -> Response:
    """List every release."""
    return _list(None)


@routes.get("/releases/<identity>")
def one(identity: str) -> Response:
    """Describe one release."""
    return _list(release_named(identity))


def _list(identity: str | None) -> Response:
    site = here()
    wanted = chosen(("document", "graph"))
    headers = {"Cache-Control": FRESH}
    if wanted.name == "html":
        address = url_for("release_pages.releases", language=language_asked(), _anchor=identity)
        return Response(status=302, headers={"Location": address} | headers)
    listed = release_list.rows(site.settings, identity)
    if wanted.name == "document":
        body = json.dumps(listed[0] if identity else {"releases": listed}, indent=1).encode()
    else:
        body = serialize(release_list.dcat(listed, site.release, site.settings), wanted, site.prefixes)
    return Response(body, content_type=wanted.content_type, headers=headers)


@routes.get("/releases/latest")
def newest() -> Response:
    """Lead to the release that is served."""
    return _lead(url_for("releases.one", identity=here().release.id))


@routes.get("/releases/latest/<path:name>")
def newest_file(name: str) -> Response:
    """Lead to a file of the release that is served, so that scripts need not look for an id."""
    release = here().release
    if name not in release.manifest["files"] and name != MANIFEST:
        raise RequestError("not-found", f"the latest release has no file {name[:80]!r}")
    return _lead(url_for("releases.file", identity=release.id, name=name))


def _lead(address: str) -> Response:
    if request.query_string:
        address += f"?{request.query_string.decode('latin-1')}"
    return Response(status=302, headers={"Location": address, "Cache-Control": FRESH})


@routes.get("/releases/<identity>/<path:name>")
def file(identity: str, name: str) -> Response:
    """Give a file of a release, whole or a range of it. Only what the manifest lists exists."""
    folder = here().settings.release_dir / identity
    if not ID.fullmatch(identity) or not (folder / MANIFEST).is_file():
        raise RequestError("release-unknown", f"there is no release {identity[:80]!r} here")
    try:
        release = open_release(folder, verify=False)
        pruned = release.pruned
    except ReleaseError as error:
        raise RequestError("release-damaged", "its manifest is damaged") from error
    if name not in release.manifest["files"] and name != MANIFEST:
        raise RequestError("not-found", f"release {identity[:12]} has no file {name[:80]!r}")
    if name in pruned:
        raise RequestError("release-pruned", f"{name} of release {identity[:12]} is no longer kept")
    try:
        response, digest = _representation(release, name)
    except (OSError, ReleaseError) as error:
        raise RequestError("release-damaged", f"{name} of release {identity[:12]} is damaged here") from error
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Repr-Digest"] = f"sha-256=:{base64.b64encode(bytes.fromhex(digest)).decode()}:"
    # A compressed copy would be another representation, with another digest and other ranges.
    response.headers["Cache-Control"] = f"{FOR_EVER}, no-transform"
    response.headers["Gob-Graph-Release"] = identity
    if metadata := metadata_of(name):
        address = url_for("releases.file", identity=identity, name=metadata)
        response.headers.add("Link", f'<{address}>; rel="describedby"; type="application/csvm+json"')
    return response


def _representation(release: Release, name: str) -> tuple[Response, str]:
    """A file, whole or the range that is asked for, with its digest.

    What is sent is what was hashed: a file damaged while it is served never goes out whole with its former digest.

    Raises:
        ReleaseError: it is damaged.
        OSError: it cannot be read.
    """
    path, ranged = release.path / name, "Range" in request.headers
    if path.stat().st_size > LARGE and name != MANIFEST:
        digest = release.manifest["files"][name]["sha256"]
        return of_file(open_file(release, name), release_list.media_type(name), digest), digest
    body = path.read_bytes() if name == MANIFEST else file_of(release, name)
    digest = hashlib.sha256(body).hexdigest()
    # Whether the client has it already is asked by the cache, which must only ever be given the whole.
    response = send_file(
        io.BytesIO(body),
        mimetype=release_list.media_type(name),
        conditional=ranged,
        etag=digest,
        last_modified=path.stat().st_mtime,
    )
    return response, digest


@routes.get("/changes")
def latest() -> Response:
    """Lead to what changed with the last publication."""
    log = publications(here().settings.release_dir)
    if request.accept_mimetypes.best == "text/html" and "format" not in request.args:
        address = url_for("release_pages.changes", language=language_asked())
    elif len(log) > 1:
        return _lead(url_for("releases.between", old=log[-2].release, new=log[-1].release))
    else:
        raise RequestError("not-found", "there is one release only, so nothing changed yet")
    return Response(status=302, headers={"Location": address, "Cache-Control": FRESH})


@routes.get("/changes/<old>..<new>")
def between(old: str, new: str) -> Response:
    """Say what turns one release into another: counts (JSON), words (text), or the RDF Patch itself."""
    names = (release_named(old), release_named(new))
    wanted = chosen(("changes",))
    language = language_asked()
    if wanted.name == "html":
        address = url_for("release_pages.changes", language=language, old=names[0], new=names[1])
        return Response(status=302, headers={"Location": address})
    try:
        patch, summary = changes(here().settings.release_dir, *names, keep=_adjacent(*names))
    except ReleaseError as error:
        raise RequestError("release-damaged", f"one of {old[:12]}, {new[:12]} cannot be read") from error
    headers = {"Cache-Control": FOR_EVER}
    if wanted.name == "rdfpatch":
        return Response(patch, content_type=wanted.content_type, headers=headers)
    if wanted.name == "document":
        body = json.dumps(summary, ensure_ascii=False, indent=1)
        return Response(body, content_type=wanted.content_type, headers=headers)
    text = "".join(f"{line}\n" for line in sentences(summary, language))
    headers = {"Content-Language": language}  # the words may get better
    return Response(text, content_type=wanted.content_type, headers=headers)


def _adjacent(old: str, new: str) -> bool:
    """Whether one was published right after the other; kept are only those, or a visitor could fill the disk."""
    log = publications(here().settings.release_dir)
    return any(p.release == old and q.release == new for p, q in itertools.pairwise(log))


@routes.get("/changes.atom")
def feed() -> Response:
    """Give the change log as an Atom feed, in the language asked for."""
    language = language_asked()
    body = atom.feed(here().settings, here().release.dataset_iri, language)
    headers = {"Cache-Control": FRESH, "Content-Language": language}
    return Response(body, content_type="application/atom+xml", headers=headers)
