"""Every way in which gob-graph can fail, and the one table of codes that requests are refused with.

GobGraphError                 something went wrong that a person can act on; its text names the place and the remedy
├── SettingsError             a GOB_GRAPH_* variable cannot be used
├── SourceError               a file of ontology/ or data/ cannot be used: path:line:column
├── EvidenceError             a line of evidence and the facts disagree
├── ForbiddenFact             a file states what no evidence can make right: path:line:column
├── ValidationFailed          the graph does not conform to its shapes; carries the report
├── GateBroken                the validation gate let a known-bad graph through, or the shapes cannot be run
├── ReleaseError              a release cannot be written, found or trusted
├── EngineError               the query processes cannot be started
└── RequestError              a request is refused: HTTP status, stable code, reason (RFC 9457)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class GobGraphError(Exception):
    """Something went wrong that a person can act on."""


class SettingsError(GobGraphError):
    """A GOB_GRAPH_* variable cannot be used."""


class SourceError(GobGraphError):
    """A source file cannot be used; the text begins with ``path:line:column``."""

    def __init__(self, path: Path | str, reason: str, line: int | None = None, column: int | None = None) -> None:
        """Remember the place, so that programs need not take the text apart."""
        place = ":".join(str(part) for part in (path, line, column) if part is not None)
        super().__init__(f"{place}: {reason}")
        self.path, self.line, self.column, self.reason = Path(path), line, column, reason


class EvidenceError(SourceError):
    """A line of evidence and the facts disagree."""


class ForbiddenFact(SourceError):
    """A file states what no evidence can make right."""


class ValidationFailed(GobGraphError):
    """The graph does not conform to its shapes."""

    def __init__(self, text: str, violations: int) -> None:
        """Keep the readable report: it says what is wrong where."""
        super().__init__(f"{violations} violation(s); nothing was published\n\n{text}")
        self.text, self.violations = text, violations


class GateBroken(GobGraphError):
    """The validation gate itself cannot be trusted."""


class ReleaseError(GobGraphError):
    """A release cannot be written, found or trusted."""


class EngineError(GobGraphError):
    """The query processes cannot be started or spoken to."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row of the table of refusals: what a client sees when a request is not answered."""

    status: int
    title: str
    remedy: str


