"""How a server is asked: kept answers, later answers, cut answers, no answer."""

import http.client
import io
import json
import urllib.error
import urllib.request
from email.message import Message
from pathlib import Path

import pytest

from tests.parts import package

package("pyarrow")

from gob_graph.client.cache import Cache
from gob_graph.client.failures import Busy, IncompleteAnswer, QueryRefused, Refused, ServerUnreachable, refusal
from gob_graph.client.http import Http
from gob_graph.client.releases import chosen
from gob_graph.errors import REFUSALS

ADDRESS = "http://server.test/x"


class Response(io.BytesIO):
    def __init__(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        super().__init__(body)
        self.status, self.headers = status, Message()
        for name, value in headers.items():
            self.headers[name] = value


class Cut(Response):
    def read(self, *_: object) -> bytes:  # type: ignore[override]
        raise http.client.IncompleteRead(b"1234", 10)


class Opener:
    """Gives prepared answers, and remembers the requests."""

    def __init__(self, *answers: Response | Exception) -> None:
        self.answers, self.requests = list(answers), []

    def open(self, request: urllib.request.Request, timeout: float) -> Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if answer.status >= 300:
            raise urllib.error.HTTPError(ADDRESS, answer.status, "", answer.headers, answer)
        return answer


def whole(body: bytes, status: int = 200, **headers: str) -> Response:
    return Response(
        status, {"Content-Length": str(len(body)), **{k.replace("_", "-"): v for k, v in headers.items()}}, body
    )


def problem(code: str, **headers: str) -> Response:
    row = REFUSALS[code]
    document = {"code": code, "detail": "so it is", "remedy": row.remedy}
    return whole(json.dumps(document).encode(), row.status, **headers)


def sender(opener: Opener, folder: Path | None = None, patience: float = 30.0) -> tuple[Http, list[float]]:
    pauses: list[float] = []
    return Http(Cache(folder), 1.0, patience, pauses.append, opener), pauses  # type: ignore[arg-type]


def get() -> urllib.request.Request:
    return urllib.request.Request(ADDRESS, headers={"Accept": "text/plain"})


def test_a_busy_server_is_asked_again_after_the_seconds_that_it_names() -> None:
    http_, pauses = sender(Opener(problem("client-busy", Retry_After="3"), whole(b"yes")))
    assert http_.send(get()).body == b"yes"
    assert pauses == [3.0]


def test_a_server_that_stays_busy_is_an_error_with_the_seconds() -> None:
    http_, pauses = sender(Opener(problem("client-budget", Retry_After="300")))
    with pytest.raises(Busy, match="Retry-After") as caught:
        http_.send(get())
    assert (caught.value.code, caught.value.retry_after, caught.value.status) == ("client-budget", 300.0, 429)
    assert pauses == []


def test_a_refusal_that_is_not_about_time_is_not_repeated() -> None:
    opener = Opener(problem("query-syntax"))
    with pytest.raises(QueryRefused, match="so it is") as caught:
        sender(opener)[0].send(get())
    assert caught.value.remedy == REFUSALS["query-syntax"].remedy
    assert len(opener.requests) == 1


def test_another_server_is_told_by_its_status() -> None:
    with pytest.raises(Refused, match="gob-graph server") as caught:
        sender(Opener(whole(b"<h1>teapot</h1>", 418)))[0].send(get())
    assert caught.value.code == "http-418"


def test_a_kept_answer_is_confirmed_by_its_etag(tmp_path: Path) -> None:
    opener = Opener(
        whole(b"first", ETag='"1"', Content_Type="a/b"), Response(304, {"ETag": '"1"'}), whole(b"new", ETag='"2"')
    )
    http_, _ = sender(opener, tmp_path)
    assert [http_.send(get()).body for _ in range(3)] == [b"first", b"first", b"new"]
    assert [r.get_header("If-none-match") for r in opener.requests] == [None, '"1"', '"1"']


def test_an_answer_that_never_changes_is_not_asked_again(tmp_path: Path) -> None:
    opener = Opener(whole(b"x", ETag='"1"', Cache_Control="public, immutable"))
    http_, _ = sender(opener, tmp_path)
    assert [http_.send(get()).body for _ in range(2)] == [b"x", b"x"]


def test_a_damaged_kept_answer_is_not_used(tmp_path: Path) -> None:
    opener = Opener(whole(b"first", ETag='"1"'), whole(b"again", ETag='"1"'))
    http_, _ = sender(opener, tmp_path)
    http_.send(get())
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(kept.read_bytes()[:-1])
    assert http_.send(get()).body == b"again"
    assert opener.requests[1].get_header("If-none-match") is None


def test_the_folder_of_answers_stays_below_its_limit(tmp_path: Path) -> None:
    cache = Cache(tmp_path, 1000)
    for n in range(5):
        cache.keep(str(n), {"etag": f'"{n}"'}, b"x" * 300)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 1000


@pytest.mark.parametrize("answer", [Cut(200, {"Content-Length": "14"}), Response(200, {}, b"how long?")])
def test_an_answer_that_may_be_cut_is_refused(answer: Response) -> None:
    with pytest.raises(IncompleteAnswer):
        sender(Opener(answer))[0].send(get())


def test_a_server_that_is_gone_names_the_remedy() -> None:
    with pytest.raises(ServerUnreachable, match=r"Graph\('releases") as caught:
        sender(Opener(urllib.error.URLError("refused")))[0].send(get())
    assert caught.value.code == "unreachable"


@pytest.mark.parametrize("code", REFUSALS)
def test_each_code_of_the_endpoint_is_an_error_with_its_remedy(code: str) -> None:
    found = refusal(code, "detail")
    assert (found.code, found.status, found.remedy) == (code, REFUSALS[code].status, REFUSALS[code].remedy)


LISTED = [
    {"id": "b" * 64, "version": "2", "current": True, "published": [{"number": 2, "at": "2026-02-01T10:00:00Z"}]},
    {"id": "a" * 64, "version": "1", "current": False, "published": [{"number": 1, "at": "2026-01-01T10:00:00Z"}]},
]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("current", "b"),
        ("aaaaaaaa", "a"),
        ("1", "a"),
        ("2026-01-01", "a"),
        ("2026-01-31", "a"),
        ("2026-02-01", "b"),
        ("2026-02-01T09:59:59+00:00", "a"),
        ("2026-02-01T11:00:00+01:00", "b"),
    ],
)
def test_a_release_is_found_by_name_version_and_day(asked: str, expected: str) -> None:
    assert chosen(LISTED, asked) == expected * 64


@pytest.mark.parametrize("asked", ["2025-12-31", "cccccccc", "3", "yesterday"])
def test_a_release_that_does_not_exist_is_told(asked: str) -> None:
    with pytest.raises(Refused) as caught:
        chosen(LISTED, asked)
    assert caught.value.code == "release-unknown"
