#!/usr/bin/env bash
# pyoxigraph 0.5.13 refuses a blank between CONCAT or COALESCE and its arguments, and between no other function and its
# own: those two take an ExpressionList in the grammar (SPARQL 1.1 production 121), where blanks stand as freely as
# anywhere. Serialisers that put a blank there write queries that this engine calls wrong, at a place where it expects
# ENCODE_FOR_URI: sparqlkit 0.4.1 does so for every query with one of the two, and rdflib reads both spellings alike.
#
# Seen:
#   STR (?o)            answered
#   SUBSTR (?o, 1)      answered
#   CONCAT(?o, "y")     answered
#   CONCAT (?o, "y")    refused
#   COALESCE (?o)       refused
#   sparqlkit writes    SELECT (CONCAT (?o, "y")  AS ?r)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyoxigraph==0.5.13 sparqlkit==0.4.1 rdflib==7.6.0
"$folder/venv/bin/python" - <<'PYTHON'
import pyoxigraph
import rdflib
import sparqlkit

SEEN = {
    "STR (?o)": "answered",
    "SUBSTR (?o, 1)": "answered",
    'CONCAT(?o, "y")': "answered",
    'CONCAT (?o, "y")': "refused",
    "COALESCE (?o)": "refused",
}
store = pyoxigraph.Store()
store.load(b'<urn:s> <urn:p> "x" .', format=pyoxigraph.RdfFormat.N_TRIPLES)
graph = rdflib.Graph().parse(data='<urn:s> <urn:p> "x" .', format="nt")


def answered(query):
    try:
        return "answered" if len(list(store.query(query))) == 1 else "empty"
    except SyntaxError:
        return "refused"


for call, seen in SEEN.items():
    query = f"SELECT ({call} AS ?r) {{ ?s ?p ?o }}"
    found = answered(query)
    print(f"{call:20}", found)
    assert len(list(graph.query(query))) == 1
    assert found == seen, f"{call} is {found} now"
written = sparqlkit.format_query('SELECT (CONCAT(?o, "y") AS ?r) { ?s ?p ?o }')
print("sparqlkit writes    ", written.splitlines()[0])
assert answered(written) == "refused", "what sparqlkit writes is read now"
PYTHON
