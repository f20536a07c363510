"""`gob-graph validate`: verdict, exit code, messages and report for shapes and data that people really write."""

import json
import random
import re
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner, Result
from pyshacl.rdfutil.stringify import stringify_blank_node

from gob_graph.cli import main
from gob_graph.pipeline.shacl.report import Finding, Report
from gob_graph.validate_command import fails
from gob_graph.vocab import SH
from tests.world import append, copied

PREFIXES = """@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix ex: <http://example.org/> .
"""
NAMED = "ex:S a sh:NodeShape ; sh:targetClass ex:Person ; sh:property [ sh:path ex:name ; sh:minCount 1 %s ] ."
PERSON = "ex:a a ex:Person ."
GOOD = 'ex:a a ex:Person ; ex:name "A" .'


def turtle(path: Path, text: str) -> str:
    path.write_text(PREFIXES + text + "\n", encoding="utf-8")
    return str(path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["validate", *arguments], catch_exceptions=False)


def check(folder: Path, data: str, shapes: str, *options: str) -> Result:
    return run(turtle(folder / "data.ttl", data), "--shapes", turtle(folder / "shapes.ttl", shapes), *options)


def graph(found: Result) -> list[ox.Triple]:
    return [q.triple for q in ox.parse(found.stdout, format=ox.RdfFormat.TURTLE)]


def objects(found: Result, predicate: ox.NamedNode) -> list[object]:
    return [t.object for t in graph(found) if t.predicate == predicate]


@pytest.mark.parametrize(
    ("severity", "stops", "codes"),
    [
        ("sh:Violation", True, {"violation": 1, "warning": 1, "info": 1}),
        ("sh:Warning", False, {"violation": 0, "warning": 1, "info": 1}),
        ("sh:Info", False, {"violation": 0, "warning": 0, "info": 1}),
        ("ex:Blocker", True, {"violation": 1, "warning": 1, "info": 1}),
    ],
)
def test_any_result_does_not_conform_and_the_gate_is_another_thing(
    tmp_path: Path, severity: str, stops: bool, codes: dict[str, int]
) -> None:
    shapes = NAMED % f"; sh:severity {severity}"
    found = check(tmp_path, PERSON, shapes)
    assert found.exit_code == 1
    assert found.stdout.startswith("does not conform: ")
    assert f"gate of the build: {'closed' if stops else 'open'}, " in found.stdout
    for threshold, code in codes.items():
        assert check(tmp_path, PERSON, shapes, "--fail-on", threshold).exit_code == code
    report = check(tmp_path, PERSON, shapes, "--format", "turtle")
    assert report.exit_code == 1
    iri = severity.replace("sh:", str(SH)).replace("ex:", "http://example.org/")
    assert objects(report, SH.resultSeverity) == [ox.NamedNode(iri)]
    assert objects(report, SH.conforms) == [ox.Literal(False)]


def test_what_conforms_says_how_much_was_checked(tmp_path: Path) -> None:
    found = check(tmp_path, GOOD, NAMED % "" + " ex:T a sh:NodeShape ; sh:targetClass ex:Nobody .")
    assert found.exit_code == 0
    assert found.stderr == ""
    assert found.stdout.startswith("conforms: 0 violation, 0 warning, 0 info\n")
    assert "focus nodes checked: 1; shapes that had any: 1 of 2 with a target\n" in found.stdout
    assert "gate" not in found.stdout


def test_nothing_checked_is_not_called_conforming(tmp_path: Path) -> None:
    found = check(tmp_path, "ex:a a ex:Other .", NAMED % "")
    assert found.exit_code == 0
    assert found.stdout.startswith("nothing was checked: ")
    assert "conforms" not in found.stdout
    assert "warning: nothing was checked; focus nodes checked: 0; shapes that had any: 0 of 1" in found.stderr
    report = check(tmp_path, "ex:a a ex:Other .", NAMED % "", "--format", "turtle")
    assert objects(report, SH.conforms) == [ox.Literal(True)]
    assert "nothing was checked" in report.stderr


