"""What follows from the facts: each rule of ontology/rules is run again until none adds anything.

Each is run whole once, and then held against what came since (`rule_bodies`), which adds the same.

A rule is a CONSTRUCT query whose comments ``# sentence@nl: …`` say what follows from what, in four languages.
All that it adds goes to the layer `inferred`; a triple that is stated stays in its own layer only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.errors import SourceError
from gob_graph.pipeline.files import read_text
from gob_graph.pipeline.rule_bodies import against_new, not_yet
from gob_graph.pipeline.sources import asserted, rebase
from gob_graph.vocab import ASSERTED, LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from gob_graph.pipeline.sources import Layers
    from gob_graph.settings import Settings

_SENTENCE = re.compile(r"(?m)^# sentence@(\w\w): (\S.*)$")
MAX_ROUNDS = 50
"""A fixpoint that is not reached by then is a rule that makes new terms for ever."""

NEW = ox.NamedNode("urn:gob-graph:new")
"""While the rules run: the graph of what came since a rule was last run."""
SHARE = 50
"""What came is held against a rule when it is at most one part of so many of the graph; else the rule is run again."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One CONSTRUCT query and, by language, the sentence that explains it."""

    path: Path
    sentences: Mapping[str, str]
    query: str

    @property
    def name(self) -> str:
        """The file's stem: the last part of the rule's IRI."""
        return self.path.stem


def read_rules(settings: Settings) -> list[Rule]:
    """The rules, in the order of their names.

    Raises:
        SourceError: a rule lacks a sentence, or is no CONSTRUCT query without blank nodes.
    """
    rules = []
    for path in sorted((settings.ontology_dir / "rules").glob("*.rq")):
        text = read_text(path)
        sentences = dict(_SENTENCE.findall(text))
        missing = next((language for language in LANGUAGES if language not in sentences), None)
        if missing:
            raise SourceError(path, f"must say what follows from what in a comment '# sentence@{missing}: …'", 1)
        rules.append(Rule(path, sentences, rebase(settings).query(text)))
    return rules


def infer(layers: Layers, rules: list[Rule], told: Callable[[str], None] = lambda _: None) -> dict[ox.Triple, Rule]:
    """Every triple that follows and is not stated, with the rule that gave it first.

    Raises:
        SourceError: a rule is not valid SPARQL, is no CONSTRUCT, makes a blank node, or never comes to an end.
    """
    store = ox.Store()
    store.bulk_extend(ox.Quad(t.subject, t.predicate, t.object) for t in asserted(layers))
    few = sum(len(layers[layer]) for layer in ASSERTED) // SHARE
    found: dict[ox.Triple, Rule] = {}
    seen = [0] * len(rules)
    for turn in range(MAX_ROUNDS):
        before = len(found)
        for number, rule in enumerate(rules):
            new = list(islice(found, seen[number], None)) if turn else None
            seen[number] = len(found)
            queries = _queries(store, rule, new, few)
            found.update(dict.fromkeys(_fresh(store, rule, queries), rule))
        told(f"round {turn + 1}: {len(found) - before} new")
        if len(found) == before:
            return found
    raise SourceError(rules[0].path.parent, f"the rules came to no end in {MAX_ROUNDS} rounds")


def _queries(store: ox.Store, rule: Rule, new: list[ox.Triple] | None, few: int) -> tuple[str, ...]:
    """What to ask so that all that the rule adds is among the answers.

    `new` is what came to the store since the rule was last run, None when it never was.
    """
    if new is None:
        return (not_yet(rule.query),)
    if not new:
        return ()
    queries = against_new(rule.query, NEW.value) if len(new) <= few else None
    if queries is None:
        return (not_yet(rule.query),)
    store.clear_graph(NEW)
    store.extend(ox.Quad(t.subject, t.predicate, t.object, NEW) for t in new)
    return queries


def _fresh(store: ox.Store, rule: Rule, queries: tuple[str, ...]) -> set[ox.Triple]:
    """What a rule adds to a store, which it is added to."""
    answers = (_run(store, rule, query) for query in queries)
    fresh = {t for answer in answers for t in answer if ox.Quad(t.subject, t.predicate, t.object) not in store}
    store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in fresh)
    return fresh


def _run(store: ox.Store, rule: Rule, query: str) -> Iterator[ox.Triple]:
    try:
        answer = store.query(query)
    except SyntaxError as error:
        raise SourceError(rule.path, str(error)) from error
    if not isinstance(answer, ox.QueryTriples):
        raise SourceError(rule.path, "must be a CONSTRUCT query")
    for triple in answer:
        if isinstance(triple.subject, ox.BlankNode) or isinstance(triple.object, ox.BlankNode):
            raise SourceError(rule.path, "makes a blank node; a release has none")
        yield triple
