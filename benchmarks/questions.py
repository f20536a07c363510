"""Questions over an organisation tree as people write them, each in the forms that people choose.

Forms of one question bear its number with a letter. X is an institution with others below it, Y another one.
"""

from __future__ import annotations

from typing import Final, NamedTuple

BASE: Final = "https://data.example.org"
PREFIXES: Final = f"""PREFIX org: <http://www.w3.org/ns/org#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
PREFIX gov: <{BASE}/ns/governance#>
PREFIX o: <{BASE}/id/organization/>
"""
X: Final = "o:institution-20"
Y: Final = "o:institution-7"
NAME: Final = '"Dienst Erfgoed 20"@nl'
"""The Dutch name of X."""
UNDER: Final = "org:unitOf/org:subOrganizationOf*"
STAFF: Final = "?f gov:figureOf ?u ; gov:exactValue ?n"
FRENCH: Final = "skos:prefLabel ?l FILTER(LANG(?l) = 'fr')"


class Question(NamedTuple):
    """A question: its number, its name, the query."""

    number: str
    name: str
    query: str
    any_rows: bool = False
    """Whether the query leaves open which rows are given, so that only their number is compared."""

    @property
    def text(self) -> str:
        """The query with its prefixes."""
        return PREFIXES + self.query


def _counted(group: str) -> str:
    return f"SELECT (COUNT(*) AS ?number) {{ {group} }}"


