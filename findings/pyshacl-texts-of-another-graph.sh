#!/usr/bin/env bash
# pySHACL 0.40.1 describes a blank node in a message by what it remembers of the graph at that address of memory. A process
# that validates one file after the other, as a server or a test suite does, is at times told of nodes that are not in its
# file: parsers number blank nodes from one on, and Python gives a new graph the place of one that is gone. The focus node
# of the result is right; its message is about a node of an earlier graph.
#
# Seen, after a few graphs (the number differs), of a thing that is red:
#   Less than 1 values on [ <urn:colour> Literal("blue") ; rdf:type <urn:Thing> ]-><urn:name>
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyshacl==0.40.1 rdflib==7.6.0
"$folder/venv/bin/python" - <<'PYTHON'
import pyshacl
import rdflib
from rdflib import RDF, SH, BNode, Literal, URIRef

shapes = rdflib.Graph().parse(
    format="turtle",
    data="""@prefix sh: <http://www.w3.org/ns/shacl#> .
    <urn:Shape> sh:targetClass <urn:Thing> ; sh:property [ sh:path <urn:name> ; sh:minCount 1 ] .""",
)


def message(colour):
    """What pySHACL says of a thing without a name, in a graph of its own."""
    graph = rdflib.Graph()
    thing = BNode("b1")
    graph.add((thing, RDF.type, URIRef("urn:Thing")))
    graph.add((thing, URIRef("urn:colour"), Literal(colour)))
    conforms, results, _ = pyshacl.validate(graph, shacl_graph=shapes)
    assert not conforms
    (found,) = results.objects(predicate=SH.resultMessage)
    return str(found)


first = message("red")
assert '"red"' in first, first
for number in range(2, 2000):
    told = message("blue" if number % 2 == 0 else "red")
    if ('"blue"' in told) != (number % 2 == 0):
        print(f"graph {number} is {'blue' if number % 2 == 0 else 'red'}; pySHACL says: {told}")
        break
else:
    raise SystemExit("each message was about its own graph")
PYTHON
