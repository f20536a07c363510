"""A release on disk as the source of a graph: the same answers as a server gives, without one.

Queries run as in a server: in a process that reaches no network, within the same limits. Linux only.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from gob_graph.changes import changes
from gob_graph.client.failures import Damaged, UnknownName, refusal
from gob_graph.client.source import Answer
from gob_graph.endpoint.description.served import lifecycle_of
from gob_graph.endpoint.engine.admission import Admission
from gob_graph.endpoint.engine.dispatcher import Lane
from gob_graph.endpoint.engine.job import Limits
from gob_graph.endpoint.engine.zygote_client import Zygote
from gob_graph.endpoint.feeds import release_list
from gob_graph.endpoint.reconciliation import queries as batches
from gob_graph.endpoint.reconciliation.prepare import catalogue
from gob_graph.endpoint.reconciliation.queries import BATCH
from gob_graph.endpoint.reconciliation.service import Service
from gob_graph.endpoint.sparql import protocol
from gob_graph.errors import EngineError, ReleaseError, RequestError
from gob_graph.formats import FORMATS, by_name
from gob_graph.publication import current_at, find_release, publications
from gob_graph.publication_log import ID
from gob_graph.release import CURRENT, MANIFEST, current, file_of, open_release
from gob_graph.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gob_graph.client.source import Document
    from gob_graph.endpoint.engine.engine import Engine
    from gob_graph.release import Release


class _Silent:
    """No words for people: names are asked of the graph, as of a server."""

    language = "en"

    def term(self, iri: str) -> str:
        return iri

    def own(self, text: str) -> str:
        return text

    def name(self, known: object, number: int) -> str:
        return ""

    def description(self, known: object, found: object) -> str:
        return ""


@dataclass(frozen=True, slots=True, eq=False)
class _Engine:
    """The workers of one release, in the shape that the packages of the endpoint ask."""

    release: Release
    zygote: Zygote
    page: Lane

    def ask_page(self, job: Any) -> Any:  # noqa: ANN401 - as `Engine.ask_page`
        return self.page.answer(job, "offline")

    def close(self) -> None:
        self.page.close()
        self.zygote.close()


def _close(engines: dict[str, _Engine]) -> None:
    while engines:
        engines.popitem()[1].close()


class Disk:
    """A folder of releases with its current one, or one release in it."""

    def __init__(self, path: Path) -> None:
        """Check that there is a release.

        Raises:
            ReleaseNotFound: there is none.
            Damaged: it is not whole.
        """
        self.place = str(path)
        self._engines: dict[str, _Engine] = {}
        self._end = weakref.finalize(self, _close, self._engines)
        if not (path / MANIFEST).is_file() and not (path / CURRENT).is_symlink():
            raise refusal(
                "release-unknown",
                f"{path} is no release and no folder of releases",
                "Give releases/<id> or a folder with 'current'; Graph('http://…').download(folder) makes one.",
            )
        with _told():
            self._release = open_release(path if (path / MANIFEST).is_file() else current(path))
        self.settings = Settings(release_dir=self._release.path.parent)

    def query(self, text: str, accept: str, release: str | None) -> Answer:
        with _told():
            wanted = by_name(accept, FORMATS)
            given = f"format={wanted.name if wanted else accept}".encode()
            request = protocol.Request("POST", given, protocol.DIRECT, text.encode(), [])
            asked = protocol.read_query(request, length=self.settings.query_length)
            engine = self._engine(release)
            answer = engine.page.answer(asked.job(f"{self.settings.service_url}/sparql"), "offline")
            form = by_name(answer.format, FORMATS)
            return Answer(answer.body, form.media_type if form else "", engine.release.id)

    def releases(self) -> list[Document]:
        listed = release_list.rows(self.settings)
        return [row | {"current": row["id"] == self._release.id} for row in listed]

    def file(self, release: str, name: str) -> bytes:
        opened = self._opened(release)
        if name == MANIFEST:
            return (opened.path / MANIFEST).read_bytes()
        if name not in opened.manifest["files"]:
            raise UnknownName(f"Release {release[:12]} has no file {name}", "Its manifest lists the files.")
        if name in opened.pruned:
            raise refusal("release-pruned", f"{name} of release {release[:12]} is no longer kept")
        with _told():
            return file_of(opened, name)

    def changes(self, old: str, new: str) -> Document:
        with _told():
            return changes(self.settings.release_dir, old, new, keep=False)[1]

    def status(self, iris: Sequence[str], since: str | None) -> list[Document]:
        with _told():
            folder = self.settings.release_dir
            log = publications(folder)
            seen = None
            if since and ID.fullmatch(since):
                seen = next((p for p in log if p.release == since), None)
            elif since:
                seen = current_at(log, datetime.combine(date.fromisoformat(since), time(), UTC))
            life = lifecycle_of(self._release, self.settings, log, seen, compared=bool(since))
            return [life.status_at(iri, self.settings.service_url) for iri in iris]

    def reconcile(self, queries: Sequence[Document], language: str) -> list[list[Document]]:
        with _told():
            engine = cast("Engine", self._engine(None))
            found: list[list[Document]] = []
            for start in range(0, len(queries), BATCH):
                given = {str(n): query for n, query in enumerate(queries[start : start + BATCH])}
                service = Service(engine, _Silent())
                found += [service.candidates(one) for one in batches.batch(engine, given).values()]
            return found

    def lookup(self, identifier: str, language: str) -> Document:
        with _told():
            known = catalogue(cast("Engine", self._engine(None)))
            number = known.number(identifier)
            if number is not None:
                return {"things": [known.iri(number)], "reason": "", "near": []}
            found = known.identifiers.look_up(identifier)
            near = [
                {"iri": f"{known.base_iri}/{n.thing}", "identifier": n.written, "scheme": n.scheme} for n in found.near
            ]
            things = [thing if "://" in thing else f"{known.base_iri}/{thing}" for thing in found.things]
            return {"things": things, "reason": found.reason, "near": near}

    def close(self) -> None:
        self._end()
        self._end = weakref.finalize(self, _close, self._engines)

    def _opened(self, release: str) -> Release:
        if release == self._release.id:
            return self._release
        with _told():
            return open_release(self.settings.release_dir / find_release(self.settings.release_dir, release))

    def _engine(self, release: str | None) -> _Engine:
        opened = self._opened(release) if release else self._release
        if opened.id not in self._engines:
            settings = self.settings
            zygote = Zygote(opened.path)
            limits = Limits(settings.query_memory, settings.result_limit, settings.query_timeout)
            lane = Lane(zygote, limits, Admission(1, settings.query_timeout, 8, 64))
            self._engines[opened.id] = _Engine(opened, zygote, lane)
        return self._engines[opened.id]


class _told:  # noqa: N801 - used as a function
    """Turns the errors of the packages below into those of the client."""

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, RequestError):
            raise refusal(error.code, error.detail) from error
        if isinstance(error, EngineError):
            raise refusal("engine-down", str(error)) from error
        if isinstance(error, ReleaseError):
            if "damaged" in str(error) or "cannot be read" in str(error):
                raise Damaged(str(error), "Download the release again.") from error
            raise refusal("release-unknown", str(error)) from error
