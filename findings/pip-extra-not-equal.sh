#!/usr/bin/env bash
# pip: a dependency with the marker `extra != "client"` is installed for `package[client]` all the same, although the
# marker is false for that extra and true without any. pip resolves `package[client]` as `package`, for which the marker is
# evaluated with the extra "", and what the extra adds to it. So a distribution cannot have an extra that asks for less; the
# metadata is valid, and nothing warns.
#
# Seen (pip 26.1 and 23.2.1):
#   whole[client] would install: large small whole
#   whole         would install: large whole
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pip==26.1 packaging==26.0
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import json
import subprocess
import sys
import zipfile
from pathlib import Path

from packaging.requirements import Requirement

folder = Path(sys.argv[1])
DEPENDENCIES = {
    "fx-small": [],
    "fx-large": [],
    "fx-whole": ['fx-large; extra != "client"', 'fx-small; extra == "client"'],
}
marker = Requirement(DEPENDENCIES["fx-whole"][0]).marker
assert marker is not None and not marker.evaluate({"extra": "client"}) and marker.evaluate({"extra": ""})
for name, wanted in DEPENDENCIES.items():
    stem = f"{name.replace('-', '_')}-1"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1", "Provides-Extra: client"]
    metadata = "\n".join([*lines, *(f"Requires-Dist: {one}" for one in wanted)]) + "\n"
    with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{stem}.dist-info/METADATA", metadata)
        wheel.writestr(f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{stem}.dist-info/RECORD", "")
for asked, seen in {"fx-whole[client]": ["fx-large", "fx-small", "fx-whole"], "fx-whole": ["fx-large", "fx-whole"]}.items():
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--no-index", "--report", "-",
               "--find-links", str(folder), asked]
    report = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    found = sorted(one["metadata"]["name"] for one in report["install"])
    print(f"{asked:18} would install:", *found)
    assert found == seen, f"{asked} brings {found} now"
PYTHON
