"""A server as the source of a graph: queries through SPARQLWrapper, the rest over its HTTP API."""

from __future__ import annotations

import hashlib
import json
import urllib.request
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, urlencode, urlsplit

from SPARQLWrapper import GET, POST, SPARQLWrapper

from gob_graph.client.failures import Damaged, Refused, ServerUnreachable, UnknownName
from gob_graph.client.http import Http, Reply
from gob_graph.client.source import MANIFEST, Answer, manifest_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gob_graph.client.source import Document

LONGEST_ADDRESS = 4000
"""Characters of a query that goes by GET, whose answer can be kept; a longer one goes by POST."""
BATCH = 100
"""Queries of one batch of reconciliation."""
LIST = 10_000
"""IRIs of one request for what became of them."""


class _Wrapper(SPARQLWrapper):
    """SPARQLWrapper makes the request; the answer is taken here, as its errors keep neither status nor headers."""

    def __init__(self, endpoint: str, sender: Http) -> None:
        super().__init__(endpoint)
        self.sender = sender
        self.setOnlyConneg(True)

    def _query(self) -> tuple[Any, str]:
        return self.sender.send(self._createRequest()), self.returnFormat


class Remote:
    """A server at an address."""

    def __init__(self, address: str, sender: Http) -> None:
        """Nothing is asked yet."""
        self.place = address.rstrip("/")
        self.http = sender

    def query(self, text: str, accept: str, release: str | None) -> Answer:
        wrapper = _Wrapper(f"{self.place}/sparql", self.http)
        wrapper.setQuery(text)
        by_post = len(quote(text)) > LONGEST_ADDRESS or wrapper.isSparqlUpdateRequest()
        wrapper.setMethod(POST if by_post else GET)
        wrapper.addCustomHttpHeader("Accept", accept)
        if release:
            wrapper.addParameter("release", release)
        reply = cast("Reply", wrapper.query().response)
        return Answer(reply.body, reply.media_type, reply.headers.get("gob-graph-release", ""))

    def releases(self) -> list[Document]:
        return list(self._json("/releases?format=json")["releases"])

    def file(self, release: str, name: str) -> bytes:
        if name == MANIFEST:
            return self._get(f"/releases/{release}/{MANIFEST}", "application/json").body
        known = manifest_of(self, release)["files"]
        if name not in known:
            raise UnknownName(f"Release {release[:12]} has no file {name}", "Its manifest lists the files.")
        body = self._get(f"/releases/{release}/{quote(name)}", "*/*").body
        if hashlib.sha256(body).hexdigest() != known[name]["sha256"]:
            raise Damaged(
                f"{name} of release {release[:12]} is not what the manifest says", "Tell the operator of the server."
            )
        return body

    def changes(self, old: str, new: str) -> Document:
        return self._json(f"/changes/{old}..{new}?format=json")

    def status(self, iris: Sequence[str], since: str | None) -> list[Document]:
        address = f"{self.place}/uris/status?" + urlencode({"format": "json", **({"since": since} if since else {})})
        found: list[Document] = []
        for start in range(0, len(iris), LIST):
            body = json.dumps(list(iris[start : start + LIST])).encode()
            headers = {"Content-Type": "application/json", "Accept": "application/json"}
            found += self._read(self._post(address, body, headers))["uris"]
        return found

    def reconcile(self, queries: Sequence[Document], language: str) -> list[list[Document]]:
        found: list[list[Document]] = []
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        for start in range(0, len(queries), BATCH):
            batch = {f"q{n}": query for n, query in enumerate(queries[start : start + BATCH])}
            body = urlencode({"queries": json.dumps(batch)}).encode()
            answer = self._read(self._post(f"{self.place}/{language}/reconcile", body, headers))
            found += [answer[key]["result"] for key in batch]
        return found

    def lookup(self, identifier: str, language: str) -> Document:
        try:
            reply = self._get(f"/{language}/lookup?" + urlencode({"identifier": identifier}), "application/json")
        except Refused as error:
            if error.code != "identifier-unknown":
                raise
            near = [{key: n[key] for key in ("iri", "identifier", "scheme")} for n in error.document.get("near", ())]  # type: ignore[attr-defined]
            return {"things": [], "reason": error.document["reason"], "near": near}
        if reply.status == 303:
            base = self._base_iri()
            return {"things": [base + urlsplit(reply.headers["location"]).path], "reason": "", "near": []}
        return {"things": [c["iri"] for c in self._read(reply)["choices"]], "reason": "", "near": []}

    def close(self) -> None:
        """No connection stays open."""

    def _base_iri(self) -> str:
        current = next(row["id"] for row in self.releases() if row["current"])
        return str(manifest_of(self, current)["base_iri"])

    def _get(self, path: str, accept: str) -> Reply:
        return self.http.send(self._request(self.place + path, {"Accept": accept}))

    def _post(self, address: str, body: bytes, headers: dict[str, str]) -> Reply:
        return self.http.send(self._request(address, headers, body))

    def _request(self, address: str, headers: dict[str, str], body: bytes | None = None) -> urllib.request.Request:
        return urllib.request.Request(address, body, headers)  # noqa: S310 - the address is the caller's own

    def _json(self, path: str) -> Document:
        return dict(self._read(self._get(path, "application/json")))

    def _read(self, reply: Reply) -> Any:  # noqa: ANN401 - whatever JSON holds
        try:
            return json.loads(reply.body)
        except ValueError as error:
            raise ServerUnreachable(
                f"{self.place} answers with {reply.media_type}, not with JSON",
                "Check that the address is that of a gob-graph server.",
            ) from error
