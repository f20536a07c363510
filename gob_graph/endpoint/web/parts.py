"""Responses whose body stays in a file until it is sent: a file of a release, or what is made piece by piece."""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
from collections import OrderedDict
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final

from flask import Response, request

from gob_graph.endpoint.server.part import Part
from gob_graph.errors import RequestError
from gob_graph.known_intact import Opened

if TYPE_CHECKING:
    from collections.abc import Iterable

LARGE: Final = 1 << 23
"""Bytes above which the body of a response is not held in memory."""
KEPT: Final = 4
"""Large bodies that were made and stay on the disk, without a name, for those who ask again."""
PATIENCE: Final = 5.0
"""Seconds that a request waits while a large body is made for another one."""


def of_file(file: Opened, media_type: str, etag: str) -> Response:
    """A file as a response: whole, or the range of it that the request asks for (RFC 9110 section 14).

    Raises:
        RequestedRangeNotSatisfiable: no part of the file is in the range.
    """
    part = Part(file, 0, file.size)
    response = Response(mimetype=media_type, direct_passthrough=True)
    response.set_etag(etag)
    response.last_modified = file.modified  # type: ignore[assignment]  # werkzeug takes seconds as well
    response.content_length = part.length
    # Whether the client has it already is asked by the cache.
    if "Range" in request.headers:
        response.make_conditional(request.environ, accept_ranges=True, complete_length=part.length)
    if response.status_code == 206:
        part = part.within(response.content_range.start or 0, response.content_length)
    response.response = part
    return response


class Made:
    """Bodies that are made piece by piece and never change: small ones in memory, large ones in a few files."""

    def __init__(self) -> None:
        """Nothing is made yet."""
        self._files: OrderedDict[object, tuple[Opened, str]] = OrderedDict()
        self._making = threading.Lock()

    def response(self, key: object, pieces: Iterable[bytes], content_type: str, folder: Path) -> Response:
        """What is made as a response; `key` stands for what it says, and its file is made once.

        The file is made in `folder`, or, where this process may not write there, among the temporary files.

        Raises:
            RequestError: ``engine-busy``: another large body is being made.
        """
        if (kept := self._files.get(key)) is None:
            begun, size, rest = [], 0, iter(pieces)
            for piece in rest:
                begun.append(piece)
                size += len(piece)
                if size > LARGE:
                    break
            else:
                return Response(b"".join(begun), content_type=content_type)
            kept = self._make(key, chain(begun, rest), folder)
        response = of_file(kept[0], content_type.partition(";")[0], kept[1])
        response.headers["Content-Type"] = content_type
        return response

    def _make(self, key: object, pieces: Iterable[bytes], folder: Path) -> tuple[Opened, str]:
        if not self._making.acquire(timeout=PATIENCE):
            raise RequestError("engine-busy", "a large answer is being made; it will be kept", {"Retry-After": "5"})
        try:
            if key not in self._files:
                self._files[key] = _written(pieces, folder if os.access(folder, os.W_OK) else None)
                while len(self._files) > KEPT:
                    self._files.popitem(last=False)
            return self._files[key]
        finally:
            self._making.release()


def _written(pieces: Iterable[bytes], folder: Path | None) -> tuple[Opened, str]:
    """A file without a name, open, and the digest of its content."""
    digest = hashlib.sha256()
    with tempfile.TemporaryFile(dir=folder) as stream:
        for piece in pieces:
            digest.update(piece)
            stream.write(piece)
        stream.flush()
        return Opened(Path("what was made"), os.dup(stream.fileno())), digest.hexdigest()
