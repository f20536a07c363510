"""Each law rewrites its examples and leaves its counter-examples, and no rewriting changes an answer."""

import hashlib
from collections import Counter
from typing import Any, cast

import pyoxigraph as ox
import pytest

from gob_graph.endpoint.engine.admission import Admission, Pending
from gob_graph.endpoint.engine.dataset import Dataset
from gob_graph.endpoint.engine.dispatcher import Lane
from gob_graph.endpoint.engine.evaluation import answer
from gob_graph.endpoint.engine.job import Formats, Job, Limits, Manner
from gob_graph.endpoint.engine.normaliser import normaliser as module
from gob_graph.endpoint.engine.normaliser.comparison import differs
from gob_graph.endpoint.engine.normaliser.memory import Form
from gob_graph.endpoint.engine.normaliser.normaliser import Normaliser
from gob_graph.endpoint.engine.normaliser.terms import FEW
from tests.unit.normaliser_queries import outcomes

PREFIX = "PREFIX : <http://e.example/> "
BASE = "http://e.example/"
GENERATED = 1000


def normal(query: str, matches: int = FEW) -> str:
    """The normalised form on one line, without the prefix."""
    form = Normaliser(lambda _pattern: matches).form(PREFIX + query, BASE)
    return " ".join(form.text.removeprefix(PREFIX).split())


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("SELECT ?u { ?u :a|:b ?o }", "SELECT ?u { { ?u :a ?o . } UNION { ?u :b ?o . } }"),
        ("SELECT ?u { ?u ^(:a|:b) ?o }", "SELECT ?u { { ?o :a ?u . } UNION { ?o :b ?u . } }"),
        (
            "SELECT ?u { ?u (:a|:b)/:c ?o ; :d ?e }",
            "SELECT ?u { ?v_0 :c ?o . ?u :d ?e . { ?u :a ?v_0 . } UNION { ?u :b ?v_0 . } }",
        ),
        ("SELECT ?u { ?u !(:a|^:b) ?o }", "SELECT ?u { { ?u ?v_0 ?o . FILTER(?v_0 NOT IN (:a)) } UNION { ?o ?v_1 ?u . FILTER(?v_1 NOT IN (:b)) } }"),
        ("SELECT * { :x !a ?o }", "SELECT ?o { :x ?v_0 ?o . FILTER(?v_0 NOT IN (<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>)) }"),
        ("SELECT ?u { OPTIONAL { ?u :a|:b $o } }", "SELECT ?u { OPTIONAL { { ?u :a ?o . } UNION { ?u :b ?o . } } }"),
        ("SELECT ?v_0 { ?v_0 !:a ?o }", "SELECT ?v_0 { ?v_0 ?v_1 ?o . FILTER(?v_1 NOT IN (:a)) }"),
    ],
)  # fmt: skip
def test_alternatives_become_unions(asked: str, expected: str) -> None:
    assert normal(asked) == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("SELECT * { ?u :a/:b* :x }", "SELECT ?u { VALUES ?v_0 { :x } ?u :a/(:b*) ?v_0 . }"),
        ("ASK { :x (:a/:b)+ ?u }", "ASK { VALUES ?v_0 { :x } ?v_0 (:a/:b)+ ?u . }"),
        ("ASK { ?u :a ?m . ?m :b* :x }", "ASK { VALUES ?v_0 { :x } ?u :a ?m . ?m :b* ?v_0 . }"),
        (
            "SELECT (COUNT(*) AS ?n) { { SELECT ?u { ?u :a+ :x } } ?u a :C }",
            "SELECT (COUNT(*) AS ?n) { { SELECT ?u { VALUES ?v_0 { :x } ?u :a+ ?v_0 . } } ?u a :C . }",
        ),
        ("ASK { GRAPH :g { ?u :a+ :x } }", "ASK { GRAPH :g { VALUES ?v_0 { :x } ?u :a+ ?v_0 . } }"),
        (
            "CONSTRUCT { ?u :p ?l } WHERE { ?u :l ?l OPTIONAL { ?u :a+ :x } }",
            "CONSTRUCT { ?u :p ?l } WHERE { ?u :l ?l . OPTIONAL { VALUES ?v_0 { :x } ?u :a+ ?v_0 . } }",
        ),
    ],
)
def test_constant_ends_of_paths_become_values(asked: str, expected: str) -> None:
    assert normal(asked) == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("ASK { ?u :a ?o FILTER(?o = :x) }", "ASK { VALUES ?o { :x } ?u :a ?o . FILTER(?o = :x) }"),
        ("ASK { ?u :a ?o FILTER(:x = $o && ?u != ?o) }", "ASK { VALUES ?o { :x } ?u :a ?o . FILTER(:x = $o && ?u != ?o) }"),
        ("ASK { ?u :a ?o FILTER sameTerm(?o, :x) }", "ASK { VALUES ?o { :x } ?u :a ?o . FILTER sameTerm(?o, :x) }"),
        (
            "ASK { ?u :a ?o FILTER(?o IN (:x, <http://e.example/x>, :y)) }",
            "ASK { VALUES ?o { :x :y } ?u :a ?o . FILTER(?o IN (:x, <http://e.example/x>, :y)) }",
        ),
        (
            "ASK { ?u :a ?o BIND(:x AS ?e) FILTER(?o = :e) }",
            "ASK { VALUES ?o { :e } ?u :a ?o . BIND(:x AS ?e) FILTER(?o = :e) }",
        ),
        (
            "ASK { ?u :a ?o BIND(:x AS ?e) FILTER(?o = ?e) }",
            "ASK { VALUES ?o { :x } ?u :a ?o . BIND(:x AS ?e) FILTER(?o = ?e) }",
        ),
        (
            "ASK { ?s :b ?t OPTIONAL { ?t :c ?d } ?u :a ?o OPTIONAL { ?o :c ?e } FILTER(?o = :x || ?o = :y) }",
            "ASK { ?s :b ?t . VALUES ?o { :x :y } ?u :a ?o . OPTIONAL { ?t :c ?d . } OPTIONAL { ?o :c ?e . } "
            "FILTER(?o = :x || ?o = :y) }",
        ),
    ],
)  # fmt: skip
def test_equalities_with_an_iri_become_values(asked: str, expected: str) -> None:
    assert normal(asked) == expected


