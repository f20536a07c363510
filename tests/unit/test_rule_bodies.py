"""Rules that are held against new facts only add what they add when all are run again and again."""

import random
from pathlib import Path

import pyoxigraph as ox
import pytest

from gob_graph.errors import SourceError
from gob_graph.pipeline import inference
from gob_graph.pipeline.inference import Rule, infer, read_rules
from gob_graph.pipeline.rule_bodies import against_new, not_yet
from gob_graph.pipeline.sources import Layers, asserted
from gob_graph.settings import Settings
from gob_graph.vocab import LAYERS

PLAIN = {
    "one": "CONSTRUCT { ?y ex:q ?x } WHERE { ?x ex:p ?y . }",
    "list": "CONSTRUCT { ?x ex:r ?z } WHERE { ?x ex:p ?y , ?v ; a ex:C . ?y ex:q ?z . }",
    "any predicate": "CONSTRUCT { ?x ?q ?y } WHERE { ?p ex:below ?q . ?x ?p ?y }",
    "any class": "CONSTRUCT { ?x a ?d } WHERE { ?c ex:below ?d . ?x a ?c ; }",
    "union": "CONSTRUCT { ?x ex:t ?z } WHERE { { ?x ex:p ?z } UNION { ?x ex:p ?y . ?y ex:t ?z } UNION { ?z ex:r ?x } }",
    "groups": "CONSTRUCT { ?x ex:q ?z . ?z a ex:C } WHERE { { ?x ex:r ?y { ?y ex:r ?z } } FILTER(?x != ?z && (1+1) >= 2) }",
    "values": "CONSTRUCT { ?x a ?d } WHERE { VALUES (?c ?d) { (ex:C ex:D) (ex:D ex:E) } ?x a ?c }",
    "bind": 'CONSTRUCT { ?x ex:p ?y } WHERE { ?x a ex:D . BIND(ex:n1 AS ?y) # } and UNION\n FILTER(STR(?x) != ") }") }',
}
OTHER = {
    "not": "CONSTRUCT { ?x ex:s ?y } WHERE { ?x ex:q ?y . FILTER NOT EXISTS { ?y ex:below ?x } }",
    "exists inside": "CONSTRUCT { ?x ex:s ?y } WHERE { ?x ex:q ?y . FILTER(1 = 1 && EXISTS { ?y ex:t ?x }) }",
    "optional": "CONSTRUCT { ?x ex:s ?y } WHERE { ?x a ex:D OPTIONAL { ?x ex:q ?y } }",
    "path": "CONSTRUCT { ?x ex:s ?y } WHERE { ?x ex:p/ex:q ?y }",
    "closure": "CONSTRUCT { ?x ex:s ?y } WHERE { ?x ex:p* ?y }",
    "turned": "CONSTRUCT { ?x ex:s ?y } WHERE { ?x ^ex:p ?y }",
    "choice": "CONSTRUCT { ?x ex:s ?y } WHERE { ?x (ex:p|ex:q) ?y }",
    "select": "CONSTRUCT { ?x ex:s ?y } WHERE { ?y ex:q ?x { SELECT ?x (COUNT(?z) AS ?n) { ?x ex:p ?z } GROUP BY ?x } FILTER(?n = 2) }",
    "limit": "CONSTRUCT { ?x ex:s ?y } WHERE { ?x ex:p ?y } ORDER BY ?x ?y LIMIT 1000",
    "unnamed": "CONSTRUCT { ?x ex:s ?x } WHERE { ?x ex:p [ ex:q ?z ] }",
    "function": "CONSTRUCT { ?x ex:s ?y } WHERE { ?x ex:p ?y FILTER regex(STR(?x), 'n') }",
    "short": "CONSTRUCT WHERE { ?x ex:p ?y }",
    "values at the end": "CONSTRUCT { ?x ex:s ?y ; ex:u ?z } WHERE { ?x a ex:D OPTIONAL { ?x ex:q ?y } OPTIONAL { ?y ex:p ?z } }",
    "minus": "CONSTRUCT { ?x ex:s ?y } WHERE { ?x ex:q ?y MINUS { ?x ex:p ?y } }",
}


