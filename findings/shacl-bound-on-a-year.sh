#!/usr/bin/env bash
# A bound on a year (sh:minInclusive "2014"^^xsd:gYear, as for a date of foundation) has three outcomes in four SHACL engines.
# SHACL 1.0 (section 4.3) compares by the operator <= of SPARQL 1.1, whose table has no years, so that no year can be shown to
# fulfil the bound: shacl 0.3.4 and pyshifty 0.5.1 report each, the very year of the bound as well. pyshacl-turbo 0.6.5 compares
# years as numbers and reports the earlier one. pySHACL 0.40.1 reports every year but the one that is equal: the later one
# too. With xsd:integer in place of xsd:gYear all four report the earlier one and nothing else.
#
# Seen, for 2013, 2014 and 2015 (what is reported):
#                         xsd:gYear        xsd:integer
#   pySHACL 0.40.1        2013 2015        2013
#   pyshacl-turbo 0.6.5   2013             2013
#   shacl 0.3.4           2013 2014 2015   2013
#   pyshifty 0.5.1        2013 2014 2015   2013
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    pyshacl==0.40.1 pyshacl-turbo==0.6.5 shacl==0.3.4 pyshifty==0.5.1 rdflib==7.6.0
cd "$folder"
venv/bin/python - <<'PYTHON'
from pathlib import Path

import pyshacl
import pyshacl_turbo
import rdflib
import shacl
import shifty

PREFIXES = "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
DATA = PREFIXES + '<urn:a> a <urn:Unit> ; <urn:since> "2013"^^xsd:{0}, "2014"^^xsd:{0}, "2015"^^xsd:{0} .'
SHAPES = PREFIXES + (
    "<urn:S> a sh:NodeShape ; sh:targetClass <urn:Unit> ;\n"
    '    sh:property [ sh:path <urn:since> ; sh:minInclusive "2014"^^xsd:{0} ] .'
)


def graph(text):
    return rdflib.Graph().parse(data=text, format="turtle")


def by_shacl(data, shapes):
    Path("data.ttl").write_text(data)
    Path("shapes.ttl").write_text(shapes)
    return graph(shacl.validate("data.ttl", "shapes.ttl").serialize())


ENGINES = {
    "pySHACL": lambda data, shapes: pyshacl.validate(graph(data), shacl_graph=graph(shapes))[1],
    "pyshacl-turbo": lambda data, shapes: pyshacl_turbo.validate(graph(data), shacl_graph=graph(shapes))[1],
    "shacl": by_shacl,
    "pyshifty": lambda data, shapes: shifty.validate(data, shapes, infer=False, graph_mode="data")[1],
}
SEEN = {
    "pySHACL": ["2013", "2015"],
    "pyshacl-turbo": ["2013"],
    "shacl": ["2013", "2014", "2015"],
    "pyshifty": ["2013", "2014", "2015"],
}
for name, validate in ENGINES.items():
    found = {}
    for kind in ("gYear", "integer"):
        report = validate(DATA.format(kind), SHAPES.format(kind))
        found[kind] = sorted(str(value) for value in report.objects(None, rdflib.SH.value))
    print(f"{name:15}", found)
    assert found == {"gYear": SEEN[name], "integer": ["2013"]}, f"{name} reports {found} now"
PYTHON
