"""The one table of what this server answers, by path and method: the API description, its page and its test read it.

A route that no row describes fails a test; so does a row that the server does not answer as it says. To add one, write
the path as OpenAPI does, what it is for, the media types of its answer, the codes of `errors.REFUSALS` that it can
give, and a sample address. In samples, words in braces are filled in from the release (`openapi.samples`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from gob_graph.endpoint.feeds.release_list import MEDIA_TYPES
from gob_graph.endpoint.sparql.protocol import DIRECT, FORM
from gob_graph.formats import offers

JSON: Final = "application/json"
HTML: Final = "text/html"
PLAIN: Final = "text/plain"
RDF: Final = tuple(f.media_type for f in offers("graph"))
QUADS: Final = tuple(f.media_type for f in offers("dataset"))
DOCUMENT: Final = ("text/turtle", "application/ld+json", "application/n-triples", "application/rdf+xml", HTML)
BINDINGS: Final = tuple(f.media_type for f in offers("bindings", page=True))
FILES: Final = tuple(dict.fromkeys([*MEDIA_TYPES.values(), "application/octet-stream"]))
"""The types of the files of a release."""
BUSY: Final = ("client-busy", "engine-busy", "engine-down", "not-prepared", "internal")
ASKED: Final = (
    "query-missing", "query-duplicate", "query-syntax", "query-failed", "bad-encoding",
    "bad-parameter", "bad-request", "update-refused", "service-refused", "extension-refused", "not-acceptable",
    "unrepresentable", "query-too-long", "misdirected", "query-memory", "result-too-large", "engine-crashed",
    "engine-mismatch", "engine-answer", "engine-unreachable", "query-timeout", *BUSY,
)  # fmt: skip
"""The ways in which a query can be refused."""
EVERY: Final = (
    "uri-too-long", "too-many-parameters", "too-many-ranges", "fields-too-large", "bad-length", "body-too-large",
    "request-timeout", "misdirected", "client-busy", "client-budget", "internal", "engine-crashed", "engine-mismatch",
    "query-memory", "engine-busy", "engine-down", "engine-answer", "engine-unreachable", "answers-unread",
    "query-timeout",
)  # fmt: skip
"""The ways in which any request can be refused: bounds of HTTP, and the queries that pages and documents ask."""
OF_RELEASE: Final = ("release-unknown", "release-damaged")
"""The ways in which the parameter ``release`` can be refused."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One row. `media` are the types of the answer to its sample, `accepts` of a body, `status` that of success."""

    path: str
    group: str
    text: str
    media: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    sample: str = ""
    method: str = "get"
    status: int = 200
    accepts: tuple[str, ...] = ()
    body: str = ""
    answer: str = ""
    also: tuple[int, ...] = ()
    """Other statuses of an answer that is no refusal: 302 for a browser, 206 for a range, 304, 300, 410."""
    others: tuple[str, ...] = ()
    """Media types that other addresses of the path, or other bodies, have."""
    required: tuple[str, ...] = ()
    """Parameters of the query string that must be given."""

    @property
    def address(self) -> str:
        """The sample, with the braces of the release still in it; a path without parameters is its own."""
        return self.sample or self.path

    @property
    def of_release(self) -> bool:
        """Whether the parameter ``release`` asks an older release."""
        return self.path == "/sparql" or (self.method == "get" and self.path.startswith(("/{language}/", "/doc/")))

    @property
    def id(self) -> str:
        """A name for references, made of method and path."""
        words = "".join(c if c.isalnum() else " " for c in self.path).split()
        return "-".join([self.method, *words])


def _page(path: str, text: str, sample: str = "", *errors: str) -> Operation:
    """A page for people; `path` and `sample` stand below the language."""
    return Operation("/{language}" + path, "pages", text, (HTML,), (), errors, "/en" + (sample or path))


def _in_languages(rows: tuple[Operation, ...]) -> tuple[Operation, ...]:
    """Rows of a plain address, and the same below each language."""
    return rows + tuple(replace(row, path="/{language}" + row.path, sample="/en" + row.address) for row in rows)


LINKSET: Final = ("application/linkset+json", "application/linkset", JSON)
MATCHED: Final = ("bad-request", "bad-parameter", "type-unknown", "property-unknown", "query-too-long",
                  "batch-too-large", "client-busy", "engine-busy")  # fmt: skip
