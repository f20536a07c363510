"""The tokeniser against the grammar of SPARQL, written down once more without regard to speed, and against the engine."""

import re
import time
from itertools import pairwise

import pyoxigraph as ox
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gob_graph.endpoint.engine.service_clause import reaches_out
from gob_graph.endpoint.engine.tokens import tokens, used_prefixes

BASE = (
    r"A-Za-z\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C-\u200D\u2070-\u218F\u2C00-\u2FEF"
    r"\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFFFD\U00010000-\U000EFFFF"
)
U = BASE + "_"
CHARS = U + r"\-0-9\u00B7\u0300-\u036F\u203F-\u2040"
PREFIX = f"[{BASE}](?:[{CHARS}.]*[{CHARS}])?"
PLX = r"(?:%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%])"
LOCAL = f"(?:[{U}:0-9]|{PLX})(?:(?:[{CHARS}.:]|{PLX})*(?:[{CHARS}:]|{PLX}))?"
TERMINALS = {
    "blank": r"[ \t\r\n]+|#[^\n\r]*",
    "iri": r"<(?:[^<>\"{}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*>",
    "string": r'"""(?:(?:"|"")?(?:[^"\\]|\\.))*"""'
    + "|'''(?:(?:'|'')?(?:[^'\\\\]|\\\\.))*'''"
    + r'|"(?:[^"\\\n\r]|\\.)*"'
    + r"|'(?:[^'\\\n\r]|\\.)*'",
    "variable": f"[?$][{U}0-9][{U}0-9\u00b7\u0300-\u036f\u203f-\u2040]*",
    "language": "@[a-zA-Z]+(?:-[a-zA-Z0-9]+)*(?:--[a-zA-Z]+)?",
    "label": f"_:[{U}0-9](?:[{CHARS}.]*[{CHARS}])?",
    "number": r"[0-9]+|[0-9]*\.[0-9]+|[0-9]+\.[0-9]*[eE][+-]?[0-9]+|\.[0-9]+[eE][+-]?[0-9]+|[0-9]+[eE][+-]?[0-9]+",
    "name": f"(?:{PREFIX})?:(?:{LOCAL})?",
    "word": f"[{U}][{U}0-9\u00b7\u0300-\u036f\u203f-\u2040]*",
}
GRAMMAR = {kind: re.compile(pattern, re.DOTALL) for kind, pattern in TERMINALS.items()}
MARKS = ("^^", "&&", "||", "!=", "<=", ">=")


def reference(text: str) -> list[tuple[str, str]]:
    """Maximal munch over the terminals, one ending after the other tried from the longest."""
    found, place = [], 0
    while place < len(text):
        for end in range(len(text), place, -1):
            kinds = [kind for kind, pattern in GRAMMAR.items() if pattern.fullmatch(text, place, end)]
            if kinds:
                found.append((kinds[0], text[place:end]))
                break
        else:
            end = place + (2 if text.startswith(MARKS, place) else 1)
            if text[place] in "\"'":
                end = re.compile(r"(?:[^\\\n\r]|\\.)*\\?", re.DOTALL).match(text, place + 1).end()  # type: ignore[union-attr]
                found.append(("unclosed", text[place:end]))
            else:
                found.append(("mark", text[place:end]))
        place = end
    return [(kind, part) for kind, part in found if kind != "blank"]


PIECES = [
    *[
        "a",
        "b.",
        ":",
        ".",
        "..",
        "-",
        "_",
        "e",
        "E",
        "1",
        "1.",
        ".5",
        "1e5",
        "1.e5",
        "1.5e-3",
        "2.e",
        "x:",
        ":x",
        "a:b",
        "a:",
        "a:.",
        "a:b.c",
        "a.b:c",
        "a-b:c",
        "a.:b",
        "a:%20",
        "a:%2",
        "%zz",
    ],
    *[
        r"a:\-",
        r"a:\.",
        r"\_",
        r"_:b",
        r"_:b.",
        r"_:1.c",
        r"_:",
        r"?x",
        r"?1",
        r"?",
        r"$y",
        r"@en",
        r"@en-GB",
        r"@en--ltr",
        r"@",
        r"true",
        r"FALSE.5",
        r"a:b·c",
        r"é",
        r"×",
        r"ª",
        r"‿",
        r"́",
        r"😀",
        r"_a.b",
    ],
    *[
        "<",
        ">",
        "<<",
        ">>",
        "<=",
        ">=",
        "!=",
        "&&",
        "||",
        "^^",
        "^",
        "<a>",
        "<urn:x#y>",
        "<\\u0041>",
        "<a<b>",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ",",
        ";",
        "*",
        "+",
        "/",
        "|",
        "!",
        "=",
    ],
    *("'", '"', "''", '""', "'''", '"""', "'a'", '"a#b"', "'''a'b'''", '"""a""b"""', "\\", "\\'", '\\"', "\\u0027"),
    *("#", "# c\n", "#\r", "\n", " ", "\t", "\r\n", "\f", "\u2028", "SELECT", "service", "SERVICE", "PREFIX", "a"),
]
GLUED = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
ALPHABET = st.text(alphabet="aeS1.:-_%20\\'\"<>#?@ \n·é😀{}", max_size=24)


