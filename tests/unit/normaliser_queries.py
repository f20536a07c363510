"""Queries made by chance for the normaliser, each with the form that SPARQL 1.1 section 18.2.2.4 gives its paths.

Few names stand in many scopes, so that the conditions of the laws are met and missed alike. The translation of paths is
a second one, written apart from the normaliser's.

    python -m tests.unit.normaliser_queries 20000 [seed [spelled]]
"""

import itertools
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pyoxigraph as ox

from gob_graph.endpoint.engine.normaliser.normaliser import Normaliser
from gob_graph.endpoint.engine.normaliser.terms import FEW

PREFIX = "PREFIX : <http://e.example/> "
GRAPH = """
@prefix : <http://e.example/> .
:a :p :b , :c ; :q :b , :d ; :r "x" , "x"@nl , 1 ; a :K .
:b :p :c ; :q :c , :a ; :r "y" ; a :K , :L .
:c :p :d , :d ; :q :d ; :r "x" ; a :L .
:d :p :e ; :q :a ; :r 1.0 ; a :M .
:e :q :e ; :r :a .
"""
_NAME = re.compile(r"(?<![\w<]):(\w+)")
NAMES = ("?a", "?b", "?c", "?d", "$a")
NODES = (":a", ":b", ":c", ":d", ":e", ":nowhere", "<http://e.example/a>")
LINKS = (":p", ":q", ":r", "a", ":p", ":q")
CLASSES = (":K", ":L", ":M")


class Pair(NamedTuple):
    """The same piece of a query: as it is asked, and with its paths translated."""

    asked: str
    standard: str


def same(text: str) -> Pair:
    return Pair(text, text)