def test_exists_becomes_a_join_with_different_values() -> None:
    form = Normaliser(lambda pattern: 0 if pattern[2] == ox.NamedNode(BASE + "x") else FEW).form
    asked = "ASK { ?u a :C FILTER EXISTS { ?u :of :x ; :l ?l } OPTIONAL { ?u :p ?q } }"
    expected = "ASK { { SELECT DISTINCT ?u { ?u :of :x . ?u :l ?l . } } ?u a :C . OPTIONAL { ?u :p ?q . } }"
    assert " ".join(form(PREFIX + asked, BASE).text.removeprefix(PREFIX).split()) == expected
    for stays in (
        "ASK { ?u a :C FILTER NOT EXISTS { ?u :of :x } }",
        "ASK { ?u a :C FILTER(EXISTS { ?u :of :x } || ?u = :y) }",
        "ASK { ?u a :C FILTER EXISTS { ?v :of :x } }",
        "ASK { ?u a :C FILTER EXISTS { ?u :of :y } }",
        "ASK { ?u a :C FILTER EXISTS { ?u :of :x FILTER(?u != :y) } }",
        "ASK { ?u a :C FILTER EXISTS { ?u :of :x . ?u :p* ?w } }",
        "ASK { ?u a :C OPTIONAL { ?u :p ?l } FILTER EXISTS { ?u :of :x ; :l ?l } }",
        "ASK { ?u a :C OPTIONAL { ?u :p ?q FILTER EXISTS { ?q :of :x } } }",
        "ASK { ?u a :C FILTER EXISTS { ?u :of :x . { ?u :p|:q ?w } } }",
    ):
        assert form(PREFIX + stays, BASE).text == PREFIX + stays


