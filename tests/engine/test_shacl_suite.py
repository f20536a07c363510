"""W3C's SHACL suite by file pairs through `gob-graph validate`: report, sh:conforms and exit code of every case."""

import pytest

from gob_graph.vocab import SH
from tests.parts import needs
from tests.shacl_suite import SUITE, cases, identical, rows, validated

ROWS = rows()
IDENTICAL = 120


def test_the_list_has_every_case_of_the_suite_with_the_outcome_that_it_expects() -> None:
    needs(SUITE)
    assert ROWS.keys() == cases().keys()
    for name, case in cases().items():
        row = ROWS[name]
        if case.expected is None:
            assert (row.exit_code, row.results) == (2, 0), name
        elif not row.deviation:
            results = sum(t.predicate == SH.result for t in case.expected)
            assert (row.exit_code, row.results) == (min(results, 1), results), name
    assert sum(not row.deviation for row in ROWS.values()) == IDENTICAL


@pytest.mark.parametrize("name", ROWS)
def test_case(name: str) -> None:
    needs(SUITE)
    case, row = cases()[name], ROWS[name]
    code, given = validated(case)
    assert code == row.exit_code
    assert sum(t.predicate == SH.result for t in given) == row.results
    if row.exit_code == 2:
        assert not given
        return
    assert case.expected is not None
    assert identical(case.expected, given) == (not row.deviation)
    (conforms,) = (t.object.value for t in given if t.predicate == SH.conforms)  # type: ignore[union-attr]
    assert conforms == ("false" if row.results else "true")


def test_a_report_with_another_focus_node_is_not_identical() -> None:
    needs(SUITE)
    case = cases()["core/property/class-001"]
    assert case.expected
    other = [t for t in case.expected if t.predicate != SH.focusNode]
    assert identical(case.expected, list(case.expected))
    assert not identical(case.expected, other)
