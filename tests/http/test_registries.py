"""Look-up, linksets, mapping tables, status of a column, the page for registries, and docs/registries.md as it is written."""

import csv
import io
import json
import re
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from urllib.parse import quote, urlencode

import pyoxigraph as ox
import pytest

from gob_graph.release import Release
from gob_graph.vocab import RDF, VOID
from tests.browser.pages import LANGUAGES
from tests.conftest import LONG, Server, fetch
from tests.parts import ROOT, needs

GOB = "id/organization/gob"
REGION = "id/location/brussels-capital-region"
SHARED = [
    "0316.381.039",
    "BE 0316381039",
    "316381039",
    "KBO 0316.381.039",
    "https://org.belgif.be/id/CbeRegisteredEntity/0316381039",
]
SSSOM = "sssom==0.4.21"
VALIDATE = """
import sys, traceback
from sssom.cli import main
for path in sys.argv[1:]:
    code = 1
    try:
        main(["validate", path])
    except SystemExit as end:
        code = end.code or 0
    except Exception:
        traceback.print_exc()
    sys.stderr.flush()
    print("exit code", code, flush=True)
"""
"""The command `sssom validate` for each file; importing it takes four seconds."""


@pytest.mark.parametrize(
    "asked", ["BE1", "nuts be1", "Q240", "http://www.wikidata.org/entity/Q240", "REFNIS 04000", "be-bru"]
)
def test_an_identifier_leads_to_its_thing(server: Server, asked: str) -> None:
    status, headers, _ = server.get(f"/lookup?identifier={quote(asked)}")
    assert (status, headers["location"]) == (303, f"/{REGION}")
    assert fetch(server.url + headers["location"])[0] == 303


@pytest.mark.parametrize("asked", SHARED)
def test_a_shared_number_gives_the_choices_and_says_why(server: Server, release: Release, asked: str) -> None:
    status, headers, body = server.get(f"/en/lookup?identifier={quote(asked)}")
    answer = json.loads(body)
    assert status == 300
    assert [choice["iri"] for choice in answer["choices"]] == [f"{release.base_iri}/{GOB}", SHARED[-1]]
    assert "share" in answer["reason"]
    assert headers["link"].count('rel="alternate"') == 2
    status, _, page = server.get(f"/fr/lookup?identifier={quote(asked)}", Accept="text/html")
    assert status == 300
    assert "partag" in page.decode()


@pytest.mark.parametrize(
    ("asked", "reason", "near"),
    [
        ("0316.381.038", "check-digits", True),
        ("0403.170.701", "unknown-number", False),
        ("no such thing", "other-scheme", False),
        ("https://nowhere.example/1", "unknown-address", False),
    ],
)
def test_an_unknown_identifier_says_why(server: Server, asked: str, reason: str, near: bool) -> None:
    status, headers, body = server.get(f"/nl/lookup?identifier={quote(asked)}")
    problem = json.loads(body)
    assert (status, problem["code"], problem["reason"]) == (404, "identifier-unknown", reason)
    assert headers["content-type"] == "application/problem+json"
    assert bool(problem.get("near")) == near
    assert server.get(f"/nl/lookup?identifier={quote(asked)}", Accept="text/html")[0] == 404
    assert json.loads(server.get("/lookup")[2])["code"] == "bad-parameter"


def test_linksets_say_in_both_formats_what_the_graph_says(server: Server, store: ox.Store, release: Release) -> None:
    status, headers, body = server.get("/linkset")
    assert (status, headers["content-type"]) == (200, "application/linkset+json")
    told = {
        (context["anchor"], relation, target["href"])
        for context in json.loads(body)["linkset"]
        for relation, targets in context.items()
        if relation != "anchor"
        for target in targets
    }
    base, outside = release.base_iri, r"^(?!https://data\.example\.org/)"
    asked = f"""SELECT ?s ?p ?o WHERE {{ GRAPH ?g {{ ?s ?p ?o }} FILTER(ISIRI(?o) && ?p != <{RDF.type.value}>)
        FILTER(STRSTARTS(STR(?s), "{base}/id/") || STRSTARTS(STR(?s), "{base}/auth/"))
        FILTER(REGEX(STR(?g), "/(source|external|history|vocab)$")) }}"""
    said = {(r["s"].value, r["p"].value, r["o"].value) for r in store.query(asked)}
    assert told == {row for row in said if re.match(outside, row[2])}
    assert len(told) >= 10
    text = server.get("/linkset", Accept="application/linkset")
    assert text[1]["content-type"].startswith("application/linkset")
    found = re.findall(r'<([^>]+)>; rel="([^"]+)"; anchor="([^"]+)"', text[2].decode())
    assert {(anchor, relation, target) for target, relation, anchor in found} == told
    assert server.get("/linkset", Accept="image/png")[0] == 406


