"""The script that sees to what pip cannot install: quiet when all is there, honest when not, strict under CI."""

import subprocess
from pathlib import Path

SCRIPT = Path(__file__).parent.parent.parent / ".ci/system-packages"


def run(*pairs: str, path: str, ci: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run([SCRIPT, *pairs], env={"PATH": path, "CI": ci}, capture_output=True, text=True)


def without_apt(folder: Path) -> str:
    """A PATH with what the script itself needs and no package manager."""
    for program in ("bash", "env", "id"):
        (folder / program).symlink_to(subprocess.check_output(["which", program], text=True).strip())
    return str(folder)


def test_nothing_is_said_when_all_is_there(tmp_path: Path) -> None:
    found = run("bash:bash", "coreutils:env", path=without_apt(tmp_path))
    assert (found.returncode, found.stdout + found.stderr) == (0, "")


def test_a_missing_part_is_named_with_what_will_not_be_run(tmp_path: Path) -> None:
    found = run("bash:bash", "chromium:/nowhere/chromium", path=without_apt(tmp_path))
    assert found.returncode == 0
    assert found.stderr == (
        "chromium is missing (Debian: apt-get install chromium): the tests that need /nowhere/chromium will not be run\n"
    )


def test_under_ci_a_missing_part_fails(tmp_path: Path) -> None:
    assert run("chromium:/nowhere/chromium", path=without_apt(tmp_path), ci="true").returncode == 1
