"""Copies in every format, whole and in part, and the proof that a copy is the release."""

import gzip
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from click.testing import CliRunner, Result

from gob_graph import proof
from gob_graph.cli import RDF_FORMATS, main
from gob_graph.copies import Selection, export, read_quads
from gob_graph.errors import GobGraphError
from gob_graph.formats import FORMATS
from gob_graph.release import Release
from gob_graph.settings import Settings
from gob_graph.vocab import LAYERS
from tests.conftest import environment
from tests.world import rebuilt

BASE = "https://data.example.org/"
TARGETS = [f for f in FORMATS if f.name in RDF_FORMATS]
COMMENTED = {"turtle", "trig", "ntriples", "nquads", "rdfxml"}


def invoke(settings: Settings, *arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), env=environment(settings), catch_exceptions=False)


def subjects(body: bytes) -> set[str]:
    return {q.subject.value.removeprefix(BASE) for q in ox.parse(body, format=ox.RdfFormat.N_QUADS)}


N_QUADS = next(f for f in FORMATS if f.name == "nquads")


def test_no_format_was_lost() -> None:
    assert set(RDF_FORMATS) == {"turtle", "ntriples", "rdfxml", "jsonld", "trig", "nquads"}


@pytest.mark.parametrize("zipped", ["", ".gz"])
@pytest.mark.parametrize("target", TARGETS, ids=lambda f: f.name)
def test_an_exported_copy_of_the_whole_is_the_release(
    target: object, zipped: str, settings: Settings, release: Release, tmp_path: Path
) -> None:
    path = tmp_path / f"copy.{target.extension}{zipped}"  # type: ignore[attr-defined]
    assert invoke(settings, "export", "-o", str(path)).exit_code == 0
    run = invoke(settings, "verify", str(path))
    assert run.exit_code == 0
    assert f"is the whole graph of release {release.id}: all {len(read_quads(release))} triples" in run.output
    if "dataset" in target.kinds:  # type: ignore[attr-defined]
        assert f"{path}: hash {release.id}\n" in run.output
        assert invoke(settings, "verify", str(path), "--id", release.id).exit_code == 0
        assert invoke(settings, "verify", str(path), "--id", "0" * 64).exit_code == 1


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("target", TARGETS, ids=lambda f: f.name)
def test_a_layer_is_proved_in_every_format(target: object, layer: str, release: Release, tmp_path: Path) -> None:
    body = export(release, Selection(layer=layer), target)  # type: ignore[arg-type]
    path = tmp_path / f"layer.{target.extension}"  # type: ignore[attr-defined]
    path.write_bytes(body)
    verdict = proof.verify(release, proof.read_copy(path))
    assert (verdict.same, verdict.part, verdict.count) == (True, f"layer {layer}", release.manifest["triples"][layer])


@pytest.mark.parametrize("target", TARGETS, ids=lambda f: f.name)
def test_another_parser_reads_the_same_triples(
    target: object, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rdflib, "NORMALIZE_LITERALS", False)
    body = export(release, Selection(layer="history"), target)  # type: ignore[arg-type]
    names = {"turtle": "turtle", "ntriples": "nt", "rdfxml": "xml", "jsonld": "json-ld", "trig": "trig"}
    other = rdflib.Dataset(default_union=True)
    other.parse(data=body, format=names.get(target.name, "nquads"))  # type: ignore[attr-defined]
    mine = {q.triple for q in read_quads(release) if q.graph_name.value.endswith("/history")}

    def plain(term: object) -> tuple[str, str, str]:
        if isinstance(term, rdflib.Literal):
            datatype = "" if term.language else str(term.datatype or rdflib.XSD.string)
            return str(term), term.language or "", datatype
        return str(term), "", "iri"

    def ours(term: object) -> tuple[str, str, str]:
        if isinstance(term, ox.Literal):
            return term.value, term.language or "", "" if term.language else term.datatype.value
        return term.value, "", "iri"  # type: ignore[attr-defined]

    assert {tuple(map(plain, t)) for t in other.triples((None, None, None))} == {
        (ours(t.subject), ours(t.predicate), ours(t.object)) for t in mine
    }