@settings(max_examples=500, deadline=None)
@given(GLUED | ALPHABET)
@example("a:.SERVICE")
@example('"""a" \'\'\'b\' """')
@example("true.5e+3x:y")
@example('"\\"\\"\\"')
def test_every_text_is_tokenised_as_the_grammar_says(text: str) -> None:
    found = list(tokens(text))
    assert [(token.kind, token.text) for token in found] == reference(text)
    assert all(text[token.start : token.end] == token.text for token in found)
    words = [token for token in tokens(text, words_only=True) if token.kind in {"word", "name"} or token.text == "{"]
    assert words == [token for token in found if token.kind in {"word", "name"} or token.text == "{"]
    assert all(before.end <= after.start for before, after in pairwise(found))


EDGES = "AZaz\u00c0\u00d6\u00d8\u00f6\u02ff\u0370\u037d\u1fff\u200c\u2070\u218f\u2fef\u3001\ud7ff\uf900\ufffd\U00010000\U000effff"
FIRST = st.sampled_from(EDGES)
LETTER = st.sampled_from(EDGES + "_")
CHAR = st.sampled_from(EDGES + "_-0129\u00b7\u0300\u036f\u203f\u2040")
ESCAPED = st.sampled_from(["%00", "%fF", *("\\" + sign for sign in "_~.-!$&'()*+,;=/?#@%")])
DIGITS = st.text("0129", min_size=1, max_size=3)
EXPONENT = st.builds("{}{}{}".format, st.sampled_from("eE"), st.sampled_from(["", "+", "-"]), DIGITS)
INSIDE = st.lists(
    st.sampled_from(["a", "#", "<", "é", "\\'", '\\"', "\\\\", "\\u0041", " ", "\U0001f600"]), max_size=4
).map("".join)


def several(*parts: st.SearchStrategy[str], most: int = 4) -> st.SearchStrategy[str]:
    return st.lists(st.one_of(*parts), max_size=most).map("".join)


DOTTED = st.builds("{}{}".format, several(CHAR, st.just(".")), CHAR) | st.just("")
PREFIXES = st.builds("{}{}".format, FIRST, DOTTED)
LOCALS = st.builds(
    "{}{}{}".format,
    LETTER | st.sampled_from(":0") | ESCAPED,
    several(CHAR, ESCAPED, st.sampled_from(".:")),
    CHAR | ESCAPED | st.just(":"),
)
MADE = {
    "iri": st.builds("<{}>".format, st.text("aé:/#?=%;'", max_size=5)),
    "string": st.builds("{0}{1}{0}".format, st.sampled_from(["'", '"', "'''", '"""']), INSIDE),
    "variable": st.builds("{}{}{}".format, st.sampled_from("?$"), LETTER | st.just("0"), several(LETTER, DIGITS)),
    "language": st.sampled_from(["@en", "@zh-Hant-TW", "@ar--rtl", "@de-1996"]),
    "label": st.builds("_:{}{}".format, LETTER | st.just("7"), DOTTED),
    "number": DIGITS
    | st.builds("{}.{}".format, DIGITS | st.just(""), DIGITS)
    | st.builds("{}.{}{}".format, DIGITS, DIGITS | st.just(""), EXPONENT)
    | st.builds("{}{}".format, DIGITS, EXPONENT),
    "name": st.builds("{}:{}".format, PREFIXES | st.just(""), LOCALS | st.just("")),
    "word": st.builds("{}{}".format, LETTER, several(LETTER, DIGITS)),
}
TERMINAL = st.one_of(*(st.tuples(st.just(kind), made) for kind, made in MADE.items()))


@settings(max_examples=400, deadline=None)
@given(st.lists(TERMINAL, max_size=8), st.sampled_from(["\n", " \n", "\n# SERVICE '\"<\n"]))
def test_terminals_that_blanks_part_are_found_as_they_were_made(made: list[tuple[str, str]], blank: str) -> None:
    found = [(token.kind, token.text) for token in tokens(blank.join(text for _, text in made))]
    assert found == made