QUESTIONS: Final = (
    Question("01", "units under X", f"SELECT ?u {{ ?u {UNDER} {X} }}"),
    Question("01b", "same, two patterns", f"SELECT ?u {{ ?u org:unitOf ?m . ?m org:subOrganizationOf* {X} }}"),
    Question("01c", "same, inverse from X", f"SELECT ?u {{ {X} (^org:subOrganizationOf)*/^org:unitOf ?u }}"),
    Question("01d", "same, either relation", f"SELECT ?u {{ ?u (org:unitOf|org:subOrganizationOf)+ {X} }}"),
    Question("02", "X by its name, then the path", f"SELECT ?u {{ ?o skos:prefLabel {NAME} . ?u {UNDER} ?o }}"),
    Question(
        "02b",
        "same, two patterns",
        f"SELECT ?u {{ ?o skos:prefLabel {NAME} . ?u org:unitOf ?m . ?m org:subOrganizationOf* ?o }}",
    ),
    Question(
        "02c",
        "same, inverse",
        f"SELECT ?u {{ ?o skos:prefLabel {NAME} . ?o (^org:subOrganizationOf)*/^org:unitOf ?u }}",
    ),
    Question(
        "02d", "same, sub-select", f"SELECT ?u {{ {{ SELECT ?o {{ ?o skos:prefLabel {NAME} }} }} ?u {UNDER} ?o }}"
    ),
    Question("03", "VALUES X, then the path", f"SELECT ?u {{ VALUES ?x {{ {X} }} ?u {UNDER} ?x }}"),
    Question("03b", "FILTER(?o = X)", f"SELECT ?u {{ ?u org:unitOf ?o FILTER(?o = {X}) }}"),
    Question("03c", "BIND X, then the path", f"SELECT ?u {{ BIND({X} AS ?x) ?u {UNDER} ?x }}"),
    Question("03d", "X and Y by VALUES", f"SELECT ?u ?x {{ VALUES ?x {{ {X} {Y} }} ?u {UNDER} ?x }}"),
    Question("04", "institutions below X", f"SELECT ?d {{ ?d org:subOrganizationOf+ {X} }}"),
    Question("05", "institutions above one", "SELECT ?a { o:institution-24 org:subOrganizationOf+ ?a }"),
    Question(
        "06",
        "same with Dutch names",
        "SELECT ?a ?l { o:institution-24 org:subOrganizationOf+ ?a . ?a skos:prefLabel ?l FILTER(LANG(?l) = 'nl') }",
    ),
    Question("07", "staff under X, path first", f"SELECT ?f ?n {{ ?u {UNDER} {X} . {STAFF} }}"),
    Question(
        "07b",
        "same, two patterns",
        f"SELECT ?f ?n {{ ?u org:unitOf ?m . ?m org:subOrganizationOf* {X} . {STAFF} }}",
    ),
    Question("07c", "same, one long path", f"SELECT ?f ?n {{ ?f gov:figureOf/{UNDER} {X} ; gov:exactValue ?n }}"),
    Question("08", "is a unit under the root?", f"ASK {{ o:unit-20-3 {UNDER} o:institution-0 }}"),
    Question(
        "09",
        "staff per institution, the 10 largest",
        f"SELECT ?m (SUM(?n) AS ?s) {{ ?u org:unitOf ?m . {STAFF} }} GROUP BY ?m ORDER BY DESC(?s) ?m LIMIT 10",
    ),
    Question("10", "count per class", "SELECT ?c (COUNT(?x) AS ?number) { ?x a ?c } GROUP BY ?c"),
    Question(
        "11",
        "names per language",
        "SELECT ?lang (COUNT(?l) AS ?number) { ?x skos:prefLabel ?l } GROUP BY (LANG(?l) AS ?lang)",
    ),
    Question(
        "12",
        "units of X in French, else in Dutch",
        f"SELECT ?u ?name {{ ?u org:unitOf {X} OPTIONAL {{ ?u skos:prefLabel ?fr FILTER(LANG(?fr) = 'fr') }} "
        "OPTIONAL { ?u skos:prefLabel ?nl FILTER(LANG(?nl) = 'nl') } BIND(COALESCE(?fr, ?nl) AS ?name) }",
    ),
    Question(
        "13",
        "first 20 administrations by French name",
        f"SELECT ?u ?l {{ ?u a gov:Administration ; {FRENCH} }} ORDER BY ?l LIMIT 20",
    ),
    Question(
        "14",
        "names that contain a word, 100 of them",
        'SELECT ?u ?l { ?u skos:prefLabel ?l FILTER(CONTAINS(STR(?l), "Energie 1")) } LIMIT 100',
        any_rows=True,
    ),
    Question(
        "14b",
        "same, all, ordered",
        'SELECT ?u ?l { ?u skos:prefLabel ?l FILTER(CONTAINS(STR(?l), "Energie 1")) } ORDER BY ?l ?u',
    ),
    Question("15", "exact name with its language", f"SELECT ?o {{ ?o skos:prefLabel {NAME} }}"),
    Question("15b", "exact name by STR()", 'SELECT ?o { ?o skos:prefLabel ?l FILTER(STR(?l) = "Dienst Erfgoed 20") }'),
    Question(
        "16",
        "institutions without others below, NOT EXISTS",
        _counted("?o a org:FormalOrganization FILTER NOT EXISTS { ?d org:subOrganizationOf ?o }"),
    ),
    Question("16b", "same, MINUS", _counted("?o a org:FormalOrganization MINUS { ?d org:subOrganizationOf ?o }")),
    Question(
        "16c",
        "same, OPTIONAL and !BOUND",
        _counted("?o a org:FormalOrganization OPTIONAL { ?d org:subOrganizationOf ?o } FILTER(!BOUND(?d))"),
    ),
    Question(
        "17",
        "institutions not under X, NOT EXISTS",
        _counted(f"?o a org:FormalOrganization FILTER NOT EXISTS {{ ?o org:subOrganizationOf+ {X} }}"),
    ),
    Question("17b", "same, MINUS", _counted(f"?o a org:FormalOrganization MINUS {{ ?o org:subOrganizationOf+ {X} }}")),
    Question(
        "18",
        "depth of each institution",
        "SELECT ?o (COUNT(?a) AS ?depth) { ?o a org:FormalOrganization ; org:subOrganizationOf+ ?a } GROUP BY ?o",
    ),
    Question(
        "19",
        "units of X with more staff than its average",
        f"SELECT ?u ?n {{ {{ SELECT (AVG(?k) AS ?mean) {{ ?w org:unitOf {X} . "
        f"?g gov:figureOf ?w ; gov:exactValue ?k }} }} ?u org:unitOf {X} . {STAFF} FILTER(?n > ?mean) }}",
    ),
    Question(
        "20",
        "units of X and Y whose Dutch names begin alike",
        _counted(
            f"?a org:unitOf {X} ; skos:prefLabel ?l . ?b org:unitOf {Y} ; skos:prefLabel ?m "
            "FILTER(LANG(?l) = 'nl' && LANG(?m) = 'nl' && STRBEFORE(STR(?l), ' ') = STRBEFORE(STR(?m), ' '))"
        ),
    ),
    Question("21", "class by subClassOf*", _counted("?x a/rdfs:subClassOf* org:OrganizationalUnit")),
    Question("21b", "class by VALUES", _counted("VALUES ?c { org:OrganizationalUnit } ?x a ?c")),
    Question(
        "22",
        "units with a French name and 800 to 900 people",
        _counted(f"{STAFF} . ?u {FRENCH} FILTER(?n >= 800 && ?n <= 900)"),
    ),
    Question("23", "different predicates", "SELECT DISTINCT ?p { ?s ?p ?o }"),
    Question("24", "count of everything", _counted("?s ?p ?o")),
    Question("25", "all about X in both directions", f"SELECT * {{ {{ {X} ?p ?o }} UNION {{ ?s ?p {X} }} }}"),
    Question(
        "26",
        "names of a unit or of its whole",
        "SELECT ?l { { o:unit-20-3 skos:prefLabel ?l } UNION { o:unit-20-3 org:unitOf ?m . ?m skos:prefLabel ?l } }",
    ),
    Question(
        "27",
        "page 500 of the ordered units",
        "SELECT ?u { ?u a org:OrganizationalUnit } ORDER BY ?u LIMIT 20 OFFSET 10000",
    ),
    Question("28", "figures of a year", _counted('?f gov:referenceDate ?y FILTER(?y = "2024"^^xsd:gYear)')),
    Question(
        "29",
        "OPTIONAL, then the pattern that restricts",
        f"SELECT ?u ?l {{ ?u a org:OrganizationalUnit OPTIONAL {{ ?u skos:prefLabel ?l }} ?u org:unitOf {X} }}",
    ),
    Question(
        "29b",
        "that pattern first",
        f"SELECT ?u ?l {{ ?u org:unitOf {X} . ?u a org:OrganizationalUnit OPTIONAL {{ ?u skos:prefLabel ?l }} }}",
    ),
    Question(
        "30",
        "OPTIONAL with a path",
        f"SELECT ?u ?a {{ ?u org:unitOf {X} OPTIONAL {{ ?u org:unitOf/org:subOrganizationOf+ ?a }} }}",
    ),
    Question(
        "31",
        "a group within a group, with a FILTER",
        f"SELECT ?u ?l {{ ?u org:unitOf {X} {{ ?u skos:prefLabel ?l FILTER(LANG(?l) = 'de') }} }}",
    ),
    Question(
        "32",
        "EXISTS where a join would do",
        f"SELECT ?u {{ ?u a org:OrganizationalUnit FILTER EXISTS {{ ?u org:unitOf {X} }} }}",
    ),
    Question("33", "X or Y by FILTER IN", f"SELECT ?u {{ ?u org:unitOf ?o FILTER(?o IN ({X}, {Y})) }}"),
    Question("33b", "X or Y by VALUES", f"SELECT ?u {{ VALUES ?o {{ {X} {Y} }} ?u org:unitOf ?o }}"),
)
