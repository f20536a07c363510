"""`gob-graph-client` in an environment that holds its dependencies and nothing else."""

import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import distribution, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from gob_graph.release import Release

ROOT = Path(__file__).parent.parent.parent
PROJECT = tomllib.loads((ROOT / "client/pyproject.toml").read_text())
SCRIPT = """
import sys
from importlib.util import find_spec
from pathlib import Path

from gob_graph import Graph

assert not [name for name in ("flask", "uvicorn", "click", "werkzeug", "babel") if find_spec(name)]
with Graph(sys.argv[1]) as graph:
    frame = graph.question("administrations", "fr")
    assert frame["position"].tolist() == list(range(1, 9)), frame
    assert graph.ask("ASK { ?s ?p ?o }")
    assert len(graph.describe("https://data.example.org/id/organization/gob")) > 100
    assert graph.reconcile(["Brussel Mobiliteit"])["match"].tolist()[0]
    assert graph.status(["urn:x"])["status"].tolist() == ["not-ours"]
    assert graph.lookup("0316381039")["things"]
    assert graph.dump(Path(sys.argv[2]) / "graph.nq").identity == graph.release
print("as expected")
"""


def closure(names: list[str]) -> set[str]:
    """The distributions that these need, themselves included."""
    found: set[str] = set()
    todo = list(names)
    while todo:
        name = re.sub(r"[-_.]+", "-", todo.pop()).lower()
        if name not in found:
            found.add(name)
            wanted = map(Requirement, requires(name) or ())
            todo += [one.name for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]
    return found


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """The interpreter of an environment with the client and its dependencies, linked from this one."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
    (packages,) = (tmp_path / "env/lib").glob("python*/site-packages")
    for name in closure([Requirement(one).name for one in PROJECT["project"]["dependencies"]]):
        installed = distribution(name)
        tops = {file.parts[0] for file in installed.files or () if file.parts[0] not in {"..", "__pycache__"}}
        for top in tops:
            if not (packages / top).exists():
                (packages / top).symlink_to(Path(str(installed.locate_file(top))).resolve())
    for source, target in PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"].items():
        place, path = packages / target, ROOT / "client" / source
        place.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if path.is_dir() else shutil.copyfile)(path, place)
    return tmp_path / "env/bin/python"


def test_the_client_needs_nothing_of_the_server(python: Path, release: Release, tmp_path: Path) -> None:
    command = [python, "-W", "error", "-I", "-c", SCRIPT, release.path, tmp_path]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert run.stdout == "as expected\n"
