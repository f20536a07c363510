"""Each statement's address leads a person to its words: proved by what a real browser paints.

The page is made here from the source text, one paragraph a line and items of a list without the bullet, which the page
draws but does not say; it is served on loopback. `::target-text` paints what the
text fragment found in one colour, so the coloured pixels are compared with where the words of the statement stand.
"""

import base64
import html
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser

from gob_graph.pipeline.evidence import Statement, read_evidence
from gob_graph.pipeline.fragments import fragment
from gob_graph.settings import Settings
from tests.conftest import SHARED
from tests.parts import needs

BULLET = " • "
STYLE = "body { font: 16px/1.5 monospace; margin: 0 20px } p, li { margin: 8px 0 } div { height: 3000px } ::target-text { background: #f00; color: #f00 }"
EXPECTED = """([start, end]) => {
    const rects = [];
    for (const paragraph of document.querySelectorAll('[data-start]')) {
        const from = Number(paragraph.dataset.start), node = paragraph.firstChild;
        const first = Math.max(start - from, 0), last = Math.min(end - from, node.length);
        if (first >= last) continue;
        const range = document.createRange();
        range.setStart(node, first);
        range.setEnd(node, last);
        for (const r of range.getClientRects()) rects.push([r.left, r.top, r.right, r.bottom]);
    }
    return rects;
}"""
PAINTED = """async ([png, rects]) => {
    const image = new Image();
    image.src = 'data:image/png;base64,' + png;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height), context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    const data = context.getImageData(0, 0, image.width, image.height).data;
    let painted = 0, outside = 0;
    const left = new Set(), right = new Set();
    for (let i = 0; i < data.length; i += 4) {
        if (data[i] < 200 || data[i + 1] > 60 || data[i + 2] > 60) continue;
        const x = i / 4 % image.width, y = Math.floor(i / 4 / image.width);
        const at = rects.findIndex(([l, t, r, b]) => l - 1 <= x && x <= r + 1 && t - 4 <= y && y <= b + 4);
        painted += 1;
        if (at < 0) outside += 1;
        else if (x <= rects[at][0] + 8) left.add(at);
        if (at >= 0 && x >= rects[at][2] - 8) right.add(at);
    }
    return [painted, outside, rects.length - left.size, rects.length - right.size];
}"""
"""Of the coloured pixels: how many, how many beside the words; and how many lines of words have a bare left or right end."""


class Handler(BaseHTTPRequestHandler):
    def __init__(self, body: bytes, *args: object) -> None:
        self.body = body
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    text = needs(SHARED / "source/wie-zijn-we.txt").read_bytes().decode()
    paragraphs, start = [], 0
    for line in text.split("\n"):
        said = line.removeprefix(BULLET)
        element = "p" if said == line else "li"
        if line.strip():
            at = start + len(line) - len(said)
            paragraphs.append(f'<{element} data-start="{at}">{html.escape(said)}</{element}>')
        start += len(line) + 1
    page = f'<!doctype html><html lang="nl"><meta charset="utf-8"><title>x</title><style>{STYLE}</style><div></div>{"".join(paragraphs)}<div></div></html>'
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, page.encode()))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    assert page.count("<li") == 20
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


def landing(
    browser: Browser, address: str, statements: list[tuple[Statement, str]], looks: int = 100
) -> list[list[int]]:
    """For each statement and the fragment to go to: what `PAINTED` counts in the window that a person then sees.

    The browser paints a moment after the page has come, so that it is looked at again (`looks`) while nothing is painted.
    """
    page, reader = browser.new_page(viewport={"width": 900, "height": 600}), browser.new_page()
    found = []
    for number, (statement, directive) in enumerate(statements):
        page.goto(f"{address}?{number}#:~:text={directive}")
        rects = page.evaluate(EXPECTED, [statement.start, statement.end])
        for _ in range(looks):
            counted = reader.evaluate(PAINTED, [base64.b64encode(page.screenshot()).decode(), rects])
            if counted[0]:
                break
        found.append(counted)
    return found


def test_every_fragment_highlights_the_words_of_its_statement(
    browser: Browser, address: str, settings: Settings
) -> None:
    statements = list(read_evidence(settings).statements.values())
    assert len(statements) >= 90
    found = landing(browser, address, [(s, s.fragment) for s in statements])
    assert [s.id for s, (painted, *_) in zip(statements, found, strict=True) if not painted] == []
    assert {s.id: wrong for s, (_, *wrong) in zip(statements, found, strict=True) if any(wrong)} == {}


def test_a_made_fragment_highlights_the_words_too(browser: Browser, address: str, settings: Settings) -> None:
    text = needs(SHARED / "source/wie-zijn-we.txt").read_bytes().decode()
    statements = read_evidence(settings).statements.values()
    made = [(s, fragment(text, s.start, s.end) or "") for s in statements]
    assert all(found for _, found in made)
    # Where it is the one of the table, the test above has shown it already.
    others = [(s, found) for s, found in made if found != s.fragment]
    assert len(others) >= 15
    for (statement, _), (painted, *wrong) in zip(others, landing(browser, address, others), strict=True):
        assert painted, statement.id
        assert not any(wrong), statement.id


def test_a_wrong_fragment_would_be_found_out(browser: Browser, address: str, settings: Settings) -> None:
    statements = read_evidence(settings).statements
    # Another place of the same word, fewer words than the statement has, more words, and words that are not there.
    wrong = [
        ("S35", "besturen"),
        ("S60", "Hij%20wordt"),
        ("S7", "M%C3%A9%C3%A9r%20mobiliteit,woningen"),
        ("S1", "Gent"),
    ]
    asked = [(statements[name], fragment) for name, fragment in wrong]
    found = landing(browser, address, asked[:3]) + landing(browser, address, asked[3:], looks=3)
    assert found[0][1] > 0
    assert found[1][3] > 0
    assert found[2][1] > 0
    assert found[3][0] == 0
