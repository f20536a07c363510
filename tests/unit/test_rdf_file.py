"""Files of others are read as they are meant, or refused at their line; nothing is fetched, and no more is unpacked than allowed."""

import gzip
import json
from pathlib import Path

import pyoxigraph as ox
import pytest

from gob_graph.errors import SourceError
from gob_graph.reading.rdf_file import RdfFile, read_rdf
from gob_graph.vocab import RDF

EX = "http://example.org/"
TURTLE = b'@prefix ex: <http://example.org/> .\n<> ex:p <#s> , "\xc3\xa9" .\n'


def read(folder: Path, name: str, body: bytes, **options: object) -> RdfFile:
    path = folder / name
    path.write_bytes(body)
    return read_rdf(path, **options)  # type: ignore[arg-type]


def refused(folder: Path, name: str, body: bytes, **options: object) -> str:
    with pytest.raises(SourceError) as error:
        read(folder, name, body, **options)
    assert str(folder / name) in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.ttl", b"<> a <#S> ."),
        ("a.trig", b"<> a <#S> ."),
        ("a.rdf", b'<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="%s#"><S r:about=""/></r:RDF>'),
        ("a.jsonld", b'{"@id": "", "@type": "#S"}'),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_relative_iris_are_resolved_against_the_address_of_the_file(
    tmp_path: Path, name: str, body: bytes, packed: bool
) -> None:
    path = tmp_path / (name + ".gz" * packed)
    address = path.as_uri()
    body = body.replace(b"%s", address.encode())
    found = read(tmp_path, path.name, gzip.compress(body) if packed else body)
    assert found.triples == [ox.Triple(ox.NamedNode(address), RDF.type, ox.NamedNode(f"{address}#S"))]


@pytest.mark.parametrize("name", ["a.ttl", "a.ttl.gz"])
def test_a_byte_order_mark_is_accepted(tmp_path: Path, name: str) -> None:
    body = b"\xef\xbb\xbf" + TURTLE
    assert len(read(tmp_path, name, gzip.compress(body) if name.endswith(".gz") else body).quads) == 2


def test_gzip_of_several_members_is_read_whole(tmp_path: Path) -> None:
    packed = gzip.compress(TURTLE) + gzip.compress(b"<urn:a:s> <urn:a:p> 1 .\n")
    assert len(read(tmp_path, "a.ttl.gz", packed).quads) == 3


def test_no_more_is_unpacked_than_allowed(tmp_path: Path) -> None:
    packed = gzip.compress(b"#" * (3 << 20))
    assert len(packed) < 10_000
    assert "is larger than 1 MiB unpacked" in refused(tmp_path, "a.ttl.gz", packed, limit=1 << 20)
    assert "is larger than 1 MiB unpacked" in refused(tmp_path, "a.ttl", b"#" * (2 << 20), limit=1 << 20)
    assert read(tmp_path, "b.ttl.gz", packed, limit=4 << 20).quads == ()


def test_rdf_1_2_is_read(tmp_path: Path) -> None:
    found = read(tmp_path, "a.ttl", b'VERSION "1.2"\n<#s> <#p> <#o> ~ <#r> {| <#q> "x"@en--ltr |} .')
    assert len(found.quads) == 3
    assert any(isinstance(q.object, ox.Triple) for q in found.quads)


def test_the_same_labels_in_two_files_are_different_nodes(tmp_path: Path) -> None:
    one, two = (
        read(tmp_path, f"{n}.ttl", b"_:x <urn:a:p> [ <urn:a:q> _:x ] .", blank_prefix=n) for n in ("first", "second")
    )
    labels = [
        {t.value for q in f.quads for t in (q.subject, q.object) if isinstance(t, ox.BlankNode)} for f in (one, two)
    ]
    assert [len(found) for found in labels] == [2, 2]
    assert not labels[0] & labels[1]
    assert read(tmp_path, "first.ttl", (tmp_path / "first.ttl").read_bytes(), blank_prefix="first") == one


