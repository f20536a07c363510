"""What the editor offers while one types: prefixes, classes with their counts, properties and things, by label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gob_graph.endpoint.web.page_index.prepare import page_index
from gob_graph.endpoint.web.pages.labels import labels
from gob_graph.vocab import RDF, RDFS

if TYPE_CHECKING:
    from gob_graph.endpoint.engine.engine import Engine

MOST: Final = 5000
"""Things with a class up to which they are offered; of more, none is, and `left_out` says how many."""
TERMS: Final = frozenset({RDF.Property.value, RDFS.Class.value})


def completions(engine: Engine, language: str) -> dict[str, Any]:
    """For the editor: ``prefixes`` (name, namespace), lists of (compact IRI, label, count or kind), and ``left_out``.

    What has no compact IRI is left out, for it cannot be written shortly; a label is empty where nothing gives one.

    Raises:
        RequestError: ``not-prepared``.
    """
    known = labels(engine)

    def named(iri: str) -> tuple[str, str] | None:
        short = known.compact(iri)
        return (short, known.of(iri, language).text if known.known(iri) else "") if short != iri else None

    index = page_index(engine.release)
    counts, uses = index.classes, index.used()
    # What has a name and stands for itself; evidence has none. Of several kinds the rarest says most.
    total = sum(one.things for one in index.signatures.values())
    kind = {
        thing: min(one.types, key=lambda iri: (not known.known(iri), counts[iri], iri))
        for thing, one in (index.named() if total <= MOST else ())
        if TERMS.isdisjoint(one.types)
    }
    return {
        "prefixes": dict(sorted(engine.release.manifest["prefixes"].items())),
        "classes": sorted([*name, counts[iri]] for iri in counts if (name := named(iri))),
        "properties": sorted([*name, uses[iri]] for iri in uses if (name := named(iri))),
        "things": sorted([*name, known.of(kind[iri], language).text] for iri in kind if (name := named(iri))),
        "left_out": 0 if total <= MOST else total,
    }
