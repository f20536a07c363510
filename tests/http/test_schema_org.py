"""What search engines and citation managers read: schema.org on pages, their heads, and how the dataset is cited."""

import html
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from gob_graph import __version__
from gob_graph.release import Release
from gob_graph.settings import Settings
from gob_graph.vocab import LANGUAGES
from tests.conftest import LONG, ROOT, Server
from tests.parts import needs

TEXT, NUMBER, DATE, ADDRESS, FLAG = "text", "number", "date", "address", "flag"
Rule = tuple[str, ...]
COMMON: dict[str, Rule] = {
    "name": (TEXT,),
    "alternateName": (TEXT,),
    "description": (TEXT,),
    "disambiguatingDescription": (TEXT,),
    "sameAs": (ADDRESS,),
    "url": (ADDRESS,),
    "identifier": (TEXT, ADDRESS),
}
ORGANISATION: dict[str, Rule] = {
    "parentOrganization": ("GovernmentOrganization",),
    "subOrganization": ("GovernmentOrganization",),
    "member": ("OrganizationRole",),
    "address": ("PostalAddress",),
    "contactPoint": ("ContactPoint",),
    "numberOfEmployees": ("QuantitativeValue",),
}
TYPES: dict[str, dict[str, Rule]] = {
    "GovernmentOrganization": ORGANISATION,
    "Organization": ORGANISATION,
    "OrganizationRole": {"roleName": (TEXT,)},
    "Place": {},
    "PostalAddress": {"streetAddress": (TEXT,), "postalCode": (TEXT,), "addressLocality": (TEXT,)},
    "ContactPoint": {"telephone": (TEXT,), "email": (TEXT,)},
    "QuantitativeValue": {"value": (NUMBER,), "minValue": (NUMBER,), "unitText": (TEXT,)},
    "DefinedTerm": {"inDefinedTermSet": ("reference",)},
    "DefinedTermSet": {},
    "DataCatalog": {"dataset": ("Dataset",)},
    "Dataset": {
        "version": (TEXT,),
        "datePublished": (DATE,),
        "dateModified": (DATE,),
        "license": (ADDRESS,),
        "isAccessibleForFree": (FLAG,),
        "publisher": ("Organization",),
        "creator": ("Organization",),
        "inLanguage": (TEXT,),
        "keywords": (TEXT,),
        "distribution": ("DataDownload",),
    },
    "DataDownload": {
        "contentUrl": (ADDRESS,),
        "encodingFormat": (TEXT,),
        "contentSize": (TEXT,),
        "sha256": (TEXT,),
    },
}
"""The properties that each type may have besides the common ones, and the kinds of their values."""
NEEDED = {
    "Dataset": {"name", "description", "license", "version", "publisher", "creator", "distribution", "dateModified"},
    "DataDownload": {"name", "contentUrl", "encodingFormat", "contentSize", "sha256"},
    "GovernmentOrganization": {"name"},
    "OrganizationRole": {"name"},
    "Place": {"name"},
}
"""What a page of a type must say, and what must be said of each file. Things only named need a name."""
PAGES = {
    "dataset/gob-kg": "Dataset",
    "dataset/catalogue": "DataCatalog",
    "organization/gob": "GovernmentOrganization",
    "organization/brussel-mobiliteit": "GovernmentOrganization",
    "post/secretaris-generaal": "OrganizationRole",
    "location/brussels-capital-region": "Place",
    "address/sint-lazarusplein-2": "PostalAddress",
    "contact-point/gob": "ContactPoint",
    "key-figure/workforce": "QuantitativeValue",
    "auth/value/respect": "DefinedTerm",
}


def problems(node: dict[str, Any], place: str = "") -> list[str]:
    """Where an object breaks the rules."""
    kind = node.get("@type")
    if kind not in TYPES:
        return [f"{place}: unknown type {kind}"]
    rules = COMMON | TYPES[kind]
    found = [
        f"{place}: {kind} has no {name}"
        for name in NEEDED.get(kind, set()) - node.keys()
        if not place or "@id" not in node
    ]
    for name, value in node.items():
        if not name.startswith("@"):
            where = f"{place}/{name}"
            found += [f"{where} does not belong to {kind}"] if name not in rules else []
            for one in value if isinstance(value, list) else [value]:
                found += of_value(one, rules.get(name, ()), where)
    return found


def of_value(value: Any, rule: Rule, place: str) -> list[str]:
    if isinstance(value, dict) and "@value" not in value:
        if rule == ("reference",):
            return [] if value.keys() == {"@id"} else [f"{place}: no reference"]
        wrong = [] if value.get("@type") in rule else [f"{place}: {value.get('@type')} is none of {rule}"]
        return wrong + problems(value, place)
    if isinstance(value, dict):
        return [] if TEXT in rule and value["@value"] and value.get("@language") in LANGUAGES else [f"{place}: {value}"]
    fits = {
        TEXT: isinstance(value, str) and bool(value.strip()),
        NUMBER: isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value),
        DATE: isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value),
        ADDRESS: isinstance(value, str) and re.fullmatch(r"https?://\S+", value),
        FLAG: isinstance(value, bool),
    }
    return [] if any(fits.get(kind) for kind in rule) else [f"{place}: {value!r} is none of {rule}"]


def told(server: Server, path: str) -> dict[str, Any]:
    status, _, body = server.get(path, Accept="text/html")
    assert status == 200, path
    (script,) = re.findall(rb'<script type="application/ld\+json">(.+?)</script>', body, re.DOTALL)
    return json.loads(script)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_schema_org_calls_it(name: str, server: Server) -> None:
    view = told(server, f"/nl/doc/{name}")
    assert (view["@context"], view["@type"]) == ("https://schema.org", PAGES[name])
    assert view["@id"].endswith(name)
    assert problems(view) == []


