"""Every command on broken files: no traceback, exit 2 and a message that names the fault; 1 only where the answer is no."""

import gzip
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from gob_graph.cli import main
from gob_graph.download import Source
from gob_graph.endpoint.server import supervisor
from gob_graph.follow_loop import Follower
from gob_graph.pipeline.build import build_release
from gob_graph.publication_log import LOG
from gob_graph.release import CURRENT
from gob_graph.settings import Settings
from tests.conftest import free_port
from tests.world import copied

SHAPES = """@prefix sh: <http://www.w3.org/ns/shacl#> .
<urn:a:S> a sh:NodeShape ; sh:targetClass <urn:a:C> ; sh:nodeKind sh:IRI .
"""
WHOLE = {
    "ttl": b'@prefix a: <urn:a:> .\na:x a a:C ; a:p "\xc3\xa9" , [ a:q 1 ] .\n',
    "nt": b'<urn:a:x> <urn:a:p> "\xc3\xa9" .\n<urn:a:x> <urn:a:p> "two" .\n',
    "nq": b'<urn:a:x> <urn:a:p> "\xc3\xa9" <urn:a:g> .\n<urn:a:x> <urn:a:p> "two" .\n',
    "trig": b'@prefix a: <urn:a:> .\na:g { a:x a a:C ; a:p "\xc3\xa9" . }\n',
    "rdf": b'<?xml version="1.0"?>\n<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:a="urn:a:">'
    b'<a:C r:about="urn:a:x"><a:p>\xc3\xa9</a:p></a:C></r:RDF>\n',
    "jsonld": b'{"@id": "urn:a:x", "@type": "urn:a:C", "urn:a:p": "\xc3\xa9"}\n',
    "ttl.gz": gzip.compress(b"<urn:a:x> a <urn:a:C> .\n", mtime=0),
    "rq": b"SELECT * { ?s ?p '\xc3\xa9' }\n",
    "rdfp": b'H id <urn:sha256:0> .\nTX .\nA <urn:a:x> <urn:a:p> "\xc3\xa9" .\nTC .\n',
    "txt": b"The page\n",
}


