"""What is installed from a wheel builds and serves without a checkout."""

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gob_graph.release import Release
from tests.conftest import LONG, fetch, free_port
from tests.parts import ROOT
from tests.world import WORLD


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty environment with the wheel in it; what it depends on is taken from ours, the package itself is not."""
    folder = tmp_path_factory.mktemp("installed")
    clean = {k: v for k, v in os.environ.items() if not k.startswith("GOB_GRAPH_")}
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(command, env=clean | {"GOB_GRAPH_SKIP_FRONTEND": "1"}, check=True, timeout=300)
    (wheel,) = folder.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "env")], check=True)
    python = folder / "env/bin/python"
    into = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", "--quiet"]
    subprocess.run([*into, str(wheel)], env=clean, check=True, timeout=LONG)
    packages = next((folder / "env/lib").glob("python*")) / "site-packages"
    # A .pth file that stands in a folder named by a .pth file is not read: our own checkout is not found through it.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A folder without ontology/, data/ and releases/."""
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


def environment(**settings: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GOB_GRAPH_", "PYTHON"))}
    return kept | {f"GOB_GRAPH_{name}": value for name, value in settings.items()}


def test_ontology_and_data_travel_in_the_wheel(installed: Path) -> None:
    (wheel,) = installed.glob("*.whl")
    names = subprocess.run(["git", "ls-files", "ontology", "data"], cwd=ROOT, capture_output=True, check=True)
    wanted = names.stdout.decode().splitlines()
    assert len(wanted) >= 80
    with zipfile.ZipFile(wheel) as archive:
        for name in wanted:
            assert archive.read(f"gob_graph/bundled/{name}") == (ROOT / name).read_bytes()


def test_the_graph_of_the_wheel_is_ours(installed: Path, empty: Path, release: Release) -> None:
    code = (
        "from gob_graph.pipeline.build import assemble; from gob_graph.settings import Settings, BUNDLED;"
        "s = Settings(); assert s.bundled; assert 'env' in BUNDLED.parts; print(assemble(s).identity)"
    )
    python = installed / "env/bin/python"
    done = subprocess.run([python, "-c", code], cwd=empty, env=environment(), capture_output=True, check=True)
    assert done.stdout.decode().strip() == release.id


@pytest.fixture
def served(installed: Path, empty: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """`gob-graph serve` in an empty folder, with a smaller graph in the package, so that it is built in no time."""
    (packages,) = (installed / "env/lib").glob("python*/site-packages")
    shutil.rmtree(packages / "gob_graph/bundled")
    shutil.copytree(WORLD, packages / "gob_graph/bundled")
    port = str(free_port())
    settings = environment(PORT=port, SERVICE_URL=f"http://127.0.0.1:{port}")
    with (empty / "log").open("wb") as log:
        process = subprocess.Popen(
            [installed / "env/bin/gob-graph", "serve"], cwd=empty, env=settings, stderr=log, stdout=log
        )
    yield f"http://127.0.0.1:{port}", process
    process.send_signal(signal.SIGTERM)
    process.wait(LONG)


def test_serve_builds_what_the_package_brings(served: tuple[str, subprocess.Popen[bytes]], empty: Path) -> None:
    url, process = served
    deadline = time.monotonic() + LONG
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if fetch(f"{url}/health/ready", timeout=30)[0] == 200:
                break
        except OSError:
            time.sleep(0.1)
    log = (empty / "log").read_text(encoding="utf-8")
    assert "building one from the data of the package" in log
    assert (empty / "releases/current").is_symlink(), log
    status, _, body = fetch(f"{url}/", headers={"Accept-Language": "en"})
    assert status == 302
    status, _, body = fetch(f"{url}/sparql?query=ASK%20%7B%20%3Fs%20a%20%3Fc%20%7D", headers={"Accept": "text/csv"})
    assert (status, body.strip()) == (200, b"true")
