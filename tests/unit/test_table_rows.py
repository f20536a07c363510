"""Tables of a handful of triples: what a shape makes of them, and what it refuses."""

import csv
import io
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest

from gob_graph.errors import SourceError
from gob_graph.pipeline.tables import csv_file, rows, shapes
from gob_graph.pipeline.tables.parquet_file import parquet
from gob_graph.vocab import DCT, LAYERS, RDFS

PREFIXES = """
PREFIX sh: <http://www.w3.org/ns/shacl#> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX schema: <http://schema.org/> PREFIX e: <https://e.example/>
"""
FOUR = '"{0}"@nl , "{0} fr"@fr , "{0} de"@de , "{0} en"@en'
TEXTS = f"rdfs:label {FOUR.format('t')} ; rdfs:comment {FOUR.format('u')}"
OWN = f"sh:name {FOUR.format('n')} ; sh:description {FOUR.format('d')}"
TABLE = f"""{PREFIXES}
e:things a sh:NodeShape ; {TEXTS} ; sh:targetClass e:Thing ; sh:property <https://e.example/column/it> .
<https://e.example/column/it> sh:path e:it ; {OWN} ;"""
GATE = f"""{PREFIXES}
e:gate a sh:NodeShape ; sh:targetClass e:Thing ; sh:property e:gate-it . e:gate-it sh:path e:it ;"""
DATA = f"{PREFIXES} e:b a e:Thing . e:a a e:Thing ; e:it "


def triples(text: str) -> list[ox.Triple]:
    return [q.triple for q in ox.parse(text, format=ox.RdfFormat.TURTLE)]


def table(own: str, data: str, gate: str = "sh:severity sh:Violation .") -> rows.Filled:
    """The one table of a shape, rows and what the gate demands."""
    reader = shapes.Reader(
        shapes.Graph.of(triples(f"{TABLE} {own}")),
        shapes.Graph.of(triples(f"{GATE} {gate}")),
        shapes.Graph(),
        RDFS.label,
        Path("shapes"),
    )
    layers = {layer: set(triples(DATA + data)) if layer == "source" else set() for layer in LAYERS}
    return next(rows.fill(reader.read(), rows.Facts(layers, RDFS.label), Path("shapes")))


@pytest.mark.parametrize(
    ("own", "gate", "data", "names", "first"),
    [
        ("sh:datatype xsd:integer ; sh:maxCount 1 .", "", "7 .", ["it"], ["7"]),
        ("sh:order 1 .", "sh:datatype xsd:integer ; sh:maxCount 1 .", "7 .", ["it"], ["7"]),
        ("sh:datatype xsd:decimal ; sh:maxCount 1 .", "", "1600.50 .", ["it"], ["1600.50"]),
        ("sh:datatype xsd:boolean ; sh:maxCount 1 .", "", "true .", ["it"], ["true"]),
        ("sh:datatype xsd:date ; sh:maxCount 1 .", "", '"2020-02-29"^^xsd:date .', ["it"], ["2020-02-29"]),
        ("sh:datatype xsd:string ; sh:maxCount 1 .", "", '"0316381039" .', ["it"], ["0316381039"]),
        (
            "sh:or ( [ sh:datatype xsd:gYear ] [ sh:datatype xsd:date ] ) ; sh:maxCount 1 .", "",
            '"2014"^^xsd:gYear .', ["it", "it_year"], ["2014", "2014"],
        ),
        (
            "sh:datatype rdf:langString ; sh:uniqueLang true .", "",
            '"ja"@nl , "oui"@fr .', ["it_nl", "it_fr", "it_de", "it_en"], ["ja", "oui", "", ""],
        ),
        ("sh:datatype rdf:langString ; sh:maxCount 1 .", "", '"oui"@fr .', ["it", "it_lang"], ["oui", "fr"]),
        (
            "sh:nodeKind sh:IRI ; sh:maxCount 1 .", "", 'e:x . e:x rdfs:label "X"@fr , "ix"@nl .',
            ["it", "it_label"], ["https://e.example/x", "ix"],
        ),
        (
            "sh:maxCount 1 .", "", '"3"^^xsd:integer .',
            ["it", "it_label", "it_lang", "it_datatype"], ["3", "", "", "http://www.w3.org/2001/XMLSchema#integer"],
        ),
    ],
)  # fmt: skip
def test_a_column_is_what_the_shapes_say(own: str, gate: str, data: str, names: list[str], first: list[str]) -> None:
    made = table(own, data, gate or "sh:severity sh:Violation .")
    header, *body = csv.reader(io.StringIO(csv_file.exact(made).decode(), newline=""))
    assert header == ["iri", "label", *names]
    assert body == [["https://e.example/a", "", *first], ["https://e.example/b", "", *[""] * len(first)]]


