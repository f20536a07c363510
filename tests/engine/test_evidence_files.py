"""A file that one register gave whole: one line of evidence, one triple for each subject, no fact without its document."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest

from benchmarks.folder import KEY, make
from gob_graph.endpoint.description.describe import describe
from gob_graph.endpoint.description.model import Evidence
from gob_graph.endpoint.engine.engine import Engine, start_engine
from gob_graph.endpoint.engine.page_query import rows, triples
from gob_graph.endpoint.web.pages import institution_graph
from gob_graph.endpoint.web.pages.evidence_index import Proof, evidence_index
from gob_graph.errors import EvidenceError, SourceError
from gob_graph.pipeline import evidence as evidences
from gob_graph.pipeline import quality, sources
from gob_graph.pipeline.assembled import Assembled
from gob_graph.pipeline.build import assemble
from gob_graph.pipeline.shape_files import read_shapes
from gob_graph.pipeline.validation import validate
from gob_graph.settings import Settings
from gob_graph.vocab import DCT, ORG, PROV, RDF, RDFS, SCHEMA, VOID, layer_graph
from tests.conftest import patient, tiny_release
from tests.world import edit, registry_folder

BASE = Settings().base_iri
REGISTER = ox.NamedNode(f"https://example.org/{KEY}")


def settings_of(folder: Path) -> Settings:
    return Settings(source_dir=folder, release_dir=folder / "releases", shacl_engine="turbo")


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The real data and a registry in two files."""
    folder = tmp_path_factory.mktemp("grown")
    make(folder, 2_000, most=1_200)
    return settings_of(folder)


@pytest.fixture(scope="module")
def graph(grown: Settings) -> Assembled:
    return assemble(grown)


def node(number: int) -> ox.NamedNode:
    return ox.NamedNode(f"{BASE}/id/dataset/file-external-registry-{number:03}")


def written(settings: Settings, number: int) -> list[ox.Triple]:
    path = settings.data_dir / f"external/registry-{number:03}.ttl"
    return [q.triple for q in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE)]


def test_the_generated_folder_holds_what_was_asked_for(grown: Settings) -> None:
    parts = [written(grown, number) for number in (1, 2)]
    assert 2_000 <= sum(map(len, parts)) < 2_000 + 550
    assert all(0 < len(part) <= 1_200 for part in parts)
    rows = (grown.data_dir / "ids.csv").read_text(encoding="utf-8").splitlines()[1:]
    paths = [row.partition(",")[0] for row in rows]
    assert paths == sorted(paths)
    assert len(paths) > len({t.subject for part in parts for t in part})


def test_each_subject_of_a_file_is_in_the_dataset_that_names_its_document(grown: Settings, graph: Assembled) -> None:
    evidence = graph.layers["evidence"]
    for number in (1, 2):
        subjects = {t.subject for t in written(grown, number)}
        assert {t.subject for t in evidence if (t.predicate, t.object) == (VOID.inDataset, node(number))} == subjects
        said = {(t.predicate, t.object) for t in evidence if t.subject == node(number)}
        assert {o for p, o in said if p == PROV.hadPrimarySource} == {REGISTER}
        assert {o for p, o in said if p == RDF.type} == {VOID.Dataset, PROV.Entity}
        assert {o.value for p, o in said if p == VOID.distinctSubjects} == {str(len(subjects))}  # type: ignore[union-attr]
        labels = {o.language: o.value for p, o in said if p == RDFS.label and isinstance(o, ox.Literal)}
        assert labels == {
            "nl": f"Bestand external/registry-00{number}.ttl",
            "fr": f"Fichier external/registry-00{number}.ttl",
            "de": f"Datei external/registry-00{number}.ttl",
            "en": f"File external/registry-00{number}.ttl",
        }
        assert ox.Triple(layer_graph(BASE, "external"), VOID.subset, node(number)) in evidence


def test_a_fact_of_a_file_costs_no_triple_of_its_own(graph: Assembled, assembled: Assembled) -> None:
    more = {layer: len(graph.layers[layer]) - len(assembled.layers[layer]) for layer in graph.layers}
    subjects = sum(t.predicate == VOID.inDataset for t in graph.layers["evidence"])
    assert more["inferred"] == 0  # the generated registry states what follows
    assert more["evidence"] == subjects + 2 * 10 + 12  # ten triples for each file, twelve for the document
    assert subjects < more["external"] / 10