def test_lines_of_blank_nodes_are_those_where_they_are_opened(tmp_path: Path) -> None:
    body = b"""@prefix ex: <http://example.org/> .
ex:a ex:p [
    ex:q [
        ex:r "a # [ text" ,
             '''two
lines [''' ] ;
    ex:s 1 ] .
_:named ex:q 2 .
[] ex:q 3 .
"""
    found = read(tmp_path, "a.ttl", body)
    by_line = {found.lines[q.subject]: q.predicate.value for q in found.quads if isinstance(q.subject, ox.BlankNode)}
    assert by_line == {2: f"{EX}s", 3: f"{EX}r", 8: f"{EX}q", 9: f"{EX}q"}
    assert set(found.places().values()) == {f"{tmp_path}/a.ttl:{line}" for line in by_line}


def test_lines_are_exact_where_brackets_share_one(tmp_path: Path) -> None:
    body = b"""@prefix ex: <http://example.org/> .
ex:a ex:p [
    ex:q [ ex:r [ ex:s ( 1
      [ ex:t 2 ] ) ] ; ex:u 3 ] ] , [ ] .
"""
    found = read(tmp_path, "a.ttl", body)
    first: dict[object, int] = {}
    for q in found.quads:
        if isinstance(q.subject, ox.BlankNode):
            first.setdefault(q.predicate.value.removeprefix(EX), found.lines[q.subject])
    assert {name: first[name] for name in "qrstu"} == {"q": 2, "r": 3, "s": 3, "t": 4, "u": 3}


CONTEXT = {"@context": {"name": f"{EX}name", "id": "@id"}}


@pytest.mark.parametrize("address", ["https://example.org/context.jsonld", ""])
@pytest.mark.parametrize("listed", [False, True])
def test_a_remote_context_comes_from_a_file(tmp_path: Path, address: str, listed: bool) -> None:
    saved = tmp_path / "context.jsonld"
    saved.write_text(json.dumps(CONTEXT), encoding="utf-8")
    remote = "https://example.org/context.jsonld"
    context = [remote, {"other": f"{EX}other"}] if listed else remote
    body = json.dumps({"@context": context, "id": "x", "name": "n"}).encode()
    found = read(tmp_path, "a.jsonld", body, contexts={address: saved})
    assert [(q.predicate.value, str(q.object)) for q in found.quads] == [(f"{EX}name", '"n"')]


def test_a_remote_context_that_is_not_at_hand_is_named_with_the_remedy(tmp_path: Path) -> None:
    text = refused(tmp_path, "a.jsonld", b'{"@context": "https://example.org/c", "name": "n"}')
    assert "nothing is fetched" in text
    assert "--context" in text


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("a.txt", b"", "the name must end in one of"),
        ("a", b"", "the name must end in one of"),
        ("a.ttl", b"\n\n<a> <b> '\xe9' .", "a.ttl:3: is not UTF-8"),
        ("a.ttl", "<a> <b> 1 .".encode("utf-16"), "is not UTF-8"),
        ("a.ttl", b"<urn:a:a> <urn:a:b>", "a.ttl:1"),
        ("a.ttl", b"ex:a ex:b 1 .", "prefix"),
        ("a.nt", b"<urn:a:a> <urn:a:b> <c> .", "a.nt:1"),
        ("a.rdf", b"<a", "a.rdf:1"),
        ("a.rdf", b'<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n', "a.rdf:2:1: is no whole XML"),
        ("a.jsonld", b"{", "a.jsonld"),
        ("a.ttl.gz", b"<urn:a:a> <urn:a:b> 1 .", "no whole gzip file"),
        pytest.param("a.ttl.gz", gzip.compress(TURTLE)[:-12], "no whole gzip file", id="a.ttl.gz-cut"),
    ],
)
def test_a_broken_file_is_refused_at_its_place(tmp_path: Path, name: str, body: bytes, said: str) -> None:
    assert said in refused(tmp_path, name, body)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.ttl").mkdir()
    for name in ("folder.ttl", "missing.ttl"):
        with pytest.raises(SourceError, match="cannot be read"):
            read_rdf(tmp_path / name)


@pytest.mark.parametrize("body", [b"[]", b'{"name": 1}', b"{", b"\xff"])
def test_a_file_that_is_no_context_is_refused(tmp_path: Path, body: bytes) -> None:
    saved = tmp_path / "context.jsonld"
    saved.write_bytes(body)
    with pytest.raises(SourceError, match=r"context\.jsonld"):
        read(tmp_path, "a.jsonld", b"{}", contexts={"": saved})