PROLOGUE = "PREFIX a: <urn:a> PREFIX : <urn:x> PREFIX s: <urn:s> PREFIX SERVICE: <urn:t> "
CLAUSES = ["SERVICE<urn:x>{}", "SERVICE SILENT ?x{}", "SERVICE#\n:{}", "SERVICEs:{}", "SERVICE:{}", "SERVICESILENTa:{}"]
BEFORE = [
    *("", "?s ?p ?o.", "?s ?p ?o", "?s ?p a:.", "?s ?p :.", "?s ?p a:", "?s ?p a:b.", "?s ?p a:b .", "?s ?p a:b ."),
    *("?s ?p 1.", "?s ?p 1", "?s ?p 1.0", "?s ?p 1e5", "?s ?p 1.e5.", "?s ?p -1", "?s ?p true", "?s ?p false."),
    *(
        "?s ?p _:b.",
        "?s ?p _:b .",
        "?s ?p 'x'@en.",
        "?s ?p 'x'@en-b",
        "?s ?p 'x'@en--ltr.",
        "?s ?p 'x'",
        "?s ?p '''x'''",
    ),
    *("?s ?p <urn:x>", "?s ?p ()", "?s ?p []", "?s ?p a:\\-.", "?s ?p a:\\- .", "?s ?p a:%20", "?s ?p '\\''", "# c\n"),
    *(
        "?s ?p ('''a')",
        '?s ?p ("""a")',
        "?s ?p 'a#b'",
        "?s ?p <a#b>",
        "{}",
        "FILTER(1<2)",
        "FILTER(1<2&&3>2).",
        "BIND(1 AS ?x)",
    ),
    *(
        "GRAPH SERVICE: {}",
        "?s SERVICE:x ?o.",
        "?s ?p SERVICE:.",
        "OPTIONAL {}",
        "?s ?p a:..",
        "?s ?p '\\u0027'",
        "?s ?p ?o-",
    ),
]


def parses(query: str) -> bool:
    try:
        ox.Store().query(query)
    except SyntaxError:
        return False
    except (RuntimeError, ValueError, OSError):
        return True
    return True


def test_what_the_engine_takes_for_a_service_clause_is_found() -> None:
    """It is one for the engine when the text is a query, and is none with another word in its place."""
    told = {True: 0, False: 0}
    for before in BEFORE:
        for clause in CLAUSES:
            for blank in ("", " "):
                query = f"{PROLOGUE}ASK {{ {before}{blank}{clause} }}"
                taken = parses(query) and not parses(query.replace(clause, clause.replace("SERVICE", "SERVIXE")))
                told[taken] += 1
                if taken:
                    assert reaches_out(query), query
    assert told[True] > 200
    assert told[False] > 20


@pytest.mark.parametrize(
    "innocent",
    [
        "PREFIX SERVICE: <urn:> ASK { GRAPH SERVICE:x { ?s a SERVICE:. } }",
        "PREFIX a: <urn:> ASK { ?s ?p a:b.SERVICE }",
        "ASK { ?s ?p _:b.SERVICE }",
        'ASK { ?s ?p \'x\'@en-SERVICE, """SERVICE <urn:x> {}""" } # SERVICE',
        "PREFIX services: <urn:> ASK { ?s ?p services:x }",
    ],
)
def test_a_name_is_no_clause(innocent: str) -> None:
    assert parses(innocent)
    assert not reaches_out(innocent)


def test_prefixes_are_told_from_what_looks_like_them() -> None:
    text = "PREFIX a: <urn:b:> prefix\n: <urn:c> SELECT (1 AS ?x) { ?s a:x :y; z:z 'q:q' <w:w> . _:b ?p 1 } # u:u"
    assert used_prefixes(tokens(text)) == (["a", "", "z"], ["a", ""])


GROWING = [
    "a.",
    "a-",
    '"\\"',
    "'''",
    '"""',
    "'''a\\'",
    "<",
    "<a",
    "_:a.",
    "a:.",
    "a:b.",
    "1.",
    "@a-",
    "\\",
    "#",
    "a.1e",
    "?",
    "'a",
]
GROWING += ["a:%2", "é·", '""', "\"'", "\"\"\"'''", "\\u0041", "_", ":", "a:", ".", "a..", "1e", "a:\\."]


@pytest.mark.parametrize("piece", GROWING)
def test_the_time_grows_with_the_length(piece: str) -> None:
    """Processor time of a text and of one eight times as long; a quadratic tokeniser takes sixty-four times as long."""

    def seconds(text: str, *, words_only: bool) -> float:
        times = []
        for _ in range(3):
            started = time.process_time()
            for _token in tokens(text, words_only=words_only):
                pass
            times.append(time.process_time() - started)
        return min(times)

    short = piece * (8_000 // len(piece))
    for words_only in (False, True):
        assert seconds(short * 8, words_only=words_only) < 24 * seconds(short, words_only=words_only) + 0.01