@pytest.mark.parametrize("target", TARGETS, ids=lambda f: f.name)
def test_a_copy_says_release_part_and_licence_where_the_format_has_comments(target: object, release: Release) -> None:
    body = export(release, Selection(layer="source"), target)  # type: ignore[arg-type]
    head = body[:1000].decode()
    said = [release.id, "layer source", "https://creativecommons.org/publicdomain/zero/1.0/"]
    assert all((text in head) == (target.name in COMMENTED) for text in said)  # type: ignore[attr-defined]


EVERY_FORMAT = """
import sys
from gob_graph.cli import main
for name in sys.argv[2:]:
    whole = ["--format", name, "--subtree", "organization:gob", "--gzip"]
    main(["export", *whole, "-o", f"{sys.argv[1]}/{name}"], standalone_mode=False)
"""


def test_the_same_bytes_in_another_process(settings: Settings, release: Release, tmp_path: Path) -> None:
    for seed in ("1", "2"):
        (tmp_path / seed).mkdir()
        subprocess.run(
            [sys.executable, "-c", EVERY_FORMAT, str(tmp_path / seed), *(target.name for target in TARGETS)],
            env=environment(settings) | {"PYTHONHASHSEED": seed},
            cwd=settings.source_dir,
            check=True,
        )
    for target in TARGETS:
        first, second = ((tmp_path / seed / target.name).read_bytes() for seed in ("1", "2"))
        assert first == second
        assert gzip.decompress(first) == export(release, Selection(subtree="organization:gob"), target)


def test_ready_dumps_are_what_export_writes(release: Release) -> None:
    for target in TARGETS:
        ready = (release.path / f"dataset.{target.extension}").read_bytes()
        written = export(release, Selection(), target)
        if target.name == "nquads":
            # The lines that the id is the digest of stand without a heading.
            written = b"".join(line for line in written.splitlines(keepends=True) if not line.startswith(b"#"))
        assert ready == written
        assert gzip.decompress((release.path / f"dataset.{target.extension}.gz").read_bytes()) == ready
    listed = release.manifest["files"]
    assert all(f"dataset.{f.extension}{zipped}" in listed for f in TARGETS for zipped in ("", ".gz"))


def test_a_class_is_its_instances(release: Release) -> None:
    found = subjects(export(release, Selection(cls="org:Post"), N_QUADS))
    assert found == {"id/post/secretaris-generaal", "id/post/adjunct-secretaris-generaal"}
    full = subjects(export(release, Selection(cls="https://data.example.org/ns/governance#Mission"), N_QUADS))
    assert len(full) == 7


def test_a_subtree_is_the_resource_and_what_is_below_it(release: Release) -> None:
    gob = subjects(export(release, Selection(subtree="organization:gob"), N_QUADS))
    units = {s for s in gob if s.startswith("id/organization/brussel-")}
    assert len(units) == 11  # eight administrations and three former units
    assert {
        "id/organization/gob",
        "id/organization/directieraad",
        "id/post/secretaris-generaal",
        "auth/mission/local-authorities",
        "auth/responsibility/check-actions",
        "id/strategic-plan/2021-2026",
        "id/ambition/serve-interests",
        "id/key-figure/staff-2020",
        "id/claim/mobility",
        "id/change-event/2015-renaming",
        "id/reference-framework/bbhr-2015-03-19",
        "id/address/sint-lazarusplein-2",
    } <= gob
    above = {"id/organization/brussels-government", "id/organization/brussels-capital-region"}
    assert not above & gob
    assert not any("/statement/" in s or "/triple/" in s for s in gob)
    unit = subjects(export(release, Selection(subtree="organization:brussel-mobiliteit"), N_QUADS))
    assert unit == {"id/organization/brussel-mobiliteit"}


def test_a_part_is_said_to_be_in_the_release_but_not_the_release(
    settings: Settings, release: Release, tmp_path: Path
) -> None:
    path = tmp_path / "board.ttl"
    assert invoke(settings, "export", "--subtree", "organization:directieraad", "-o", str(path)).exit_code == 0
    run = invoke(settings, "verify", str(path))
    assert run.exit_code == 1
    assert "0 are added; every triple of it is in the release" in run.output