def spoil(path: Path, how: str) -> None:
    """Leave at a path what is wrong in one of the ways of the world."""
    body = WHOLE[path.name.partition(".")[2]]
    noise = random.Random(7).randbytes(300)
    if how == "folder":
        path.mkdir()
    elif how != "missing":
        spoiled = {
            "cut": body[: len(body) * 2 // 3],
            "latin-1": body.replace(b"\xc3\xa9", b"\xe9") if b"\xc3\xa9" in body else b"\xe9" + body,
            "utf-16": b"\xff\xfe" + body.decode("latin-1").encode("utf-16-le"),
            "binary": b"\x00" + noise,
            "empty": b"",
        }
        path.write_bytes(spoiled[how])


KINDS = ("missing", "folder", "cut", "latin-1", "utf-16", "binary", "empty")
COMMANDS: dict[str, Callable[[str, str], list[str]]] = {
    "validate": lambda bad, good: ["validate", bad, "--shapes", f"{good}/shapes.ttl"],
    "validate against our shapes": lambda bad, _: ["validate", bad],
    "validate --shapes": lambda bad, good: ["validate", f"{good}/good.ttl", "--shapes", bad],
    "validate --context": lambda bad, good: [
        "validate",
        f"{good}/good.jsonld",
        "--shapes",
        f"{good}/shapes.ttl",
        "--context",
        bad,
    ],
    "verify": lambda bad, _: ["verify", bad],
    "verify --id": lambda bad, _: ["verify", bad, "--id", "0"],
    "patch": lambda bad, good: ["patch", bad, "--apply-to", f"{good}/good.nq"],
    "patch --apply-to": lambda bad, good: ["patch", f"{good}/good.rdfp", "--apply-to", bad],
    "query": lambda bad, _: ["query", bad],
    "evidence": lambda bad, _: ["evidence", "--source", bad],
}
NAMES = {
    "validate --context": ["jsonld"],
    "query": ["rq"],
    "patch": ["rdfp"],
    "patch --apply-to": ["nq"],
    "evidence": ["txt"],
}
HARMLESS = {
    ("validate", "empty"): 0,  # nothing was checked, and it says so
    ("validate against our shapes", "empty"): 0,
    ("patch", "empty"): 0,  # a patch without a row; that it is not proved is said
    ("patch --apply-to", "empty"): 0,
    ("verify", "empty"): 1,
    ("verify --id", "empty"): 2,
    ("evidence", "empty"): 1,
    ("evidence", "cut"): 1,
    ("query", "cut"): 2,
}
"""What is no fault: an empty graph is a graph, an empty page another page."""
CASES = [
    (command, name, kind)
    for command in COMMANDS
    for name in NAMES.get(command, ["ttl", "nt", "nq", "trig", "rdf", "jsonld", "ttl.gz"])
    for kind in KINDS
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = copied(tmp_path_factory.mktemp("world"))
    build_release(settings)
    return settings


@pytest.fixture
def variables(world: Settings) -> dict[str, str]:
    return {"GOB_GRAPH_SOURCE_DIR": str(world.source_dir), "GOB_GRAPH_RELEASE_DIR": str(world.release_dir)}


@pytest.mark.parametrize(("command", "name", "kind"), CASES)
def test_a_broken_file_is_told_plainly(
    tmp_path: Path, variables: dict[str, str], command: str, name: str, kind: str
) -> None:
    for extension, body in WHOLE.items():
        (tmp_path / f"good.{extension}").write_bytes(body)
    (tmp_path / "shapes.ttl").write_text(SHAPES, encoding="utf-8")
    bad = tmp_path / f"bad.{name}"
    spoil(bad, kind)
    found = CliRunner().invoke(main, COMMANDS[command](str(bad), str(tmp_path)), env=variables, catch_exceptions=False)
    assert "Traceback" not in found.stderr
    assert "unexpected" not in found.stderr
    allowed = {2, HARMLESS.get((command, kind), 2)}
    if name in {"nt", "nq"} and kind == "cut":
        allowed = {0, 1, 2}  # cut at the end of a line, it is whole
    assert found.exit_code in allowed, (found.stdout, found.stderr)
    if found.exit_code == 2:
        assert len(found.stderr.strip()) > 10


def broken(settings: Settings, name: str, body: bytes | None) -> None:
    path = settings.source_dir / name
    path.unlink()
    if body is not None:
        path.write_bytes(body)


@pytest.mark.parametrize(
    "name",
    [
        "data/release.ttl",
        "data/ids.csv",
        "data/source/organisations.ttl",
        "ontology/prefixes.ttl",
        "data/expectations.ttl",
    ],
)
@pytest.mark.parametrize("body", [None, b"", b"\x00\xff\xfe", b"<", b"\xe9"])
def test_a_build_of_broken_sources_is_told_plainly(tmp_path: Path, name: str, body: bytes | None) -> None:
    settings = copied(tmp_path)
    broken(settings, name, body)
    env = {"GOB_GRAPH_SOURCE_DIR": str(settings.source_dir), "GOB_GRAPH_RELEASE_DIR": str(settings.release_dir)}
    found = CliRunner().invoke(main, ["build"], env=env, catch_exceptions=False)
    assert "unexpected" not in found.stderr
    assert found.exit_code in ({0, 1, 2} if body == b"" else {2}), (found.stdout, found.stderr)


OF_RELEASES = [
    ["quality"],
    ["query", "ASK {}"],
    ["export"],
    ["diff", "current", "current"],
    ["rollback"],
    ["releases"],
    ["releases", "--verify"],
    ["serve"],
    ["mcp"],
    ["load", "--engine", "http://127.0.0.1:9/"],
    ["check-engine", "http://127.0.0.1:9/"],
]
BUILDS_OR_FOLLOWS = {"build", "follow"}
"""Broken sources: below; a broken origin: `tests/http/test_misbehaving.py`."""


def test_every_command_is_tried() -> None:
    tried = {COMMANDS[name]("bad", "good")[0] for name in COMMANDS} | {arguments[0] for arguments in OF_RELEASES}
    assert tried | BUILDS_OR_FOLLOWS == main.commands.keys() - {"settings", "new"}, "these two read no file"


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a server or the tools for agents would have begun to offer."""
    began: list[str] = []

    async def run(main_process: supervisor._Main) -> None:
        main_process.listener.close()
        began.append("serve")

    monkeypatch.setattr(supervisor._Main, "run", run)
    monkeypatch.setattr("mcp.server.MCPServer.run", lambda *_: began.append("mcp"))
    return began


@pytest.mark.parametrize("arguments", OF_RELEASES, ids=" ".join)
@pytest.mark.parametrize("spoiled", ["manifest.json", "quality.json", "dataset.nq"])
@pytest.mark.parametrize("body", [None, b"", b"\x00\xff\xfe", b"{}"])
def test_a_damaged_release_is_told_plainly(
    tmp_path: Path, world: Settings, served: list[str], arguments: list[str], spoiled: str, body: bytes | None
) -> None:
    releases = tmp_path / "releases"
    shutil.copytree(world.release_dir, releases, symlinks=True)
    path = (releases / "current").resolve() / spoiled
    path.chmod(0o644)
    path.parent.chmod(0o755)
    path.unlink()
    if body is not None:
        path.write_bytes(body)
    env = {
        "GOB_GRAPH_SOURCE_DIR": str(world.source_dir),
        "GOB_GRAPH_RELEASE_DIR": str(releases),
        "GOB_GRAPH_PORT": str(free_port()),
    }
    found = CliRunner().invoke(main, arguments, env=env, catch_exceptions=False)
    assert "unexpected" not in found.stderr
    assert "Traceback" not in found.stderr
    assert found.exit_code in {0, 2} | ({1} if "--verify" in arguments else set()), (found.stdout, found.stderr)
    if arguments[0] in {"serve", "mcp"}:
        assert (found.exit_code, served) == (2, []), "no damaged release is offered"
        assert spoiled in found.stderr


@pytest.mark.parametrize("spoiled", ["log", "current"])
@pytest.mark.parametrize(
    "arguments", [*OF_RELEASES, ["follow", "http://127.0.0.1:9", "{releases}", "--once"]], ids=" ".join
)
def test_a_damaged_folder_of_releases_is_told_plainly(
    tmp_path: Path, world: Settings, served: list[str], once: None, arguments: list[str], spoiled: str
) -> None:
    releases = tmp_path / "releases"
    shutil.copytree(world.release_dir, releases, symlinks=True)
    if spoiled == "log":
        (releases / LOG).write_bytes(b"\x00\xff\xfe\n{}\n")
    else:
        (releases / CURRENT).unlink()
        (releases / CURRENT).symlink_to("nothing")
    env = {
        "GOB_GRAPH_SOURCE_DIR": str(world.source_dir),
        "GOB_GRAPH_RELEASE_DIR": str(releases),
        "GOB_GRAPH_PORT": str(free_port()),
    }
    given = [argument.replace("{releases}", str(releases)) for argument in arguments]
    found = CliRunner().invoke(main, given, env=env, catch_exceptions=False)
    assert "unexpected" not in found.stderr
    assert "Traceback" not in found.stderr
    assert found.exit_code in {0, 2} | ({1} if "--verify" in arguments else set()), (found.stdout, found.stderr)
    if arguments[0] == "follow":
        assert found.exit_code == 2


@pytest.fixture
def once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No server is asked twice."""
    monkeypatch.setattr("gob_graph.follow_loop.Follower", partial(Follower, source=Source(tries=1)))


@pytest.mark.parametrize("kind", KINDS)
def test_tools_for_agents_over_no_release_are_told_plainly(
    tmp_path: Path, variables: dict[str, str], served: list[str], kind: str
) -> None:
    spoil(tmp_path / "bad.ttl", kind)
    arguments = ["mcp", "--source", str(tmp_path / "bad.ttl")]
    found = CliRunner().invoke(main, arguments, env=variables, catch_exceptions=False)
    assert (found.exit_code, served) == (2, [])
    assert "no release" in found.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["export", "-o", "missing/folder/x.ttl"], "missing/folder/x.ttl: No such file or directory"),
        (["export", "-o", "."], "is a directory"),
        (["export", "--class", "http://x y"], "'http://x y' is no IRI"),
        (["export", "--subtree", "org:x y"], "is no IRI"),
        (["export", "-o", "x.unknown"], "does not tell the format"),
        (["validate", "--shapes", "."], "is a directory"),
        (["validate", "--context"], "requires an argument"),
        (["diff", "nothing"], "nothing"),
        (["rollback", "nothing"], "nothing"),
        (["query", "nothing.rq"], "nothing.rq"),
        (["verify", "x.csv"], "to tell the RDF format"),
        (["verify", "x.parquet"], "to tell the RDF format"),
        (["validate", "x.csv"], "x.csv"),
        (["mcp", "--port", "0"], "--port"),
        (["follow", "nothing", "."], "must begin with http:// or https://"),
        (["nothing"], "No such command"),
    ],
)
def test_wrong_arguments_are_told_plainly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("x.csv", "x.parquet"):
        Path(name).write_bytes(b"a,b\n1,2\n")
    once = ["--once"] if arguments[0] == "follow" else []
    found = CliRunner().invoke(main, [*arguments, *once], env=variables, catch_exceptions=False)
    assert found.exit_code == 2
    assert said in found.stderr
    assert "unexpected" not in found.stderr
    assert "Traceback" not in found.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_the_processes_say_the_same(tmp_path: Path, variables: dict[str, str], command: str) -> None:
    for extension, body in WHOLE.items():
        (tmp_path / f"good.{extension}").write_bytes(body)
    (tmp_path / "shapes.ttl").write_text(SHAPES, encoding="utf-8")
    bad = tmp_path / f"bad.{NAMES.get(command, ['ttl'])[0]}"
    spoil(bad, "binary")
    done = subprocess.run(
        [sys.executable, "-m", "gob_graph", *COMMANDS[command](str(bad), str(tmp_path))],
        env=os.environ | variables,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"Traceback" not in done.stderr
    assert done.stderr.startswith(b"gob-graph: ")
