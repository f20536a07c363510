"""A text with every character that ends a line somewhere, and that a build takes, served, followed, and served again."""

import json
import urllib.parse
from pathlib import Path

import pyoxigraph as ox

from gob_graph import follow as following
from tests.conftest import Server, Starter, patient
from tests.http.test_follow import quiet, same
from tests.world import World, copied, edit, rebuilt

TEXT = "Wa\u2028\u2029\u0085\u00a0\ufeff\r\n\t\"\\'\U0001f600ter"
WATER = "https://data.example.org/id/organization/water"
LABEL = "http://www.w3.org/2004/02/skos/core#prefLabel"


def answered(server: Server) -> str:
    query = f'SELECT ?l {{ <{WATER}> <{LABEL}> ?l FILTER(LANG(?l) = "nl") }}'
    address = "/sparql?query=" + urllib.parse.quote(query)
    _, _, body = server.get(address, Accept="application/sparql-results+json")
    (row,) = json.loads(body)["results"]["bindings"]
    return str(row["l"]["value"])


def test_a_text_is_the_same_at_the_origin_and_at_a_replica(tmp_path: Path, start: Starter) -> None:
    settings = copied(tmp_path / "origin")
    first = rebuilt(settings)
    for name in ("data/source/organisations.ttl", "data/evidence/source.tsv"):
        edit(settings, name, '"Water"@nl', f"{ox.Literal(TEXT, language='nl')}")
    world = World(settings, [first.id, rebuilt(settings).id])
    origin = start(settings)
    assert answered(origin) == TEXT
    copy = tmp_path / "copy"
    assert following.follow(origin.url, copy, quiet) == 2
    assert same(world.folder, copy)
    assert answered(start(patient(source_dir=settings.source_dir, release_dir=copy))) == TEXT
    for form in ("text/turtle", "application/ld+json", "application/n-triples", "application/rdf+xml"):
        status, headers, body = origin.get("/doc/organization/water", Accept=form)
        assert (status, headers["content-type"].partition(";")[0]) == (200, form), body
        found = ox.parse(body, format=ox.RdfFormat.from_media_type(form), base_iri="https://data.example.org/")
        assert TEXT in {q.object.value for q in found if isinstance(q.object, ox.Literal)}
    patch = origin.get(f"/changes/{first.id}..{world.ids[1]}", Accept="application/rdf-patch")[2].decode()
    assert str(ox.Literal(TEXT, language="nl")) in patch