def test_json_ld_with_relative_ids_only_is_checked(tmp_path: Path) -> None:
    data = tmp_path / "data.jsonld"
    data.write_text('{"@id": "a", "@type": "http://example.org/Person"}', encoding="utf-8")
    found = run(str(data), "--shapes", turtle(tmp_path / "s.ttl", NAMED % ""))
    assert found.exit_code == 1
    assert f"violation: {tmp_path.as_uri()}/a\n" in found.stdout


def test_a_remote_context_is_given_by_a_file_and_never_fetched(tmp_path: Path) -> None:
    data, shapes = tmp_path / "data.jsonld", turtle(tmp_path / "s.ttl", NAMED % "")
    data.write_text(json.dumps({"@context": "https://example.org/c", "id": "a", "type": "Person"}), encoding="utf-8")
    refused = run(str(data), "--shapes", shapes)
    assert refused.exit_code == 2
    assert refused.stdout == ""
    assert "--context FILE" in refused.stderr
    saved = tmp_path / "c.jsonld"
    saved.write_text(
        json.dumps({"@context": {"id": "@id", "type": "@type", "@vocab": "http://example.org/"}}), encoding="utf-8"
    )
    for option in (str(saved), f"https://example.org/c={saved}"):
        assert run(str(data), "--shapes", shapes, "--context", option).exit_code == 1
    assert run(str(data), "--shapes", shapes, "--context", f"https://example.org/other={saved}").exit_code == 2


def test_files_keep_their_blank_nodes_apart(tmp_path: Path) -> None:
    shapes = [
        turtle(
            tmp_path / f"{name}.ttl",
            f"ex:{name} a sh:NodeShape ; sh:targetClass ex:Person ; sh:property _:p . _:p sh:path ex:{name} ; sh:minCount 1 .",
        )
        for name in ("one", "two")
    ]
    data = [
        turtle(tmp_path / f"d{name}.ttl", f'_:x a ex:Person ; ex:{name} "1" . ex:b a ex:Person .')
        for name in ("one", "two")
    ]
    found = run(*data, "--shapes", shapes[0], "--shapes", shapes[1], "--format", "turtle")
    assert found.exit_code == 1
    assert len(objects(found, SH.result)) == 4  # each blank person lacks the other name, ex:b both
    assert run(data[0], data[0], "--shapes", shapes[0], "--shapes", shapes[0]).exit_code == 1


def test_data_and_shapes_of_one_file_are_one_graph(tmp_path: Path) -> None:
    path = turtle(
        tmp_path / "both.ttl", "ex:S a sh:NodeShape ; sh:targetNode ex:a ; sh:hasValue ex:a . <#T> a sh:NodeShape ."
    )
    assert run(path, "--shapes", path).exit_code == 0


REPORTED = """
ex:L a sh:NodeShape ; sh:targetNode "five"^^ex:number , "x"^^xsd:string , "nl"@nl-be ; sh:nodeKind sh:IRI .
[] a sh:NodeShape ; sh:targetClass ex:Person ;
    sh:property [
        sh:path ( ex:knows [ sh:alternativePath ( [ sh:inversePath ex:child ] [ sh:oneOrMorePath ex:friend ] ) ] ) ;
        sh:minCount 1 ] .
ex:Longer a sh:ConstraintComponent ; sh:parameter [ sh:path ex:longerThan ] ;
    sh:validator [ a sh:SPARQLAskValidator ; sh:ask "ASK { FILTER (STRLEN(STR($value)) > $longerThan) }" ] .
ex:K a sh:NodeShape ; sh:targetSubjectsOf ex:name ; ex:longerThan 100 ; sh:message "{$this} is short"@en , "{$this} is kort"@nl .
"""
PEOPLE = '[] a ex:Person . _:two a ex:Person ; ex:age 2 . ex:a ex:name "A" .'


