#!/usr/bin/env bash
# pyarrow 26.0.1 guesses another type for a whole number in a CSV when a plus stands before it: 3222042111 is int64,
# -3222042111 is int64, +3222042111 is double. So a column of telephone numbers, or of differences written with their sign,
# becomes floating point, and beyond 2**53 its digits change without a word: +9007199254740993 is read as 9007199254740992,
# -9007199254740993 exactly. frictionless 5.21.0 guesses integer for the same cell and keeps every digit.
#
# Seen:
#   pyarrow 26.0.1 {'9007199254740993': ('int64', 9007199254740993), '-9007199254740993': ('int64', -9007199254740993),
#                   '+9007199254740993': ('double', 9007199254740992.0)}
#   frictionless 5.21.0 integer 9007199254740993
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyarrow==26.0.1 frictionless==5.21.0
cd "$folder"
venv/bin/python - <<'PYTHON'
import io
from importlib.metadata import version
from pathlib import Path

import pyarrow
import pyarrow.csv
from frictionless import Resource

NUMBER = 2**53 + 1
found = {}
for sign in ("", "-", "+"):
    table = pyarrow.csv.read_csv(io.BytesIO(f"n\n{sign}{NUMBER}\n".encode()))
    found[f"{sign}{NUMBER}"] = (str(table.schema.field("n").type), table.column("n")[0].as_py())
print("pyarrow", pyarrow.__version__, found)
assert found == {
    f"{NUMBER}": ("int64", NUMBER),
    f"-{NUMBER}": ("int64", -NUMBER),
    f"+{NUMBER}": ("double", float(NUMBER)),
}, "a plus makes no difference now"
assert found[f"+{NUMBER}"][1] == NUMBER - 1, "the digits are kept now"

Path("plus.csv").write_text(f"n\n+{NUMBER}\n")
with Resource(path="plus.csv") as resource:
    (row,) = resource.read_rows()
    kind = resource.schema.get_field("n").type
print("frictionless", version("frictionless"), kind, row["n"])
assert (kind, row["n"]) == ("integer", NUMBER), "frictionless guesses otherwise now"
PYTHON