def test_a_document_names_its_linkset(server: Server, release: Release) -> None:
    _, headers, _ = server.get("/doc/location/brussels-capital-region", Accept="text/turtle")
    assert f'</linkset/{REGION}>; rel="linkset"; type="application/linkset+json"' in headers["link"]
    answer = json.loads(server.get(f"/linkset/{REGION}")[2])
    assert [context["anchor"] for context in answer["linkset"]] == [f"{release.base_iri}/{REGION}"]
    assert "linkset/" not in server.get("/doc/auth/value/respect", Accept="text/turtle")[1]["link"]
    assert server.get("/linkset/auth/value/respect")[0] == 404
    assert server.get("/linkset/%18%3C")[0] == 404  # a path that no IRI can have


def test_void_counts_the_links_of_each_target(server: Server) -> None:
    body = server.get("/.well-known/void", Accept="application/n-triples")[2]
    said = ox.Store()
    said.bulk_load(input=body, format=ox.RdfFormat.N_TRIPLES)
    sets = [q.subject for q in said.quads_for_pattern(None, RDF.type, VOID.Linkset)]
    counts = [int(q.object.value) for s in sets for q in said.quads_for_pattern(s, VOID.triples, None)]
    rows = list(csv.DictReader(io.StringIO(server.get("/mappings.csv")[2].decode())))
    assert sum(counts) == len(rows) >= 10
    assert len(sets) == len({(row["target_host"], row["property"]) for row in rows})
    for one in sets:
        for property_ in (VOID.linkPredicate, VOID.subjectsTarget, VOID.objectsTarget):
            assert len(list(said.quads_for_pattern(one, property_, None))) == 1


def test_the_mapping_table_is_valid_sssom(server: Server, pytestconfig: pytest.Config, tmp_path: Path) -> None:
    """In an environment of its own: the package brings sixty others that nothing here needs."""
    place = Path(pytestconfig.cache.mkdir("sssom")) / SSSOM  # type: ignore[union-attr]
    if not (place / "ready").exists():
        venv.create(place, clear=True)
        (packages,) = (place / "lib").glob("python*/site-packages")
        # What is here already is taken from here: 320 of 390 MB.
        (packages / "here.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
        pip = [sys.executable, "-m", "pip", "--python", place / "bin/python", "install", "-q", "--no-compile", SSSOM]
        run = subprocess.run(pip, capture_output=True, text=True)
        needs(place / "bin/sssom")
        assert run.returncode == 0, run.stderr
        (place / "ready").touch()
    right, wrong = tmp_path / "right.sssom.tsv", tmp_path / "wrong.sssom.tsv"
    body = server.get("/mappings.sssom.tsv")[2].decode()
    right.write_text(body, encoding="utf-8")
    wrong.write_text(body.replace("semapv:ManualMappingCuration", "nonsense"), encoding="utf-8")
    validate = [place / "bin/python", "-c", VALIDATE, right, wrong]
    run = subprocess.run(validate, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
    of_right, of_wrong, end = re.split(r"(?m)^exit code ", run.stdout)
    assert "ERROR" not in of_right, of_right
    assert (of_wrong.split("\n")[0], end.strip() != "0") == ("0", True), run.stdout
    assert len([line for line in body.splitlines() if not line.startswith("#")]) >= 5


def test_a_list_of_links_comes_back_with_its_columns(server: Server, release: Release) -> None:
    own = [["nr", "naam", "link"], ["1", "GOB; zelf", f"{release.base_iri}/{GOB}"], ["2", "", "http://data.example.org/id/none/x"],
           ["3", "elders", "https://elsewhere.example/"]]  # fmt: skip
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows(own)
    status, headers, body = fetch(server.url + "/uris/status", out.getvalue().encode(), {"Content-Type": "text/csv"})
    assert (status, headers["content-type"].split(";")[0]) == (200, "text/csv")
    back = list(csv.reader(io.StringIO(body.decode(), newline=""), delimiter=";"))
    assert [row[:3] for row in back] == own
    place = back[0].index("status")
    assert [row[place] for row in back] == ["status", "renamed", "never-existed", "not-ours"]
    status, _, body = fetch(
        server.url + "/uris/status?column=nope", out.getvalue().encode(), {"Content-Type": "text/csv"}
    )
    assert (status, json.loads(body)["code"]) == (400, "bad-parameter")


def form(server: Server, language: str, **given: str) -> tuple[int, dict[str, str], str]:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    status, headers, body = fetch(f"{server.url}/{language}/registries", urlencode(given).encode(), kind)
    return status, headers, body.decode()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_answers_addresses_numbers_and_names(server: Server, release: Release, language: str) -> None:
    lines = f"{release.base_iri}/{GOB}\n0316.381.039\nBruxelles Mobilité\n0316.381.038\nAnderlecht\n"
    status, headers, page = form(server, language, lines=lines)
    assert (status, headers["cache-control"]) == (200, "no-store")
    assert page.count(f'href="/{language}/doc/organization/gob"') >= 2
    assert f'href="/{language}/doc/organization/brussel-mobiliteit"' in page
    status, headers, table = form(server, language, lines=lines, **{"as": "csv"})
    assert headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(table.removeprefix("\ufeff"))))
    assert [row["iri"].removeprefix(f"{release.base_iri}/") for row in rows] == [
        GOB, GOB, "id/organization/brussel-mobiliteit", "", "",
    ]  # fmt: skip
    assert [row["certain"] for row in rows] == ["yes", "no", "yes", "", ""]
    assert rows[0]["status"] == "renamed"
    assert all(row["remark"] for row in (rows[1], rows[3], rows[4]))


