#!/usr/bin/env bash
# maplib 0.20.26 (PyPI) answers some plain SPARQL 1.1 in the way of the data frames that it works on, without a word:
# an integer is not equal to the same decimal, UNDEF matches nothing, SUM and MAX of nothing give no row and a group of
# nothing gives one, MIN of texts with a language is unbound. Data and queries are valid; pyoxigraph is shown beside it.
#
# Seen (pyoxigraph, maplib):
#   SELECT ?x { ?x <urn:n> ?v FILTER(?v = 1.0) }                                    1 row     0 rows
#   SELECT ?a { VALUES (?a ?b) { (1 UNDEF) (2 3) } VALUES ?b { 3 } }                2 rows    1 row
#   SELECT (SUM(?v) AS ?r) { ?x <urn:none> ?v }                                     0         no row
#   SELECT (COUNT(*) AS ?r) { ?x <urn:none> ?v } GROUP BY ?x                        no row    0
#   SELECT (MIN(?l) AS ?r) { ?x <urn:l> ?l }                                        a         unbound
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check maplib==0.20.26 pyoxigraph==0.5.13
"$folder/venv/bin/python" - "$folder/data.nt" <<'PYTHON'
import json
import pathlib
import sys

import maplib
import pyoxigraph

DATA = """<urn:a> <urn:n> "1"^^<http://www.w3.org/2001/XMLSchema#integer> .
<urn:a> <urn:l> "a"@fr .
<urn:a> <urn:l> "b"@nl .
"""
SEEN = {
    "SELECT (?x AS ?r) { ?x <urn:n> ?v FILTER(?v = 1.0) }": (["urn:a"], []),
    "SELECT (?a AS ?r) { VALUES (?a ?b) { (1 UNDEF) (2 3) } VALUES ?b { 3 } }": (["1", "2"], ["2"]),
    "SELECT (SUM(?v) AS ?r) { ?x <urn:none> ?v }": (["0"], []),
    "SELECT (COUNT(*) AS ?r) { ?x <urn:none> ?v } GROUP BY ?x": ([], ["0"]),
    "SELECT (MIN(?l) AS ?r) { ?x <urn:l> ?l }": (["a"], ["unbound"]),
}
file = pathlib.Path(sys.argv[1])
file.write_text(DATA, encoding="utf-8")
model = maplib.Model()
model.read(str(file), format="ntriples")
store = pyoxigraph.Store()
store.load(path=str(file), format=pyoxigraph.RdfFormat.N_TRIPLES)


def values(document):
    return sorted(row["r"]["value"] if "r" in row else "unbound" for row in json.loads(document)["results"]["bindings"])


for query, seen in SEEN.items():
    right = store.query(query).serialize(format=pyoxigraph.QueryResultsFormat.JSON)
    found = values(right), values(model.query(query, return_json=True))
    print(f"{query:75}", *found)
    assert found == seen, f"{query}: {found} now"
PYTHON
