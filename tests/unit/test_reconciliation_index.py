"""The index of names, and how alike two names are: on made-up names, without a graph."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gob_graph.endpoint.reconciliation.folding import fold
from gob_graph.endpoint.reconciliation.index import KEPT, Name, NameIndex
from gob_graph.endpoint.reconciliation.score import SAME, SAME_LETTERS, compare
from gob_graph.endpoint.reconciliation.texts import Texts

WORDS = ("Dienst", "Water", "Vuur", "Aarde", "Lucht", "Directie", "Étude", "Straßenbau", "Bureau", "Noord", "Zuid")


def index_of(*texts: str) -> NameIndex:
    return NameIndex(Name(n, 0, 0, text) for n, text in enumerate(texts))


def found(index: NameIndex, text: str, *, loose: bool = False) -> list[str]:
    return [index.texts[n] for n in index.near(fold(text), loose=loose)]


@given(st.lists(st.text(max_size=40), max_size=60))
def test_texts_come_back_as_they_were(texts: list[str]) -> None:
    kept = Texts(texts)
    assert list(kept) == texts
    assert kept[:2] == texts[:2]
    ordered = sorted(set(texts), key=str.encode)
    by_bytes = Texts(sorted(ordered))
    assert all(by_bytes[by_bytes.find(text) or 0] == text for text in ordered)
    assert by_bytes.find("\U0010ffff no such text") is None


def test_case_accents_and_marks_do_not_matter() -> None:
    assert fold("Bruxelles Économie-Emploi’s") == fold("BRUXELLES  economie (emploi) s")
    assert fold("Straßenbau Œuvre").words == ("strassenbau", "oeuvre")
    assert fold("  …  ").words == ()


def test_a_name_is_found_by_its_letters_whatever_the_spaces_are() -> None:
    index = index_of("Connect IT", "ConnectIT Noord", "Water")
    assert [index.texts[n] for n in index.same(fold("ConnectIT"))] == ["Connect IT"]
    assert [index.texts[n] for n in index.same(fold("S.P.R.B."))] == []


@pytest.mark.parametrize("asked", ["Diensst Water", "Dienst Watr", "Deinst Water", "water dienst", "Dienst Waterr"])
def test_a_misspelt_name_is_found(asked: str) -> None:
    index = index_of("Dienst Water", "Dienst Vuur", "Directie Aarde", "Bureau Lucht")
    best = max(found(index, asked, loose=True), key=lambda text: compare(fold(asked), text, index.weight).score)
    assert best == "Dienst Water"


def test_of_many_names_with_a_common_word_those_as_long_are_looked_at() -> None:
    texts = [f"Dienst {'x' * (n % 60)}{n}" for n in range(20_000)]
    index = index_of(*texts)
    near = found(index, "Dienst")
    assert 0 < len(near) <= KEPT
    assert max(map(len, near)) < 20


def test_every_generated_name_finds_itself_first() -> None:
    rnd = random.Random(7)
    texts = sorted({" ".join(rnd.sample(WORDS, rnd.randint(2, 4))) + f" {rnd.randint(1, 400)}" for _ in range(3000)})
    index = index_of(*texts)
    for text in rnd.sample(texts, 100):
        assert [index.texts[n] for n in index.same(fold(text))] == [text]
        assert text in found(index, text)


def test_the_same_words_are_the_same_name_and_one_letter_of_an_acronym_is_another() -> None:
    weight = index_of(*WORDS).weight
    assert compare(fold("dienst water"), "Dienst Water", weight).score == SAME
    assert compare(fold("dienstwater"), "Dienst Water", weight).score == SAME_LETTERS
    assert compare(fold("GOV"), "GOB", weight).score < 50


def test_a_word_in_the_place_of_another_makes_another_name() -> None:
    index = index_of("Dienst Water", "Dienst Vuur", "Dienst Aarde", "Directie Water")
    replaced = compare(fold("Dienst Metaal"), "Dienst Water", index.weight)
    shortened = compare(fold("Dienst Wat."), "Dienst Water", index.weight)
    assert replaced.score < 60 < shortened.score


def test_a_contraction_stands_for_its_word() -> None:
    texts = ("Ministerie van het Hoofdstedelijk Gewest", "Ministerie van het Noordelijk Gewest")
    index, asked = index_of(*texts), fold("Min. v.h. Hfdst. Gewest")
    right, wrong = (compare(asked, text, index.weight) for text in texts)
    assert right.score > wrong.score + 10
