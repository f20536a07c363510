#!/usr/bin/env bash
# rdflib 7.6.0 parses a negated property set with an inverse in it, `?x !(^:a) ?y`, and cannot evaluate it: the query ends
# in a bare Exception about InversePath_InversePath, which no handler of syntax or evaluation errors catches, and only once
# rows are asked for. SPARQL 1.1 (section 9.1) has `!^iri` and `!(iri|^iri)`; pyoxigraph 0.5.13 answers both. Without the
# inverse rdflib answers like pyoxigraph.
#
# Seen:
#   ?x !:a ?y           rdflib 1 row,  pyoxigraph 1 row
#   ?x !^:a ?y          rdflib Exception: Invalid path in NegatedPath: …, pyoxigraph 1 row
#   ?x !(:b|^:a) ?y     rdflib Exception: Invalid path in NegatedPath: …, pyoxigraph 2 rows
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check rdflib==7.6.0 pyoxigraph==0.5.13
"$folder/venv/bin/python" - <<'PYTHON'
import pyoxigraph
import rdflib

DATA = "<urn:s> <urn:a> <urn:o> . <urn:t> <urn:b> <urn:o> ."
SEEN = {"!:a": (1, 1), "!^:a": ("Invalid path", 1), "!(:b|^:a)": ("Invalid path", 2)}
graph = rdflib.Graph().parse(data=DATA, format="turtle")
store = pyoxigraph.Store()
store.load(DATA, format=pyoxigraph.RdfFormat.TURTLE)
for path, (by_rdflib, by_pyoxigraph) in SEEN.items():
    query = f"PREFIX : <urn:> SELECT * {{ ?x {path} ?y }}"
    try:
        found = len(list(graph.query(query)))
    except Exception as error:
        assert type(error) is Exception, f"it is a {type(error).__name__} now"
        found = str(error)[:12]
    print(f"?x {path} ?y", found, len(list(store.query(query))), sep="\t")
    assert found == by_rdflib, f"{path} gives {found} now"
    assert len(list(store.query(query))) == by_pyoxigraph
PYTHON