class Maker:
    """Makes pairs of queries."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.numbers = itertools.count()

    def one(self, *choices: Any) -> Any:
        return self.random.choice(choices)

    def query(self) -> Pair:
        body = self.group(0)
        kind = self.random.random()
        tail = self.one("", "", "", " ORDER BY ?a", " VALUES ?a { :a :b }") if kind < 0.8 else ""
        if kind < 0.25:
            head = "SELECT *"
        elif kind < 0.6:
            head = "SELECT " + self.one("", "", "DISTINCT ") + " ".join(self.random.sample(NAMES[:4], 2))
        elif kind < 0.7:
            head = "SELECT (COUNT(*) AS ?n)"
            tail = ""
        elif kind < 0.8:
            head, tail = "SELECT ?a (COUNT(?b) AS ?n)", " GROUP BY ?a HAVING (COUNT(*) > 0)"
        elif kind < 0.9:
            head = "ASK"
        else:
            head = "CONSTRUCT { ?a :made ?b }"
        where = self.one(" ", " WHERE ")
        return Pair(*(f"{PREFIX}{head}{where}{text}{tail}" for text in body))

    def group(self, depth: int) -> Pair:
        parts = [self.block(), *(self.element(depth) for _ in range(self.one(0, 1, 1, 2, 2, 3)))]
        if self.random.random() < 0.2:
            self.random.shuffle(parts)
        return Pair(*("{ " + " ".join(texts) + " }" for texts in zip(*parts, strict=True)))

    def name(self) -> str:
        return self.one(*NAMES[:3], *NAMES)

    def node(self) -> str:
        return self.one(*NODES)

    def block(self) -> Pair:
        return Pair(*map(" ".join, zip(*(self.pattern() for _ in range(self.one(1, 1, 2))), strict=True)))

    def pattern(self) -> Pair:
        kind = self.random.random()
        if kind < 0.08:
            return same(f"{self.name()} a {self.one(*CLASSES)} .")
        if kind < 0.12:
            return same(f"[ :p {self.name()} ] :q {self.name()} .")
        if kind < 0.16:
            return same(f"{self.name()} ?f {self.node()} .")
        if kind < 0.3:
            return same(f"{self.name()} :p {self.name()} ; :q {self.node()} , {self.name()} .")
        path = self.path(0)
        ends = self.one((self.name(), self.node()), (self.node(), self.name()), (self.name(), self.name()))
        ends = self.one(ends, ends, ends, (self.node(), self.node()))
        return Pair(f"{ends[0]} {written(path)} {ends[1]} .", self.translated(ends[0], path, ends[1]))

    def path(self, depth: int) -> Any:
        kind = self.random.random()
        if depth > 2 or kind < 0.3:
            return self.one(*LINKS)
        if kind < 0.42:
            return ("^", self.path(depth + 1))
        if kind < 0.6:
            return ("/", self.path(depth + 1), self.path(depth + 1))
        if kind < 0.75:
            return ("|", self.path(depth + 1), self.path(depth + 1))
        if kind < 0.92:
            return (self.one("*", "+", "?"), self.path(depth + 1))
        return ("!", self.one((":p",), (":p", "a"), (":q", "^:p"), ("^:r",)))

    def translated(self, start: str, path: Any, end: str) -> str:
        """The patterns of a path, as the section puts them."""
        if isinstance(path, str):
            return f"{start} {path} {end} ."
        match path[0]:
            case "^":
                return self.translated(end, path[1], start)
            case "/":
                middle = f"?m{next(self.numbers)}"
                return self.translated(start, path[1], middle) + " " + self.translated(middle, path[2], end)
            case "|":
                return " UNION ".join("{ " + self.translated(start, part, end) + " }" for part in path[1:])
            case "!":
                forward = [link for link in path[1] if link[0] != "^"]
                backward = [link[1:] for link in path[1] if link[0] == "^"]
                parts = [self.outside(start, forward, end)] * bool(forward)
                parts += [self.outside(end, backward, start)] * bool(backward)
                return " UNION ".join("{ " + part + " }" for part in parts)
            case _:
                return f"{start} {written(path)} {end} ."

    def outside(self, start: str, links: list[str], end: str) -> str:
        name = f"?m{next(self.numbers)}"
        kept = " && ".join(f"{name} != {'rdf:type' if link == 'a' else link}" for link in links)
        kept = kept.replace("rdf:type", "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>")
        return f"{start} {name} {end} . FILTER({kept})"

    def element(self, depth: int) -> Pair:
        """An element of a group that is no triple pattern; one in three holds a group."""
        kind = self.random.random()
        if kind < 0.06 and not depth:
            return same("FILTER EXISTS { " + f"{self.name()} :r " + self.one("'x'", ":a", self.name()) + " }")
        if kind < 0.3:
            return same(f"FILTER({self.condition()})")
        if kind < 0.36:
            return same(self.one("BIND(:a AS ?e)", "BIND(STR(?a) AS ?e)", f"BIND({self.node()} AS ?d)"))
        if kind < 0.44:
            return same(self.one("VALUES ?a { :a :b }", "VALUES (?a ?b) { (:a UNDEF) (:b :c) }", "VALUES ?c { :d :d }"))
        if kind < 0.54 or depth > 1:
            return self.block()
        return self.with_group(kind, depth)

    def with_group(self, kind: float, depth: int) -> Pair:
        inner = self.group(depth + 1)
        if kind < 0.7:
            return Pair(*(f"OPTIONAL {text}" for text in inner))
        if kind < 0.76:
            return Pair(*(f"MINUS {text}" for text in inner))
        if kind < 0.8:
            return same(f"FILTER {self.one('', 'NOT ')}EXISTS {inner.asked}")
        if kind < 0.86:
            other = self.group(depth + 1)
            return Pair(*(" UNION ".join(texts) for texts in zip(inner, other, strict=True)))
        if kind < 0.9:
            graph = self.one("?g", ":one", ":two")
            return Pair(*(f"GRAPH {graph} {text}" for text in inner))
        if kind < 0.94:
            return inner
        head = self.one("*", "?a", "DISTINCT ?a ?b", "?a (COUNT(?b) AS ?k)", "(MAX(?a) AS ?c)", "?b")
        tail = " GROUP BY ?a" if "COUNT" in head else ""
        return Pair(*(f"{{ SELECT {head} WHERE {text}{tail} }}" for text in inner))

    def condition(self) -> str:
        name, node, other = self.name(), self.node(), self.node()
        basic = self.one(
            f"{name} = {node}",
            f"{node} = {name}",
            f"sameTerm({name}, {node})",
            f"{name} IN ({node}, {other})",
            f"{name} = {node} || {name} = {other}",
            f"{name} != {node}",
            f"!BOUND({name})",
            f"{name} = ?e",
            f"!({name} = {node})",
            f"{name} = 1",
        )
        return self.one(basic, basic, f"({basic}) && {self.name()} = {self.node()}", f"{basic} || BOUND({name})")


def written(path: Any) -> str:
    if isinstance(path, str):
        return path
    if path[0] == "!":
        return "!(" + "|".join(path[1]) + ")"
    parts = [written(part) if isinstance(part, str) else f"({written(part)})" for part in path[1:]]
    return "^" + parts[0] if path[0] == "^" else parts[0] + path[0] if path[0] in "*+?" else path[0].join(parts)


def store() -> ox.Store:
    """Every triple in the default graph, and most in one of two named graphs."""
    made = ox.Store()
    made.load(GRAPH, format=ox.RdfFormat.TURTLE)
    for number, quad in enumerate(sorted(made, key=str)):
        if number % 5:
            graph = ox.NamedNode("http://e.example/" + ("one" if number % 2 else "two"))
            made.add(ox.Quad(quad.subject, quad.predicate, quad.object, graph))
    return made


def answer(data: ox.Store, query: str) -> Any:
    """The bag of the rows of an answer, its columns first; or the graph, or the truth."""
    found = data.query(query)
    if isinstance(found, ox.QueryBoolean):
        return bool(found)
    if isinstance(found, ox.QueryTriples):
        return {str(triple) for triple in found}
    names = [variable.value for variable in found.variables]
    shown = [name for name in names if not name.startswith("m")]
    rows = Counter(tuple(str(row[name]) for name in shown) for row in found)
    return sorted(shown), Counter({tuple(v for _, v in sorted(zip(shown, r, strict=True))): n for r, n in rows.items()})


class Outcome(NamedTuple):
    """One comparison: the query, what became of it, whether the engine alone departs, whether the answer is right."""

    asked: str
    normal: str
    mended: bool
    right: bool
    rows: bool

    @property
    def wrong(self) -> bool:
        """Whether a rewriting is the reason; `SELECT *` without a variable stays as the engine answers it."""
        return not self.right and (self.normal != self.asked or not self.mended)


def spelled(query: str) -> str:
    """The query with IRIs for prefixed names, so that many queries have one shape."""
    return _NAME.sub(r"<http://e.example/\1>", query)


def outcomes(count: int, seed: int, spell: Callable[[str], str] = str) -> Iterator[Outcome]:
    """So many comparisons with queries that the engine accepts, in another spelling."""
    maker, data = Maker(seed), store()
    # As if :r alone had few matches, so that groups with it are left alone, and EXISTS with it is not.
    normaliser = Normaliser(lambda pattern: 0 if str(pattern[1]) == "<http://e.example/r>" else FEW)
    done = 0
    while done < count:
        pair = Pair(*map(spell, maker.query()))
        try:
            expected = answer(data, pair.standard)
            alone = answer(data, pair.asked)
        except SyntaxError:
            continue
        normal = normaliser.form(pair.asked, "http://e.example/").text
        found = answer(data, normal)
        done += 1
        rows = found[1] if isinstance(found, tuple) else found
        yield Outcome(pair.asked, normal, alone != expected, found == expected, bool(rows))


def main() -> None:
    """Arguments: how many, a seed, and whether names are spelled as IRIs."""
    count, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    seen: Counter[str] = Counter()
    began = time.monotonic()
    for outcome in outcomes(count, seed, spelled if len(sys.argv) > 3 else str):
        seen["rewritten"] += outcome.normal != outcome.asked
        seen["with rows"] += outcome.rows
        seen["engine alone departs"] += outcome.mended
        seen["still departs"] += outcome.mended and not outcome.right and outcome.normal == outcome.asked
        if outcome.wrong:
            seen["WRONG"] += 1
            sys.stdout.write(f"{outcome.asked}\n{outcome.normal}\n\n")
    sys.stdout.write(f"{count} queries, {time.monotonic() - began:.0f} s: {dict(seen)}\n")
    sys.exit(bool(seen["WRONG"]))


if __name__ == "__main__":
    main()
