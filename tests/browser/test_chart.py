"""The organisation chart: what the graph says and no more, on screens of any width, on paper, as a drawing, on a day."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pyoxigraph as ox

from gob_graph.pipeline.build import build_release
from gob_graph.settings import Settings
from gob_graph.vocab import preference
from tests.browser.pages import LANGUAGES, NARROW, WIDE, Reader, page
from tests.conftest import Server, Starter

Window = Callable[[int, str], Reader]
FITS = """(box) => [...box.querySelectorAll('a, small')].every((e) => [...e.getClientRects()].every((r) => {
    const b = box.getBoundingClientRect();
    return r.left >= b.left && r.right <= b.right && r.top >= b.top && r.bottom <= b.bottom;
}))"""
"""Whether every line of text stands within its box."""


def test_the_chart_says_what_the_graph_says(wide: Reader, store: ox.Store) -> None:
    for language in LANGUAGES:
        page = wide.open(f"/{language}/chart").page
        shown = page.locator(".units .box a").all_inner_texts()
        query = """PREFIX org: <http://www.w3.org/ns/org#> PREFIX schema: <http://schema.org/>
            PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
            SELECT ?unit ?label WHERE { ?institution org:hasUnit ?unit . ?unit schema:position ?n ; skos:prefLabel ?label }
            ORDER BY ?n"""
        names: dict[str, dict[str, str]] = {}
        for row in store.query(query):  # type: ignore[union-attr]
            names.setdefault(row["unit"].value, {})[row["label"].language] = row["label"].value
        order = preference(language)
        assert shown == [next(n[c] for c in order if c in n) for n in names.values()]
        assert len(shown) == 8
        for box in page.locator(".chart .box").all():
            assert box.evaluate(FITS), box.inner_text()
    text = wide.open("/nl/chart").page.locator(".chart-board").inner_text()
    for words in (
        "secretaris-generaal",
        "adjunct-secretaris-generaal",
        "9",
        "thans",
        "in principe",
        "minstens",
        "maandelijks",
    ):
        assert words in text


def test_boxes_of_the_chart_do_not_overlap(window: Window) -> None:
    for width in (WIDE, 900, 360, NARROW):
        page = window(width, "light").open("/fr/chart").page
        boxes = page.locator(".chart .box").evaluate_all(
            "es => es.map(e => { const b = e.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom] })"
        )
        assert len(boxes) == 11
        for n, a in enumerate(boxes):
            for b in boxes[n + 1 :]:
                assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], (width, a, b)


def test_the_chart_prints_on_one_sheet(window: Window) -> None:
    for width, scheme in ((WIDE, "light"), (NARROW, "light"), (WIDE, "dark")):
        pdf = window(width, scheme).open("/fr/chart").page.pdf(prefer_css_page_size=True, print_background=True)
        assert re.findall(rb"/Count (\d+)", pdf) == [b"1"]
        ((wide_points, high_points),) = {
            (float(w), float(h)) for w, h in re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
        }
        assert (round(wide_points / 72 * 25.4), round(high_points / 72 * 25.4)) == (297, 210)


def test_texts_of_the_chart_drawing_fit_their_boxes(wide: Reader, site: Server) -> None:
    for language in LANGUAGES:
        drawing = site.get(f"/{language}/chart.svg")[2].decode()
        page = wide.page
        page.goto("about:blank")
        page.set_content(drawing.replace("<svg ", '<svg style="display:block" ', 1))
        loose = page.evaluate(
            """() => [...document.querySelectorAll('svg a')].filter((a) => {
                const rect = a.querySelector('rect'), text = a.querySelector('text');
                if (!rect || !text) return false;
                const box = rect.getBBox(), words = text.getBBox();
                return words.x < box.x || words.x + words.width > box.x + box.width
                    || words.y < box.y || words.y + words.height > box.y + box.height;
            }).map((a) => a.textContent)"""
        )
        assert loose == []
        assert page.evaluate("document.querySelectorAll('svg a').length") >= 12


def test_the_chart_as_a_drawing(site: Server) -> None:
    for language in LANGUAGES:
        status, headers, body = site.get(f"/{language}/chart.svg")
        assert (status, headers["content-type"]) == (200, "image/svg+xml; charset=utf-8")
        assert headers["content-security-policy"] == "default-src 'none'"
        root = ElementTree.fromstring(body)
        names = {"svg": "http://www.w3.org/2000/svg"}
        assert root.findtext("svg:title", namespaces=names)
        assert root.findtext("svg:desc", namespaces=names)
        links = [a.get("href", "") for a in root.iterfind(".//svg:a", names)]
        assert len(links) == 12
        assert all(link.startswith("https://data.example.org/id/") for link in links)
        assert b"style" not in body
        assert b"thans" in body


def test_the_chart_holds_any_number_of_units(copy: Settings, start: Starter) -> None:
    """Thirteen administrations, one of a name without spaces: four to a row, the last row not full."""
    units = copy.source_dir / "data/source/administrations.ttl"
    more = "".join(
        f"\norganization:unit-{n} a org:OrganizationalUnit , cv:PublicOrganisation , gov:Administration ;\n"
        f'    skos:prefLabel "{"Brussel" + "x" * (60 if n == 9 else 2)} {n}"@nl , "Bruxelles {n}"@fr ;\n'
        f"    org:classification organization-type:administration ;\n    org:unitOf organization:gob ;\n    schema:position {n} .\n"
        for n in range(9, 14)
    )
    units.write_text(units.read_text(encoding="utf-8") + more, encoding="utf-8")
    institution = copy.source_dir / "data/source/institution.ttl"
    institution.write_text(
        institution.read_text(encoding="utf-8").replace("gov:statedUnitCount 8", "gov:statedUnitCount 13"),
        encoding="utf-8",
    )
    server = start(replace(copy, query_workers=1, release_dir=_release_with(copy)))
    shown = page(server, "/nl/chart")
    assert "columns-4" in shown
    assert shown.count('<li><div class="box">') == 13
    body = server.get("/nl/chart.svg")[2].decode()
    assert body.count('fill="#12508f"') == 13


def _release_with(settings: Settings) -> Path:
    """A release of data without evidence for the units that were made up: the lines that would prove them are added."""
    evidence = settings.source_dir / "data/evidence/source.tsv"
    lines = []
    for n in range(9, 14):
        name = "Brussel" + "x" * (60 if n == 9 else 2)
        for fact in (
            "a org:OrganizationalUnit",
            "a cv:PublicOrganisation",
            "a gov:Administration",
            f'skos:prefLabel "{name} {n}"@nl',
            f'skos:prefLabel "Bruxelles {n}"@fr',
            "org:classification organization-type:administration",
            "org:unitOf organization:gob",
            f"schema:position {n}",
        ):
            lines.append(f"S48\torganization:unit-{n} {fact} .")
    text = evidence.read_text(encoding="utf-8").replace("gov:statedUnitCount 8", "gov:statedUnitCount 13")
    evidence.write_text(text + "\n".join(lines) + "\n", encoding="utf-8")
    ids = settings.source_dir / "data/ids.csv"
    last = ids.read_text(encoding="utf-8").rstrip("\n").splitlines()
    template = next(line for line in last if line.startswith("id/organization/brussel-synergie,"))
    rows = [template.replace("brussel-synergie", f"unit-{n}") for n in range(9, 14)]
    ids.write_text("\n".join([last[0], *sorted([*last[1:], *rows])]) + "\n", encoding="utf-8")
    expectations = settings.source_dir / "data/expectations.ttl"
    units = "    sh:path [ sh:inversePath org:unitOf ] ;\n    sh:minCount 8 ;\n    sh:maxCount 8 ;"
    text = expectations.read_text(encoding="utf-8")
    assert units in text
    text = text.replace(units, units.replace("8", "13")).replace("sh:hasValue 8 ;", "sh:hasValue 13 ;")
    expectations.write_text(text, encoding="utf-8")
    build_release(settings)
    return settings.release_dir