def test_joins_come_before_what_is_optional() -> None:
    asked = "ASK { ?u a :C OPTIONAL { ?u :l ?l FILTER(?l > 1) } FILTER(?l != 2) ?u :of :x . VALUES ?u { :a } }"
    expected = "ASK { ?u a :C . ?u :of :x . VALUES ?u { :a } OPTIONAL { ?u :l ?l . FILTER(?l > 1) } FILTER(?l != 2) }"
    assert normal(asked) == expected


@pytest.mark.parametrize(
    "asked",
    [
        # Nothing to mend, or nothing that counts.
        "SELECT ?u { ?u :a ?o ; :b/:c ?d FILTER(?o > 1) }",
        "SELECT ?u { ?u (:a|:b)* ?o }",
        "ASK { ?u :a ?o FILTER EXISTS { ?u :a|:b :x } }",
        "ASK { ?u :a ?o MINUS { ?u :a+ :x } }",
        "ASK { ?u :a ?o FILTER NOT EXISTS { ?u :a/:b* :x } }",
        # A path of no edges connects what no graph holds; both ends are constant, or none is; the base decides.
        "ASK { ?u :b* :x }",
        "ASK { ?u :b* :x . ?u :c* ?d }",
        "ASK { ?u :b* :x OPTIONAL { ?u :c ?d } }",
        "ASK { :y :a+ :x }",
        "ASK { ?u :a+ 'x' }",
        "ASK { ?u :a+ <x> }",
        "ASK { ?u :a+ _:x }",
        # Not bound in every solution, or decided by another part of the group.
        "ASK { ?u :a ?d OPTIONAL { ?u :a ?o } FILTER(?o = :x) }",
        "ASK { ?u :c ?d OPTIONAL { ?u :a ?o } ?u :b ?o FILTER(?o = :x) }",
        "ASK { ?u :c ?d MINUS { ?u :a ?o } ?u :b ?o FILTER(?o = :x) }",
        "ASK { BIND(:y AS ?o) ?u :b ?o FILTER(?o = :x) }",
        "ASK { { ?u :a ?o } UNION { ?u :b ?d } FILTER(?o = :x) }",
        "ASK { { SELECT ?u { ?u :a ?o } } FILTER(?o = :x) }",
        # Not an equality with an IRI.
        "ASK { ?u :a ?o FILTER(?o = 1) }",
        "ASK { ?u :a ?o FILTER(?o = :x || ?u = :y) }",
        "ASK { ?u :a ?o FILTER(!(?o = :x)) }",
        "ASK { ?u :a ?o FILTER(?o IN (:x, ?u)) }",
        "ASK { ?u :a ?o FILTER(?o = <x>) }",
        "ASK { ?u ?o ?d FILTER(?o = :x) }",
        "ASK { ?u :a ?d FILTER EXISTS { ?u :a ?o FILTER(?o = :x) } }",
        # The optional part may bind the shared variable, which then decides.
        "ASK { ?u a :C OPTIONAL { ?u :l ?l } ?v :l ?l }",
        "ASK { OPTIONAL { ?u :l ?l } ?u :of :x }",
        "ASK { ?u a :C MINUS { ?u :l ?l } ?u :of :x }",
        "ASK { ?u a :C OPTIONAL { ?u :l ?l } BIND(?l AS ?m) ?u :of :x }",
        # New variables would be seen.
        "SELECT (COUNT(DISTINCT *) AS ?n) { ?u :a/:b* :x }",
        "ASK { { SELECT * { ?u :a/:b* :x } } }",
        "SELECT * { :y (:a|:b)/:c :x }",
        # A blank node that two basic graph patterns would share.
        "ASK { _:n :a|:b ?o . _:n :c ?d }",
        # Not known, or not a query.
        "ASK { ?u :a|:b ?o SERVICE :s { ?u :c ?d } }",
        "ASK { ?u :a|:b ?o . ?u :c 'a\\u0041' }",
        "ASK { << ?u :a ?o >> :a|:b ?d }",
        "DESCRIBE * { ?u :a|:b ?o }",
        "CONSTRUCT WHERE { ?u :a ?o FILTER(?o = :x) }",
        "SELECT ?u { ?u :a|:b ?o ",
        "SELECT ?u { ?u :a|:b ?o ) }",
        "SELECT ?u { ?u :a|:b none:o }",
        "INSERT DATA { :a :b :c } # |",
        "| ) ( ] } {",
        "SELECT ?u { ?u :a|:b ?o } #" + " " * module.LONGEST,
        "ASK {" * 60 + " ?u :a|:b ?o " + "}" * 60,
    ],
)  # fmt: skip
def test_what_is_no_case_of_a_law_is_left_as_it_is(asked: str) -> None:
    form = Normaliser(lambda _pattern: FEW).form(PREFIX + asked, BASE)
    assert form == Form(PREFIX + asked, PREFIX + asked)


