"""An engine of others that lies, hangs or breaks off: an answer is whole and right in form, or it is an error."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from gob_graph.endpoint.engine.admission import Admission
from gob_graph.endpoint.engine.dispatcher import Lane
from gob_graph.endpoint.engine.job import Formats, Job, Limits, Manner
from gob_graph.endpoint.engine.remote.filling import Sum, _split
from gob_graph.endpoint.engine.zygote_client import Zygote
from gob_graph.errors import EngineError, RequestError
from gob_graph.release import Release
from gob_graph.settings import Settings
from tests.conftest import LONG, tiny_release
from tests.engine.liar import JSON, TRIPLES, Answer, Handler, Liar, liar
from tests.engine.others import command

MANNER = Manner(None, None, Formats("csv", "json", "ntriples"))
ROWS = "SELECT ?a WHERE { ?a ?b ?c }"
GRAPH = "CONSTRUCT WHERE { ?a ?b ?c }"
ONE = '{"head":{"vars":["a"]},"results":{"bindings":[{"a":{"type":"uri","value":"urn:a"}}]}}'
TRIPLE = "<urn:a> <urn:b> <urn:c> .\n"
SECRET = "select * from DB.DBA.SECRET"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return tiny_release(
        tmp_path_factory.mktemp("releases"), {f"{Settings().base_iri}/id/graph/source": "<urn:a> <urn:b> <urn:c> ."}
    )


@pytest.fixture(scope="module")
def engine(release: Release) -> Iterator[Liar]:
    with liar(release.id) as service:
        yield service


@contextmanager
def lane_to(engine: Liar, release: Release, rows: int = 0, seconds: float = LONG) -> Iterator[Lane]:
    zygote = Zygote(release.path, engine.url, {engine.url: rows} if rows else {})
    lane = Lane(zygote, Limits(512, 1, seconds), Admission(1, LONG, 1, 1))
    lane.start()
    try:
        yield lane
    finally:
        lane.close()
        zygote.close()


@pytest.fixture(scope="module")
def lane(engine: Liar, release: Release) -> Iterator[Lane]:
    with lane_to(engine, release) as lane:
        yield lane


@pytest.fixture(scope="module")
def hurried(engine: Liar, release: Release) -> Iterator[Lane]:
    """One that waits two seconds for an answer that never comes."""
    with lane_to(engine, release, seconds=2.0) as lane:
        yield lane


def ask(lane: Lane, engine: Liar, query: str, answer: Answer, manner: Manner = MANNER) -> bytes:
    engine.answer = answer
    return lane.answer(Job(query, manner), "test").body


def test_an_answer_is_written_by_our_own_writers(lane: Lane, engine: Liar) -> None:
    assert ask(lane, engine, ROWS, lambda h: h.whole(ONE)) == b"a\r\nurn:a\r\n"
    assert (
        ask(lane, engine, "ASK {}", lambda h: h.whole('{"head":{},"boolean":false}')) == b'{"head":{},"boolean":false}'
    )
    twice = TRIPLE + TRIPLE
    assert ask(lane, engine, GRAPH, lambda h: h.whole(twice, media_type=TRIPLES)) == TRIPLE.encode()


def chunked(body: str, *, ended: bool) -> Answer:
    def answer(handler: Handler) -> None:
        handler.head(Transfer_Encoding="chunked")
        end = "0\r\n\r\n" if ended else ""
        handler.wfile.write(f"{len(body):x}\r\n{body}\r\n{end}".encode())
        handler.cut()

    return answer


def announced(body: str, media_type: str = JSON) -> Answer:
    """More than what comes."""

    def answer(handler: Handler) -> None:
        handler.head(Content_Length=str(len(body) + 100), media_type=media_type)
        handler.wfile.write(body.encode())
        handler.cut()

    return answer


def unframed(handler: Handler) -> None:
    handler.head(media_type=TRIPLES, Connection="close")
    handler.wfile.write(TRIPLE.encode())
    handler.cut()


def endless(handler: Handler) -> None:
    """A hundred megabytes, of which no more is taken than the limit."""
    handler.head(media_type=TRIPLES, Content_Length=str(100 * 2**20))
    line = TRIPLE.encode() * 4000
    handler.server.sent = 0  # type: ignore[attr-defined]
    with suppress(OSError):
        for _ in range(100 * 2**20 // len(line)):
            handler.wfile.write(line)
            handler.server.sent += len(line)  # type: ignore[attr-defined]
    handler.cut()


def dripping(handler: Handler) -> None:
    handler.head(Content_Length="1000")
    with suppress(OSError):
        while not handler.server.over.wait(0.2):
            handler.wfile.write(b" ")


def hanging(handler: Handler) -> None:
    handler.server.over.wait()


def hung_up(handler: Handler) -> None:
    handler.cut()


WRONG: dict[str, tuple[str, Answer, str]] = {
    "chunks without an end": (ROWS, chunked(ONE, ended=False), "engine-answer"),
    "a body shorter than announced": (ROWS, announced(ONE), "engine-answer"),
    "triples shorter than announced": (GRAPH, announced(TRIPLE, TRIPLES), "engine-answer"),
    "triples without an announced end": (GRAPH, unframed, "engine-answer"),
    "half a result": (ROWS, lambda h: h.whole(ONE[:-3]), "engine-answer"),
    "half a truth": ("ASK {}", lambda h: h.whole('{"head":{},"boolean":true'), "engine-answer"),
    "a truth that is none": ("ASK {}", lambda h: h.whole('{"head":{},"boolean":"true"}'), "engine-answer"),
    "half a line": (GRAPH, lambda h: h.whole(TRIPLE + "<urn:a> <urn:b>", media_type=TRIPLES), "engine-answer"),
    "a line without an end": (GRAPH, lambda h: h.whole(TRIPLE.rstrip(), media_type=TRIPLES), "engine-answer"),
    "a literal as a subject": (GRAPH, lambda h: h.whole('"a" <urn:b> "c" .\n', media_type=TRIPLES), "engine-answer"),
    "an answer to nothing": (ROWS, lambda h: h.whole(""), "engine-answer"),
    "rows for yes or no": ("ASK {}", lambda h: h.whole(ONE), "engine-answer"),
    "yes or no for rows": (ROWS, lambda h: h.whole('{"head":{},"boolean":true}'), "engine-answer"),
    "other columns": ("SELECT ?b { ?a ?b ?c }", lambda h: h.whole(ONE), "engine-answer"),
    "an address that is none": (ROWS, lambda h: h.whole(ONE.replace("urn:a", "a b")), "engine-answer"),
    "JSON that is no result": (ROWS, lambda h: h.whole("[1, 2]"), "engine-answer"),
    "a page of a proxy": (ROWS, lambda h: h.whole("<p>hello", media_type="text/html"), "engine-answer"),
    "another format": (ROWS, lambda h: h.whole("a\r\n", media_type="text/csv"), "engine-answer"),
    "a packed answer": (ROWS, lambda h: h.whole(ONE, Content_Encoding="gzip"), "engine-answer"),
    "a part": (ROWS, lambda h: h.whole(ONE, 206, Content_Range="bytes 0-99/200"), "engine-answer"),
    "no content": (ROWS, lambda h: h.head(204), "engine-answer"),
    "a redirect": (ROWS, lambda h: h.whole("", 307, Location=h.server.url), "engine-answer"),
    "a lasting redirect": (ROWS, lambda h: h.whole("", 301, Location="http://127.0.0.1:1/"), "engine-answer"),
    "a password asked for": (ROWS, lambda h: h.whole(SECRET, 401), "engine-answer"),
    "a fault": (ROWS, lambda h: h.whole(SECRET, 500), "engine-answer"),
    "its limit of time as a fault": (ROWS, lambda h: h.whole(f"S1T00 {SECRET}", 500), "query-timeout"),
    "a gateway out of time": (ROWS, lambda h: h.whole(SECRET, 504), "query-timeout"),
    "a part, told in a header": (ROWS, lambda h: h.whole(ONE, X_SQL_State="S1TAT"), "query-timeout"),
    "a query it does not want": (ROWS, lambda h: h.whole(SECRET, 400), "query-failed"),
    "a query too dear": (ROWS, lambda h: h.whole(f"estimated execution time {SECRET}", 500), "query-failed"),
    "no room": (ROWS, lambda h: h.whole(SECRET, 503), "engine-down"),
    "a hundred megabytes": (GRAPH, endless, "result-too-large"),
    "a byte now and then": (ROWS, dripping, "query-timeout"),
    "nothing": (ROWS, hanging, "query-timeout"),
    "a connection that is closed": (ROWS, hung_up, "engine-answer"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_not_a_whole_and_right_answer_is_an_error(name: str, lane: Lane, hurried: Lane, engine: Liar) -> None:
    query, answer, code = WRONG[name]
    if answer in {dripping, hanging}:
        lane = hurried
    with pytest.raises(RequestError) as raised:
        ask(lane, engine, query, answer)
    assert raised.value.code == code
    assert raised.value.status in {400, 500, 502, 503, 504}
    assert SECRET not in raised.value.detail, "the words of the engine reach nobody"
    # The next answer is its own, not what was left of this one.
    assert ask(lane, engine, ROWS, lambda h: h.whole(ONE)) == b"a\r\nurn:a\r\n"


def test_no_more_is_taken_than_the_limit(lane: Lane, engine: Liar) -> None:
    with pytest.raises(RequestError, match="result-too-large"):
        ask(lane, engine, GRAPH, endless)
    assert engine.sent < 20 * 2**20  # type: ignore[attr-defined]


def test_an_answer_that_the_engine_may_have_cut_is_refused(engine: Liar, release: Release) -> None:
    """Virtuoso cuts graphs without a word, but tells of the limit in answers with so many rows: here ten, as was found."""
    count = '{"head":{"vars":["n"]},"results":{"bindings":[{"n":{"type":"literal","value":"%s"}}]}}'

    def answer(solutions: int) -> Answer:
        def give(handler: Handler) -> None:
            if "COUNT(*)" in handler.form["query"][0]:
                handler.whole(count % solutions, X_SPARQL_MaxRows="10")
            else:
                handler.whole(TRIPLE, media_type=TRIPLES)

        return give

    with lane_to(engine, release, rows=10) as lane:
        assert ask(lane, engine, GRAPH, answer(9)) == TRIPLE.encode()
        with pytest.raises(RequestError, match="result-too-large"):
            ask(lane, engine, GRAPH, answer(10))
        many = "".join(f"<urn:a> <urn:b> <urn:{number}> .\n" for number in range(10))
        with pytest.raises(RequestError, match="result-too-large"):
            ask(lane, engine, "DESCRIBE <urn:a>", lambda h: h.whole(many, media_type=TRIPLES))
        assert ask(lane, engine, "DESCRIBE <urn:a>", lambda h: h.whole(TRIPLE, media_type=TRIPLES))
        assert ask(lane, engine, ROWS, lambda h: h.whole(ONE, X_SPARQL_MaxRows="2"))
        with pytest.raises(RequestError, match="result-too-large"):
            ask(lane, engine, ROWS, lambda h: h.whole(ONE, X_SPARQL_MaxRows="1"))


def sent(lane: Lane, engine: Liar, query: str, manner: Manner = MANNER) -> dict[str, list[str]]:
    ask(lane, engine, query, lambda h: h.whole('{"head":{},"boolean":true}'), manner)
    return engine.asked[-1].form


def test_a_query_is_sent_without_comments_on_its_base(lane: Lane, engine: Liar) -> None:
    text = sent(lane, engine, "ASK { # pragma x\n <a> <#b> '#c' }", MANNER._replace(base="http://localhost/x"))[
        "query"
    ][0]
    assert text.startswith("BASE <http://localhost/x>\n")
    assert "pragma" not in text
    assert "<#b> '#c'" in text


def test_the_dataset_is_given_by_the_protocol(lane: Lane, engine: Liar, release: Release) -> None:
    """Every graph of the release, or those of the query or the request; never one that the release has not."""
    graphs = release.manifest["graphs"]
    source, meta = graphs["source"], graphs["meta"]
    nothing = ["urn:uuid:00000000-0000-0000-0000-000000000000"]

    def dataset(query: str, manner: Manner = MANNER) -> tuple[list[str], list[str]]:
        form = sent(lane, engine, query, manner)
        assert "FROM" not in form["query"][0]
        return form["default-graph-uri"], form["named-graph-uri"]

    assert dataset("ASK {}") == (list(graphs.values()), list(graphs.values()))
    assert dataset(f"ASK FROM <{source}> {{}}") == ([source], nothing)
    assert dataset(f"PREFIX g: <{release.base_iri}/id/graph/> ASK FROM g:meta FROM NAMED g:source {{}}") == (
        [meta],
        [source],
    )
    assert dataset("ASK FROM <http://169.254.0.1/secret> {}") == (nothing, nothing)
    manner = MANNER._replace(default_graphs=(meta,), named_graphs=())
    assert dataset(f"ASK FROM <{source}> {{}}", manner) == ([meta], nothing)


@pytest.mark.parametrize(
    "query",
    [
        "PREFIX b: <bif:> SELECT * { ?s ?p ?o FILTER(b:now() = ?o) }",
        "SELECT * { ?s <bif:contains> 'x' }",
        r"SELECT * { ?s <b\u0069f:contains> 'x' }",
        "SELECT * { ?s ?p ?o FILTER(1 = 2 && <java:java.lang.System.exit>(1)) }",
        "SELECT * { ?s ?p ?o FILTER <sql:anything>(?o) }",
        "PREFIX afn: <http://jena.apache.org/ARQ/function#> SELECT (afn:now() AS ?x) {}",
        "SELECT (<http://example.org/f>(1) AS ?x) {}",
    ],
)
def test_extensions_of_an_engine_are_refused(query: str, lane: Lane, engine: Liar) -> None:
    before = len(engine.asked)
    with pytest.raises(RequestError) as raised:
        ask(lane, engine, query, lambda h: h.whole(ONE))
    assert raised.value.code == "extension-refused"
    assert len(engine.asked) == before, "the engine was not asked"


@pytest.mark.parametrize(
    "query", ["DEFINE input:inference 'x' SELECT * {}", "SELECT * {", "SELECT (bif:now() AS ?x) {}"]
)
def test_what_is_no_sparql_is_told_as_ever(query: str, lane: Lane, engine: Liar) -> None:
    before = len(engine.asked)
    with pytest.raises(RequestError) as raised:
        ask(lane, engine, query, lambda h: h.whole(ONE))
    assert raised.value.code == "query-syntax"
    assert raised.value.members["line"] == 1
    assert len(engine.asked) == before


def test_casts_are_no_extension(lane: Lane, engine: Liar) -> None:
    query = "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> SELECT (xsd:integer('1') AS ?a) {}"
    assert ask(lane, engine, query, lambda h: h.whole(ONE)) == b"a\r\nurn:a\r\n"


@pytest.mark.parametrize("held", ["", "0" * 64])
def test_an_engine_that_holds_another_release_is_refused(held: str, release: Release) -> None:
    with liar(held) as service, pytest.raises(EngineError, match="gob-graph load") as raised:
        Zygote(release.path, service.url.replace("//", "//reader:word@"))
    assert "word" not in str(raised.value), "a password is shown to nobody"


def test_of_several_engines_the_one_that_holds_the_release_is_asked(release: Release) -> None:
    with liar("0" * 64) as other, liar(release.id) as right:
        zygote = Zygote(release.path, f"http://127.0.0.1:9/ {other.url} {right.url}")
        zygote.close()
        assert zygote.loaded == release.id


def test_a_release_that_an_engine_would_count_wrongly_is_not_loaded(tmp_path: Path) -> None:
    """A triple in two graphs is one triple of their union, but not to every engine."""
    double = tiny_release(tmp_path, {"urn:g": "<urn:a> <urn:b> <urn:c> .", "urn:h": "<urn:a> <urn:b> <urn:c> ."})
    sums: dict[str, Sum] = {}
    with pytest.raises(EngineError, match="two graphs"):
        _split(double.dataset, tmp_path, {"g": "urn:g", "h": "urn:h"}, sums)


def counting(triples: int) -> Answer:
    """An engine that says that it holds so many triples in one graph."""

    def answer(handler: Handler) -> None:
        number = f'"n":{{"type":"literal","value":"{triples}"}}'
        grouped = "GROUP BY" in handler.form["query"][0]
        row = f'{{"g":{{"type":"uri","value":"urn:other"}},{number}}}' if grouped else f"{{{number}}}"
        rows = "" if grouped and not triples else row
        handler.whole(f'{{"head":{{"vars":["g","n"]}},"results":{{"bindings":[{rows}]}}}}')

    return answer


@pytest.mark.parametrize(
    ("held", "store", "said"),
    [
        (5, lambda h: h.whole("", 201), "not empty"),
        (0, lambda h: h.whole(SECRET, 403), "does not let this user write"),
        (0, lambda h: h.whole(SECRET, 500), "--graph-store"),
        (0, hung_up, "If it holds a part of the release, empty the engine"),
        (0, lambda h: h.whole("", 201), "counts 0 triples"),
    ],
)
def test_a_load_that_fails_says_what_to_do(held: int, store: Answer, said: str, engine: Liar, release: Release) -> None:
    engine.answer, engine.store = counting(held), store
    own = Settings(release_dir=release.path.parent)
    done = command(own, "load", "--engine", engine.url, "--release", release.id)
    assert done.exit_code == 2, done.output
    assert said in done.output
    assert SECRET not in done.output


def test_an_engine_that_is_not_there_or_holds_another_release_is_not_checked(release: Release) -> None:
    own = Settings(release_dir=release.path.parent)
    assert command(own, "check-engine", "http://127.0.0.1:9/").exit_code == 2
    with liar("0" * 64) as other:
        assert command(own, "check-engine", other.url).exit_code == 2
    assert not (own.release_dir / "engines").exists()