POSTED: Final = ("unsupported-media-type", "bad-encoding", "body-too-large", "bad-length", *MATCHED)
SUGGESTED: Final = ("prefix", "cursor", "limit")
PROPOSED: Final = ("bad-parameter", "type-unknown")
RECONCILE: Final = "/reconcile"
DRAFT: Final = "/reconcile/1.0-draft"
RECONCILIATION: Final = (
    Operation(RECONCILE, "registries", "Describe the reconciliation service; with queries, answer them.", (JSON,),
              ("queries", "query", "extend"), MATCHED),
    Operation(RECONCILE, "registries", "Answer a batch of queries, or give values of properties.", (JSON,), (), POSTED,
              method="post", accepts=(FORM,), body='queries={"q0": {"query": "{thing_iri}"}}'),
    Operation(RECONCILE + "/suggest/{kind}", "registries", "Complete the name of a thing, type or property.", (JSON,),
              SUGGESTED, ("bad-parameter", "not-found"), RECONCILE + "/suggest/entity?prefix={word}"),
    Operation(RECONCILE + "/flyout/{kind}", "registries", "Give a few words on what was suggested.", (JSON,), ("id",),
              ("not-found", "type-unknown", "property-unknown"), RECONCILE + "/flyout/entity?id={thing_id}",
              required=("id",)),
    Operation(RECONCILE + "/properties", "registries", "Propose properties of the things of a type.", (JSON,),
              ("type", "limit"), PROPOSED),
    Operation(RECONCILE + "/preview", "registries", "Show a thing in a frame.", (HTML,), ("id",), ("not-found",),
              RECONCILE + "/preview?id={thing_id}", required=("id",)),
    Operation(DRAFT, "registries", "Describe the service as the draft of version 1.0 prescribes.", (JSON,)),
    Operation(DRAFT + "/{name}", "registries", "Answer a batch of queries (draft 1.0).", (JSON,), (),
              ("not-found", *POSTED),
              DRAFT + "/match", method="post", accepts=(JSON,),
              body='{"queries": [{"conditions": [{"matchType": "name", "v": "{thing_iri}"}]}]}'),
    Operation(DRAFT + "/extend", "registries", "Give values of properties (draft 1.0).", (JSON,), (), POSTED,
              method="post", accepts=(JSON,), body='{"ids": ["{thing_id}"], "properties": [{"id": "iri"}]}'),
    Operation(DRAFT + "/suggest/{kind}", "registries", "Complete a name (draft 1.0).", (JSON,), SUGGESTED,
              ("bad-parameter", "not-found"), DRAFT + "/suggest/type?prefix=org"),
    Operation(DRAFT + "/extend/propose", "registries", "Propose properties (draft 1.0).", (JSON,), ("type", "limit"),
              PROPOSED),
    Operation(DRAFT + "/preview", "registries", "Show a thing in a frame (draft 1.0).", (HTML,), ("id",),
              ("not-found",), DRAFT + "/preview?id={thing_id}", required=("id",)),
)  # fmt: skip
"""The reconciliation service at its plain address."""
GROUPS: Final = {
    "sparql": "SPARQL",
    "data": "Things and their documents",
    "registries": "For registries",
    "releases": "Releases and changes",
    "service": "The service itself",
    "pages": "Pages for people",
}
"""The parts of the API, as message ids."""
OPERATIONS: Final = (
    Operation("/sparql", "sparql", "Answer a query. Without one: the service description.", BINDINGS,
              ("query", "default-graph-uri", "named-graph-uri", "format", "release"), ("uri-too-long", *ASKED),
              "/sparql?query=SELECT+%281+%2B+1+AS+%3Ftwo%29+%7B%7D", answer="two\r\n2\r\n", others=RDF),
    Operation("/sparql", "sparql", "Answer a query that is in the body.", BINDINGS,
              ("default-graph-uri", "named-graph-uri", "format", "release"),
              ("unsupported-media-type", "body-too-large", "bad-length", *ASKED), method="post",
              accepts=(DIRECT, FORM), body="SELECT (1 + 1 AS ?two) {}", answer="two\r\n2\r\n", others=RDF),
    Operation("/.well-known/void", "sparql", "Describe the service and its dataset (VoID).", (*RDF, HTML),
              errors=("not-acceptable",)),
    Operation("/catalogue", "releases", "Give the catalogue record: dataset, files, service, licence (DCAT-AP).", RDF,
              errors=("not-acceptable",)),
    Operation("/completions.json", "sparql", "Give the suggestions of the query editor.", (JSON,), ("lang",),
              ("bad-parameter",), "/completions.json?lang=en"),
    Operation("/explain", "sparql", "Put a query into words.", (JSON,), ("query", "lang"), ("bad-parameter",),
              "/explain?lang=en&query=ASK%20%7B%20%3Fs%20%3Fp%20%3Fo%20%7D"),
    Operation("/evaluated", "sparql", "Give the form in which a query is evaluated, and where it may surprise.",
              (JSON,), ("query", "lang"),
              ("bad-parameter", "query-syntax", "query-failed", "query-too-long", "service-refused", "query-memory",
               "query-timeout", "engine-crashed", "engine-mismatch", *BUSY),
              "/evaluated?lang=en&query=ASK%20%7B%20%3Fs%20%3Fp%20%3Fo%20%7D"),
    Operation("/id/{rest}", "data", "Lead from a thing to its document.", (), (), ("not-found",),
              "{thing}", status=303),
    Operation("/auth/{rest}", "data", "Lead from a concept to its document.", (), (), ("not-found",),
              "{concept}", status=303),
    Operation("/doc/{path}", "data", "Give the document about a thing; a suffix such as .ttl chooses the format.",
              DOCUMENT, (), ("bad-parameter", "not-found", "withdrawn", "not-acceptable"), "{document}",
              also=(302, 410)),
    Operation("/{language}/doc/{path}", "data", "Show the page about a thing.", (HTML,), (),
              ("bad-parameter", "not-found", "withdrawn"), "/en{document}", also=(302, 410)),
    Operation("/ns/governance", "data", "Give the ontology.", DOCUMENT, (), ("not-acceptable",)),
    Operation("/ns/governance.{extension}", "data", "Give the ontology in a format.", ("text/turtle",), (),
              ("not-found",), "/ns/governance.ttl", others=DOCUMENT),
    Operation("/ns/governance/{rest}", "data",
              "Lead from a version of the ontology, or a former rule, to its document.",
              (), (), ("not-found",), "{version}", status=303),
    Operation("/ns/display", "data", "Lead from the vocabulary of display labels to its document.", (), (),
              ("not-found",), status=303),
    Operation("/{language}/ns/governance", "data", "Show the page of the ontology.", (HTML,),
              sample="/en/ns/governance"),
    Operation("/ns/context.jsonld", "data", "Give the JSON-LD context of the documents.", ("application/ld+json",)),
    Operation("/uris/status", "data", "Tell what became of identifiers.", (JSON, "text/csv", HTML),
              ("iri", "since", "format"), ("bad-parameter", "body-too-large", "release-unknown", "not-acceptable"),
              "/uris/status?iri={thing_iri}", required=("iri",)),
    Operation("/uris/status", "data", "Tell what became of many identifiers.", (JSON, "text/csv"),
              ("since", "format", "column"),
              ("bad-parameter", "bad-request", "bad-encoding", "body-too-large", "unsupported-media-type",
               "release-unknown", "not-acceptable", "bad-length"),
              method="post", accepts=(PLAIN, "text/uri-list", JSON, "text/csv"), body="{thing_iri}"),
    Operation("/lookup", "registries", "Lead from an identifier, in any spelling, to the thing that has it.",
              (), ("identifier",), ("bad-parameter", "identifier-unknown"), "/lookup?identifier=NUTS+BE1", status=303,
              also=(300,), others=(JSON, HTML), required=("identifier",)),
    Operation("/{language}/lookup", "registries", "The same in a language.", (), ("identifier",),
              ("bad-parameter", "identifier-unknown"), "/en/lookup?identifier=NUTS+BE1", status=303, also=(300,),
              others=(JSON, HTML)),
    Operation("/linkset", "registries", "Give all links to others (RFC 9264).", LINKSET, (), ("not-acceptable",)),
    Operation("/linkset/{rest}", "registries", "Give the links of a thing to others.", LINKSET, (),
              ("not-found", "not-acceptable"), "/linkset{thing}"),
    Operation("/mappings.csv", "registries", "Give all links to others as a table.", ("text/csv",)),
    Operation("/mappings.sssom.tsv", "registries", "Give the mappings among them (SSSOM).",
              ("text/tab-separated-values",)),
    *_in_languages(RECONCILIATION),
    Operation("/timemap/{path}", "data", "List the mementos of a description.", ("application/link-format",), (),
              ("not-found",), "/timemap{document}"),
    Operation("/timegate/{path}", "data", "Lead to a description as it was at the moment in Accept-Datetime.", (), (),
              ("not-found", "bad-parameter"), "/timegate{document}", status=302),
    Operation("/releases", "releases", "List the releases.", (JSON, *RDF), ("format", "language"),
              ("bad-parameter", "not-acceptable"), also=(302,)),
    Operation("/releases/{identity}", "releases", "Describe a release.", (JSON, *RDF), ("format", "language"),
              ("bad-parameter", "not-acceptable", "release-unknown"), "/releases/{release}", also=(302,)),
    Operation("/releases/{identity}/{name}", "releases", "Give a file of a release, whole or a range of it.",
              ("application/n-quads",), (),
              ("not-found", "release-unknown", "range-not-satisfiable", "release-pruned", "release-damaged"),
              "/releases/{release}/dataset.nq", also=(206,), others=FILES),
    Operation("/releases/latest", "releases", "Lead to the release that is served.", (), (), (), status=302),
    Operation("/releases/latest/{name}", "releases", "Lead to a file of the release that is served.", (), (),
              ("not-found",), "/releases/latest/dataset.nq", status=302),
    Operation("/changes", "releases", "Lead to what changed with the last publication.", (), ("format", "language"),
              ("not-found", "bad-parameter"), status=302),
    Operation("/changes/{old}..{new}", "releases", "Say what changes from one release to another.",
              (JSON, PLAIN, "application/rdf-patch"), ("format", "language"),
              ("release-unknown", "not-acceptable", "bad-parameter", "release-damaged"),
              "/changes/{release}..{release}", also=(302,)),
    Operation("/changes.atom", "releases", "Give the news of releases.", ("application/atom+xml",), ("language",),
              ("bad-parameter",)),
    Operation("/feed", "releases", "Give the change feed (LDES).", RDF, (), ("not-acceptable",)),
    Operation("/feed/{number}", "releases", "Give what one publication changed.", QUADS, (),
              ("not-found", "not-acceptable", "release-damaged"), "/feed/1"),
    Operation("/api/openapi.json", "service", "Give this description.", (JSON,)),
    Operation("/api/errors", "service", "Explain the error codes.", (HTML,)),
    Operation("/{language}/api/errors", "service", "Explain the error codes, in a language.", (HTML,),
              sample="/en/api/errors"),
    Operation("/health/live", "service", "Say that the server is alive.", (PLAIN,), answer="live\n"),
    Operation("/health/ready", "service", "Say that the server answers queries.", (PLAIN,), (), ("engine-down",)),
    Operation("/metrics", "service", "Give metrics for Prometheus.", (PLAIN,)),
    Operation("/robots.txt", "service", "Tell crawlers what to fetch.", (PLAIN,)),
    Operation("/llms.txt", "service", "Tell language models what is here.", (PLAIN,)),
    Operation("/sitemap.xml", "service", "List the pages for crawlers.", ("application/xml",)),
    Operation("/.well-known/security.txt", "service", "Say where to report a fault.", (PLAIN,), (), ("not-found",)),
    Operation("/static/{filename}", "service", "Give a part of the pages.", ("text/css",), (),
              ("not-found", "range-not-satisfiable"), "/static/site.css", also=(206,),
              others=("text/javascript", "image/svg+xml")),
    Operation("/assets/{name}", "service", "Give a part of the query editor.", (PLAIN,), (), ("not-found",),
              "/assets/THIRD-PARTY-LICENSES.txt", others=("text/javascript", "text/css", "font/woff2")),
    Operation("/", "pages", "Lead to the home page in the visitor’s language.", (), status=302),
    _page("/", "Home"),
    _page("/chart", "Organisation chart"),
    _page("/history", "History, year by year"),
    _page("/neighbourhood/{path}", "A drawing of what a thing is linked with", "/neighbourhood/{thing_name}",
          "not-found"),
    Operation("/{language}/chart.svg", "pages", "Organisation chart as a drawing", ("image/svg+xml",),
              sample="/en/chart.svg"),
    _page("/about", "Missions and plan"),
    _page("/browse", "Browse"),
    _page("/browse/{name}", "The members of a class", "/browse/{class}", "not-found"),
    _page("/search", "Search", "/search?q={word}"),
    Operation("/{language}/search/suggestions", "pages", "Suggest results for the first letters, as JSON.",
              ("application/json",), (), BUSY, "/en/search/suggestions?q={word}"),
    _page("/source", "From the source"),
    _page("/source/{name}", "A statement of the source page", "/source/{statement}", "not-found"),
    _page("/questions", "Questions"),
    _page("/questions/{name}", "A question with its answer", "/questions/{question}", "not-found"),
    Operation("/{language}/questions/{name}.svg", "pages", "Numbers of an answer as a drawing", ("image/svg+xml",), (),
              ("not-found",), "/en/questions/staff-figures.svg"),
    _page("/sparql", "Query editor"),
    _page("/downloads", "Downloads"),
    _page("/tables", "Tables"),
    _page("/tables/{name}", "A table with its columns", "/tables/{table}", "not-found"),
    _page("/releases", "Releases"),
    _page("/changes", "Changes"),
    _page("/model", "Data model"),
    _page("/model/term/{name}", "A class or property of the ontology", "/model/term/KeyFigure", "not-found"),
    _page("/model/used/{kind}", "Classes and properties in use", "/model/used/classes", "not-found"),
    _page("/api", "API"),
    _page("/quality", "Data quality"),
    _page("/registries", "For registries"),
    Operation("/{language}/registries", "pages", "Answer rows: addresses, numbers, names, or a table.",
              (HTML,), (), ("bad-request", "bad-encoding", "bad-parameter", "batch-too-large", *BUSY), "/en/registries",
              method="post", accepts=(FORM,), body="lines={thing_iri}", others=("text/csv",)),
    _page("/accessibility", "Accessibility statement"),
    _page("/legal", "Legal notice and privacy"),
    _page("/cite", "Cite these data"),
)  # fmt: skip
