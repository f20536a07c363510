#!/usr/bin/env bash
# pyoxigraph 0.5.13 does not connect a term with itself by a path of no edges when the graph does not hold the term.
# SPARQL 1.1 does (section 18.4: ALP begins with the term itself, whatever the graph holds), and so do rdflib and
# sparq-rdf. "X and all that is above it" therefore loses X where X is new, misspelt or in another graph, and the query
# answers nothing in place of one row; ASK says no.
#
# Seen (rows of pyoxigraph, rdflib, sparq-rdf):
#   <urn:nowhere> <urn:p>* ?x                            0 1 1
#   <urn:nowhere> <urn:p>? ?x                            0 1 1
#   ?x <urn:p>* <urn:nowhere>                            0 1 1
#   <urn:b> <urn:p>* ?x   (the graph holds <urn:b>)      1 1 1
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyoxigraph==0.5.13 rdflib==7.6.0 sparq-rdf==0.1.6
"$folder/venv/bin/python" - <<'PYTHON'
import json

import pyoxigraph
import rdflib
import sparq

SEEN = {
    "<urn:nowhere> <urn:p>* ?x": (0, 1, 1),
    "<urn:nowhere> <urn:p>? ?x": (0, 1, 1),
    "?x <urn:p>* <urn:nowhere>": (0, 1, 1),
    "<urn:b> <urn:p>* ?x": (1, 1, 1),
}
DATA = "<urn:a> <urn:p> <urn:b> .\n"
store = pyoxigraph.Store()
store.load(DATA.encode(), format=pyoxigraph.RdfFormat.N_TRIPLES)
graph = rdflib.Graph().parse(data=DATA, format="nt")
other = sparq.Graph.load(DATA, "ntriples")
for pattern, seen in SEEN.items():
    query = f"SELECT ?x {{ {pattern} }}"
    found = (
        len(list(store.query(query))),
        len(list(graph.query(query))),
        len(json.loads(other.query_json(query))["results"]["bindings"]),
    )
    print(f"{pattern:45}", *found)
    assert found == seen, f"{pattern}: {found} now"
PYTHON