def rule(name: str, body: str) -> Rule:
    return Rule(Path(f"{name}.rq"), {}, f"# a comment: CONSTRUCT {{\nPREFIX ex: <urn:ex:>\n\n{body}\n")


def graph(seed: int) -> Layers:
    chance = random.Random(seed)

    def term(name: str) -> ox.NamedNode:
        return ox.NamedNode(f"urn:ex:{name}")

    facts = {
        ox.Triple(term(f"n{chance.randrange(6)}"), term(chance.choice("pqr")), term(f"n{chance.randrange(6)}"))
        for _ in range(chance.randrange(12))
    }
    a = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    facts |= {ox.Triple(term(f"n{chance.randrange(6)}"), a, term(chance.choice("CDE"))) for _ in range(3)}
    facts |= {ox.Triple(term(chance.choice("pqC")), term("below"), term(chance.choice("rtE"))) for _ in range(2)}
    return {layer: facts if layer == "external" else set() for layer in LAYERS}


def run_again_and_again(layers: Layers, rules: list[Rule]) -> dict[ox.Triple, Rule]:
    """What `infer` is to find: in each round every rule is run over all."""
    store = ox.Store()
    store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in asserted(layers))
    found: dict[ox.Triple, Rule] = {}
    before = -1
    while before < len(found):
        before = len(found)
        for each in rules:
            answer = store.query(each.query)
            assert isinstance(answer, ox.QueryTriples)
            made = set(answer)
            found |= {t: each for t in made if ox.Quad(t.subject, t.predicate, t.object) not in store}
            store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in made)
    return found


@pytest.mark.parametrize("seed", range(25))
def test_what_is_new_adds_what_all_would_add_and_by_the_same_rule(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "SHARE", 0.001)
    rules = [rule(name, body) for name, body in (PLAIN | OTHER).items()]
    random.Random(seed).shuffle(rules)
    layers, rounds = graph(seed), list[str]()
    assert infer(layers, rules, rounds.append) == run_again_and_again(layers, rules)
    assert len(rounds) > 2


@pytest.mark.parametrize("name", PLAIN | OTHER)
def test_what_is_known_is_left_out(name: str) -> None:
    """A solution goes when all of its triples are known; the query of another form, or with blank nodes, stays."""
    query = rule(name, (PLAIN | OTHER)[name]).query
    assert (not_yet(query) == query) == (name in {"limit", "short"})


def test_a_rule_that_makes_a_blank_node_is_refused_even_where_its_triples_would_match() -> None:
    facts = {ox.Triple(ox.NamedNode("urn:ex:a"), ox.NamedNode("urn:ex:p"), ox.NamedNode("urn:ex:b"))}
    layers: Layers = {layer: facts if layer == "external" else set() for layer in LAYERS}
    for template in ("?x ex:p []", "?x ex:p _:b", "?x ex:p ?made"):
        made = rule("blank", f"CONSTRUCT {{ {template} }} WHERE {{ ?x ex:p ?y BIND(BNODE() AS ?made) }}")
        with pytest.raises(SourceError, match="makes a blank node"):
            infer(layers, [made])


@pytest.mark.parametrize("name", PLAIN)
def test_a_plain_body_has_a_query_for_each_pattern(name: str) -> None:
    queries = against_new(rule(name, PLAIN[name]).query, "urn:new")
    assert queries is not None
    assert all(query.count("GRAPH <urn:new>") == 1 for query in queries)
    assert len(queries) == {"list": 4, "any predicate": 2, "any class": 2, "union": 4, "groups": 2}.get(name, 1)


@pytest.mark.parametrize("name", OTHER)
def test_any_other_body_is_run_whole(name: str) -> None:
    assert against_new(rule(name, OTHER[name]).query, "urn:new") is None


def test_most_of_our_rules_are_plain() -> None:
    whole = [each.name for each in read_rules(Settings()) if against_new(each.query, "urn:new") is None]
    assert whole == ["former-unit", "year-bounds"]