def test_the_graph_conforms_and_the_report_counts_the_facts_as_evidenced(grown: Settings, graph: Assembled) -> None:
    shapes = read_shapes(grown).all
    report = validate(graph.triples, shapes, engine="turbo")
    assert report.passes_gate, report.violations().text()
    rows = {row["layer"]: row for row in quality.assess(graph, report, shapes, grown)["evidence"]}
    assert rows["external"]["facts"] > 2_000
    assert {layer: row["facts"] - row["evidenced"] for layer, row in rows.items() if row["needed"]} == {
        "source": 0,
        "external": 0,
        "history": 0,
        "inferred": 0,
    }


def test_a_file_says_nothing_of_what_another_layer_states_of_its_subjects(grown: Settings, graph: Assembled) -> None:
    layers = {**graph.layers, "vocab": {OURS}}
    other = replace(graph, layers=layers)
    (row,) = [row for row in quality._evidence(other, grown) if row["layer"] == "vocab"]
    assert (row["facts"], row["evidenced"]) == (1, 0)


def test_changed_figures_are_another_version_of_the_same_registry(grown: Settings, tmp_path: Path) -> None:
    make(tmp_path, 2_000, changed=7, most=1_200)
    old, new = (set(written(s, 1)) for s in (grown, settings_of(tmp_path)))
    assert len(old - new) == len(new - old) == 7
    versions = [
        re.findall(r'dcat:version "(\d+)\.(\d+)\.(\d+)"', (s.data_dir / "release.ttl").read_text(encoding="utf-8"))[0]
        for s in (grown, settings_of(tmp_path))
    ]
    assert int(versions[1][2]) == int(versions[0][2]) + 1


IRI = f"{BASE}/id/organization/unit-0-1"
WHOLE = f"{BASE}/id/organization/institution-0"
OURS = ox.Triple(ox.NamedNode(IRI), RDFS.comment, ox.Literal("in our words", language="en"))


