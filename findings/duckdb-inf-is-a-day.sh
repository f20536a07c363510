#!/usr/bin/env bash
# DuckDB 2.0.1 takes a column of a CSV whose cells are all "inf" (say, the code of a department of informatics) neither for
# text nor for a floating-point number, but for days: the type that it sniffs is DATE, and what Python gets of each cell is
# the last day that it has, 9999-12-31. Writing the table out again gives "infinity". pyarrow 26.0.1 reads the same file
# as numbers. With one other word in the column both keep the text.
#
# Seen:
#   duckdb 2.0.1 DATE [datetime.date(9999, 12, 31), datetime.date(9999, 12, 31)] written again: infinity
#   pyarrow 26.0.1 double [inf, inf]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check duckdb==2.0.1 pyarrow==26.0.1
cd "$folder"
venv/bin/python - <<'PYTHON'
from datetime import date
from pathlib import Path

import duckdb
import pyarrow
import pyarrow.csv

Path("all.csv").write_text("place,department\nA,inf\nB,inf\n")
Path("mixed.csv").write_text("place,department\nA,inf\nB,fin\n")

read = duckdb.sql("SELECT department FROM 'all.csv'")
kind, values = str(read.types[0]), [row[0] for row in read.fetchall()]
duckdb.sql("COPY (SELECT department FROM 'all.csv') TO 'again.csv'")
again = Path("again.csv").read_text().split()[-1]
print("duckdb", duckdb.__version__, kind, values, "written again:", again)
assert (kind, values, again) == ("DATE", [date(9999, 12, 31)] * 2, "infinity"), "inf is no day now"

column = pyarrow.csv.read_csv("all.csv").column("department")
print("pyarrow", pyarrow.__version__, column.type, column.to_pylist())
assert (str(column.type), column.to_pylist()) == ("double", [float("inf")] * 2), "inf is no number now"

assert duckdb.sql("SELECT department FROM 'mixed.csv'").fetchall() == [("inf",), ("fin",)]
assert pyarrow.csv.read_csv("mixed.csv").column("department").to_pylist() == ["inf", "fin"]
PYTHON
