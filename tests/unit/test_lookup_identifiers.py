"""Identifiers however they are spelled, check digits, near misses and reasons."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from gob_graph.endpoint.reconciliation import identifiers
from gob_graph.endpoint.reconciliation.identifiers import (
    Identifier,
    Identifiers,
    belgian,
    establishment,
    normal,
    valid,
)

SHARED = "https://org.example/id/CbeRegisteredEntity/0316381039"
KNOWN = (
    Identifier("KBO/BCE", "0316381039", "id/organization/a", SHARED),
    Identifier("NUTS", "BE1", "id/location/b"),
    Identifier("REFNIS", "4000", "id/location/b"),
    Identifier("www.wikidata.org", "http://www.wikidata.org/entity/Q240", "id/location/b"),
)


@pytest.fixture
def known() -> Identifiers:
    return Identifiers(KNOWN)


SPELLINGS = [
    "0316381039", "0316.381.039", "BE0316381039", "BE 0316 381 039", "be 0316.381.039", "(0)316.381.039", "316381039",
    "BE 316.381.039", " 0316-381-039 ", "KBO 0316.381.039", "BCE: 0316381039", "BTW BE 0316.381.039", "n° 0316.381.039",
]  # fmt: skip


@pytest.mark.parametrize("text", SPELLINGS)
def test_a_register_number_is_found_in_every_spelling(known: Identifiers, text: str) -> None:
    assert belgian(text) == "0316381039"
    found = known.look_up(text)
    assert [one.thing for one in found.hits] == ["id/organization/a"]
    assert found.things == ["id/organization/a", SHARED]


@pytest.mark.parametrize(
    "text", ["BE1", "nuts:be1", "NUTS BE1", "4000", "REFNIS 04000", "https://www.wikidata.org/entity/Q240"]
)
def test_codes_and_addresses_are_found(known: Identifiers, text: str) -> None:
    assert known.look_up(text).things == ["id/location/b"]


def test_a_code_of_another_scheme_is_not_found_by_its_scheme(known: Identifiers) -> None:
    assert known.look_up("REFNIS BE1").hits == ()


@pytest.mark.parametrize(
    ("text", "reason", "near"),
    [
        ("0316.381.038", "check-digits", True),
        ("0361.381.039", "check-digits", True),
        ("0403.170.701", "unknown-number", False),
        ("https://nowhere.example/x", "unknown-address", False),
        ("hello", "other-scheme", False),
        ("BE2", "other-scheme", True),
        (" . ", "empty", False),
    ],
)
def test_what_is_not_found_says_why_and_what_is_near(known: Identifiers, text: str, reason: str, near: bool) -> None:
    found = known.look_up(text)
    assert (found.hits, found.reason, bool(found.near)) == ((), reason, near)


@given(st.integers(min_value=1, max_value=89_999_999))
def test_check_digits_catch_every_single_mistake(body: int) -> None:
    digits = f"{body:08d}{97 - body % 97:02d}"
    assert valid(digits)
    assert establishment(digits) == (digits[0] not in "01")
    for place in range(10):
        other = digits[:place] + str((int(digits[place]) + 1) % 10) + digits[place + 1 :]
        assert not valid(other)


@given(st.text(max_size=60))
def test_any_text_can_be_looked_up(text: str) -> None:
    made = Identifiers(KNOWN)
    found = made.look_up(text)
    assert bool(found.hits) != bool(found.reason)
    assert normal(text) == normal(text.strip())


def test_of_many_identifiers_few_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """A near miss is found through the letters that it shares: no request walks over all identifiers."""
    made = Identifiers(Identifier("N", f"{n * 7919 % 10**8:08d}", f"id/x/{n}") for n in range(20_000))
    compared = []
    original = OSA.distance

    def distance(one: str, other: str, *, score_cutoff: int) -> int:
        compared.append(other)
        return int(original(one, other, score_cutoff=score_cutoff))

    monkeypatch.setattr(identifiers.OSA, "distance", distance)
    wanted = made.of("id/x/12345")[0]
    given = "9" + wanted.written[1:]
    near = made.look_up(given if not made.exact(given) else "8" + wanted.written[1:]).near
    assert wanted in near
    assert 0 < len(compared) < 2000
    assert [one.written for one in made.of("id/x/7")] == [f"{7 * 7919:08d}"]
    assert made.of("id/x/none") == ()
    assert len(list(made.all())) == 20_000