@pytest.mark.parametrize(
    "asked",
    [
        "ASK { ?u :a/:b* :x ; :l 'name'@nl }",
        "ASK { ?u :a/:b* :x . { ?u :l 'name' } }",
        "ASK { { ?u :a/:b* :x } UNION { ?u :a ?o FILTER(?o = :x) } ?u :l :one }",
        "ASK { ?u :a/:b* :x VALUES ?u { :u } }",
        "ASK { ?u :a/:b* :x { SELECT ?u { ?u a ?t } LIMIT 1 } }",
    ],
)
def test_a_pattern_with_few_matches_is_where_the_evaluation_begins(asked: str) -> None:
    assert normal(asked, matches=FEW - 1) == " ".join(asked.split())


def test_the_engine_gives_what_the_standard_says_once_alternatives_are_unions() -> None:
    store = ox.Store()
    store.load(f"@prefix : <{BASE}> . :x :a :y ; :b :y , :z .", format=ox.RdfFormat.TURTLE)
    dataset = Dataset.of(store)
    manner = Manner(None, None, Formats("csv", "csv", "ntriples"))
    for query, alone, right in (
        ("?s :a|:b ?o", 2, 3),
        ("?s :a|:a ?o", 1, 2),
        (":x !:c :y", 1, 2),
        (":z ^:a|^:b ?o", 1, 1),
    ):
        job = Job(f"{PREFIX}SELECT (COUNT(*) AS ?n) {{ {query} }}", manner)
        counts = [int(answer(dataset, job, {}, Limits(64, 1, 1.0, False, n))[1].split()[1]) for n in (0, 1)]
        assert counts == [alone, right], query


def test_a_syntax_error_is_explained_in_the_text_of_the_client() -> None:
    store = ox.Store()
    job = Job(
        "SELECT ?u {\n  ?u <urn:a>|<urn:b> ?o FLITER(?o = <urn:x>)\n}", Manner(None, None, Formats("csv", "csv", None))
    )
    said, _ = answer(Dataset.of(store), job, {}, Limits(64, 1, 1.0))
    assert (said["code"], said["line"], said["column"]) == ("query-syntax", 2, 25)


@pytest.mark.parametrize(
    ("query", "column"),
    [
        ("SELECT (CONCAT (?o, 'concat (x)') AS ?r) { ?s ?p ?o }", None),
        ("SELECT (coalesce\t( concat  (?o, 'concat (x)')) AS ?r) { ?s ?p ?o }", None),
        ("SELECT (CONCAT (?o, 'x') AS ?r) { ?s ?p ?o", 43),
        ("SELECT (CONCAT (?o, 'x') AS ?r) { ?s ?p 1 2 }", 43),
    ],
)
def test_a_blank_before_arguments_is_no_fault_and_hides_none(query: str, column: int | None) -> None:
    store = ox.Store()
    store.load("<urn:s> <urn:p> 'y' .", format=ox.RdfFormat.TURTLE)
    said, body = answer(
        Dataset.of(store), Job(query, Manner(None, None, Formats("csv", "csv", None))), {}, Limits(64, 1, 1.0)
    )
    assert said.get("column") == column, said
    assert (b"yconcat (x)" in body) == (column is None)