@pytest.mark.parametrize("name", ["copy.nq", "copy.ttl"])
def test_a_changed_copy_is_found_out_with_the_triples_that_differ(
    name: str, settings: Settings, release: Release, tmp_path: Path
) -> None:
    path = tmp_path / name
    assert invoke(settings, "export", "-o", str(path)).exit_code == 0
    text = path.read_text(encoding="utf-8")
    assert '"Brussel Mobiliteit"@nl' in text
    fact = '<http://www.w3.org/2004/02/skos/core#prefLabel> "Brussel Mobiliteit"@nl'
    path.write_text(text.replace('"Brussel Mobiliteit"@nl', '"Brussel Mobiel"@nl'), encoding="utf-8")
    run = invoke(settings, "verify", str(path))
    assert run.exit_code == 1
    mobility = "<https://data.example.org/id/organization/brussel-mobiliteit>"
    assert any(line.startswith(f"- {mobility} {fact}") for line in run.output.splitlines())
    assert any(line.startswith(f"+ {mobility}") and "Brussel Mobiel" in line for line in run.output.splitlines())


def test_many_differences_are_counted(settings: Settings, release: Release, tmp_path: Path) -> None:
    path = tmp_path / "copy.nq"
    lines = release.dataset.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.endswith("/id/graph/history> .\n")]
    path.write_text("".join(kept), encoding="utf-8")
    run = invoke(settings, "verify", str(path))
    count = release.manifest["triples"]["history"]
    assert f"{count} triples are missing, 0 are added" in run.output
    assert run.output.splitlines()[-1] == f"… and {count - proof.SHOWN} more"
    assert sum(line.startswith("- ") for line in run.output.splitlines()) == proof.SHOWN


def test_a_difference_in_meta_is_noted_and_is_the_same_graph(
    settings: Settings, release: Release, tmp_path: Path
) -> None:
    path = tmp_path / "copy.nq"
    text = release.dataset.read_text(encoding="utf-8")
    assert '"About this dataset"@en' in text
    path.write_text(text.replace('"About this dataset"@en', '"About it"@en'), encoding="utf-8")
    run = invoke(settings, "verify", str(path))
    assert run.exit_code == 0
    assert run.output.endswith("note: 2 triples of the layer meta differ, which the hash leaves out\n")


def test_a_copy_of_an_older_release_is_said_to_be_one(published: Settings, tmp_path: Path) -> None:
    copy = published
    path = tmp_path / "older.trig"
    assert invoke(copy, "export", "-o", str(path)).exit_code == 0
    for name in ("data/external/names.ttl", "data/evidence/external.tsv"):
        file = copy.source_dir / name
        file.write_text(
            file.read_text(encoding="utf-8").replace('"Brussels Housing"@en', '"Housing"@en'), encoding="utf-8"
        )
    rebuilt(copy)
    run = invoke(copy, "verify", str(path))
    assert run.exit_code == 1
    assert run.output.splitlines()[-1].startswith("note: it is another release that is kept here")


BROKEN = {
    "copy.zip": (b"", "the name must end in one of"),
    "copy.nq.gz": (b"no gzip", "cannot be read"),
    "cut.nq.gz": (gzip.compress(b"<https://e.org/a> <https://e.org/b> <https://e.org/c> .\n" * 99)[:-12], "cannot be read"),
    "copy.ttl": (b"@prefix a: <https://e.org/> .\na:b a:c .\n", r"copy\.ttl:2:"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_cannot_be_read_is_refused_with_its_reason(name: str, tmp_path: Path) -> None:
    body, reason = BROKEN[name]
    (tmp_path / name).write_bytes(body)
    with pytest.raises(GobGraphError, match=reason):
        proof.read_copy(tmp_path / name)


@pytest.mark.parametrize(
    ("selection", "reason"),
    [
        (Selection(layer="sources"), "'sources' is no layer"),
        (Selection(cls="orgs:Post"), "neither an IRI nor a known prefix"),
        (Selection(cls="org:Membership"), "no instance of"),
        (Selection(subtree="organization:nowhere"), "says nothing of"),
    ],
)
def test_what_is_not_in_the_release_is_refused(selection: Selection, reason: str, release: Release) -> None:
    with pytest.raises(GobGraphError, match=reason):
        export(release, selection, N_QUADS)


def test_two_parts_at_once_are_refused(settings: Settings) -> None:
    run = invoke(settings, "export", "--layer", "source", "--class", "org:Post")
    assert run.exit_code == 2
    assert "give one of" in run.output
