"""What docs/architecture.md says of a ninth administration is followed step by step: data changes, no code and no shape."""

from pathlib import Path

import pyoxigraph as ox

from gob_graph.pipeline.build import build_release
from gob_graph.release import Release
from gob_graph.settings import Settings

SUBJECT = """
organization:brussel-voorbeeld a org:OrganizationalUnit , cv:PublicOrganisation , gov:Administration ;
    skos:prefLabel "Brussel Voorbeeld"@nl ;
    org:classification organization-type:administration ;
    org:unitOf organization:gob ;
    schema:position 9 .
"""
EVIDENCE = """S48	organization:brussel-voorbeeld org:unitOf organization:gob .
S48	organization:brussel-voorbeeld org:classification organization-type:administration .
S48	organization:brussel-voorbeeld a org:OrganizationalUnit .
S48	organization:brussel-voorbeeld a cv:PublicOrganisation .
S48	organization:brussel-voorbeeld a gov:Administration .
S48	organization:brussel-voorbeeld skos:prefLabel "Brussel Voorbeeld"@nl .
S48	organization:brussel-voorbeeld schema:position 9 .
"""
FRENCH = 'organization:brussel-voorbeeld skos:prefLabel "Bruxelles Exemple"@fr'


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_ninth_administration_is_a_change_of_data(copy: Settings) -> None:
    data = copy.data_dir
    append(data / "source/administrations.ttl", SUBJECT)
    append(data / "evidence/source.tsv", EVIDENCE)
    replace(data / "source/institution.ttl", "gov:statedUnitCount 8", "gov:statedUnitCount 9")
    replace(data / "evidence/source.tsv", "gov:statedUnitCount 8", "gov:statedUnitCount 9")
    append(data / "external/names.ttl", f"\n{FRENCH} .\n")
    append(data / "evidence/external.tsv", f"rapport-2019\t{FRENCH} .\n")
    append(data / "ids.csv", "id/organization/brussel-voorbeeld,0.2.0,current,,,,organization: an example\n")
    expectations = data / "expectations.ttl"
    units = "    sh:path [ sh:inversePath org:unitOf ] ;\n    sh:minCount 8 ;\n    sh:maxCount 8 ;"
    replace(expectations, units, units.replace("8", "9"))
    replace(expectations, "sh:hasValue 8 ;", "sh:hasValue 9 ;")

    release, _ = build_release(copy)

    store = ox.Store()
    store.bulk_load(path=str(release.dataset), format=ox.RdfFormat.N_QUADS)
    query = (release.path / "queries/administrations.rq").read_text(encoding="utf-8")
    found = list(store.query(query, use_default_graph_as_union=True))
    assert len(found) == 9
    assert found[-1]["label"].value == "Brussel Voorbeeld"


def test_what_waits_for_the_next_release_is_told(published: Settings, release: Release) -> None:
    """A question that changes is no change of the graph: the release stays as it is, and the builder is told."""
    replace(published.data_dir / "queries/values.rq", "ORDER BY", "# in order\nORDER BY")
    said: list[str] = []
    second, changed = build_release(published, said.append)
    assert (second.id, changed) == (release.id, False)
    assert [text for text in said if "queries/values.rq" in text]
