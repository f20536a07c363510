"""docs/notebook.ipynb: kept without outputs, and executed from the first cell to the last against a running server."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.conftest import Server

ROOT = Path(__file__).parent.parent.parent
NOTEBOOK = ROOT / "docs/notebook.ipynb"


def cells(notebook: nbformat.NotebookNode, words: str) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code" and words in cell.source]


def test_the_notebook_is_kept_without_outputs() -> None:
    notebook = nbformat.read(NOTEBOOK, 4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert len(code) >= 7
    assert all(not cell.outputs and cell.execution_count is None for cell in code)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_notebook_runs(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOB_GRAPH", server.url)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    notebook = nbformat.read(NOTEBOOK, 4)
    for cell in cells(notebook, "import matplotlib"):
        cell.source += "\nimport warnings\n\nwarnings.simplefilter('error')"
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")
    (table,) = cells(notebook, "administrations = ")
    assert "Bruxelles Mobilité" in table.outputs[-1]["data"]["text/html"]
    (proof,) = cells(notebook, "graph.dump")
    assert "this very hash" in proof.outputs[-1]["data"]["text/plain"]
