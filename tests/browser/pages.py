"""A real browser for tests, and what every page of ours is checked for in it.

`PAGES` is the list of pages without resources; a new page joins by one line. One browser serves the whole session (the
fixture `browser` of conftest), one context per width and colour scheme, so that a visit costs a load and nothing more.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from playwright.sync_api import Browser, BrowserContext, Page

from tests.parts import ROOT, needs

if TYPE_CHECKING:
    from tests.conftest import Server

LONG = 180.0
"""Seconds that a page may take, whatever else the machine does."""
CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HTML = "text/html,application/xhtml+xml"
LANGUAGES = ("nl", "fr", "de", "en")
WIDE, NARROW, HEIGHT = 1280, 320, 900
Scheme = Literal["light", "dark"]
PAGES = (
    "",
    "chart",
    "chart?date=2019-06-30",
    "history",
    "about",
    "browse",
    "browse?class=gov:KeyFigure&year=2022",
    "browse/gov:Administration",
    "browse/rdf:Statement?page=2",
    "search",
    "search?q=mobilit",
    "search?q=nothing-is-called-this",
    "source",
    "source/S16",
    "questions",
    "questions/board-chair",
    "questions/board-members",
    "questions/federated-area",
    "questions/organisations-as-rdf",
    "sparql",
    "model",
    "model/term/KeyFigure",
    "model/used/properties",
    "neighbourhood/organization/gob",
    "ns/governance",
    "downloads",
    "tables",
    "tables/figures",
    "tables/administrations",
    "api",
    "api/errors",
    "quality",
    "registries",
    "accessibility",
    "legal",
    "cite",
    "releases",
    "changes",
)
"""Paths below the language."""
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'"
)
AXE = """async (runOnly) => {
    const result = await axe.run(document, { resultTypes: ['violations', 'incomplete'], runOnly });
    const shown = (v) => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160)).join(' | ');
    return [result.violations.map(shown), result.incomplete.map(v => v.id).sort()];
}"""
EVERY_RULE = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
OF_COLOURS = ("color-contrast", "link-in-text-block")
"""The rules whose answer another colour scheme can change."""
LOOK = """() => {
    const found = [], say = (text) => found.push(text);
    const all = (selector) => [...document.querySelectorAll(selector)];
    const seen = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true });
    const short = (e) => e.outerHTML.slice(0, 140);
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) say('overflows by ' + (root.scrollWidth - root.clientWidth));
    if (all('h1').length !== 1) say(all('h1').length + ' h1');
    for (const selector of ['header', 'main', 'footer', 'nav']) {
        if (!all('body > ' + selector).length) say('no ' + selector);
    }
    const ids = all('[id]').map((e) => e.id);
    for (const id of new Set(ids.filter((id, n) => ids.indexOf(id) !== n))) say('id twice: ' + id);
    for (const e of all('[tabindex]')) if (e.tabIndex > 0) say('tabindex ' + short(e));
    for (const e of all('body *')) {
        const style = getComputedStyle(e);
        if (/auto|scroll/.test(style.overflowX) && e.scrollWidth > e.clientWidth && !/^(TEXTAREA|INPUT)$/.test(e.tagName)
            && !(e.tabIndex === 0 || e.closest('[tabindex="0"]'))) say('scrolls without the keyboard: ' + short(e));
    }
    const inText = (e) => e.closest('p, dd, li, td, dt, h1, h2, h3, summary, caption, code, text')
        && getComputedStyle(e).display === 'inline';
    for (const e of all('a[href], button, input, select, summary, textarea')) {
        if (!seen(e) || inText(e) || e.closest('svg') || e.matches('.skip')) continue;
        const over = ['::before', '::after'].some((part) => getComputedStyle(e, part).position === 'absolute');
        const whole = over ? e.offsetParent : e;
        const box = whole.getBoundingClientRect();
        if (box.width < 24 || box.height < 24) say('target ' + box.width + '×' + box.height + ': ' + short(e));
    }
    for (const e of all('[style]')) if (!e.closest('.cm-editor')) say('style attribute: ' + short(e));
    for (const e of all('a[href^="javascript:"]')) say('javascript link: ' + short(e));
    for (const e of all('a[href^="#"]')) {
        const id = decodeURIComponent(e.getAttribute('href').slice(1));
        if (id && !document.getElementById(id)) say('no #' + id);
    }
    return found;
}"""
"""What can be seen from inside a page: one h1, landmarks, no overflow, targets of 24 pixels, scroll regions by keyboard."""


@dataclass
class Visit:
    """A page that was opened, and what went wrong while it was."""

    page: Page
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    trouble: list[str] = field(default_factory=list)

    def look(self) -> list[str]:
        """What is wrong with what is to be seen, with what the browser complained about before."""
        return [*self.trouble, *self.page.evaluate(LOOK)]

    def axe(self, rules: Sequence[str] = EVERY_RULE) -> list[str]:
        """The violations that axe-core finds; no rule is switched off."""
        return self.examined(rules)[0]

    def examined(self, rules: Sequence[str] = EVERY_RULE) -> tuple[list[str], list[str]]:
        """The violations, and the rules that found something only a person can judge."""
        self.page.evaluate(axe_source())
        violations, undecided = self.page.evaluate(AXE, list(rules))
        return violations, undecided


@dataclass
class Reader:
    """A window of the browser, reused: `open` goes to an address of the server under test."""

    origin: str
    page: Page
    visit: Visit
    width: int
    scheme: Scheme

    def open(self, path: str) -> Visit:
        """Go to a path."""
        self.visit.trouble.clear()
        response = self.page.goto(self.origin + path)
        assert response is not None
        self.visit.status, self.visit.headers = response.status, response.headers
        violations = self.page.evaluate("() => window.violations || []")
        self.visit.trouble += [f"policy: {v}" for v in violations]
        return self.visit

    @contextmanager
    def seen(self, width: int, scheme: Scheme) -> Iterator[Visit]:
        """The open page in another width and colour scheme, once it is drawn; after that as before."""
        self._show(width, scheme)
        try:
            yield self.visit
        finally:
            self._show(self.width, self.scheme)

    def _show(self, width: int, scheme: Scheme) -> None:
        self.page.set_viewport_size({"width": width, "height": HEIGHT})
        self.page.emulate_media(color_scheme=scheme)
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def reader(browser: Browser, origin: str, width: int = WIDE, scheme: Scheme = "light", **options: Any) -> Reader:
    """A window of a width and colour scheme that notes errors, foreign requests and violations of the policy."""
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHT}, color_scheme=scheme, reduced_motion="reduce", **options
    )
    context.add_init_script(
        "window.violations = []; document.addEventListener('securitypolicyviolation',"
        " (e) => window.violations.push(e.violatedDirective + ' ' + e.blockedURI));"
    )
    context.set_default_timeout(LONG * 1000)
    page = context.new_page()
    visit = Visit(page)
    watch(context, page, visit, origin)
    return Reader(origin, page, visit, width, scheme)


def watch(context: BrowserContext, page: Page, visit: Visit, origin: str) -> None:
    """Note what the browser complains about, and every request to another origin."""
    page.on("console", lambda m: visit.trouble.append(f"console: {m.text}") if m.type in {"error", "warning"} else None)
    page.on("pageerror", lambda e: visit.trouble.append(f"script: {e}"))
    context.on(
        "request",
        lambda r: (
            visit.trouble.append(f"outside: {r.url}")
            if not r.url.startswith((f"{origin}/", "data:", "blob:"))
            else None
        ),
    )


def axe_source() -> str:
    """The text of axe-core, which is fetched with the packages of the editor."""
    return needs(ROOT / "frontend/node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


def rdfa(page: Page, about: str) -> set[tuple[str, str, str | None, str | None]]:
    """The facts that a page shows of a thing: predicate, value, language, datatype (both None for things)."""
    found = page.evaluate(
        """(about) => [...document.querySelectorAll(`[about="${about}"] [property]`)].map((e) => [
            e.getAttribute('property'),
            e.hasAttribute('resource') ? e.getAttribute('resource') : e.getAttribute('content') ?? e.textContent,
            e.hasAttribute('resource') ? null : e.getAttribute('lang') || null,
            e.hasAttribute('resource') ? null : e.getAttribute('datatype'),
        ])""",
        about,
    )
    return {tuple(row) for row in json.loads(json.dumps(found))}


def page(server: "Server", path: str, language: str = "en") -> str:
    """The text of a page, fetched as a browser would."""
    status, headers, body = server.get(path, Accept=HTML, Accept_Language=language)
    assert status == 200, path
    assert headers["content-type"] == "text/html; charset=utf-8"
    return body.decode()
