"""What a syntax error says in four languages: every sentence of the engine is one of the patterns."""

import pytest
from flask import Flask, g

from gob_graph.endpoint.engine.syntax_error import explain
from gob_graph.endpoint.web.pages import syntax_words
from gob_graph.vocab import LANGUAGES

KNOWN = {"skos": "http://www.w3.org/2004/02/skos/core#"}
FAULTS = {
    "SELECT * { ?s skos:prefLabel ?o }": "PREFIX skos: <http://www.w3.org/2004/02/skos/core#>",
    "SELECT * { ?s nix:prefLabel ?o }": "PREFIX nix: <",
    "SELECT * { ?s ?p 'a }": "column 18",
    "SELECT * { ?s <http://a b> ?o }": ">",
    "SELECT * { ?s ?p TRUE }": "true",
    "SELCT * { ?s ?p ?o }": "SELECT",
    "SELECT * { ?s ?p ?o } }": "}",
    "SELECT * { ?s ?p ?o": "}",
}
"""A query with a fault, and what its message must keep in every language."""


@pytest.mark.parametrize("query", FAULTS)
def test_each_message_is_told_in_each_language(query: str) -> None:
    detail = explain("", query, "http://example.org/", KNOWN)["detail"]
    seen = set()
    for language in LANGUAGES:
        with Flask("made-up").app_context():
            g.language = language
            text = syntax_words.told(detail)
        assert text is not None, detail
        if language == "en":
            assert text == detail
        kept = FAULTS[query]
        assert kept in text or kept.startswith("column")
        assert "%(" not in text
        seen.add(text)
    assert len(seen) == len(LANGUAGES)


def test_what_we_did_not_write_is_left_alone() -> None:
    with Flask("made-up").app_context():
        g.language = "fr"
        assert syntax_words.told("evaluation error: 12") is None