REFUSALS: dict[str, Refusal] = {
    "bad-request": Refusal(400, "Bad request", "Compare the request with the API page."),
    "query-missing": Refusal(400, "No query", "Send the query as the parameter 'query' or as the body of a POST."),
    "query-duplicate": Refusal(400, "More than one query", "Send exactly one 'query' parameter."),
    "query-syntax": Refusal(400, "Syntax error in the query", "Correct the query at the line and column given."),
    "query-failed": Refusal(400, "The query cannot be evaluated", "Correct the query as the detail says."),
    "bad-encoding": Refusal(400, "Not UTF-8", "Encode the request as UTF-8 and percent-encode it once."),
    "bad-parameter": Refusal(400, "Parameter not usable", "Correct the parameter named in the detail."),
    "too-many-parameters": Refusal(400, "Too many parameters", "Send fewer parameters."),
    "too-many-ranges": Refusal(400, "Too many values in a header", "List fewer values in the header named."),
    "bad-length": Refusal(400, "Body shorter than announced", "Send the whole body, or its true Content-Length."),
    "update-refused": Refusal(
        403, "Updates are not offered", "The data change only with a new release; you can query them."
    ),
    "service-refused": Refusal(403, "Federation is not offered", "Federate from your client, e.g. with Comunica."),
    "extension-refused": Refusal(
        403, "Extensions of an engine are not offered", "Write the query in SPARQL 1.1, with its own functions."
    ),
    "not-found": Refusal(404, "Not found", "Check the address, or search."),
    "method-not-allowed": Refusal(405, "Method not allowed", "Use a method of the Allow header."),
    "not-acceptable": Refusal(406, "No acceptable representation", "Ask for a media type of the list 'offers'."),
    "unrepresentable": Refusal(
        406, "Not possible in this format", "Ask for another format, such as JSON or N-Triples."
    ),
    "release-unknown": Refusal(404, "Unknown release", "Choose a release of the list /releases."),
    "release-pruned": Refusal(410, "No longer kept", "Make it from the release's dataset.nq, which is kept."),
    "release-damaged": Refusal(500, "The release is damaged here", "Choose another release, or another server."),
    "withdrawn": Refusal(410, "Withdrawn", "Use the successor, where there is one."),
    "request-timeout": Refusal(408, "The request did not arrive in time", "Send the whole request at once."),
    "type-unknown": Refusal(400, "Unknown type", "Choose a type that /reconcile/suggest/type offers."),
    "property-unknown": Refusal(400, "Unknown property", "Choose a property that /reconcile/properties offers."),
    "identifier-unknown": Refusal(404, "Unknown identifier", "Look at the reason, and at what is near."),
    "precondition-failed": Refusal(
        412, "Not the version that you know", "Ask without the condition, and compare what comes with what you have."
    ),
    "batch-too-large": Refusal(413, "Batch too large", "Send several smaller batches."),
    "body-too-large": Refusal(413, "Body too large", "Send less than the limit given."),
    "query-too-long": Refusal(413, "Query too long", "Shorten the query, or use the downloads."),
    "uri-too-long": Refusal(414, "Address too long", "Send the query by POST."),
    "unsupported-media-type": Refusal(
        415, "Media type not supported", "Send the body in the form that the detail names."
    ),
    "range-not-satisfiable": Refusal(416, "Range not satisfiable", "Ask for a range within the file."),
    "misdirected": Refusal(421, "Unknown host", "Use the address of the service."),
    "client-busy": Refusal(429, "Too many queries at once", "Wait for your running queries, then try again."),
    "client-budget": Refusal(
        429, "Processor time used up", "Wait for the number of seconds in Retry-After, or use the downloads."
    ),
    "fields-too-large": Refusal(431, "Too many header fields", "Send fewer or shorter header fields."),
    "internal": Refusal(500, "Internal error", "Report it with the request id."),
    "engine-crashed": Refusal(500, "The query crashed its process", "Simplify the query."),
    "engine-mismatch": Refusal(
        500, "The answer did not belong to the query", "Send the query again; report it with the request id."
    ),
    "query-memory": Refusal(500, "The query needs too much memory", "Ask for less at once, or use the downloads."),
    "result-too-large": Refusal(500, "The result is too large", "Use LIMIT/OFFSET with ORDER BY, or the downloads."),
    "engine-answer": Refusal(
        502, "The engine gave no usable answer", "Try again; if the error persists, report it with the request id."
    ),
    "engine-unreachable": Refusal(502, "The engine cannot be reached", "Try again in a moment."),
    "engine-busy": Refusal(
        503, "All query processes are busy", "Try again after the number of seconds in Retry-After."
    ),
    "answers-unread": Refusal(503, "Too many unread answers", "Read the answers that you asked for, then try again."),
    "release-behind": Refusal(
        503,
        "A newer release has not arrived here yet",
        "Try again after the number of seconds in Retry-After, or ask another replica.",
    ),
    "engine-down": Refusal(503, "The query processes are being restarted", "Try again in a moment."),
    "not-prepared": Refusal(
        503,
        "This release is still being prepared",
        "Try again after the number of seconds in Retry-After; queries and downloads are answered meanwhile.",
    ),
    "query-timeout": Refusal(504, "The query took too long", "Ask for less at once, or use the downloads."),
}


@dataclass(slots=True)
class RequestError(GobGraphError):
    """A request that is refused, with everything that its ``application/problem+json`` says (RFC 9457)."""

    code: str
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, object] = field(default_factory=dict)
    remedy: str = ""
    """What to do, where that of the table is too general."""

    def __post_init__(self) -> None:
        """Only codes of the table exist; a typing error must not reach a client."""
        if self.code not in REFUSALS:
            raise KeyError(self.code)
        self.remedy = self.remedy or self.refusal.remedy
        Exception.__init__(self, f"{self.code}: {self.detail}")

    @property
    def refusal(self) -> Refusal:
        """The row of the table."""
        return REFUSALS[self.code]

    @property
    def status(self) -> int:
        """The HTTP status code."""
        return self.refusal.status

    def problem(self, type_base: str = "") -> dict[str, object]:
        """The problem document (RFC 9457 section 3), without the request id that the web layer adds."""
        return {
            "type": f"{type_base}#{self.code}",
            "title": self.refusal.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "remedy": self.remedy,
            **self.members,
        }
