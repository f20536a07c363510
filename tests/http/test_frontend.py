"""The bundle: pinned, reproducible, made without Node on the machine, served compressed and for ever."""

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import brotli
import pytest

from tests.conftest import Server
from tests.parts import ROOT, needs

FRONTEND = ROOT / "frontend"
DIST = ROOT / "gob_graph/endpoint/web/static/dist"


def manifest() -> dict[str, str]:
    return dict(json.loads(needs(DIST / "manifest.json").read_text())["files"])


def test_packages_are_pinned_and_proved_and_no_registry_is_named() -> None:
    wanted = json.loads((FRONTEND / "package.json").read_text())
    pins = wanted["dependencies"] | wanted["devDependencies"]
    assert len(pins) >= 10
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in pins.values())
    assert "codemirror" not in pins, "that name holds CodeMirror 5"
    locked = json.loads((FRONTEND / "package-lock.json").read_text())["packages"]
    assert len(locked) > 20
    for name, entry in locked.items():
        assert "resolved" not in entry
        assert not name or entry["integrity"].startswith("sha512-")


def test_nothing_of_others_is_committed() -> None:
    files = subprocess.run(["git", "ls-files", "frontend", "gob_graph"], cwd=ROOT, capture_output=True, check=True)
    names = files.stdout.decode().splitlines()
    assert len(names) > 100
    assert not [n for n in names if "/dist/" in n or "node_modules" in n or n.endswith((".woff2", ".min.js"))]


def test_the_licence_of_everything_bundled_is_told() -> None:
    text = needs(DIST / "THIRD-PARTY-LICENSES.txt").read_text(encoding="utf-8")
    told = set(re.findall(r"^(@?[\w./-]+) \d[\w.]* \((?:MIT|OFL-1\.1)\)$", text, re.M))
    wanted = set(json.loads((FRONTEND / "package.json").read_text())["dependencies"])
    assert wanted <= told
    assert len(told) >= 14
    assert text.count("SIL OPEN FONT LICENSE") >= 2


@pytest.mark.parametrize("name", ["workbench.js", "fonts.css", "source-sans-3-latin-wght-normal.woff2"])
def test_an_asset_is_sent_compressed_once_and_kept_for_ever(server: Server, name: str) -> None:
    path = f"/assets/{manifest()[name]}"
    status, headers, plain = server.get(path)
    assert status == 200
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert plain == (DIST / manifest()[name]).read_bytes()
    for coding, unpack in (("br", brotli.decompress), ("gzip", gzip.decompress)):
        status, headers, body = server.get(path, Accept_Encoding=f"{coding}, identity;q=0.1")
        if name.endswith(".woff2"):
            assert "content-encoding" not in headers
            assert body == plain
        else:
            assert headers["content-encoding"] == coding
            assert unpack(body) == plain
            assert len(body) < 0.6 * len(plain)
        again = server.get(path, Accept_Encoding=f"{coding}, identity;q=0.1", If_None_Match=headers["etag"])
        assert (again[0], again[2]) == (304, b"")


def test_only_what_the_manifest_lists_is_an_asset(server: Server) -> None:
    assert server.get("/assets/THIRD-PARTY-LICENSES.txt")[0] == 200
    for name in ("manifest.json", "workbench.js", "../site.css", "..%2Fsite.css", manifest()["workbench.js"] + ".br"):
        status, _, body = server.get(f"/assets/{name}")
        assert status == 404, name
        assert json.loads(body)["code"] == "not-found"


# Installing


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a machine without Node: a PATH with a shell only."""
    programs = tmp_path_factory.mktemp("bin")
    for name in ("sh", "bash", "env", "git"):
        found = shutil.which(name)
        if found:
            (programs / name).symlink_to(found)
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GOB_GRAPH_")}
    return kept | {"PATH": str(programs)}


def clone(folder: Path) -> Path:
    """What a fresh clone holds, edits that are not yet committed included."""
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True)
    for name in names.stdout.decode().splitlines():
        if name.startswith(("gob_graph/", "frontend/")) or "/" not in name:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).is_file():
                shutil.copy(ROOT / name, target)
    return folder


def wheel(source: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "--wheel-dir", str(source / "out"), "."]
    return subprocess.run(command, cwd=source, env=environment, capture_output=True, timeout=600)


def bundled(source: Path) -> dict[str, bytes]:
    (made,) = (source / "out").glob("*.whl")
    with zipfile.ZipFile(made) as archive:
        return {n: archive.read(n) for n in archive.namelist() if "/static/dist/" in n}


def test_an_install_without_node_gives_the_same_bundle(tmp_path: Path, bare: dict[str, str]) -> None:
    here = {f"gob_graph/endpoint/web/static/dist/{path.name}": path.read_bytes() for path in DIST.iterdir()}
    assert len(here) >= 10
    done = wheel(clone(tmp_path), bare)
    assert done.returncode == 0, done.stderr.decode()
    assert bundled(tmp_path) == here
    # A fresh bundle is taken as it is: neither Node nor the registry is asked for.
    done = wheel(tmp_path, bare | {"npm_config_registry": "http://127.0.0.1:9/"})
    assert done.returncode == 0, done.stderr.decode()


def test_an_install_can_do_without_the_bundle(tmp_path: Path, bare: dict[str, str]) -> None:
    done = wheel(clone(tmp_path), bare | {"GOB_GRAPH_SKIP_FRONTEND": "1"})
    assert done.returncode == 0, done.stderr.decode()
    assert bundled(tmp_path) == {}


def test_a_registry_out_of_reach_is_told_in_one_sentence(tmp_path: Path, bare: dict[str, str]) -> None:
    nowhere = {"npm_config_registry": "http://127.0.0.1:9/", "npm_config_cache": str(tmp_path / "cache")}
    nowhere["npm_config_fetch_retries"] = "0"  # npm itself tries again after ten seconds, and after a minute
    done = wheel(clone(tmp_path / "source"), bare | nowhere)
    said = done.stderr.decode()
    assert done.returncode != 0
    assert "the editor of the SPARQL page could not be bundled" in said
    assert "GOB_GRAPH_SKIP_FRONTEND=1 installs without the editor" in said
    assert "Traceback" not in said