def test_recent_texts_are_remembered_and_old_ones_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: Counter[str] = Counter()
    parse = module.parse
    monkeypatch.setattr(module, "parse", lambda text: parsed.update([text]) or parse(text))
    made = Normaliser(lambda _pattern: FEW)
    query = "SELECT ?u { ?u :a|:b ?o }"
    assert made.form(PREFIX + query, BASE) is made.form(PREFIX + query, BASE)
    assert parsed.total() == 1
    for number in range(module.REMEMBERED):
        made.form(f"{PREFIX}{query} ORDER BY ?v{number}", BASE)
    assert len(made._known) == len(made._shapes) == module.REMEMBERED
    assert parsed.total() == module.REMEMBERED + 1
    made.form(PREFIX + query, BASE)
    assert parsed.total() == module.REMEMBERED + 2
    made.form("SELECT ?u { ?u a <http://e.example/a/b> } LIMIT 3", BASE)
    assert parsed.total() == module.REMEMBERED + 2, "a query without anything to mend is parsed"


def test_two_forms_are_compared_as_bags() -> None:
    store = ox.Store()
    store.load("<urn:s> <urn:a> <urn:o> ; <urn:b> <urn:o> .", format=ox.RdfFormat.TURTLE)
    once, twice = "SELECT ?s { ?s <urn:a> ?o }", "SELECT ?s { ?s ?p ?o }"
    assert differs(Form(once, twice), store.query)
    assert not differs(Form(once, once + " "), store.query)
    assert differs(Form("ASK {}", "ASK { ?s <urn:c> ?o }"), store.query)
    construct = "CONSTRUCT { _:a <urn:p> ?s } { ?s ?p ?o }"
    assert not differs(Form(construct, construct + " "), store.query)


class Mangling(Normaliser):
    """One that makes another query of each."""

    def form(self, text: str, base: str) -> Form:
        assert base
        return Form(text.replace("urn:a", "urn:b"), text)


@pytest.mark.parametrize(("setting", "told"), [(0, None), (1, None), (2, True)])
def test_a_mangled_query_is_told_where_both_forms_are_compared(setting: int, told: bool | None) -> None:
    store = ox.Store()
    store.load("<urn:s> <urn:a> <urn:o> .", format=ox.RdfFormat.N_TRIPLES)
    dataset = Dataset(store, Mangling(lambda _pattern: FEW))
    job = Job("SELECT ?s { ?s <urn:a> ?o }", Manner(None, None, Formats("csv", "csv", None)))
    said, body = answer(dataset, job, {}, Limits(64, 1, 1.0, False, setting))
    assert (said.get("differs"), body.count(b"urn:s")) == (told, 0 if setting else 1)


def test_a_lane_counts_and_logs_the_queries_that_differ(caplog: pytest.LogCaptureFixture) -> None:
    lane = Lane(cast("Any", None), Limits(64, 1, 1.0), Admission(1, 1.0, 1, 1))
    pending = Pending(b"", b"SELECT ?secret {}", "client", cast("Any", None), "client")
    for said in ({"last": False}, {"last": False, "differs": True}):
        lane._compared(said, pending)
    assert lane.differences == 1
    (record,) = caplog.records
    assert hashlib.sha256(b"SELECT ?secret {}").hexdigest()[:16] in record.getMessage()
    assert "secret" not in record.getMessage()


def test_generated_queries_keep_their_answers() -> None:
    """Against the engine alone, and where it departs, against the translation of the standard.

    `python -m tests.unit.normaliser_queries 20000` does more of them.
    """
    found = list(outcomes(GENERATED, 20))
    wrong = [outcome for outcome in found if outcome.wrong]
    assert wrong == []
    rewritten = [outcome for outcome in found if outcome.normal != outcome.asked]
    assert len(rewritten) > 0.4 * GENERATED
    assert sum(outcome.rows for outcome in rewritten) > 0.1 * GENERATED, "most answers were empty"
    assert sum(outcome.mended for outcome in found) > 0.01 * GENERATED, "the engine alone was always right"
    for law in ("VALUES ?v_", "UNION", "NOT IN", "SELECT DISTINCT ?"):
        assert sum(law in outcome.normal and law not in outcome.asked for outcome in rewritten) > 5, law
