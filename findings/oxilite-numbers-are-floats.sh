#!/usr/bin/env bash
# oxilite 0.9.1 (PyPI: an "Oxigraph-compatible" SPARQL store on SQLite) computes decimals in binary floating point and
# integers within 64 bits, and says nothing where that is not exact: 0.1 + 0.2 is not 0.3, a larger product or sum is the
# largest number that it has, and integers that differ are equal beyond 64 bits. SPARQL 1.1 takes both from XML Schema, where
# decimals are no binary fractions and integers have no bound. pyoxigraph 0.5.13 is exact here, or leaves the result unbound.
#
# Seen (pyoxigraph, oxilite):
#   0.1 + 0.2 = 0.3                                    true                      false
#   1000000000000.123456 * 1000000.5                   1000000500000123456.06…   1000000500000123392
#   3000000000 * 4000000000                            unbound                   9223372036854775807
#   9223372036854775807 + 1                            unbound                   9223372036854775807
#   12345678901234567890 = 12345678901234567891        unbound                   true
#   ROUND(1e20)                                        100000000000000000000     9223372036854776000
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyoxigraph==0.5.13 oxilite==0.9.1
"$folder/venv/bin/python" - <<'PYTHON'
import json

import oxilite
import pyoxigraph

SEEN = {
    "0.1 + 0.2 = 0.3": ("true", "false"),
    "1000000000000.123456 * 1000000.5": ("1000000500000123456.061728", "1000000500000123392"),
    "3000000000 * 4000000000": ("unbound", "9223372036854775807"),
    "9223372036854775807 + 1": ("unbound", "9223372036854775807"),
    "12345678901234567890 = 12345678901234567891": ("unbound", "true"),
    "ROUND(1e20)": ("100000000000000000000", "9223372036854776000"),
}
for expression, seen in SEEN.items():
    found = []
    for module in (pyoxigraph, oxilite):
        result = module.Store().query(f"SELECT ({expression} AS ?r) {{}}")
        (row,) = json.loads(result.serialize(format=module.QueryResultsFormat.JSON))["results"]["bindings"]
        found.append(row["r"]["value"] if "r" in row else "unbound")
    print(f"{expression:45}", *found)
    assert tuple(found) == seen, f"{expression} is {found} now"
PYTHON