def test_several_values_are_a_list_and_rows_of_another_table() -> None:
    reader = shapes.Graph.of(triples(f"{TABLE} sh:nodeKind sh:IRI ."))
    read = shapes.Reader(reader, shapes.Graph(), shapes.Graph(), RDFS.label, Path("shapes")).read()
    data = 'e:y , e:x . e:x schema:position 2 . e:y schema:position 1 ; rdfs:label "Y"@nl .'
    layers = {layer: set(triples(DATA + data)) if layer == "source" else set() for layer in LAYERS}
    made, lists = rows.fill(read, rows.Facts(layers, RDFS.label), Path("shapes"))
    assert made.columns["it"] == [
        [{"value": "https://e.example/y", "label": "Y"}, {"value": "https://e.example/x", "label": None}],
        [],
    ]
    assert csv_file.exact(made).decode().splitlines()[0] == "iri,label", "a CSV has no lists"
    assert csv_file.exact(lists).decode().splitlines()[1:] == [
        "things,https://e.example/a,,it,1,https://e.example/y,Y,",
        "things,https://e.example/a,,it,2,https://e.example/x,,",
    ]


@pytest.mark.parametrize(
    ("own", "data", "reason"),
    [
        ("sh:datatype xsd:integer ; sh:maxCount 1 .", "1 , 2 .", "is not the only value"),
        ("sh:datatype xsd:integer ; sh:maxCount 1 .", "99999999999999999999 .", "can hold (integer)"),
        ("sh:datatype xsd:decimal ; sh:maxCount 1 .", "0.0000001 .", "can hold (decimal)"),
        ("sh:datatype xsd:date ; sh:maxCount 1 .", '"soon" .', "can hold (date)"),
        ("sh:datatype xsd:boolean ; sh:maxCount 1 .", '"maybe" .', "can hold (boolean)"),
        ("sh:datatype xsd:string ; sh:maxCount 1 .", "e:x .", "is not a literal"),
        ("sh:nodeKind sh:IRI ; sh:maxCount 1 .", '"x" .', "is not an IRI"),
        ("sh:class e:Other ; sh:maxCount 1 .", "e:x .", "is not an instance of <https://e.example/Other>"),
        ("sh:datatype rdf:langString ; sh:uniqueLang true .", '"a"@nl , "b"@nl .', "only text in its language"),
        ("sh:datatype rdf:langString ; sh:uniqueLang true .", '"a"@es .', "not a text in nl, fr, de, en"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_its_place(own: str, data: str, reason: str) -> None:
    with pytest.raises(SourceError) as refused:
        table(own, data)
    assert reason in str(refused.value)
    assert "column 'it'" in str(refused.value)


@pytest.mark.parametrize("what", [OWN, TEXTS, "sh:path e:it ;"])
def test_a_shape_that_lacks_something_is_refused(what: str) -> None:
    text = f"{TABLE} sh:maxCount 1 .".replace(what, "", 1).replace("; ;", ";")
    reader = shapes.Reader(
        shapes.Graph.of(triples(text)), shapes.Graph(), shapes.Graph(), DCT.term("title"), Path("shapes")
    )
    with pytest.raises(SourceError, match="needs"):
        reader.read()


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+32 2 204", "'+32 2 204"),
        ("-x", "'-x"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t'=1"),
        ("\r=1", "'\r'=1"),
        ("  =1", "  '=1"),
        ("＝1", "'＝1"),
        ("a;=1+1", "a;'=1+1"),
        ('a","=1', 'a","\'=1'),
        ("a\n=1", "a\n'=1"),
        ("zero-based", "zero-based"),
        ("1 + 1 = 2", "1 + 1 = 2"),
        ("'t Sas", "'t Sas"),
    ],
)
def test_no_cell_begins_a_formula(text: str, safe: str) -> None:
    assert csv_file.without_formulas(text) == safe
    assert csv_file._suspect([None, "plain", text, "plain"]) is (text != safe)


def test_the_plain_csv_is_exact_and_the_other_marked() -> None:
    made = table("sh:datatype xsd:string ; sh:maxCount 1 .", '"=1+1" .')
    assert csv_file.exact(made) == (b"iri,label,it\r\nhttps://e.example/a,,=1+1\r\nhttps://e.example/b,,\r\n")
    assert csv_file.for_spreadsheets(made, csv_file.exact(made)) == (
        "\ufeffiri,label,it\r\nhttps://e.example/a,,'=1+1\r\nhttps://e.example/b,,\r\n".encode()
    )


def test_numbers_below_zero_stay_numbers() -> None:
    made = table("sh:datatype xsd:integer ; sh:maxCount 1 .", "-5 .")
    assert (
        csv_file.for_spreadsheets(made, csv_file.exact(made)).decode("utf-8-sig").splitlines()[1]
        == "https://e.example/a,,-5"
    )


def test_parquet_is_typed_and_tells_what_it_is() -> None:
    import pyarrow.parquet as pq

    made = table("sh:datatype xsd:decimal ; sh:maxCount 1 .", "1600.50 .")
    body = parquet(made, {"release": "r"})
    assert body == parquet(replace(made), {"release": "r"})
    read = pq.read_table(io.BytesIO(body))
    assert str(read.schema.field("it").type) == "decimal128(38, 6)"
    assert read.schema.metadata[b"release"] == b"r"
    assert not read.schema.field("iri").nullable
    assert read.schema.field("it").metadata[b"property"] == b"https://e.example/it"
