"""The distribution for analysts: its modules need no other module of ours, and no package beyond its dependencies."""

import re
import sys
import tomllib
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parent.parent.parent
PROJECT = tomllib.loads((ROOT / "client/pyproject.toml").read_text())
ROOTS = ("graph", "remote", "disk")
OPTIONAL = {"polars": "asked for by name", "werkzeug": "Accept of the server", "urllib3": "another engine"}
"""Packages that a function of these modules imports when it is called; the client calls none of them unasked."""


@pytest.fixture(scope="module")
def needed() -> set[str]:
    graph = grimp.build_graph(
        "gob_graph", include_external_packages=True, exclude_type_checking_imports=True, cache_dir=None
    )
    roots = {f"gob_graph.client.{name}" for name in ROOTS} | {"gob_graph.endpoint.engine.zygote"}
    return roots.union(*(graph.find_upstream_modules(root) for root in roots))


def test_the_modules_are_all_there(needed: set[str]) -> None:
    files = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    held = {target.removesuffix(".py").replace("/", ".").removesuffix(".__init__") for target in files.values()}
    ours = {name for name in needed if name.partition(".")[0] == "gob_graph"}
    assert len(ours) > 50
    assert [n for n in sorted(ours) if not any(n == h or n.startswith(f"{h}.") for h in held - {"gob_graph"})] == [
        "gob_graph"
    ]
    assert all((ROOT / "client" / source).exists() for source in files)
    assert {"gob_graph.endpoint.web", "gob_graph.endpoint.server", "gob_graph.cli"}.isdisjoint(held)


def test_the_packages_are_its_dependencies(needed: set[str]) -> None:
    outside = {name.partition(".")[0].lower() for name in needed} - {"gob_graph"} - sys.stdlib_module_names
    declared = {re.split(r"[>=<]", one)[0] for one in PROJECT["project"]["dependencies"]}
    assert outside - OPTIONAL.keys() == declared


def test_it_has_the_versions_of_the_server_where_both_need_a_package() -> None:
    whole = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    server = {*whole["dependencies"], *whole["optional-dependencies"]["client"]}
    assert set(PROJECT["project"]["dependencies"]) - {"pandas>=3.0", "pyarrow>=21"} <= server
    assert {"pandas>=3.0", "pyarrow>=21"} <= server
