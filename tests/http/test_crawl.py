"""Every link of every page leads somewhere, and every identifier has a page."""

import html
import re
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import unquote, urldefrag, urljoin

from gob_graph.release import Release
from tests.browser.pages import HTML, LANGUAGES, PAGES
from tests.conftest import Server

LINK = re.compile(r"""<(?:a|link|form)\b[^>]*?\b(?:href|action)="([^"]*)"[^>]*>""")
ID = re.compile(r"""\bid="([^"]+)\"""")
LIGHT = 100_000
"""Bytes that the HTML of a page has at most, before compression."""
OF_ONE_KIND = 6
"""Addresses of one pattern that are followed."""
TYPE = re.compile(r"""\btype="([^"]+)\"""")


def pattern(path: str) -> str:
    """What addresses have in common that are made by the same template: the first of a few stand for all."""
    parts = path.split("?")[0].strip("/").split("/")
    if parts[0] in LANGUAGES:
        parts[0] = "L"
    if len(parts) > 2 and parts[1] in {"doc", "source", "questions", "browse"}:
        parts[2:] = ["*"] if parts[1] != "doc" else [parts[2], "*"]
    if parts[0] in {"doc", "id", "auth", "releases", "changes", "feed", "timemap", "timegate", "static", "dist"}:
        parts[1:] = ["*" + ("." + parts[-1].rsplit(".", 1)[-1] if "." in parts[-1] else "")]
    query = path.partition("?")[2]
    names = "&".join(sorted({pair.partition("=")[0] for pair in query.split("&") if pair} - {"query", "date", "q"}))
    return "/".join(parts) + f"?{names}"


@dataclass
class Crawl:
    """What a walk over the pages saw."""

    server: Server
    seen: set[str] = field(default_factory=set)
    used: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    ids: dict[str, set[str]] = field(default_factory=dict)
    fragments: set[tuple[str, str, str]] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)
    typed: dict[str, str] = field(default_factory=dict)
    heavy: dict[str, int] = field(default_factory=dict)
    """Pages of more bytes than a page may have."""

    def walk(self, todo: list[str]) -> None:
        self.seen.update(todo)
        with ThreadPoolExecutor(4) as several:
            while todo:
                answers = several.map(lambda path: (path, *self.server.get(path, Accept=f"{HTML},*/*;q=0.5")), todo)
                todo = [new for answer in answers for new in self.read(*answer)]

    def read(self, path: str, status: int, headers: dict[str, str], body: bytes) -> list[str]:
        """Note what an answer says; the addresses that it leads to and that were not seen."""
        if status >= 400:
            self.broken.append(f"{status} {path}")
            return []
        if target := headers.get("location"):
            assert target.startswith("/"), (path, target)
            return self.new(path, target, "")
        if not headers.get("content-type", "").startswith("text/html"):
            return []
        self.heavy.update({path: len(body)} if len(body) > LIGHT else {})
        text = body.decode()
        self.ids[path] = {html.unescape(i) for i in ID.findall(text)}
        return [new for m in LINK.finditer(text) for new in self.new(path, html.unescape(m[1]), m[0])]

    def new(self, path: str, link: str, tag: str) -> list[str]:
        address, fragment = urldefrag(urljoin(self.server.url + path, link))
        if not address.startswith(f"{self.server.url}/"):
            return []
        local = address.removeprefix(self.server.url)
        if fragment and not fragment.startswith(":~:"):
            self.fragments.add((path, local, unquote(fragment)))
        kind = pattern(local)
        if local in self.seen or self.used[kind] >= OF_ONE_KIND:
            return []
        self.used[kind] += 1
        self.seen.add(local)
        if (media := TYPE.search(tag)) and not local.endswith(".gz"):
            self.typed[local] = media[1].split(";")[0]
        return [local]


def test_every_link_leads_somewhere(site: Server) -> None:
    """From every page in every language; of addresses that one template makes, some are followed."""
    crawl = Crawl(site)
    crawl.walk([f"/{language}/{path}" for language in LANGUAGES for path in PAGES if "?" not in path] + ["/"])
    assert crawl.broken == []
    assert crawl.heavy == {}
    lost = {f for f in crawl.fragments if f[1] in crawl.ids and f[2] not in crawl.ids[f[1]]}
    assert lost == set()
    given = {local: site.get(local)[1]["content-type"].split(";")[0] for local in crawl.typed}
    assert given == crawl.typed
    assert (len(crawl.seen) >= 250, len(crawl.fragments) >= 100, len(given) >= 40) == (True, True, True)


def test_every_minted_identifier_has_a_page(site: Server, release: Release) -> None:
    paths = [line.split(",")[0] for line in (release.path / "ids.csv").read_text(encoding="utf-8").splitlines()[1:]]
    assert len(paths) >= 180

    def state(path: str) -> tuple[int, bool]:
        stem = path if path.startswith("doc/") else f"doc/{path.removeprefix('id/')}"
        status, _, body = site.get(f"/de/{stem}", Accept=HTML)
        return status, len(body) <= LIGHT

    with ThreadPoolExecutor(4) as several:
        states = dict(zip(paths, several.map(state, paths), strict=True))
    assert {path: s for path, s in states.items() if s not in {(200, True), (410, True)}} == {}
