"""Files of arrays: what is written comes back, an index answers the same from a file, what is damaged is told."""

import tempfile
from array import array
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gob_graph.endpoint.reconciliation.array_file import (
    BLOCK,
    ArrayFileError,
    Arrays,
    joined,
    open_arrays,
    part_of,
    proved,
    write_arrays,
)
from gob_graph.endpoint.reconciliation.folding import fold
from gob_graph.endpoint.reconciliation.index import Name, NameIndex
from gob_graph.endpoint.reconciliation.texts import Lists, Texts
from gob_graph.endpoint.reconciliation.words import Words

LAYOUT, ABOUT = 7, "a" * 64
WORDS = ("Dienst", "Water", "Waterweg", "Étude", "Straßenbau", "Bureau", "IT", "2379.1", "Wat", "", "🙂")
NAMES = st.lists(
    st.builds(
        Name,
        st.integers(0, 9),
        st.integers(0, 3),
        st.integers(0, 4),
        st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join) | st.text(max_size=12),
    ),
    max_size=30,
)


def through_a_file(arrays: Arrays) -> Arrays:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "some.arrays"
        write_arrays(path, LAYOUT, ABOUT, arrays)
        assert [p.name for p in path.parent.iterdir()] == [path.name]
        assert proved(path)
        return open_arrays(path, LAYOUT, ABOUT)


@given(st.lists(st.integers(0, 255)), st.lists(st.integers(0, 2**64 - 1)))
@settings(max_examples=25)
def test_arrays_come_back_as_they_were(small: list[int], large: list[int]) -> None:
    given_ = {kind: memoryview(array(kind, small)) for kind in ("B", "H", "I")}
    given_ |= {"Q": memoryview(array("Q", large)), "a text": memoryview(b"text")}
    back = through_a_file(given_)
    assert {name: (a.format, a.tolist(), a.readonly) for name, a in back.items()} == {
        name: (a.format, a.tolist(), True) for name, a in given_.items()
    }


def test_parts_have_names_of_their_own() -> None:
    one, other = memoryview(b"1"), memoryview(b"2")
    whole = joined(a=joined(b={"x": one}), ab={"x": other})
    assert whole == {"a/b/x": one, "ab/x": other}
    assert part_of(part_of(whole, "a"), "b") == {"x": one}


@given(st.lists(st.lists(st.integers(0, 2**32 - 1), max_size=5), max_size=20))
@settings(max_examples=25)
def test_lists_come_back_as_they_were(lists: list[list[int]]) -> None:
    kept = Lists(lists)
    for one in (kept, Lists.of(through_a_file(kept.arrays()))):
        assert [one[n].tolist() for n in range(len(one))] == lists
        assert [one.length(n) for n in range(len(one))] == [len(several) for several in lists]


@given(st.lists(st.integers(0, 9)))
def test_places_are_where_a_number_stands(numbers: list[int]) -> None:
    places = Lists.places(numbers, 10)
    assert [places[n].tolist() for n in range(10)] == [[p for p, m in enumerate(numbers) if m == n] for n in range(10)]


@given(NAMES, st.lists(st.sampled_from(WORDS) | st.text(max_size=8), max_size=4))
@settings(max_examples=60, deadline=None)
def test_an_index_answers_the_same_from_a_file(names: list[Name], asked: list[str]) -> None:
    made = NameIndex(names)
    ordered = NameIndex(iter(sorted(names, key=lambda name: len(name.text))), ordered=True)
    opened = NameIndex.of(through_a_file(made.arrays()))
    text = fold(" ".join(asked))
    # Words with a letter less are found as misspelt ones.
    words = [*text.words, *(word[1:] for word in text.words), "wat", "diens"]
    for other in (ordered, opened):
        assert list(other.texts) == list(made.texts)
        assert (list(other.owners), list(other.kinds)) == (list(made.owners), list(made.kinds))
        assert list(other.languages) == list(made.languages)
        assert other.same(text) == made.same(text)
        for loose in (False, True):
            assert other.near(text, loose=loose) == made.near(text, loose=loose)
        for word in words:
            assert other.weight(word) == made.weight(word)
            assert other.beginning_with(word, 3) == made.beginning_with(word, 3)
            assert other.holding(word, 3) == made.holding(word, 3)
            assert other.holding_like(word, 3) == made.holding_like(word, 3)


def test_words_and_texts_are_found_in_a_file() -> None:
    words = Words.of(through_a_file(Words(["water", "waterweg", "étude"]).arrays()))
    assert words[:] == ["water", "waterweg", "étude"]
    assert [words.find(word) for word in ("waterweg", "weg")] == [1, None]
    assert words.beginning("wat", 5) == [0, 1]
    assert sorted(words.sharing("watre", 2)) == [0, 1]
    texts = Texts.of(through_a_file(Texts(["a", "é", "🙂"]).arrays()))
    assert list(texts) == ["a", "é", "🙂"]
    assert texts.find("é") == 1


def a_file(folder: Path) -> Path:
    path = folder / "some.arrays"
    write_arrays(path, LAYOUT, ABOUT, {"x": memoryview(array("I", range(100)))})
    return path


DAMAGE = {
    "empty": (lambda body: b"", "is empty"),
    "foreign": (lambda body: b"<a> <b> <c> <d> .\n" * 50, "no file of arrays"),
    "short": (lambda body: body[:-1], "bytes and not"),
    "long": (lambda body: body + b"x", "bytes and not"),
    "cut in the header": (lambda body: body[:60], "header"),
    "cut in front": (lambda body: body[:5], "no file of arrays"),
    "a header of any length": (lambda body: body[:8] + b"\xff" * 8 + body[16:], "header"),
    "another header": (lambda body: body.replace(b'"layout": 7', b'"layout": 8'), "header"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_or_foreign_file_is_told(kind: str, tmp_path: Path) -> None:
    path = a_file(tmp_path)
    damage, said = DAMAGE[kind]
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ArrayFileError, match=said) as told:
        open_arrays(path, LAYOUT, ABOUT)
    assert str(path) in str(told.value)


def test_a_file_of_another_layout_or_release_is_not_opened(tmp_path: Path) -> None:
    path = a_file(tmp_path)
    with pytest.raises(ArrayFileError, match="layout 7"):
        open_arrays(path, LAYOUT + 1, ABOUT)
    with pytest.raises(ArrayFileError, match="made from"):
        open_arrays(path, LAYOUT, "b" * 64)
    with pytest.raises(ArrayFileError, match="cannot be read"):
        open_arrays(tmp_path / "none", LAYOUT, ABOUT)


def test_what_the_arrays_hold_is_proved_when_asked(tmp_path: Path) -> None:
    path = a_file(tmp_path)
    assert len(path.read_bytes()) % BLOCK == 0
    body = bytearray(path.read_bytes())
    body[-BLOCK - 1] ^= 1
    path.write_bytes(body)
    assert list(open_arrays(path, LAYOUT, ABOUT)) == ["x"]
    assert not proved(path)


def test_a_file_that_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    path = a_file(tmp_path)
    before = path.read_bytes()
    with pytest.raises(TypeError):
        write_arrays(path, LAYOUT, ABOUT, {"x": memoryview(array("d", [0.5]))})
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
