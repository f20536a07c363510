"""Queries and requests made by chance, the same ones for the same seed: small queries of a grammar, and mutations.

They are cheap when they are right: every pattern hangs on a term of the graph or on the one before it.
"""

import random
import re
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox

TOKEN = re.compile(r"""<[^<>\s]*>|"(?:[^"\\]|\\.)*"|[?$]\w+|[\w-]*:[\w.-]*\w|\w+|\s+|.""", re.DOTALL)
CHARACTERS = "{}()[]<>\"'\\#?$:;.,|^/*+!=&@_-~%\n\r\t 09aZé€😀\u200b\u202e\ufeff\x01"
SPARE = """
SELECT ASK CONSTRUCT DESCRIBE WHERE OPTIONAL FILTER UNION MINUS GRAPH BIND VALUES UNDEF GROUP BY HAVING ORDER ASC DESC
LIMIT OFFSET DISTINCT REDUCED AS EXISTS NOT IN COUNT SUM MIN MAX AVG STR LANG DATATYPE BOUND IF COALESCE FROM NAMED BASE
PREFIX VERSION a true false 1 -1.5 1e3 'x' "y"@nl <urn:x> ?s ?p ?o ?v0 ?v1 _:b [] () { } ( ) . ; , * + / ^ | ! = != < >
&& || << >> <<( )>> {| |} INSERT DELETE CLEAR
"""
WORDS = SPARE.split()