def test_the_rules_find_what_is_wrong() -> None:
    wrong = {"@type": "Dataset", "name": "x", "size": 1, "license": "CC0", "publisher": {"@type": "Place", "name": "y"}}
    found = problems(wrong)
    assert len(found) == 4 + 5, found
    assert any("does not belong" in text for text in found)
    assert any("Place is none of" in text for text in found)


@pytest.mark.parametrize("name", ["gob-kg", "gob-kg/{version}"])
def test_the_page_of_the_dataset_has_its_files(name: str, server: Server, release: Release) -> None:
    view = told(server, f"/fr/doc/dataset/{name.format(version=release.version)}")
    assert problems(view) == []
    assert (view["version"], view["license"]) == (release.version, release.manifest["license"])
    assert view["inLanguage"] == list(LANGUAGES)
    files = release.manifest["files"]
    assert len(view["distribution"]) >= 19
    for one in view["distribution"]:
        assert one["contentUrl"] == f"{server.url}/releases/{release.id}/{one['name']}"
        assert one["sha256"] == files[one["name"]]["sha256"]
    assert {"dataset.nq", "dataset.ttl.gz", "source.ttl"} <= {one["name"] for one in view["distribution"]}


def test_the_institution_has_address_contact_and_posts(server: Server) -> None:
    view = told(server, "/en/doc/organization/gob")
    assert view["address"]["@id"].endswith("/id/address/sint-lazarusplein-2")
    assert view["contactPoint"]["@id"].endswith("/id/contact-point/gob")
    assert len(view["member"]) == 2
    assert len(view["subOrganization"]) == 8
    address = told(server, "/en/doc/address/sint-lazarusplein-2")
    assert {"@value": "Sint-Lazarusplein 2", "@language": "nl"} in address["streetAddress"]
    assert address["postalCode"] == "1035"


def test_every_page_says_what_it_is_and_where_the_news_are(server: Server) -> None:
    listed = re.findall(r"<loc>[^<]+?(/fr/[^<]*)</loc>", server.get("/sitemap.xml")[2].decode())
    # The page of the ontology is the page of the model at its own address.
    paths = [path for path in listed if "/doc/" not in path and path != "/fr/ns/governance"]
    assert len(paths) >= 18
    paths += [
        "/fr/doc/organization/gob",
        "/fr/doc/dataset/gob-kg",
        "/fr/browse/gov:Administration",
        "/fr/search?q=%3Cb%3E%22",
        "/fr/none",
    ]
    described: dict[str, str] = {}
    for path in paths:
        status, _, body = server.get(path, Accept="text/html", Accept_Language="fr")
        assert status == (404 if path == "/fr/none" else 200), path
        head = body.decode().partition("</head>")[0]
        meta = {
            n or p: html.unescape(c)
            for n, p, c in re.findall(r'<meta (?:name="(\S+)"|property="(\S+)") content="([^"]*)"', head)
        }
        (title,) = re.findall(r"<title>([^<]+)</title>", head)
        assert " ".join(html.unescape(title).split()).startswith(meta["og:title"]), path
        assert meta["description"] == meta["og:description"], path
        assert len(meta["description"]) >= 20, path
        assert "<" not in meta["description"].replace("<b>", "")
        assert meta["og:url"] == server.url + ("/fr/" if path == "/fr/none" else path.partition("?")[0])
        assert meta["og:image"].startswith(f"{server.url}/")
        assert meta["og:locale"] == "fr_BE"
        assert '<link rel="alternate" type="application/atom+xml"' in head
        assert 'href="/changes.atom?language=fr"' in head
        assert described.setdefault(meta["description"], path) == path, "each has a description of its own"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_dataset_is_cited_with_one_author_everywhere(
    language: str, server: Server, release: Release, settings: Settings, tmp_path: Path
) -> None:
    page = server.get(f"/{language}/cite")[2].decode()
    text, bibtex, cff = [html.unescape(found) for found in re.findall(r"<pre[^>]*><code>(.+?)</code>", page, re.DOTALL)]
    author = "gob-graph contributors"
    assert f"the {author}" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    year, iri = release.issued[:4], f"{release.base_iri}/id/dataset/gob-kg/{release.version}"
    assert text.startswith(f"{author} ({year}). ")
    assert iri in text
    # A second pair of braces says that it is the name of a group; so does `name` in CFF.
    assert f"{{{{{author}}}}}" in bibtex
    (tmp_path / "CITATION.cff").write_text(cff, encoding="utf-8")
    program = needs(ROOT / ".venv/cffconvert/bin/cffconvert")
    run = subprocess.run(
        [program, "--validate"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=LONG
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Citation metadata are valid" in run.stdout
    assert iri in cff
    assert f'- name: "{author}"' in cff
    thing = html.unescape(server.get(f"/{language}/doc/organization/gob")[2].decode())
    assert f"<p>{author} ({year}). " in thing
    assert f"author       = {{{{{author}}}}}" in thing


def test_the_repository_says_how_it_is_cited() -> None:
    program = needs(ROOT / ".venv/cffconvert/bin/cffconvert")
    run = subprocess.run([program, "--validate"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=LONG)
    assert "Citation metadata are valid" in run.stdout, run.stdout + run.stderr
    said = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert '- name: "gob-graph contributors"' in said
    assert f'version: "{__version__}"' in said
