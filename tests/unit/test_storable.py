"""What the store would give back otherwise is not published."""

from pathlib import Path

import pyoxigraph as ox
import pytest

from gob_graph.errors import SourceError
from gob_graph.pipeline import storable
from gob_graph.pipeline.storable import refuse_unstorable

XSD = "http://www.w3.org/2001/XMLSchema#"
NODE = ox.NamedNode("urn:ex:a")


def literals(*pairs: tuple[str, str]) -> list[ox.Triple]:
    return [ox.Triple(NODE, NODE, ox.Literal(text, datatype=ox.NamedNode(XSD + name))) for text, name in pairs]


def objects(triples: list[ox.Triple]) -> list[object]:
    return [t.object for t in triples]


KEPT = literals(("10", "integer"), ("2024-02-29", "date"), ("true", "boolean"), ("x", "integer"), ("1.5", "decimal"))
TEXTS = [ox.Triple(NODE, NODE, thing) for thing in (ox.Literal("0010"), ox.Literal("a", language="nl-BE"), NODE)]


@pytest.mark.parametrize("pair", [("0010", "integer"), ("1", "boolean"), ("1.50", "decimal"), ("+1", "integer")])
def test_a_form_that_the_store_rewrites_is_refused(pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storable, "BATCH", 2)
    refuse_unstorable(objects([*KEPT, *TEXTS]), Path("data"))
    with pytest.raises(SourceError, match=r"data: the store would rewrite .*XMLSchema#") as told:
        refuse_unstorable(objects([*KEPT, *TEXTS, *literals(pair)]), Path("data"))
    assert pair[1] in str(told.value)


def test_what_is_not_typed_comes_back_as_it_went_in() -> None:
    """The reason why these are not looked at."""
    store = ox.Store()
    given = {ox.Quad(t.subject, t.predicate, t.object) for t in TEXTS}
    given.add(ox.Quad(NODE, NODE, ox.Literal("é\n\x7f", language="zh-hans-cn")))
    store.extend(given)
    assert set(store) == given
