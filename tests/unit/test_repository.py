"""The files of the repository themselves: what a rule of docs/ promises is looked up here."""

import ast
import os
import re
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest

from gob_graph.errors import REFUSALS
from gob_graph.pipeline.sources import read_prefixes
from gob_graph.settings import PREFIX, Settings

ROOT = Path(__file__).parent.parent.parent
SETTINGS = Settings(source_dir=ROOT)
MODULES = sorted((ROOT / "gob_graph").rglob("*.py"))
TURTLE = sorted([*(ROOT / "ontology").rglob("*.ttl"), *(ROOT / "data").rglob("*.ttl")])
FACTS = [path for path in TURTLE if path.parent.name != "shapes" and path.name != "expectations.ttl"]
FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef
TEXTS = re.compile(
    r"\.(py|md|ttl|rq|csv|tsv|toml|txt|html|css|js|mjs|json|conf|service|svg|po|yml)$|Makefile$|/(run|system-packages)$"
)


def tracked() -> list[Path]:
    run = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    return [ROOT / name for name in run.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def limit(what: str) -> int:
    """The number of lines that CONTRIBUTING.md allows a module or a function."""
    text = " ".join((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split())
    (number,) = re.findall(rf"no {what}(?: has)? more than (\d+)", text)
    return int(number)


def test_nothing_was_lost_from_sight() -> None:
    assert len(MODULES) >= 30
    assert len(TURTLE) >= 50


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_is_short_and_says_what_it_is_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= limit("module"), "does it hold more than one subject?"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, FUNCTION):
            assert (node.end_lineno or 0) - node.lineno < limit("function"), node.name
    assert text.startswith(('"""', 'r"""'))


def test_what_is_kept_of_a_release_is_kept_by_per_release() -> None:
    """`lru_cache` keeps the engine itself alive, with its sockets, and its size is chosen without regard to releases."""
    functions = [
        node for path in MODULES for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, FUNCTION)
    ]
    kept = [function for function in functions if "per_release" in map(ast.unparse, function.decorator_list)]
    assert len(kept) >= 14
    for function in functions:
        parameters = [
            a.annotation for a in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
        ]
        if any("cache" in ast.unparse(decorator) for decorator in function.decorator_list):
            named = {ast.unparse(annotation).strip("'\"") for annotation in parameters if annotation}
            assert named.isdisjoint({"Engine", "Release"}), function.name


def test_each_setting_is_in_the_readme_with_its_default() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(rf"^\| `({PREFIX}\w+)` \| `([^`]*)` \| .+ \|$", readme, re.M))
    expected = {PREFIX + f.name.upper(): str(f.default) for f in fields(Settings)}
    assert rows == expected


@pytest.mark.parametrize("path", TURTLE, ids=lambda p: str(p.relative_to(ROOT)))
def test_turtle_declares_the_known_prefixes_that_it_uses(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    declared = re.findall(r"^@prefix ([\w-]*): <([^>]*)> \.$", text, re.M)
    known = read_prefixes(SETTINGS)
    assert all(known.get(name) == space for name, space in declared)
    assert [name for name, _ in declared] == sorted(name for name, _ in declared)
    assert not re.search(r"(?m)^@base|^(PREFIX|BASE)\b", text)
    body = re.sub(r"(?m)^@prefix.*$", "", text)
    assert all(re.search(rf"(?<![\w-]){re.escape(name)}:", body) for name, _ in declared), "a prefix that is not used"


@pytest.mark.parametrize("path", FACTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_turtle_says_what_it_holds(path: Path) -> None:
    assert re.search(r"(?m)^# \S", path.read_text(encoding="utf-8"))


def test_every_link_of_the_documentation_leads_somewhere() -> None:
    documents = [p for p in tracked() if p.suffix == ".md"]
    links = 0
    for path in documents:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            if "://" not in target and not target.startswith("mailto:"):
                links += 1
                assert (path.parent / target).exists(), f"{path.name} links to {target}"
    assert links >= 6


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = sorted(int(p.name[:4]) for p in (ROOT / "docs/decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 3


def test_each_finding_is_listed_pins_what_it_shows_and_stands_alone() -> None:
    scripts = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "findings").glob("*.sh")}
    listed = re.findall(r"\| `(\S+\.sh)` \|", (ROOT / "findings/README.md").read_text(encoding="utf-8"))
    assert sorted(listed) == sorted(scripts)
    for name, text in scripts.items():
        assert os.access(ROOT / "findings" / name, os.X_OK), name
        assert "set -euo pipefail" in text, name
        assert re.search(r"[\w-](==|@|=)\d+\.\d", text), f"{name} pins no version"
        assert "gob_graph" not in text, f"{name} needs our product"
        assert re.search(r"\bassert\b|exit\(1\)", text), f"{name} cannot fail"


def test_no_registry_and_no_machine_is_named() -> None:
    """The names are put together here, so that this file does not hold them."""
    hosts = "|".join(
        (
            "registry\\.npm" + "js",
            "files\\.python" + "hosted",
            "pypi" + "\\.org",
            "deb\\.deb" + "ian",
            "un" + "pkg\\.com",
        )
    )
    forbidden = re.compile(rf"{hosts}|(?<![\w./-])/(?:work|farm|root|home)/\w")
    looked = 0
    for path in tracked():
        if TEXTS.search(str(path)):
            looked += 1
            found = forbidden.search(path.read_text(encoding="utf-8"))
            assert not found, f"{path.relative_to(ROOT)}: {found and found[0]}"
    assert looked >= 200


def test_each_refusal_says_what_to_do() -> None:
    assert len(REFUSALS) >= 25
    for code, refusal in REFUSALS.items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code)
        assert 400 <= refusal.status < 600
        assert refusal.remedy.endswith(".")