def test_the_report_keeps_the_terms(tmp_path: Path) -> None:
    found = check(tmp_path, PEOPLE, REPORTED, "--format", "turtle")
    assert found.exit_code == 1
    focus = objects(found, SH.focusNode)
    literals = {
        ox.Literal("five", datatype=ox.NamedNode("http://example.org/number")),
        ox.Literal("x"),
        ox.Literal("nl", language="nl-be"),
    }
    assert literals < set(focus)
    assert len({f for f in focus if isinstance(f, ox.BlankNode)}) == 2
    assert ox.NamedNode("http://example.org/Longer") in objects(found, SH.sourceConstraintComponent)
    said = {str(m) for m in objects(found, SH.resultMessage)}
    assert {'"http://example.org/a is short"@en', '"http://example.org/a is kort"@nl'} <= said
    triples = graph(found)
    (path, _) = objects(found, SH.resultPath)
    rest = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    (second,) = (t.object for t in triples if t.subject == path and t.predicate.value == f"{rest}rest")
    (nested,) = (t.object for t in triples if t.subject == second and t.predicate.value == f"{rest}first")
    assert [t for t in triples if t.subject == nested and t.predicate == SH.alternativePath]
    assert len(objects(found, SH.inversePath)) == len(objects(found, SH.oneOrMorePath)) == 2
    text = check(tmp_path, PEOPLE, REPORTED).stdout
    assert "path: <http://example.org/knows>/((^<http://example.org/child>)|(<http://example.org/friend>+))\n" in text
    assert 'violation: "five"^^<http://example.org/number>\n' in text


def test_the_same_findings_are_the_same_bytes(tmp_path: Path) -> None:
    def shuffled(name: str, text: str, seed: int) -> str:
        triples = [q.triple for q in ox.parse(PREFIXES + text, format=ox.RdfFormat.TURTLE, rename_blank_nodes=True)]
        lines = [f"{t} .\n" for t in triples]
        random.Random(seed).shuffle(lines)
        path = tmp_path / name
        path.write_text("".join(lines), encoding="utf-8")
        return str(path)

    reports = set()
    for seed in range(4):
        data, shapes = shuffled("data.nt", PEOPLE, seed), shuffled("shapes.nt", REPORTED, seed)
        reports.add(run(data, "--shapes", shapes, "--format", "turtle").stdout)
    assert len(reports) == 1


