"""What some tests need and pip does not bring: without it a test is skipped, under CI it fails."""

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def package(name: str) -> None:
    """A package that only a full environment has: without it the module of tests is skipped, under CI it fails."""
    if find_spec(name) is None:
        if os.environ.get("CI"):
            pytest.fail(f"the package {name} is missing, and CI must have it", pytrace=False)
        pytest.skip(f"the package {name} is not installed", allow_module_level=True)


def needs(path: Path) -> Path:
    """A file that only some machines have: without it the test is skipped, under CI it fails."""
    if not path.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{path.name} is missing, and CI must have it")
        pytest.skip(f"{path.name} is not on this machine")
    return path
