"""The blocks of docs/analysts.md that other tools run give the same numbers."""

import re
import subprocess
from pathlib import Path

import duckdb
import duckdb_extension_httpfs
import pytest

from gob_graph import Graph
from tests.conftest import Server
from tests.parts import ROOT, needs

TEXT = (ROOT / "docs/analysts.md").read_text(encoding="utf-8")
STAFF = [("2020", "1452"), ("2021", "1466"), ("2022", "1518")]


def block(language: str, server: Server) -> str:
    """The one block in a language, asked of the server of the tests."""
    (text,) = re.findall(rf"(?ms)^```{language}\n(.*?)^```$", TEXT)
    assert "http://127.0.0.1:8000" in text
    return text.replace("http://127.0.0.1:8000", server.url)


def test_curl(server: Server, tmp_path: Path) -> None:
    """In a folder that is no clone."""
    done = subprocess.run(["sh", "-c", block("sh", server)], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert [tuple(line.split(",")) for line in done.stdout.split()] == STAFF


def test_duckdb(server: Server) -> None:
    (extension,) = Path(duckdb_extension_httpfs.__file__).parent.rglob("*.duckdb_extension")
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    connection.load_extension(str(extension))
    rows = connection.sql(block("sql", server)).fetchall()
    assert [(str(year), str(int(value))) for year, value in rows] == STAFF


def test_r(server: Server) -> None:
    program = needs(Path("/usr/bin/Rscript"))
    done = subprocess.run([program, "-e", block("r", server)], capture_output=True, text=True, check=True)
    assert [tuple(re.findall(r"\d+", line)[:2]) for line in done.stdout.splitlines()[1:]] == STAFF


def test_the_one_line(server: Server) -> None:
    (line,) = re.findall(r"`(Graph\(\"http://127\.0\.0\.1:8000\"\)[^`]+)`", TEXT)
    frame = eval(line.replace("http://127.0.0.1:8000", server.url), {"Graph": Graph})
    assert len(frame) == 8
    assert str(frame["position"].dtype) == "int64[pyarrow]"


def test_python(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The block with `Graph`, without a window for its plot."""
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.chdir(tmp_path)
    (text,) = re.findall(r"(?ms)^```python\n(from gob_graph import Graph.*?)^```$", TEXT)
    names: dict[str, object] = {}
    exec(text.replace("http://127.0.0.1:8000", server.url), names)
    assert (tmp_path / "staff.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "gob.nq").stat().st_size > 1_000_000
    exact = names["figures"].dropna(subset=["exact"])  # type: ignore[attr-defined]
    assert [(str(year), str(int(value))) for year, value in zip(exact["year"], exact["exact"], strict=True)] == STAFF
