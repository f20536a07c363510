"""The API description as generators of clients and of tests read it: whatever it allows is answered as it says."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import CHECKS, load_all_checks

from gob_graph.endpoint.web.pages.operations import OPERATIONS
from gob_graph.release import Release
from gob_graph.settings import Settings
from tests.conftest import LONG, Server, Starter, fetch

EXAMPLES = 5
"""Requests of each operation; of a page, and of what repeats another operation in a language, one."""
NOT_SAID = {"positive_data_acceptance", "negative_data_rejection"}
"""Checks that a schema cannot promise: the grammar of SPARQL and the IRIs of the graph are no JSON Schema."""
UNWANTED = "image/png"


@pytest.fixture(scope="module")
def patient(start: Starter, settings: Settings, release: Release) -> Server:
    """A server whose deployer gave an address, so that all that a server may say is said."""
    assert release
    return start(replace(settings, contact="data@deployer.example"))


@pytest.fixture(scope="module")
def schema(patient: Server) -> Any:
    # Read from its address, the description leaves out the operation that gives it.
    return schemathesis.openapi.from_dict(json.loads(patient.get("/api/openapi.json")[2]))


def media_types(operation: Any) -> Iterator[str]:
    """What the operation says that it gives, one after the other, and now and then what it does not."""
    said = OPERATIONS[[row.id for row in OPERATIONS].index(operation.definition.raw["operationId"])]
    return itertools.cycle([*said.media, UNWANTED, *said.others, "*/*"])


def mismatches(operation: Any, base: str, examples: int) -> set[str]:
    """What a number of generated requests found; the same requests each time."""
    found: set[str] = set()
    accepts = media_types(operation)
    excluded = [check for check in CHECKS.get_all() if check.__name__ in NOT_SAID]

    @seed(1)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy())
    def ask(case: Any) -> None:
        case.headers["Accept"] = next(accepts)
        answer = case.call(base_url=base, timeout=LONG, allow_redirects=False)
        try:
            case.validate_response(answer, excluded_checks=excluded)
        except schemathesis.core.failures.FailureGroup as group:
            found.update(f"{operation.label}: {error} [{case.as_curl_command()}]" for error in group.exceptions)

    ask()
    return found


def test_whatever_the_description_allows_is_answered_as_it_says(schema: Any, patient: Server) -> None:
    load_all_checks()
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) == len(OPERATIONS)
    found: set[str] = set()
    for operation in operations:
        examples = 1 if operation.path.startswith("/{language}") else EXAMPLES
        found |= mismatches(operation, patient.url, examples)
    assert found == set()


def test_other_methods_are_refused_with_those_that_are_allowed(patient: Server, schema: Any) -> None:
    for path, methods in schema.raw_schema["paths"].items():
        sample = next(iter(methods.values()))["x-sample"]
        status, headers, body = fetch(patient.url + sample, method="DELETE")
        assert status == 405, path
        assert {method.upper() for method in methods} <= set(headers["allow"].split(", ")), path
        assert json.loads(body)["code"] == "method-not-allowed"
