"""The one table of settings: each field of `Settings` is an environment variable ``GOB_GRAPH_<NAME>``.

Only `server.py` and `cli.py` read the environment; everything else is handed a `Settings`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gob_graph.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "GOB_GRAPH_"
BUNDLED = Path(__file__).parent / "bundled"
"""The ontology/ and data/ that a wheel brings; a checkout has none here."""
DEFAULT_BASE = "https://data.example.org"
MEMORY, DISK, AUTO = "memory", "disk", "auto"
HERE = frozenset({MEMORY, DISK, AUTO})
"""The values of the setting `store` with which the release is held by this server."""


def _setting(default: Any, text: str, *, low: float = 0, high: float = float("inf")) -> Any:  # noqa: ANN401 - dataclasses.field is typed so
    return field(default=default, metadata={"help": text, "low": low, "high": high})


@dataclass(frozen=True, slots=True)
class Settings:
    """What a deployer can choose. Sizes are in the unit that the help text names."""

    base_iri: str = _setting(
        DEFAULT_BASE, "base of the identifiers (id/, auth/, doc/); a deployer sets it once and for ever"
    )
    ontology_base: str = _setting(DEFAULT_BASE, "base of the gov: ontology; equal in all deployments")
    service_url: str = _setting(
        "http://127.0.0.1:8000", "where this server is reached; used in service and download addresses"
    )
    source_dir: Path = _setting(
        Path(), "folder that holds ontology/ and data/; when unset and none are here, those of the package"
    )
    release_dir: Path = _setting(Path("releases"), "folder of the releases, the link 'current' and the publication log")
    store: str = _setting(
        AUTO,
        "where queries are evaluated: memory, disk (a store beside the release, made where it is missing), auto (by "
        "size), or the addresses of SPARQL services, separated by blanks, of which the one that holds the release is "
        "asked (see gob-graph load, check-engine)",
    )
    verify_always: int = _setting(
        0,
        "1 compares the digests of the served release at every start; 0 only where size, times or inode of a file are "
        "not those of the last time, or that was a week ago",
        high=1,
    )
    accepted_differences: str = _setting(
        "", "what an engine of 'store' may answer otherwise: names of gob-graph check-engine, separated by commas"
    )
    host: str = _setting("127.0.0.1", "address to listen on")
    port: int = _setting(8000, "port to listen on", low=1, high=65535)
    query_timeout: float = _setting(10.0, "seconds that a public query may take", low=0.1, high=600)
    page_timeout: float = _setting(2.0, "seconds that a query of our own pages may take", low=0.1, high=60)
    # With less than 144 the C library finds no room for its own book-keeping, and every allocation takes a long way.
    query_memory: int = _setting(1024, "MiB of memory that a query may take beyond the loaded graph", low=192)
    query_length: int = _setting(
        65536, "bytes of query text (UTF-8); more than 65536 could overflow the worker's stack", low=256, high=65536
    )
    result_limit: int = _setting(64, "MiB of a result; a larger one is refused, never cut", low=1)
    uri_length: int = _setting(
        8192, "bytes of path and query string; a longer query goes by POST", low=1024, high=32768
    )
    body_limit: int = _setting(1, "MiB of a request body", low=1)
    query_workers: int = _setting(4, "processes for public queries", low=1, high=64)
    page_workers: int = _setting(1, "processes for pages and canned queries", low=1, high=64)
    client_running: int = _setting(2, "public queries that one client may have running", low=1)
    client_waiting: int = _setting(8, "public queries that one client may have waiting", low=0)
    client_burst: float = _setting(
        20.0, "seconds of processor time that one client may use at once before others are served first", low=0.1
    )
    client_share: float = _setting(0.2, "processors whose time one client may use in the long run", low=0.001, high=64)
    queue_wait: float = _setting(1.0, "seconds that a request waits for a free process", low=0, high=60)
    trusted_proxies: int = _setting(0, "number of reverse proxies in front whose X-Forwarded-For is believed")
    cache_size: int = _setting(64, "MiB of answers kept in memory; 0 switches the cache off")
    max_age: int = _setting(60, "seconds that a client may reuse an answer without asking")
    allowed_hosts: str = _setting(
        "", "hosts that this server answers for, separated by commas; others get 421; empty: any host"
    )
    normaliser: int = _setting(
        1, "0 evaluates queries as they are written, 1 in a normalised form, 2 in both to count differences", high=2
    )
    log_requests: int = _setting(1, "1 writes a JSON line for each request to standard error, 0 none", high=1)
    log_queries: int = _setting(
        0, "1 writes the text of queries into the log, which can tell of the person who asks; 0 a hash", high=1
    )
    command_memory: int = _setting(
        1024, "MiB of memory that validate, verify, patch and query may take to read files", low=64
    )
    command_seconds: float = _setting(
        300.0, "seconds that validate, verify, patch and query may take, of processor and wall time each", low=0.1
    )
    file_limit: int = _setting(512, "MiB of a file that validate reads, unpacked", low=1)
    shacl_engine: str = _setting(
        "auto", "engine that validates a build: pyshacl, turbo (the same results many times faster), or auto by size"
    )
    fault_hook: int = _setting(
        0, "1 lets a query bring about a fault in its worker by a comment; for tests, never for a service", high=1
    )
    contact: str = _setting("", "e-mail address or web page for feedback, shown on the pages")

    @property
    def bundled(self) -> bool:
        """Whether ontology/ and data/ are those of the package: none are named, and the working directory has none."""
        here = all((self.source_dir / name).is_dir() for name in ("ontology", "data"))
        return self.source_dir == Path() and not here and BUNDLED.is_dir()

    @property
    def _home(self) -> Path:
        return BUNDLED if self.bundled else self.source_dir

    @property
    def data_dir(self) -> Path:
        """The facts."""
        return self._home / "data"

    @property
    def ontology_dir(self) -> Path:
        """The vocabulary, shapes, rules and prefixes."""
        return self._home / "ontology"


def from_env(environ: Mapping[str, str]) -> Settings:
    """Read the settings from an environment.

    Raises:
        SettingsError: a variable of our prefix is unknown (a typing error would otherwise be silent) or not usable.
    """
    table = {PREFIX + f.name.upper(): f for f in fields(Settings)}
    unknown = sorted(
        name for name in environ if name.startswith(PREFIX) and name not in table and name not in BUILD_ONLY
    )
    if unknown:
        raise SettingsError(f"unknown setting {unknown[0]}; known are: {', '.join(table)}")
    values: dict[str, Any] = {f.name: _read(name, environ[name], f) for name, f in table.items() if environ.get(name)}
    return Settings(**values)


BUILD_ONLY = frozenset({PREFIX + "SKIP_FRONTEND", PREFIX + "TEST_FAULT"})
"""Variables of our prefix that are no settings: for the packaging and for tests."""


def _read(name: str, text: str, f: Any) -> object:  # noqa: ANN401 - dataclasses.Field is generic in its default
    kind = type(f.default)
    if kind is str and ("base" in f.name or f.name.endswith("_url")):
        return _base(name, text)
    if f.name == "store":
        return _store(name, text)
    try:
        value = kind(text)
    except ValueError as error:
        raise SettingsError(f"{name}={text!r} is not a {kind.__name__}: {f.metadata['help']}") from error
    low, high = f.metadata["low"], f.metadata["high"]
    if isinstance(value, int | float) and not low <= value <= high:
        raise SettingsError(f"{name}={text} must lie between {low} and {high}: {f.metadata['help']}")
    return value


def _store(name: str, text: str) -> str:
    if text in HERE:
        return text
    if all(word.startswith(("http://", "https://")) for word in text.split()):
        for word in text.split():
            _base(name, word)
        # As it is written: a service may tell an address with a slash at the end from one without.
        return " ".join(text.split())
    raise SettingsError(f"{name} must be {MEMORY}, {DISK}, {AUTO} or http(s) addresses, separated by blanks")


def without_password(text: str) -> str:
    """A setting as it may be shown: no address in it has the name and the password of its user."""
    return re.sub(r"(?<=://)[^/@\s]*@", "", text)


def _base(name: str, text: str) -> str:
    parts = urlsplit(text)
    if (
        parts.scheme not in {"http", "https"}
        or not parts.netloc
        or parts.query
        or parts.fragment
        or any(c in text for c in ' <>"{}|\\^`')
    ):
        shown = without_password(text)
        raise SettingsError(f"{name}={shown!r} must be an http(s) address without query and fragment")
    return text.rstrip("/")