@pytest.fixture(scope="module")
def engine(graph: Assembled, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine of the grown graph, which has a comment of our own on an organisation of the register."""
    texts = {
        layer_graph(BASE, layer).value: "".join(f"{t} .\n" for t in triples | ({OURS} if layer == "vocab" else set()))
        for layer, triples in graph.layers.items()
    }
    release = tiny_release(tmp_path_factory.mktemp("served"), texts)
    engine = start_engine(release, patient(query_workers=1, page_workers=1))
    yield engine
    engine.close()


def test_a_description_gives_each_fact_of_a_file_its_document(engine: Engine) -> None:
    entity = describe(engine, IRI)
    assert entity
    facts = [fact for group in (*entity.facts, *entity.incoming) for fact in group.facts]
    external = [fact for fact in facts if fact.layer == "external"]
    assert {fact.value.value for fact in external if fact.predicate == ORG.unitOf} == {WHOLE}
    assert {fact.subject.value for fact in external} > {IRI, WHOLE}
    assert {fact.evidence for fact in external} == {Evidence(None, node(1).value, documents=(REGISTER.value,))}
    assert [fact.evidence for fact in facts if fact.layer != "external"] == [None]
    assert [fact.triple for fact in facts if fact.layer != "external"] == [OURS]
    assert entity.label(REGISTER.value, ("en",)).text == "Generated registry, made up for a benchmark"


def test_the_pages_find_the_document_of_a_fact_by_its_subject(engine: Engine) -> None:
    index = evidence_index(engine, [IRI, f"{BASE}/id/organization/gob"])
    assert index.of(IRI, ORG.unitOf.value, ox.NamedNode(WHOLE)) == Proof((), (REGISTER.value,))
    assert index.documents_of(IRI, SCHEMA.position.value) == (REGISTER.value,)
    assert index.between([IRI], [ox.NamedNode(WHOLE)]).documents == (REGISTER.value,)
    assert index.of(IRI, RDFS.comment.value, OURS.object) == Proof()
    assert index.of(IRI, ORG.unitOf.value, ox.NamedNode(f"{BASE}/id/organization/institution-1")) == Proof()
    own, without = f"{BASE}/id/organization/brussel-mobiliteit", evidence_index(engine, [])
    assert without.of(IRI, ORG.unitOf.value, ox.NamedNode(WHOLE)) == Proof()
    whole = ox.NamedNode(f"{BASE}/id/organization/gob")
    assert index.of(own, ORG.unitOf.value, whole).quotes == without.of(own, ORG.unitOf.value, whole).quotes != ()


FILES, REGISTRY = "data/evidence/files.csv", "data/external/registry.ttl"
UNIT = f"<{BASE}/id/organization/unit-0-1>"


def append(settings: Settings, name: str, text: str) -> None:
    path = settings.source_dir / name
    path.write_text((path.read_text(encoding="utf-8") if path.exists() else "") + text, encoding="utf-8")


def named_alike(settings: Settings) -> None:
    append(settings, "data/external/a-b.ttl", "")
    append(settings, "data/external/a/b.ttl", "")
    append(settings, FILES, "external/a-b.ttl,example-page\nexternal/a/b.ttl,example-page\n")


def test_the_portrait_of_the_institution_does_not_go_through_the_register(engine: Engine) -> None:
    """Each way is asked from the institution on, alone; together they find what each finds."""
    institution = ox.NamedNode(institution_graph.institution_iri(engine))
    values = "VALUES ?institution { UNDEF }"
    things = {
        row["thing"]
        for way in institution_graph.WAYS
        for row in rows(engine, f"SELECT ?thing WHERE {{ {values} {way} }}", institution=institution)
    }
    found = triples(engine, institution_graph.AROUND, institution=institution)
    assert {t.subject for t in found} <= things
    assert len(found) > 500
    assert all(f"{{ {values} {way} }}" in institution_graph.AROUND for way in institution_graph.WAYS)


REFUSED: dict[str, tuple[Callable[[Settings], None], str]] = {
    "a file that is not there": (
        lambda s: append(s, FILES, "external/other.ttl,example-page\n"),
        r"files\.csv:3: 'external/other\.ttl' is no Turtle file of the layers external and history; name one",
    ),
    "a file that describes nothing": (
        lambda s: (append(s, "data/external/empty.ttl", "\n"), append(s, FILES, "external/empty.ttl,example-page\n")),
        r"files\.csv:3: external/empty\.ttl describes nothing; take its line out",
    ),
    "a blank line between others": (
        lambda s: append(s, FILES, "\nexternal/other.ttl,example-page\n"),
        r"files\.csv:3: a blank line stands between rows; take it out",
    ),
    "a file of another layer": (
        lambda s: append(s, FILES, "vocab/labels.ttl,example-page\n"),
        r"files\.csv:3: 'vocab/labels\.ttl' is no Turtle file of the layers external and history",
    ),
    "a path from the root of this machine": (
        lambda s: edit(s, FILES, "external/", f"{s.data_dir.resolve()}/external/"),
        r"files\.csv:2: '/.*/external/registry\.ttl' is no Turtle file .*; name one by its path below data/",
    ),
    "another spelling of a path": (
        lambda s: edit(s, FILES, "external/", "./external//"),
        r"files\.csv:2: '\./external//registry\.ttl' is no Turtle file .*; name one by its path below data/",
    ),
    "a space before the key": (
        lambda s: edit(s, FILES, ",example-page", ", example-page"),
        r"files\.csv:2: ' example-page' is no dct:identifier of sources\.ttl; write that of the document",
    ),
    "a file of the page": (
        lambda s: (append(s, "data/source/a.ttl", ""), append(s, FILES, "source/a.ttl,example-page\n")),  # type: ignore[func-returns-value]
        r"files\.csv:3: source/a\.ttl is of the layer source; write a line in source\.tsv for each fact",
    ),
    "a file twice": (
        lambda s: append(s, FILES, "external/registry.ttl,example-page\n"),
        r"files\.csv:3: external/registry\.ttl stands here twice, also in line 2",
    ),
    "two files of one name": (
        named_alike,
        r"files\.csv:4: external/a/b\.ttl and external/a-b\.ttl would share the IRI file-external-a-b; rename one",
    ),
    "a file that is called as the dataset is": (
        lambda s: edit(s, "data/release.ttl", "\ndataset:organisation ", "\ndataset:file-external-registry "),
        r"files\.csv:2: external/registry\.ttl would be called <.*/id/dataset/file-external-registry>, as a dataset of",
    ),
    "an unknown document": (
        lambda s: edit(s, FILES, "example-page", "no-page"),
        r"files\.csv:2: 'no-page' is no dct:identifier of sources\.ttl",
    ),
    "other columns": (lambda s: edit(s, FILES, "file,key", "path,key"), r"files\.csv:1: the columns must be file,key"),
    "a subject that another file of the layer describes": (
        lambda s: append(s, "data/external/more.ttl", f'{UNIT} <{DCT.description.value}> "x"@en .\n'),
        r"more\.ttl:1:1: .*/unit-0-1> is also described in external/registry\.ttl, .*; move these facts there",
    ),
    "a subject that another layer describes": (
        lambda s: append(s, "data/source/more.ttl", f'\n{UNIT} <{DCT.description.value}> "x"@en .\n'),
        r"source/more\.ttl:2:1: .*/unit-0-1> is also described in external/registry\.ttl",
    ),
    "a subject that two such files describe": (
        lambda s: (
            append(s, "data/history/more.ttl", f'{UNIT} <{DCT.description.value}> "x"@en .\n'),  # type: ignore[func-returns-value]
            append(s, FILES, "history/more.ttl,example-page\n"),  # type: ignore[func-returns-value]
        ),
        r"history/more\.ttl:1:1: .*/unit-0-1> is also described in external/registry\.ttl",
    ),
    "a line for a fact of the file": (
        lambda s: append(
            s, "data/evidence/external.tsv", f"example-page\t{UNIT} a <{BASE}/ns/governance#Administration> .\n"
        ),
        r"external\.tsv:1: stands in external/registry\.ttl, whose evidence is the line of files\.csv; take this line out",
    ),
    "a file without its line": (
        lambda s: edit(s, FILES, "external/registry.ttl,example-page\n", ""),
        r"registry\.ttl:\d+:\d+: no line of data/evidence/external\.tsv or files\.csv says where this fact comes from",
    ),
}


def checked(settings: Settings) -> evidences.Evidence:
    layers = sources.load(settings)
    layers["meta"] |= set(sources.read_turtle(settings.data_dir / "release.ttl", sources.rebase(settings)))
    found = evidences.read_evidence(settings)
    evidences.check_evidence(found, layers, evidences.source_documents(layers["evidence"]), settings)
    return found


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_claim_too_much_is_refused_at_its_place(name: str, tmp_path: Path) -> None:
    settings = registry_folder(tmp_path, 100)
    for folder in ("external/a", "history", "source"):
        (settings.data_dir / folder).mkdir()
    assert len(checked(settings).files.of_subject) > 20
    spoil, message = REFUSED[name]
    spoil(settings)
    error = SourceError if name in {"other columns", "a blank line between others"} else EvidenceError
    with pytest.raises(error, match=message):
        checked(settings)


def test_blank_lines_at_the_end_are_fine(tmp_path: Path) -> None:
    settings = registry_folder(tmp_path, 100)
    append(settings, FILES, "\n  \n\n")
    assert {file.line for file in checked(settings).files.files} == {2}


def test_a_second_file_beside_lines_and_another_register(tmp_path: Path) -> None:
    settings = registry_folder(tmp_path, 100)
    (settings.data_dir / "history").mkdir()
    append(
        settings, "data/history/register.ttl", f'<{BASE}/id/organization/unit-9-9> <{DCT.description.value}> "x"@en .\n'
    )
    append(settings, FILES, "history/register.ttl,example-page\n")
    assert Counter(file.name for file in checked(settings).files.of_subject.values()).keys() == {
        "external/registry.ttl",
        "history/register.ttl",
    }
