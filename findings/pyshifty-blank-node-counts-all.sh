#!/usr/bin/env bash
# pyshifty 0.5.1 evaluates a SPARQL constraint with an aggregate, for a focus node that is a blank node, as if $this were any
# node: a unit without a name and one with a single name are both reported to have four, which is the number of all names. A
# FILTER that is to find blank nodes finds none. IRIs are counted right, and so is a constraint that only matches $this in a
# pattern. SHACL 1.0 (section 5.3.1) binds $this to the focus node; pySHACL 0.40.1 and pyshacl-turbo 0.6.5 do.
#
# Seen, for units _:1 "one", <urn:b> "two", "deux", _:2 without a name, and a name elsewhere (focus node and value):
#   SELECT $this (COUNT(?n) AS ?value) … GROUP BY $this HAVING (COUNT(?n) > 1)
#       pyshifty _: 4, _: 4, urn:b 2;   pySHACL and pyshacl-turbo urn:b 2
#   SELECT $this { FILTER(ISBLANK($this)) }
#       pyshifty nothing;               pySHACL and pyshacl-turbo _:, _:
#   SELECT $this ?value { $this <urn:name> ?value }
#       all three _: one, urn:b deux, urn:b two
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    pyshacl==0.40.1 pyshacl-turbo==0.6.5 pyshifty==0.5.1 rdflib==7.6.0
"$folder/venv/bin/python" - <<'PYTHON'
import pyshacl
import pyshacl_turbo
import rdflib
import shifty
from rdflib import RDF, SH, BNode

DATA = """@prefix : <urn:> .
[] a :Unit ; :name "one" . :b a :Unit ; :name "two", "deux" . [] a :Unit . :elsewhere :name "three" ."""
SHAPES = """@prefix sh: <http://www.w3.org/ns/shacl#> .
<urn:S> a sh:NodeShape ; sh:targetClass <urn:Unit> ; sh:sparql [ sh:select '''%s''' ] ."""
RIGHT = ["pySHACL", "pyshacl-turbo"]
SEEN = {
    "SELECT $this (COUNT(?n) AS ?value) { $this <urn:name> ?n } GROUP BY $this HAVING (COUNT(?n) > 1)": (
        ["_: 4", "_: 4", "urn:b 2"],
        ["urn:b 2"],
    ),
    "SELECT $this { FILTER(ISBLANK($this)) }": ([], ["_: _:", "_: _:"]),
    "SELECT $this ?value { $this <urn:name> ?value }": (["_: one", "urn:b deux", "urn:b two"],) * 2,
}


def graph(text):
    return rdflib.Graph().parse(data=text, format="turtle")


def told(report):
    """The focus node and the value of each result; of blank nodes only that they are."""
    results = report.subjects(RDF.type, SH.ValidationResult)
    terms = [(report.value(result, SH.focusNode), report.value(result, SH.value)) for result in results]
    return sorted(" ".join("_:" if isinstance(term, BNode) else str(term) for term in pair) for pair in terms)


for query, (by_pyshifty, by_others) in SEEN.items():
    shapes = SHAPES % query
    found = {
        "pyshifty": told(shifty.validate(DATA, shapes, infer=False, graph_mode="data")[1]),
        "pySHACL": told(pyshacl.validate(graph(DATA), shacl_graph=graph(shapes))[1]),
        "pyshacl-turbo": told(pyshacl_turbo.validate(graph(DATA), shacl_graph=graph(shapes))[1]),
    }
    print(query, *found.items(), sep="\n    ")
    assert found == {"pyshifty": by_pyshifty} | dict.fromkeys(RIGHT, by_others), f"{query} gives {found} now"
PYTHON
