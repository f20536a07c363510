#!/usr/bin/env bash
# rdflib 7.6.0 and rdflib-turbo 0.2.0a19 evaluate a sub-select once for each row that stands before it, with the values of
# that row, although it does not project them. SPARQL 1.1 (section 12) evaluates sub-selects first, and their variables are
# their own. So the share of a total is always 1, and every unit is the largest of all, where the same variable is used
# within and outside; with the sub-select written first, which changes nothing in a join, both count right. rdflib-turbo
# hands the values to groups in braces as well: BIND(?v AS ?w) in a group of its own has a value there, in rdflib it has none.
#
# Seen, for three units with 10, 30 and 60 people (?r by pyoxigraph 0.5.13; rdflib; rdflib-turbo):
#   ?x :staff ?v { SELECT (SUM(?n) AS ?r) { ?x :staff ?n } }
#       100 100 100; 10 30 60; 10 30 60
#   { SELECT (SUM(?n) AS ?r) { ?x :staff ?n } } ?x :staff ?v
#       100 100 100; 100 100 100; 100 100 100
#   ?x :staff ?r { SELECT (MAX(?r) AS ?m) { ?x :staff ?r } } FILTER(?r = ?m)
#       60; 10 30 60; 10 30 60
#   ?x :staff ?v { BIND(?v AS ?r) }
#       unbound; unbound; 10 30 60
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    pyoxigraph==0.5.13 rdflib==7.6.0 rdflib-turbo==0.2.0a19
"$folder/venv/bin/python" - <<'PYTHON'
import json

import pyoxigraph
import rdflib
import rdflib_turbo

DATA = "@prefix : <urn:> . :a :staff 10 . :b :staff 30 . :c :staff 60 ."
TOTAL, EACH, NONE = ["100"] * 3, ["10", "30", "60"], ["unbound"] * 3
SEEN = {
    "?x :staff ?v { SELECT (SUM(?n) AS ?r) { ?x :staff ?n } }": (TOTAL, EACH, EACH),
    "{ SELECT (SUM(?n) AS ?r) { ?x :staff ?n } } ?x :staff ?v": (TOTAL, TOTAL, TOTAL),
    "?x :staff ?r { SELECT (MAX(?r) AS ?m) { ?x :staff ?r } } FILTER(?r = ?m)": (["60"], EACH, EACH),
    "?x :staff ?v { BIND(?v AS ?r) }": (NONE, NONE, EACH),
}
store = pyoxigraph.Store()
store.load(DATA.encode(), format=pyoxigraph.RdfFormat.TURTLE)
graphs = [module.Graph() for module in (rdflib, rdflib_turbo)]
for graph in graphs:
    graph.parse(data=DATA, format="turtle")
for pattern, seen in SEEN.items():
    query = f"PREFIX : <urn:> SELECT ?x ?r {{ {pattern} }}"
    answers = [store.query(query).serialize(format=pyoxigraph.QueryResultsFormat.JSON)]
    answers += [graph.query(query).serialize(format="json") for graph in graphs]
    rows = [json.loads(answer)["results"]["bindings"] for answer in answers]
    found = tuple(sorted(row["r"]["value"] if "r" in row else "unbound" for row in each) for each in rows)
    print(pattern, *found, sep="\n    ")
    assert found == seen, f"{pattern} gives {found} now"
PYTHON
