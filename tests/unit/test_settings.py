"""Settings come from one table; every one is documented, and a wrong value is told with its name and meaning."""

from dataclasses import fields
from pathlib import Path

import pytest

from gob_graph.errors import REFUSALS, RequestError, SettingsError
from gob_graph.settings import Settings, from_env, without_password

README = (Path(__file__).parent.parent.parent / "README.md").read_text(encoding="utf-8")


def test_every_setting_is_in_the_readme() -> None:
    assert len(fields(Settings)) >= 20
    for f in fields(Settings):
        assert f"| `GOB_GRAPH_{f.name.upper()}` | `{f.default}` | {f.metadata['help']} |" in README


def test_values_are_read_in_their_type() -> None:
    read = from_env(
        {
            "GOB_GRAPH_PORT": "9000",
            "GOB_GRAPH_QUERY_TIMEOUT": "2.5",
            "GOB_GRAPH_BASE_IRI": "https://a.org/",
            "OTHER": "x",
        }
    )
    assert (read.port, read.query_timeout, read.base_iri) == (9000, 2.5, "https://a.org")
    assert from_env({}) == Settings()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("GOB_GRAPH_PORT", "http", "is not a int"),
        ("GOB_GRAPH_PORT", "0", "between 1 and 65535"),
        ("GOB_GRAPH_QUERY_LENGTH", "100000", "between"),
        ("GOB_GRAPH_BASE_IRI", "data.example.org", "http"),
        ("GOB_GRAPH_BASE_IRI", "https://a.org/?x", "query"),
        ("GOB_GRAPH_BASE_IRI", "https://a.org/<", "address"),
        ("GOB_GRAPH_STORE", "disc", "memory, disk, auto or http"),
        ("GOB_GRAPH_BASEIRI", "https://a.org", "unknown setting"),
    ],
)
def test_a_wrong_value_is_refused_by_name(name: str, value: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as refused:
        from_env({name: value})
    assert name in str(refused.value)


def test_addresses_of_engines_are_kept_as_they_are_and_shown_without_password() -> None:
    read = from_env({"GOB_GRAPH_STORE": " https://me:word@a.org/sparql/  http://b.org:7878/query"})
    assert read.store == "https://me:word@a.org/sparql/ http://b.org:7878/query"
    assert without_password(read.store) == "https://a.org/sparql/ http://b.org:7878/query"
    with pytest.raises(SettingsError) as refused:
        from_env({"GOB_GRAPH_STORE": "https://me:word@a.org/sparql?query="})
    assert "word" not in str(refused.value)


def test_every_refusal_says_what_to_do() -> None:
    assert len(REFUSALS) >= 25
    for code, row in REFUSALS.items():
        assert 400 <= row.status < 600
        assert row.remedy.endswith(".")
        assert RequestError(code, "why").problem()["code"] == code
    with pytest.raises(KeyError):
        RequestError("no-such-code", "why")
