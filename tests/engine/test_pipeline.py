"""From files to a published release: what goes in comes out, and what is wrong is said with its place."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest

from gob_graph.errors import EvidenceError, GateBroken, ReleaseError, SourceError, ValidationFailed
from gob_graph.known_intact import RECORD
from gob_graph.pipeline import inference, sources, validation
from gob_graph.pipeline.assembled import Assembled
from gob_graph.pipeline.build import assemble, build_release
from gob_graph.pipeline.shape_files import read_shapes
from gob_graph.publication import publications
from gob_graph.release import PREPARED, Release, current, open_release, release_id
from gob_graph.settings import Settings
from gob_graph.vocab import LAYERS
from tests.conftest import environment
from tests.world import raise_version

GOB = "https://data.example.org/id/organization/gob"


def edit(settings: Settings, name: str, old: str, new: str) -> Path:
    path = settings.source_dir / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_every_layer_holds_facts_and_no_triple_stands_in_two(assembled: Assembled) -> None:
    assert all(assembled.layers[layer] for layer in LAYERS)
    assert sum(map(len, assembled.layers.values())) == len(assembled.triples)


def test_all_statements_of_the_source_are_evidence(assembled: Assembled) -> None:
    statements = {
        t.subject
        for t in assembled.layers["evidence"]
        if t.object == ox.NamedNode("https://data.example.org/ns/governance#SourceStatement")
    }
    assert len(statements) == 90
    supported = {
        t.subject
        for t in assembled.layers["evidence"]
        if t.predicate == ox.NamedNode("http://www.w3.org/ns/oa#hasBody")
    }
    assert {s.value.rpartition("/")[2] for s in statements - supported} == {"S5a"}


def test_two_builds_are_the_same_bytes(settings: Settings, release: Release, tmp_path: Path) -> None:
    """One of them in a process of its own, where strings have other hashes."""
    target = replace(settings, release_dir=tmp_path)
    subprocess.run(
        [sys.executable, "-m", "gob_graph", "build"],
        env=environment(target) | {"PYTHONHASHSEED": "1"},
        cwd=settings.source_dir,
        check=True,
        capture_output=True,
    )
    releases = (release.path, current(target.release_dir))
    first, second = (
        {
            path: (r / path).read_bytes()
            for path in (p.relative_to(r) for p in r.rglob("*") if p.is_file() and p.name != RECORD)
            if path.parts[0] not in PREPARED
        }
        for r in releases
    )
    assert first.keys() == second.keys()
    assert [str(p) for p in first if first[p] != second[p]] == []
    assert len(first) > 35


def test_the_same_release_is_published_once(settings: Settings, release: object) -> None:
    assert release
    assert build_release(settings)[1] is False
    assert len((settings.release_dir / "log.jsonl").read_text().splitlines()) == 1


def test_the_id_can_be_proved_with_common_tools(settings: Settings, release: object) -> None:
    opened = open_release(current(settings.release_dir))
    proof = subprocess.run(
        f"grep -v '/id/graph/meta> \\.$' {opened.dataset} | sha256sum",
        shell=True,
        capture_output=True,
        text=True,
        check=True,
    )
    assert proof.stdout.split()[0] == opened.id
    subprocess.run(f"LC_ALL=C sort -c {opened.dataset}", shell=True, check=True)
    assert release_id(opened.dataset.read_text().splitlines(), opened.base_iri) == opened.id


def test_rebasing_moves_our_identifiers_and_leaves_the_terms(settings: Settings) -> None:
    moved = assemble(replace(settings, base_iri="https://data.my.brussels"))
    text = "".join(map(str, moved.triples))
    assert "https://data.my.brussels/id/organization/gob" in text
    assert "https://data.example.org/id/" not in text
    assert "https://data.example.org/auth/" not in text
    assert "https://data.example.org/ns/governance#" in text
    assert "https://data.my.brussels/ns/" not in text
    shapes = read_shapes(replace(settings, base_iri="https://data.my.brussels")).all
    assert validation.validate(moved.triples, shapes, engine="turbo").passes_gate


def test_facts_are_named_alike_under_every_base(settings: Settings, assembled: Assembled) -> None:
    moved = assemble(replace(settings, base_iri="https://data.my.brussels"))

    def names(graph: Assembled) -> set[str]:
        return {t.subject.value.rpartition("/")[2] for t in graph.layers["evidence"] if "/id/triple/" in str(t.subject)}

    assert names(moved) == names(assembled)


SPOILED = {
    "broken Turtle": (
        "data/source/values.ttl",
        "gov:hasValue",
        "gov:hasValue (",
        SourceError,
        r"values\.ttl:\d+:\d+: ",
    ),
    "undefined prefix": (
        "data/source/values.ttl",
        "\nvalue:respect ",
        "\nvaleu:respect ",
        SourceError,
        r"values\.ttl:\d+:\d+: .*prefix valeu: has not been declared",
    ),
    "an IRI that is not minted": (
        "data/source/administrations.ttl",
        "org:unitOf organization:gob",
        "org:unitOf organization:gov",
        SourceError,
        r"administrations\.ttl:\d+:\d+: .*organization/gov> is not in .*ids\.csv",
    ),
    "a blank node": (
        "data/source/values.ttl",
        "a skos:Collection",
        "a skos:Collection , []",
        SourceError,
        r"values\.ttl:\d+:\d+: a blank node",
    ),
    "a rewritten number": (
        "data/source/administrations.ttl",
        "schema:position 1",
        'schema:position "01"^^<http://www.w3.org/2001/XMLSchema#integer>',
        SourceError,
        r"administrations\.ttl:\d+:\d+: the store would rewrite",
    ),
    "a fact without evidence": (
        "data/source/values.ttl",
        '"respect"@nl',
        '"respekt"@nl',
        EvidenceError,
        r"source\.tsv:\d+: supports a fact that is not in the data",
    ),
    "a new fact without evidence": (
        "data/source/values.ttl",
        '"respect"@nl',
        '"respect"@nl , "eerbied"@nl',
        EvidenceError,
        r"values\.ttl:\d+:\d+: no line of data/evidence/source\.tsv says where this fact comes from: .*eerbied",
    ),
    "evidence of an unknown statement": (
        "data/evidence/source.tsv",
        "S18\t",
        "S999\t",
        EvidenceError,
        r"source\.tsv:\d+: S999",
    ),
    "evidence of two facts": (
        "data/evidence/source.tsv",
        "S18\tvalue:respect schema:position 1 .",
        "S18\tvalue:respect schema:position 1 , 2 .",
        EvidenceError,
        r"source\.tsv:\d+: 2 triples",
    ),
    "evidence in bad Turtle": (
        "data/evidence/source.tsv",
        "S18\tvalue:respect schema:position 1 .",
        "S18\tvalue:respect schemo:position 1 .",
        EvidenceError,
        r"source\.tsv:\d+:\d+: .*schemo",
    ),
    "a registry row twice": (
        "data/ids.csv",
        "auth/aspect,",
        "auth/bound,0.1.0,current,,,,x\nauth/aspect,",
        SourceError,
        r"ids\.csv:\d+: auth/bound stands here twice",
    ),
    "a minted IRI that nothing describes": (
        "data/ids.csv",
        "auth/aspect,",
        "auth/asp,0.1.0,current,,,,x\nauth/aspect,",
        SourceError,
        r"ids\.csv:2: .*auth/asp> is minted but nothing is said",
    ),
    "a rule that is no CONSTRUCT": (
        "ontology/rules/inverse-governs.rq",
        "CONSTRUCT { ?y gov:hasGoverningBody ?x . }",
        "SELECT *",
        SourceError,
        r"inverse-governs\.rq: must be a CONSTRUCT",
    ),
    "a version that is missing": (
        "data/release.ttl",
        "dcat:version",
        "dct:alternative",
        SourceError,
        r"release\.ttl: must give dcat:version",
    ),
    "a licence that is missing": (
        "data/release.ttl",
        "dct:license <https://creativecommons.org/publicdomain/zero/1.0/>",
        "dct:rights <https://creativecommons.org/publicdomain/zero/1.0/>",
        SourceError,
        r"release\.ttl: must give dct:license",
    ),
    "an offset that is no number": (
        "data/evidence/statements.csv",
        "S2,explicit,32,",
        "S2,explicit,x,",
        EvidenceError,
        r"statements\.csv:3: start and end are numbers",
    ),
    "a statement of no facts": (
        "data/evidence/source.tsv",
        "S63\t",
        "S64\t",
        EvidenceError,
        r"no fact is drawn from statement S63",
    ),
    "a statement with a cell too few": (
        "data/evidence/statements.csv",
        "S2,explicit,32,44,",
        "S2,explicit,32,",
        SourceError,
        r"statements\.csv:3: 6 cells instead of 7",
    ),
    "a byte-order mark": (
        "data/evidence/external.tsv",
        "# One fact per line",
        "\ufeff# One fact per line",
        SourceError,
        r"external\.tsv:1: begins with a byte-order mark",
    ),
    "a document without an entry": (
        "data/evidence/history.tsv",
        "deplalaw\t",
        "deplaw\t",
        EvidenceError,
        r"history\.tsv:\d+: deplaw is no dct:identifier of sources\.ttl",
    ),
    "a duplicate position": (
        "data/source/values.ttl",
        "schema:position 2",
        "schema:position 3",
        EvidenceError,
        r"source\.tsv:\d+",
    ),
}


def test_no_spoiled_file_was_lost() -> None:
    assert len(SPOILED) >= 20


@pytest.mark.parametrize("name", SPOILED)
def test_a_spoiled_file_is_refused_with_its_place(name: str, copy: Settings) -> None:
    path, old, new, error, place = SPOILED[name]
    edit(copy, path, old, new)
    with pytest.raises(error, match=place):
        build_release(copy)
    assert not (copy.release_dir / "current").exists()


def test_not_utf8_is_refused_with_its_line(copy: Settings) -> None:
    path = copy.data_dir / "source/values.ttl"
    path.write_bytes(path.read_bytes() + b"# \xff\n")
    with pytest.raises(SourceError, match=r"values\.ttl:\d+: is not UTF-8"):
        assemble(copy)


def test_a_rule_without_end_is_stopped(copy: Settings) -> None:
    rule = 'CONSTRUCT { ?new <https://e.org/p> 1 } WHERE { ?s <https://e.org/p>|<http://www.w3.org/ns/org#unitOf> ?o BIND(IRI(CONCAT(STR(?s), "x")) AS ?new) }'
    sentences = "\n".join(
        f"# sentence@{code}: Everything follows from everything." for code in ("nl", "fr", "de", "en")
    )
    (copy.ontology_dir / "rules/endless.rq").write_text(f"{sentences}\n{rule}\n")
    with pytest.raises(SourceError, match="came to no end"):
        assemble(copy)


def test_what_does_not_conform_is_not_published_and_the_previous_release_stays(
    published: Settings, release: Release
) -> None:
    copy = published
    edit(copy, "data/external/names.ttl", '"Bruxelles Mobilité"@fr', '"Bruxelles Mobilité"@de')
    edit(copy, "data/evidence/external.tsv", '"Bruxelles Mobilité"@fr', '"Bruxelles Mobilité"@de')
    raise_version(copy)
    with pytest.raises(ValidationFailed, match="Dutch and in French"):
        build_release(copy)
    assert open_release(current(copy.release_dir)).id == release.id
    assert [p.name for p in copy.release_dir.iterdir() if p.name.startswith(".draft")] == []


def test_a_gate_without_shapes_is_broken_and_says_so(copy: Settings) -> None:
    for path in (copy.ontology_dir / "shapes").glob("*.ttl"):
        path.write_text("# nothing\n")
    with pytest.raises(GateBroken, match="no target"):
        build_release(copy)


def test_a_gate_that_lost_a_shape_is_broken_and_says_so(copy: Settings) -> None:
    edit(
        copy,
        "ontology/shapes/hygiene.ttl",
        "sh:targetSubjectsOf skos:prefLabel",
        "sh:targetSubjectsOf skos:hiddenLabel",
    )
    with pytest.raises(GateBroken, match="known faults"):
        build_release(copy)


def test_a_full_disk_leaves_nothing_behind(copy: Settings, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)], check=False, capture_output=True)
    target = replace(copy, release_dir=small)
    try:
        if not os.path.ismount(small):
            # Where a file system cannot be mounted, a limit on the size of files fills the "disk" as well.
            code = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (1000000, 1000000)); from gob_graph.cli import main; main(['build'])"
            run = subprocess.run(
                [sys.executable, "-c", code],
                env=environment(target),
                cwd=copy.source_dir,
                capture_output=True,
                text=True,
            )
            assert run.returncode == 2
            assert "cannot be written" in run.stderr
        else:
            with pytest.raises(ReleaseError, match="No space left"):
                build_release(target)
        assert [p.name for p in small.iterdir()] == [".lock"]
    finally:
        subprocess.run(["umount", str(small)], check=False, capture_output=True)


def test_a_build_killed_at_any_moment_leaves_the_previous_release(published: Settings, release: Release) -> None:
    copy, before = published, release
    for name in ("data/external/names.ttl", "data/evidence/external.tsv"):
        edit(copy, name, '"Brussels Housing"@en', '"Brussels Housing Department"@en')
    raise_version(copy)
    fresh = assemble(copy).identity
    for delay in (0.4, 1.5, 3.0, 4.5):
        process = subprocess.Popen(
            [sys.executable, "-m", "gob_graph", "build"],
            env=environment(copy),
            cwd=copy.source_dir,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
        # It may have been published before the process was killed.
        assert open_release(current(copy.release_dir)).id in {before.id, fresh}
    assert build_release(copy)[0].id == fresh != before.id
    assert [p.release for p in publications(copy.release_dir)] == [before.id, fresh]
    assert [p.name for p in copy.release_dir.glob(".draft*")] == []


def test_two_builds_lock_each_other_out(copy: Settings) -> None:
    from gob_graph.release import build_lock

    with build_lock(copy.release_dir), pytest.raises(ReleaseError, match="another build"):
        build_release(copy)


def test_a_damaged_release_is_not_opened(published: Settings) -> None:
    release = open_release(current(published.release_dir))
    with (release.path / "source.ttl").open("ab") as stream:
        stream.write(b"#")
    with pytest.raises(ReleaseError, match=r"source\.ttl is damaged"):
        open_release(release.path)
    (release.path / "manifest.json").unlink()
    with pytest.raises(ReleaseError, match="holds no release"):
        open_release(release.path)


def test_rules_leave_open_what_the_source_leaves_open(assembled: Assembled) -> None:
    inferred = assembled.layers["inferred"]
    board = ox.NamedNode("https://data.example.org/id/organization/directieraad")
    predicates = {t.predicate.value for t in inferred}
    assert not {
        p for p in predicates if p.rpartition("#")[2] in {"hasMember", "memberOf", "headOf", "identifier", "reportsTo"}
    }
    assert not [t for t in inferred if t.subject == board and "rganizationOf" in t.predicate.value]
    assert not [t for t in inferred if t.predicate.value.endswith("#purpose")]
    overseen = {t.object for t in inferred if t.predicate.value.endswith("#oversees")}
    assert len(overseen) == 8


def test_each_rule_gives_something_and_says_what(settings: Settings, assembled: Assembled) -> None:
    rules = inference.read_rules(settings)
    assert len(rules) >= 20
    layers = sources.load(settings)
    layers["meta"] = set()
    used = {rule.name for rule in inference.infer(layers, rules).values()}
    assert sorted({rule.name for rule in rules} - used) == []
    for rule in rules:
        assert set(rule.sentences) == {"nl", "fr", "de", "en"}
        assert len(set(rule.sentences.values())) == 4
        assert all(sentence.endswith(".") for sentence in rule.sentences.values())
