"""Bodies that are made piece by piece: the same answer, whether they are held or go through a file."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, Response

from gob_graph.endpoint.server.part import Part
from gob_graph.endpoint.web import parts
from gob_graph.errors import ReleaseError, RequestError

PIECES = [b"%d\n" % n * 100 for n in range(50)]
WHOLE = b"".join(PIECES)
TEXT = "text/plain; charset=utf-8"


def body(response: Response) -> tuple[int, str | None, str, bytes]:
    found = response.response if isinstance(response.response, Part) else [response.get_data()]
    return response.status_code, response.content_type, response.headers["Content-Length"], b"".join(found)


@pytest.mark.parametrize("writable", [True, False])
def test_a_large_body_is_made_once_in_a_file_without_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writable: bool
) -> None:
    folder = tmp_path if writable else tmp_path / "nowhere"
    made, asked, app = parts.Made(), [], Flask(__name__)

    def pieces() -> Iterator[bytes]:
        asked.append(1)
        yield from PIECES

    with app.test_request_context():
        small = made.response("key", pieces(), TEXT, folder)
        monkeypatch.setattr(parts, "LARGE", 1000)
        large, again = (made.response("key", pieces(), TEXT, folder) for _ in "ab")
    assert isinstance(large.response, Part)
    assert body(small) == body(large) == body(again) == (200, TEXT, str(len(WHOLE)), WHOLE)
    assert len(asked) == 2
    assert large.get_etag() == again.get_etag()
    with app.test_request_context(headers={"Range": "bytes=5-1004"}):
        assert body(made.response("key", pieces(), TEXT, folder)) == (206, TEXT, "1000", WHOLE[5:1005])
    assert not list(tmp_path.iterdir())
    with app.test_request_context():
        for key in range(parts.KEPT):
            made.response(key, pieces(), TEXT, folder)
        assert len(made._files) == parts.KEPT
        assert "key" not in made._files
    assert body(large)[3] == WHOLE, "who has it keeps it"


def test_one_large_body_is_made_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "LARGE", 10)
    monkeypatch.setattr(parts, "PATIENCE", 0.01)
    made, app, begun, go_on = parts.Made(), Flask(__name__), threading.Event(), threading.Event()
    found: list[Response] = []

    def slow() -> Iterator[bytes]:
        yield WHOLE
        begun.set()
        go_on.wait(60)

    def ask() -> None:
        with app.test_request_context():
            found.append(made.response("slow", slow(), TEXT, tmp_path))

    thread = threading.Thread(target=ask)
    thread.start()
    assert begun.wait(60)
    with app.test_request_context():
        for key in ("slow", "other"):
            with pytest.raises(RequestError, match="is being made"):
                made.response(key, PIECES, TEXT, tmp_path)
        assert body(made.response("small", [b"small"], TEXT, tmp_path))[3] == b"small"
        go_on.set()
        thread.join()
        assert body(made.response("slow", [b"another"] * 9, TEXT, tmp_path)) == body(found[0])


def test_what_cannot_be_made_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "LARGE", 10)
    made, app = parts.Made(), Flask(__name__)

    def broken() -> Iterator[bytes]:
        yield WHOLE
        raise ReleaseError("cut")

    with app.test_request_context():
        with pytest.raises(ReleaseError):
            made.response("key", broken(), TEXT, tmp_path)
        assert body(made.response("key", PIECES, TEXT, tmp_path))[3] == WHOLE
