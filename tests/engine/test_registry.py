"""The registry that the benchmark generates is one that our shapes accept."""

from benchmarks.registry import registry
from gob_graph.pipeline import validation
from gob_graph.pipeline.assembled import Assembled
from gob_graph.pipeline.shape_files import read_shapes
from gob_graph.settings import Settings


def test_the_same_seed_gives_the_same_registry_of_the_size_asked(settings: Settings) -> None:
    first, again, other = (list(registry(5_000, settings.base_iri, settings.ontology_base, seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert 5_000 <= len(first) < 5_500
    assert len(set(first)) == len(first)


def test_a_generated_registry_beside_the_real_graph_conforms(assembled: Assembled, settings: Settings) -> None:
    made = set(registry(2_000, settings.base_iri, settings.ontology_base))
    report = validation.validate({*assembled.triples, *made}, read_shapes(settings).all, engine="turbo")
    assert report.passes_gate, report.violations().text()
    assert report.text()