class Generator:
    """Makes queries over the terms of a graph."""

    def __init__(self, store: ox.Store, folder: Path, seed: int) -> None:
        self.random = random.Random(seed)
        triples = sorted({q.triple for q in store}, key=str)
        self.triples = self.random.sample(triples, 400)
        self.predicates = sorted({str(t.predicate) for t in self.triples})
        self.classes = sorted({str(t.object) for t in triples if str(t.predicate).endswith("#type>")})
        self.graphs = sorted({str(q.graph_name) for q in store if isinstance(q.graph_name, ox.NamedNode)})
        texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.rq"))]
        # The reference would really ask the other service.
        self.questions = [text for text in texts if "SERVICE <" not in text]

    def queries(self, count: int) -> Iterator[str]:
        """So many: half of the grammar, a third of it mutated, the rest mutations of the questions of the release."""
        for _ in range(count):
            kind = self.random.random()
            if kind < 0.5:
                yield self.query()
            elif kind < 0.88:
                yield self.mutated(self.query())
            else:
                yield self.mutated(self.random.choice(self.questions))

    def query(self) -> str:
        """One that parses."""
        body = self.group()
        names = sorted(set(re.findall(r"\?v\d", body))) or ["?v0"]
        form = self.random.random()
        if form < 0.15:
            return f"ASK {self.dataset()} {body}"
        if form < 0.3:
            return f"CONSTRUCT {{ {names[0]} <urn:p> {names[-1]} }} {self.dataset()} WHERE {body}"
        if form < 0.36:
            return f"DESCRIBE {names[0]} {self.dataset()} WHERE {body}"
        if form < 0.5:
            function = self.random.choice(("COUNT(*)", "COUNT(DISTINCT {0})", "MIN({0})", "MAX({0})")).format(names[-1])
            having = self.random.choice(("", " HAVING (COUNT(*) > 1)"))
            return f"SELECT {names[0]} ({function} AS ?n) {self.dataset()} WHERE {body} GROUP BY {names[0]}{having}"
        chosen = self.random.choice(("*", " ".join(names), names[-1]))
        end = self.random.choice(
            ("", "", f" ORDER BY {names[0]}", f" ORDER BY DESC({names[-1]})", " LIMIT 5", " OFFSET 2")
        )
        distinct = self.random.choice(("", "", "DISTINCT "))
        return f"SELECT {distinct}{chosen} {self.dataset()} WHERE {body}{end}"

    def dataset(self) -> str:
        kind = self.random.random()
        if kind < 0.85:
            return ""
        return f"{self.random.choice(('FROM', 'FROM NAMED'))} {self.random.choice(self.graphs)}"

    def group(self, depth: int = 0) -> str:
        parts = [self.pattern(0)]
        for number in range(self.random.randrange(3)):
            parts.append(self.element(number, depth))
        return "{ " + " ".join(parts) + " }"

    def pattern(self, number: int) -> str:
        """A triple pattern around ?v<number>, with the next variable at its other end."""
        triple = self.random.choice(self.triples)
        here, there = f"?v{number}", f"?v{number + 1}"
        return self.random.choice(
            (
                f"{triple.subject} {triple.predicate} {there} .",
                f"{here} {triple.predicate} {triple.object} .",
                f"{here} a {self.random.choice(self.classes)} .",
                f"{here} a {self.random.choice(self.classes)} ; {self.path()} {there} .",
                f"{triple.subject} {self.path()} {there} .",
            )
        )

    def path(self) -> str:
        first, second = (self.random.choice(self.predicates) for _ in range(2))
        return self.random.choice(
            (first, first, f"{first}/{second}", f"{first}|{second}", f"^{first}", f"{first}*", f"{first}?")
        )

    def element(self, number: int, depth: int) -> str:
        here, there = f"?v{number}", f"?v{number + 1}"
        triple = self.random.choice(self.triples)
        choices = [
            f"OPTIONAL {{ {here} {self.path()} {there} }}",
            f"FILTER({self.condition(here)})",
            f"BIND(STR({here}) AS ?v{number + 5})",
            f"VALUES {here} {{ {triple.subject} {triple.object} UNDEF }}",
            f"MINUS {{ {here} {triple.predicate} {triple.object} }}",
            f"FILTER {self.random.choice(('', 'NOT '))}EXISTS {{ {here} {triple.predicate} ?x }}",
            f"{{ {here} {triple.predicate} {there} }} UNION {{ {here} a {self.random.choice(self.classes)} }}",
            f"GRAPH {self.random.choice(('?g', *self.graphs))} {{ {triple.subject} ?q {there} }}",
        ]
        if not depth:
            choices.append(f"{{ SELECT DISTINCT {here} WHERE {self.group(1)} }}")
        return self.random.choice(choices)

    def condition(self, name: str) -> str:
        other = self.random.choice(self.triples)
        return self.random.choice(
            (
                f"isIRI({name})",
                f"LANG({name}) = 'nl'",
                f"STRSTARTS(STR({name}), 'https')",
                f"REGEX(STR({name}), 'a.*e', 'i')",
                f"{name} = {other.object}",
                f"{name} < {other.object} || !BOUND({name})",
                f"STRLEN(STR({name})) > 20 && isLiteral({name})",
                f"{name} IN ({other.subject}, {other.object})",
                f"COALESCE(1 / STRLEN(STR({name})), 0) >= 0.01",
            )
        )

    def mutated(self, query: str) -> str:
        """The same with one to three faults, or harmless changes: of tokens, or of characters."""
        for _ in range(self.random.choice((1, 1, 2, 3))):
            change = self._token_changed if self.random.random() < 0.7 else self._character_changed
            query = change(query)
        return query

    def _token_changed(self, query: str) -> str:
        tokens = TOKEN.findall(query) or [" "]
        place, other = (self.random.randrange(len(tokens)) for _ in range(2))
        match self.random.randrange(7):
            case 0:
                del tokens[place]
            case 1:
                tokens.insert(place, f" {self.random.choice(WORDS)} ")
            case 2:
                tokens[place] = self.random.choice(WORDS)
            case 3:
                tokens[place], tokens[other] = tokens[other], tokens[place]
            case 4:
                tokens[place] = tokens[place].swapcase()
            case 5:
                tokens.insert(place, self.random.choice((" ", "\n", "\t", "# comment\n", "\r\n")))
            case _:
                tokens = tokens[:place]
        return "".join(tokens)

    def _character_changed(self, query: str) -> str:
        place = self.random.randrange(len(query) + 1)
        match self.random.randrange(3):
            case 0:
                return query[:place] + query[place + 1 :]
            case 1:
                return query[:place] + self.random.choice(CHARACTERS) + query[place:]
            case _:
                return query[:place] + self.random.choice(CHARACTERS) + query[place + 1 :]

    def header(self) -> tuple[str, str]:
        """A header of a request, sensible or not."""
        name = self.random.choice(
            ("Accept", "Accept-Language", "Accept-Encoding", "Content-Type", "If-None-Match", "Range", "Cookie",
             "X-Forwarded-For", "Content-Encoding", "Origin", "Accept-Datetime", "Forwarded", "If-Modified-Since")
        )  # fmt: skip
        pieces = ("*/*", "text/html", "text/csv", "application/sparql-results+json", ";q=0.5", ";q=x", ";q=-1", ",", ";",
                  "nl", "fr-BE", "gzip", "br", "identity;q=0", '"abc"', "W/", "bytes=0-5", "bytes=9-1", "charset=latin1",
                  "application/x-www-form-urlencoded", "application/sparql-query", "a" * 300, "::1", "198.51.100.1", "é",
                  "\x7f", "\t", "=", "*")  # fmt: skip
        return name, "".join(self.random.choice(pieces) for _ in range(self.random.randrange(5)))

    def query_string(self) -> str:
        """A query string, sensible or not."""
        names = (
            "query",
            "query",
            "format",
            "output",
            "default-graph-uri",
            "named-graph-uri",
            "update",
            "Query",
            "q",
            "",
        )
        pairs = []
        for _ in range(self.random.choice((1, 1, 2, 3))):
            name = self.random.choice(names)
            value = self.random.choice(
                (self.query(), "ASK {}", "csv", "xml", "docx", "urn:g", "http://a b", "", "%", "%zz")
            )
            quoted = self.random.choice((urllib.parse.quote, urllib.parse.quote_plus, _bare))(value)
            pairs.append(f"{name}{self.random.choice(('=', '=', '=', '', '=='))}{quoted}")
        return self.random.choice(("&", "&", "&", ";", "&&")).join(pairs)

    def spoiled(self, request: bytes) -> bytes:
        """The bytes of a request with some of them changed, doubled or left out."""
        changed = bytearray(request)
        for _ in range(self.random.choice((1, 2, 4))):
            place = self.random.randrange(len(changed))
            match self.random.randrange(4):
                case 0:
                    del changed[place]
                case 1:
                    changed[place] = self.random.randrange(256)
                case 2:
                    changed[place:place] = self.random.choice(
                        (b"\r\n", b"\0", b" ", b"%", b":", b"\xff", b"Host: a\r\n")
                    )
                case _:
                    end = min(len(changed), place + self.random.randrange(1, 20))
                    changed[place:place] = changed[place:end]
        return bytes(changed)


def _bare(value: str) -> str:
    return re.sub(r"[^!-~]", "+", value)
