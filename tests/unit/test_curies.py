"""The one maker of compact IRIs."""

import pytest

from gob_graph.curies import compact, expand

PREFIXES = {"e": "https://e.org/", "ep": "https://e.org/p/", "h": "https://e.org/p#"}


@pytest.mark.parametrize(
    ("iri", "short"),
    [
        ("https://e.org/a", "e:a"),
        ("https://e.org/p/a", "ep:a"),  # the longest namespace
        ("https://e.org/p#a-b.c_1", "h:a-b.c_1"),
        ("https://e.org/1", "e:1"),
        ("https://e.org/", None),  # no local name
        ("https://e.org/q/a", None),  # no namespace of its own
        ("https://e.org/a.", None),  # no local name ends with a dot
        ("https://e.org/a%20b", None),  # readers differ on what needs an escape
        ("https://e.org/é", None),
        ("urn:a", None),
    ],
)
def test_what_has_a_short_form(iri: str, short: str | None) -> None:
    assert compact(iri, PREFIXES) == short
    if short:
        assert expand(short, PREFIXES) == iri


@pytest.mark.parametrize("name", ["nothing", "x:a", "https://e.org/a"])
def test_what_stands_for_nothing(name: str) -> None:
    assert expand(name, PREFIXES) is None