def test_a_message_is_about_its_own_graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pySHACL remembers texts of blank nodes by the address of a graph; an earlier graph may have had the same."""

    class EarlierGraph(dict[object, str]):
        def __missing__(self, key: object) -> str:
            return "[ of another graph ]"

    monkeypatch.setattr(stringify_blank_node, "dict_cache", EarlierGraph())
    found = check(tmp_path, PEOPLE, REPORTED)
    assert "of another graph" not in found.stdout
    assert found.stdout.count("Less than 1 values on [ <") == 2


def test_a_shape_without_iri_is_named_by_file_and_line(tmp_path: Path) -> None:
    found = check(tmp_path, "\n[] a ex:Person .", REPORTED)
    shapes, data = tmp_path / "shapes.ttl", tmp_path / "data.ttl"
    assert f"    shape: {shapes}:9\n" in found.stdout
    assert f"violation: (blank node, {data}:7)\n" in found.stdout
    assert re.search(rf"^ +1  {re.escape(str(shapes))}:8$", found.stdout, re.M)
    inner = check(
        tmp_path,
        PERSON,
        "ex:S a sh:NodeShape ; sh:targetClass ex:Person ;\n sh:property [\n sh:path ex:p ; sh:minCount 1 ] .",
    )
    assert f"    shape: http://example.org/S ({shapes}:7)\n" in inner.stdout


@pytest.mark.parametrize("kind", ["owl:Class", "rdfs:Class", "ex:Kind"])
def test_a_shape_that_is_a_class_is_its_own_target(tmp_path: Path, kind: str) -> None:
    shapes = f"ex:Kind rdfs:subClassOf rdfs:Class . ex:Person a {kind} , sh:NodeShape ; sh:property [ sh:path ex:name ; sh:minCount 1 ] ."
    found = check(tmp_path, PERSON, shapes)
    assert found.exit_code == 1
    assert "     1  http://example.org/Person\n" in found.stdout


def test_what_is_not_supported_is_named(tmp_path: Path) -> None:
    target = "ex:T a sh:NodeShape ;\n sh:target [ a sh:SPARQLTarget ; sh:select 'SELECT ?this { ?this a ex:Q }' ] ; sh:nodeKind sh:IRI ."
    alone = check(tmp_path, PERSON, target)
    assert alone.exit_code == 2
    assert (
        f"{tmp_path}/shapes.ttl:6 (http://example.org/T): sh:target (SHACL Advanced Features) is not supported"
        in alone.stderr
    )
    assert "no target" not in alone.stderr
    beside = check(tmp_path, GOOD, f"{target} {NAMED % ''} <> owl:imports ex:more . ex:S sh:rule [] .")
    assert beside.exit_code == 0
    for word in ("sh:target", "sh:rule", "owl:imports <http://example.org/more> is not followed"):
        assert word in beside.stderr
    none = check(tmp_path, PERSON, "ex:T a sh:NodeShape ; sh:nodeKind sh:IRI .")
    assert none.exit_code == 2
    assert none.stderr.startswith(f"gob-graph: {tmp_path}/shapes.ttl: the shapes have no target")


CONSTRAINT = "ex:T a sh:NodeShape ; sh:targetClass ex:Nobody ; sh:sparql [\n a sh:SPARQLConstraint ; %s ] ."


@pytest.mark.parametrize(
    ("shapes", "reason"),
    [
        (CONSTRAINT % 'sh:select "SELECT $this { $this gov:name ?x }"', "Unknown namespace prefix : gov"),
        (CONSTRAINT % 'sh:select "SELECT $this { $this ?p }"', "syntax error in its query at line 1"),
        (CONSTRAINT % 'sh:select "SELECT $this { }}"', "syntax error in its query"),
        (NAMED % r'; sh:pattern "\\p{L}+"', r"its sh:pattern '\p{L}+' is not known"),
        (NAMED % '; sh:pattern "["', "its sh:pattern '[' is not known"),
        (NAMED % '; sh:pattern "[a-z-[aeiou]]"', "is not known to the engine"),
        (NAMED % '; sh:minCount "two"', "the shapes cannot be run"),
        (NAMED % "; sh:path ex:other", "it has 2 values of sh:path"),
    ],
)
def test_wrong_shapes_are_refused_with_file_shape_and_reason(tmp_path: Path, shapes: str, reason: str) -> None:
    found = check(tmp_path, PERSON, shapes)
    assert (found.exit_code, found.stdout) == (2, "")
    assert found.stderr.startswith(
        f"gob-graph: the shapes cannot be run: {tmp_path}/shapes.ttl:6 (in http://example.org/"
    )
    assert reason in found.stderr
    assert "Traceback" not in found.stderr
    assert "unexpected" not in found.stderr


def test_triple_terms_are_told_and_kept(tmp_path: Path) -> None:
    shapes = "ex:S a sh:NodeShape ; sh:targetObjectsOf ex:says ; sh:nodeKind sh:IRI ."
    found = check(tmp_path, "ex:a ex:says <<( ex:b ex:c ex:d )>> .", shapes, "--format", "turtle")
    assert found.exit_code == 1
    assert "1 triple terms (RDF 1.2) stand as blank nodes" in found.stderr
    terms = [ox.NamedNode(f"http://example.org/{name}") for name in "bcd"]
    assert objects(found, SH.focusNode) == [ox.Triple(*terms)]  # type: ignore[arg-type]


def test_base_directions_are_kept(tmp_path: Path) -> None:
    shapes = 'ex:S a sh:NodeShape ; sh:targetObjectsOf ex:says ; sh:languageIn ( "ar" ) .'
    data = 'ex:a ex:says "one"@ar--rtl , "two"@en--ltr , "three"@en .'
    found = check(tmp_path, data, shapes, "--format", "turtle")
    two = ox.Literal("two", language="en", direction=ox.BaseDirection.LTR)
    assert set(objects(found, SH.value)) == {two, ox.Literal("three", language="en")}


def test_shapes_spoiled_at_random_are_run_or_refused(tmp_path: Path) -> None:
    codes = set()
    for seed in range(60):
        chance = random.Random(seed)
        triples = [q.triple for q in ox.parse(PREFIXES + REPORTED, format=ox.RdfFormat.TURTLE, rename_blank_nodes=True)]
        for _ in range(2):
            at = chance.randrange(len(triples))
            other = chance.choice([*(t.object for t in triples), ox.Literal(""), ox.Literal(-1), ox.BlankNode("loose")])
            triples[at] = ox.Triple(triples[at].subject, chance.choice(triples).predicate, other)
        shapes = tmp_path / "spoiled.nt"
        shapes.write_text("".join(f"{t} .\n" for t in triples), encoding="utf-8")
        found = run(turtle(tmp_path / "data.ttl", PEOPLE), "--shapes", str(shapes))
        assert "unexpected" not in found.stderr, (seed, found.stderr)
        codes.add(found.exit_code)
    assert codes >= {1, 2}


def test_a_report_in_turtle_needs_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = check(tmp_path, PERSON, NAMED % "", "--format", "turtle")
    assert found.exit_code == 1
    assert "@prefix ex: <http://example.org/> ." in found.stdout
    ours = run(str(tmp_path / "data.ttl"))
    assert ours.exit_code == 2
    assert "give --shapes FILE" in ours.stderr


def test_the_graph_of_a_repository_is_asked_what_the_gate_asks(tmp_path: Path) -> None:
    settings = copied(tmp_path)
    where = {"GOB_GRAPH_SOURCE_DIR": str(settings.source_dir)}
    whole = CliRunner().invoke(main, ["validate"], env=where)
    assert whole.exit_code == 0
    append(
        settings,
        "ontology/shapes/world.ttl",
        "<https://data.example.org/ns/governance/shape/T> a <http://www.w3.org/ns/shacl#NodeShape> ;"
        " <http://www.w3.org/ns/shacl#targetSubjectsOf> <http://www.w3.org/2004/02/skos/core#prefLabel> ;"
        " <http://www.w3.org/ns/shacl#severity> <http://www.w3.org/ns/shacl#Info> ;"
        " <http://www.w3.org/ns/shacl#nodeKind> <http://www.w3.org/ns/shacl#Literal> .",
    )
    advised = CliRunner().invoke(main, ["validate"], env=where)
    assert advised.exit_code == 0
    assert advised.stdout.startswith("does not conform: 0 violation, 0 warning, ")
    assert "gate of the build: open" in advised.stdout
    assert CliRunner().invoke(main, ["validate", "--fail-on", "info"], env=where).exit_code == 1


def test_the_threshold_takes_every_severity_above_it() -> None:
    def report(*severities: str) -> Report:
        return Report(tuple(Finding(s, "f", None, None, {}, "s", "c") for s in severities))

    assert [fails(report("Info"), t) for t in ("violation", "warning", "info")] == [False, False, True]
    assert [fails(report("Warning"), t) for t in ("violation", "warning", "info")] == [False, True, True]
    assert all(fails(report("Info", "http://example.org/X"), t) for t in ("violation", "warning", "info"))
    assert not fails(report(), "info")


def test_the_process_writes_the_same_as_the_command_within(tmp_path: Path) -> None:
    for options in ((), ("--format", "turtle")):
        within = check(tmp_path, PEOPLE, REPORTED, *options)
        ran = subprocess.run(
            [
                sys.executable,
                "-m",
                "gob_graph",
                "validate",
                str(tmp_path / "data.ttl"),
                "--shapes",
                str(tmp_path / "shapes.ttl"),
                *options,
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ran.returncode, ran.stdout, ran.stderr) == (within.exit_code, within.stdout, within.stderr)
