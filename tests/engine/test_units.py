"""The systemd units that are shipped: systemd understands them, and what they name exists in this program."""

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from gob_graph.cli import main
from gob_graph.settings import Settings, from_env
from tests.parts import ROOT, needs

SERVERS = [ROOT / "deploy" / name for name in ("gob-graph.service", "gob-graph-replica@.service")]
FOLLOWER = ROOT / "deploy/gob-graph-follow@.service"
UNITS = [*SERVERS, FOLLOWER]
PROGRAM = "/opt/gob-graph/.venv/bin/gob-graph"
"""Where docs/operation.md installs it."""
GIVEN = {"%i": "8101", "${ORIGIN}": "https://origin.example.org"}
"""What an administrator chooses: the name of the instance, and the file of the follower."""
DEMANDED = (
    "OOMPolicy=continue",
    "ProtectSystem=strict",
    "NoNewPrivileges=yes",
    "KillMode=mixed",
    "IPAddressDeny=any",
    "PrivateTmp=yes",
    "ExecReload=/bin/kill",
    "MemoryDenyWriteExecute=yes",
    "SystemCallFilter=@system-service",
    "Restart=on-failure",
)


def lines(unit: Path, key: str) -> list[str]:
    """The values of a key, for an instance."""
    text = unit.read_text()
    for name, value in GIVEN.items():
        text = text.replace(name, value)
    return re.findall(rf"(?m)^{key}=-?(.*)$", text)


def analyze(command: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    program = needs(Path("/usr/bin/systemd-analyze"))
    return subprocess.run([program, command, *arguments], capture_output=True, text=True, timeout=180)


def installed(unit: Path, folder: Path) -> Path:
    """The unit with what this machine has not replaced, and nothing else: the user, and the place of the program."""
    copy = folder / unit.name.replace("@", "@8101")
    text = re.sub(r"(?m)^(User|Group)=.*$", r"\1=root", unit.read_text())
    assert PROGRAM in text
    copy.write_text(text.replace(PROGRAM, str(Path(sys.executable).with_name("gob-graph"))))
    return copy


def test_every_unit_is_looked_at() -> None:
    assert set(UNITS) == set((ROOT / "deploy").glob("*.service"))


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_understands_the_unit_and_rates_it(unit: Path, tmp_path: Path) -> None:
    copy = installed(unit, tmp_path)
    verified = analyze("verify", copy)
    assert (verified.returncode, verified.stderr) == (0, "")
    rated = analyze("security", "--offline=true", copy)
    found = re.search(r"exposure level for \S+: ([\d.]+)", rated.stdout)
    assert found
    # The follower has to reach its origin, wherever that is.
    assert float(found[1]) <= (2.0 if unit in SERVERS else 2.5)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("ProtectSystem=strict", "ProtectSytem=strict"),
        ("KillMode=mixed", "KillMode=some"),
        ("ExecReload=/bin/kill", "ExecReload=/bin/no-such-program"),
    ],
)
def test_systemd_tells_a_line_that_is_wrong(right: str, wrong: str, tmp_path: Path) -> None:
    copy = installed(SERVERS[0], tmp_path)
    assert right in copy.read_text()
    copy.write_text(copy.read_text().replace(right, wrong))
    assert analyze("verify", copy).stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_what_the_unit_runs_is_a_command_with_these_options(unit: Path) -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    (line,) = lines(unit, "ExecStart")
    program, name, *arguments = shlex.split(line)
    assert (program, Path(program).name in scripts) == (PROGRAM, True)
    # Click refuses an argument or an option that the command has not, or a value that is none.
    with main.commands[name].make_context(name, arguments) as context:
        given = {key: str(value) for key, value in context.params.items()}
    if unit == FOLLOWER:
        assert given["url"] == GIVEN["${ORIGIN}"]
        assert [given["folder"]] == [
            line.partition("=")[2] for line in lines(SERVERS[1], "Environment") if "DIR" in line
        ]
        assert any(given["hangup"] in line for line in lines(SERVERS[1], "ExecStartPost")), (
            "it reads what the other wrote"
        )
    else:
        assert (name, given) == ("serve", {})


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_what_the_unit_sets_is_a_setting_with_this_value(unit: Path) -> None:
    text = unit.read_text()
    names = {f"GOB_GRAPH_{name.upper()}" for name in Settings.__dataclass_fields__}
    assert set(re.findall(r"GOB_GRAPH_\w+", text)) <= names
    environment = dict(line.split("=", 1) for line in lines(unit, "Environment"))
    settings = from_env(environment)
    if unit != FOLLOWER:
        state = Path("/var/lib") / lines(unit, "StateDirectory")[0]
        assert state in settings.release_dir.parents, "the service may write there"
        assert settings.trusted_proxies == 1
    manual = (ROOT / "docs/operation.md").read_text()
    for file in lines(unit, "EnvironmentFile"):
        assert file in manual
    for name in re.findall(r"\$\{(\w+)\}", text):
        assert f"echo {name}=" in manual, "it says what to set"


@pytest.mark.parametrize("unit", SERVERS, ids=lambda unit: unit.name)
def test_the_unit_confines_the_service(unit: Path) -> None:
    text = unit.read_text()
    assert len(DEMANDED) >= 10
    for line in DEMANDED:
        assert line in text
