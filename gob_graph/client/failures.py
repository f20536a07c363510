"""What can go wrong for a client: every error has a stable code and names the remedy.

ClientError                    the base; `code`, `remedy`
├── ServerUnreachable          there is no answer at all
├── Refused                    the server, or the release on disk, refuses; `status`, `detail`
│   ├── QueryRefused           the query is wrong, too long, or asks for what is not offered
│   ├── TooCostly              it needs too much time, memory, or gives too large a result
│   ├── Busy                   too much is asked at once; `retry_after` seconds
│   └── ReleaseNotFound        there is no such release, or it is no longer kept
├── IncompleteAnswer           an answer is cut, or cannot be told to be whole
├── Damaged                    a file is not what the manifest of its release says
├── CurrentOnly                something that only the current release tells is asked of another one
├── WrongForm                  a table is asked of a query that gives none, and the like
├── UnknownName                there is no such question or table
└── MissingPackage             an optional package is not installed
"""

from __future__ import annotations

from typing import Final

from gob_graph.errors import REFUSALS, GobGraphError


class ClientError(GobGraphError):
    """Something that a caller can act on: what happened, and then what to do."""

    code = "client"

    def __init__(self, what: str, remedy: str) -> None:
        """Keep the remedy apart, so that programs need not take the text apart."""
        super().__init__(f"{what} {remedy}" if what.endswith((".", "!")) else f"{what}. {remedy}")
        self.what, self.remedy = what, remedy


class ServerUnreachable(ClientError):
    """There is no answer."""

    code = "unreachable"


class IncompleteAnswer(ClientError):
    """An answer was cut, or nothing tells that it is whole."""

    code = "incomplete"


class Damaged(ClientError):
    """A file is not the one that the manifest of its release describes."""

    code = "damaged"


class CurrentOnly(ClientError):
    """Something that only the current release tells is asked of a graph as it was."""

    code = "current-only"


class WrongForm(ClientError):
    """The query gives another kind of result than the one that was asked for."""

    code = "wrong-form"


class UnknownName(ClientError):
    """There is no question, table or file of this name."""

    code = "unknown-name"


class MissingPackage(ClientError):
    """A package that this needs is not installed."""

    code = "missing-package"


class LexicalFormWarning(UserWarning):
    """Some literals of a table kept their lexical form, as no type of the column holds their value."""


class Refused(ClientError):
    """A refusal with a code of the endpoint (`gob_graph.errors.REFUSALS`)."""

    def __init__(self, code: str, detail: str, remedy: str = "", status: int = 0, retry_after: float = 0) -> None:
        """Take what is missing from the table of refusals."""
        known = REFUSALS.get(code)
        super().__init__(f"{code}: {detail}", remedy or (known.remedy if known else "See the API page of the server."))
        self.code, self.detail, self.retry_after = code, detail, retry_after
        self.document: dict[str, object] = {}
        self.status = status or (known.status if known else 0)


class QueryRefused(Refused):
    """The query is wrong, too long, or asks for what is not offered."""


class TooCostly(Refused):
    """The query needs too much time or memory, or gives too large a result."""


class Busy(Refused):
    """Too much is asked at once, now."""


class ReleaseNotFound(Refused):
    """There is no such release here, or it is no longer kept."""


_KINDS: Final[dict[str, type[Refused]]] = {
    **dict.fromkeys(("query-timeout", "query-memory", "result-too-large"), TooCostly),
    **dict.fromkeys(
        (
            "client-busy",
            "client-budget",
            "engine-busy",
            "engine-down",
            "answers-unread",
            "not-prepared",
            "release-behind",
        ),
        Busy,
    ),
    **dict.fromkeys(("release-unknown", "release-pruned"), ReleaseNotFound),
    **dict.fromkeys(("update-refused", "service-refused", "unrepresentable"), QueryRefused),
}


def refusal(code: str, detail: str, remedy: str = "", status: int = 0, retry_after: float = 0) -> Refused:
    """The error for a code of the endpoint; one that is not known is told by its status."""
    kind = _KINDS.get(code)
    if kind is None:
        query, busy = code.startswith("query-"), status in {429, 503}
        kind = QueryRefused if query else Busy if busy else Refused
    return kind(code, detail, remedy, status, retry_after)
