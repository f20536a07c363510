"""What some tests need and pip does not bring: without it a test is skipped, under CI it fails."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def needs(path: Path) -> Path:
    """A file that only some machines have: without it the test is skipped, under CI it fails."""
    if not path.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{path.name} is missing, and CI must have it")
        pytest.skip(f"{path.name} is not on this machine")
    return path