def test_a_table_is_uploaded_and_comes_back_in_its_shape(server: Server) -> None:
    mark = "x1y2"
    table = "nr;dienst\r\n1;Brussels Mobility\r\n2;SPRB\r\n"
    parts = [("as", None, "csv"), ("column", None, "dienst"), ("table", "list.csv", table)]
    body = "".join(
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"' + (f'; filename="{file}"' if file else "")
        + f"\r\n\r\n{value}\r\n" for name, file, value in parts
    ) + f"--{mark}--\r\n"  # fmt: skip
    kind = {"Content-Type": f"multipart/form-data; boundary={mark}"}
    status, _, answer = fetch(server.url + "/nl/registries", body.encode(), kind)
    lines = answer.decode().split("\r\n")
    assert (status, lines[0]) == (200, "nr;dienst;iri;name;certain;status;status_text;successors;remark")
    assert lines[1].startswith(
        "1;Brussels Mobility;https://data.example.org/id/organization/brussel-mobiliteit;Brussel Mobiliteit;yes;"
    )


def test_too_many_rows_are_refused(server: Server) -> None:
    status, _, body = form(server, "en", lines="x\n" * 1001)
    assert (status, json.loads(body)["code"]) == (413, "batch-too-large")


COMMANDS = re.findall(r"(?m)^    (\S.*)$", (ROOT / "docs/registries.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_of_the_documentation_work_as_written(server: Server, tmp_path: Path, command: str) -> None:
    """Each in a folder with the lists that the page speaks of, against this server in place of the address of a deployer."""
    base = "https://data.example.org"
    (tmp_path / "our-links.txt").write_text(f"{base}/{GOB}\n", encoding="utf-8")
    (tmp_path / "our-links.csv").write_text(f"id,link\n1,{base}/{GOB}\n", encoding="utf-8")
    # Only where the command asks: what is asked about keeps the base of the identifiers.
    line = re.sub(
        rf"(?<=[ '\"]){re.escape(base)}(?=/(?:uris|reconcile|lookup|linkset|mappings|changes|feed|en/))",
        server.url,
        command,
    )
    assert server.url in line
    line = line.replace("gob-graph", f"{sys.executable} -m gob_graph").replace(
        "curl ", "curl --silent --show-error --fail "
    )
    run = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", line], cwd=tmp_path, capture_output=True, text=True, timeout=LONG
    )
    assert run.returncode == 0, run.stderr
    written = [p for p in tmp_path.iterdir() if p.name not in {"our-links.txt", "our-links.csv"}]
    assert run.stdout or written


def test_the_documentation_has_a_command_for_each_thing_a_registry_does() -> None:
    text = " ".join(COMMANDS)
    assert len(COMMANDS) >= 10
    for part in ("/uris/status", "/lookup", "/reconcile", "/linkset", "/mappings", "/changes.atom", "/feed"):
        assert part in text


WITHDRAWN = "https://data.example.org/id/organization/mrbc"


@pytest.mark.parametrize("language", LANGUAGES)
def test_status_and_reason_are_told_in_the_language_of_the_reader(site: Server, language: str) -> None:
    words = {
        "nl": ("Ingetrokken", "een organisatie blijft dezelfde"),
        "fr": ("Retiré", "une organisation qui change de nom reste la même"),
        "de": ("Zurückgezogen", "eine Organisation bleibt dieselbe"),
        "en": ("Withdrawn", "a renaming leaves an organisation the same"),
    }[language]
    _, headers, body = site.get(f"/uris/status?format=csv&iri={WITHDRAWN}", Accept_Language=language)
    assert "Accept-Language" in headers["vary"]
    (row,) = csv.DictReader(io.StringIO(body.decode()))
    assert row["status"] == "withdrawn"
    assert row["status_text"].startswith(words[0])
    assert row["reason"].startswith(words[1])
    form = f"lines={quote(WITHDRAWN, safe='')}&as=csv".encode()
    (row,) = csv.DictReader(io.StringIO(fetch(f"{site.url}/{language}/registries", form)[2].decode("utf-8-sig")))
    assert (row["status"], row["status_text"].startswith(words[0])) == ("withdrawn", True)
    assert row["remark"].startswith(words[1])
    status, _, body = site.get(f"/{language}/doc/organization/mrbc", Accept="text/html")
    assert (status, f"<dd>{words[1]}" in body.decode()) == (410, True)


def test_a_tombstone_gives_its_reason_in_four_languages(site: Server) -> None:
    graph = ox.parse(site.get("/doc/organization/mrbc.ttl")[2], format=ox.RdfFormat.TURTLE)
    reasons = [q.object for q in graph if q.predicate.value.endswith("#comment")]
    assert {reason.language for reason in reasons} == set(LANGUAGES)
