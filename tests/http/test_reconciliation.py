"""The reconciliation service against its specification, a messy list, a client of PyPI, and requests that are wrong."""

import csv
import json
import math
from typing import Any
from urllib.parse import quote, urlencode

import jsonschema
import pytest

from gob_graph.endpoint.reconciliation.properties import OWN
from gob_graph.endpoint.reconciliation.queries import BATCH
from gob_graph.endpoint.web.pages.reconcile_words import FEATURES
from gob_graph.release import Release
from tests.browser.pages import LANGUAGES
from tests.conftest import Server, fetch
from tests.http import reconciliation_schemas as schemas
from tests.parts import ROOT

MESSY = ROOT / "tests/registries/messy.csv"
FORM = "application/x-www-form-urlencoded; charset=UTF-8"
GOB = "id/organization/gob"


def checked(document: Any, schema: schemas.Schema) -> Any:
    jsonschema.Draft202012Validator(schema).validate(document)
    return document


def post(server: Server, path: str = "/reconcile", **given: Any) -> tuple[int, dict[str, str], Any]:
    """As OpenRefine does it: a form, no Accept."""
    form = {name: value if isinstance(value, str) else json.dumps(value) for name, value in given.items()}
    status, headers, body = fetch(server.url + path, urlencode(form).encode(), {"Content-Type": FORM})
    assert headers["access-control-allow-origin"] == "*"
    return status, headers, json.loads(body)


def post_json(server: Server, path: str, document: Any) -> tuple[int, Any]:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    status, _, answer = fetch(server.url + path, body, {"Content-Type": "application/json"})
    return status, json.loads(answer)


def found(server: Server, query: str, language: str = "", **more: Any) -> list[Any]:
    path = f"/{language}/reconcile" if language else "/reconcile"
    status, _, answer = post(server, path, queries={"q": {"query": query, **more}})
    assert status == 200, answer
    return list(checked(answer, schemas.RESULTS)["q"]["result"])


@pytest.mark.parametrize("language", ["", *LANGUAGES])
def test_manifest_is_as_specified_and_leads_to_what_answers(server: Server, release: Release, language: str) -> None:
    path = f"/{language}/reconcile" if language else "/reconcile"
    status, headers, body = server.get(path, Origin="http://127.0.0.1:3333")
    assert (status, headers["content-type"], headers["access-control-allow-origin"]) == (200, "application/json", "*")
    manifest = checked(json.loads(body), schemas.MANIFEST)
    assert manifest["identifierSpace"] == f"{release.base_iri}/"
    assert manifest["view"]["url"].replace("{{id}}", GOB) == f"{server.url}/{GOB}"
    assert fetch(manifest["view"]["url"].replace("{{id}}", GOB))[0] == 303
    assert fetch(manifest["documentation"])[0] == 200
    assert fetch(manifest["logo"])[0] == 200
    status, headers, _ = fetch(manifest["preview"]["url"].replace("{{id}}", GOB))
    assert status == 200
    assert "frame-ancestors *" in headers["content-security-policy"]
    for kind, place in manifest["suggest"].items():
        checked(json.loads(fetch(place["service_url"] + place["service_path"] + "?prefix=o")[2]), schemas.SUGGESTIONS)
        some = {"entity": GOB, "type": "org:Organization", "property": "skos:prefLabel@nl"}[kind]
        flyout = place["flyout_service_url"] + place["flyout_service_path"].replace("${id}", quote(some, safe=""))
        assert some in checked(json.loads(fetch(flyout)[2]), schemas.FLYOUT)["html"]
    propose = manifest["extend"]["propose_properties"]
    address = f"{propose['service_url']}{propose['service_path']}?type={manifest['defaultTypes'][0]['id']}"
    ids = [p["id"] for p in checked(json.loads(fetch(address)[2]), schemas.PROPOSAL)["properties"]]
    assert {*OWN, "skos:prefLabel@nl"} <= set(ids)
    assert not any(set(one) & set("#%&+?") for one in ids)


def test_languages_have_their_words(server: Server) -> None:
    names = {json.loads(server.get(f"/{code}/reconcile")[2])["name"] for code in LANGUAGES}
    assert len(names) >= 3
    described = {found(server, "GOB", code)[0]["description"] for code in LANGUAGES}
    assert len(described) == len(LANGUAGES)


def rows_of_the_list() -> list[dict[str, str]]:
    with MESSY.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=";"))


def test_a_messy_list_is_linked(server: Server) -> None:
    rows = rows_of_the_list()
    assert len(rows) >= 50
    queries = {str(n): {"query": row["given"]} for n, row in enumerate(rows)}
    answer = checked(post(server, queries=queries)[2], schemas.RESULTS)
    wrong_first, wrong_match, unsure = [], [], []
    for n, row in enumerate(rows):
        candidates = answer[str(n)]["result"]
        first = candidates[0]["id"] if candidates else ""
        right = row["right"].split("|")
        if first not in right:
            wrong_first.append((row["given"], first))
        matched = [c["id"] for c in candidates if c["match"]]
        if len(matched) > 1 or any(one not in right for one in matched) or (matched and row["certain"] == "no"):
            wrong_match.append((row["given"], matched))
        if row["certain"] == "yes" and not matched:
            unsure.append(row["given"])
        assert [c["score"] for c in candidates] == sorted((c["score"] for c in candidates), reverse=True)
    assert len(wrong_first) <= math.floor(len(rows) * 0.05), wrong_first
    assert wrong_match == []
    assert unsure == []


def test_every_name_of_a_body_finds_it_and_is_confirmed(server: Server, store: Any, release: Release) -> None:
    """An identical name that is not found, or never confirmed, is what other services are blamed for."""
    asked = """PREFIX skos: <http://www.w3.org/2004/02/skos/core#> PREFIX org: <http://www.w3.org/ns/org#>
        SELECT DISTINCT ?thing ?name WHERE { ?thing a org:Organization ; skos:prefLabel|skos:altLabel ?name }"""
    named = [(r["thing"].value.removeprefix(f"{release.base_iri}/"), r["name"].value) for r in store.query(asked)]
    assert len(named) >= 20
    batch = {str(n): {"query": name, "type": "org:Organization"} for n, (_, name) in enumerate(named[:BATCH])}
    answer = post(server, queries=batch)[2]
    for n, (path, name) in enumerate(named[:BATCH]):
        first = answer[str(n)]["result"][0]
        assert (first["id"], first["match"]) == (path, True), name


def test_nothing_is_found_by_a_description(server: Server, store: Any) -> None:
    asked = """SELECT ?text WHERE { ?thing <http://purl.org/dc/terms/description>|
        <http://www.w3.org/2004/02/skos/core#definition> ?text FILTER(STRLEN(STR(?text)) > 60)
        FILTER NOT EXISTS { ?named <http://www.w3.org/2004/02/skos/core#prefLabel> ?text } } LIMIT 20"""
    texts = [r["text"].value[:200] for r in store.query(asked)]
    assert len(texts) >= 10
    for text in texts:
        assert [one for one in found(server, text) if one["match"]] == [], text


def test_a_former_body_says_so_and_names_what_followed(server: Server) -> None:
    candidates = found(server, "Brussel HR en Facilities", "en")
    former = next(one for one in candidates if one["id"].endswith("hr-en-facilities"))
    assert "former" in former["name"]
    assert "former" in former["description"]
    assert {f["id"]: f["value"] for f in former["features"]}["former_body"] is True
    assert set(FEATURES) >= {f["id"] for f in former["features"]}


UNITS = {
    "GOB – Brussel Mobiliteit": "brussel-mobiliteit",
    "SPRB / Bruxelles Mobilité": "brussel-mobiliteit",
    "Brussel Mobiliteit (GOB)": "brussel-mobiliteit",
    "Service public régional de Bruxelles, Bruxelles Mobilité": "brussel-mobiliteit",
    "Regional Public Service Brussels – Brussels Mobility": "brussel-mobiliteit",
    "GOB: Brussel Synergie": "brussel-synergie",
    "Service public régional de Bruxelles - Bruxelles Économie et Emploi": "brussel-economie-en-werkgelegenheid",
    "GOB | Brussel Financien en Begroting": "brussel-financien-en-begroting",
    "GOB – BPB": "brussel-plaatselijke-besturen",
    "Directieraad (GOB)": "directieraad",
}


def test_a_unit_behind_its_institution_is_confirmed(server: Server) -> None:
    """“Institution – unit” in any order and with any mark between: the unit is meant, not the institution."""
    for asked, unit in UNITS.items():
        first = found(server, asked)[0]
        assert (first["id"], first["match"]) == (f"id/organization/{unit}", True), asked
    misspelt = found(server, "GOB – Brusel Mobilteit")[0]
    assert (misspelt["id"], misspelt["match"]) == ("id/organization/brussel-mobiliteit", False)
    for elsewhere in ("GOB – Sportdienst", "Gewestelijke Overheidsdienst Brussel – Brussel Fiscaliteit"):
        assert not any(one["match"] for one in found(server, elsewhere)), elsewhere


def test_an_old_name_leads_to_what_bears_it_or_followed(server: Server) -> None:
    candidates = found(server, "Ministerie van het Brussels Hoofdstedelijk Gewest", "en")
    ids = [one["id"] for one in candidates]
    assert GOB in ids
    first = candidates[0]
    if first["id"] != GOB:  # the graph holds the former body as a thing of its own
        assert "Brussels Regional Public Service" in first["name"]
        assert ids.index(GOB) == 1
    else:
        assert "former name" in first["description"]
    assert not candidates[1:] or not any(one["match"] for one in candidates[1:])


def test_a_shared_number_is_not_confirmed_and_says_why(server: Server) -> None:
    first = found(server, "BE 0316.381.039", "en")[0]
    features = {f["id"]: f["value"] for f in first["features"]}
    assert (first["id"], first["match"], features["shared_identifier"]) == (GOB, False, True)
    assert "share" in first["description"]


def test_two_things_of_one_name_are_told_apart_by_type_only(server: Server) -> None:
    both = found(server, "Région de Bruxelles-Capitale")
    assert [one["match"] for one in both[:2]] == [False, False]
    assert {one["score"] for one in both[:2]} == {100}
    body = found(server, "Région de Bruxelles-Capitale", type="org:Organization", type_strict="should")
    assert (body[0]["id"], body[0]["match"]) == ("id/organization/brussels-capital-region", True)
    place = found(server, "Région de Bruxelles-Capitale", type=["dct:Location"], type_strict="any")
    assert [one["id"] for one in place] == ["id/location/brussels-capital-region"]


def test_confirmation_does_not_depend_on_the_limit(server: Server) -> None:
    for query in ("Région de Bruxelles-Capitale", "Bruxelles Mobilité", "Brussel"):
        whole, one = found(server, query, limit=10), found(server, query, limit=1)
        assert one == whole[:1]


def test_properties_speak_for_a_candidate(server: Server) -> None:
    wanted = [{"pid": "org:unitOf", "v": {"id": GOB}}, {"pid": "schema:position", "v": 6}]
    first = found(server, "Brussel Mobiliteit", properties=wanted)[0]
    assert {f["id"]: f["value"] for f in first["features"]}["properties"] == 100
    other = found(server, "Brussel Mobiliteit", properties=[{"pid": "schema:position", "v": "2"}])[0]
    assert other["score"] < first["score"]
    assert other["match"] is False
    named = found(server, "Brussel Mobiliteit", properties=[{"pid": "org:unitOf", "v": ["SPRB"]}])[0]
    assert named["score"] == 100


def test_values_of_properties_are_cells(server: Server, release: Release) -> None:
    ids = [GOB, f"{release.base_iri}/id/organization/brussel-mobiliteit", "id/organization/none"]
    wanted = ["skos:prefLabel@fr", "skos:prefLabel", "iri", "identifier", "status", "org:unitOf", "schema:position"]
    status, _, answer = post(server, "/en/reconcile", extend={"ids": ids, "properties": [{"id": p} for p in wanted]})
    assert status == 200
    rows = checked(answer, schemas.EXTENSION)["rows"]
    assert [m["id"] for m in answer["meta"]] == wanted
    assert rows[GOB]["skos:prefLabel@fr"] == [{"str": "Service public régional de Bruxelles"}]
    assert rows[GOB]["skos:prefLabel"] == [{"str": "Brussels Regional Public Service"}]
    assert rows[GOB]["identifier"] == [{"str": "KBO/BCE: 0316381039"}]
    assert rows[ids[1]]["org:unitOf"] == [{"id": GOB, "name": "Brussels Regional Public Service"}]
    assert rows[ids[1]]["schema:position"] == [{"int": 6}]
    assert rows[ids[1]]["iri"] == [{"str": ids[1]}]
    assert all(cells == [] for cells in rows["id/organization/none"].values())


def test_suggest_completes_and_pages(server: Server) -> None:
    def suggested(kind: str, **given: Any) -> list[str]:
        body = server.get(f"/en/reconcile/suggest/{kind}?{urlencode(given)}")[2]
        return [one["id"] for one in checked(json.loads(body), schemas.SUGGESTIONS)["result"]]

    assert suggested("entity", prefix="brussels mob")[0] == "id/organization/brussel-mobiliteit"
    assert suggested("entity", prefix="0316.381.039") == [GOB]
    many = suggested("entity", prefix="bruss", limit=6)
    assert suggested("entity", prefix="bruss", limit=3) + suggested("entity", prefix="bruss", cursor=3, limit=3) == many
    assert "org:Organization" in suggested("type", prefix="organi")
    assert "successor" in suggested("property", prefix="succ")
    assert suggested("entity", prefix="", limit=3) == []


def test_the_draft_of_the_next_version(server: Server) -> None:
    manifest = checked(json.loads(server.get("/reconcile/1.0-draft")[2]), schemas.MANIFEST_DRAFT)
    assert manifest["versions"] == ["1.0-draft"]
    conditions = [
        {"matchType": "name", "v": "Brussels Mobility"},
        {"matchType": "property", "pid": "org:unitOf", "v": "GOB"},
    ]
    asked = {"queries": [{"type": "org:Organization", "limit": 2, "conditions": conditions},
                         {"conditions": [{"matchType": "name", "v": "Anderlecht"}]}]}  # fmt: skip
    for name in ("match", "reconcile"):
        status, answer = post_json(server, f"/en/reconcile/1.0-draft/{name}", asked)
        assert status == 200
        first, second = checked(answer, schemas.RESULTS_DRAFT)["results"]
        assert (first["candidates"][0]["id"], first["candidates"][0]["match"]) == (
            "id/organization/brussel-mobiliteit",
            True,
        )
        assert second["candidates"] == []
    status, answer = post_json(server, "/reconcile/1.0-draft/extend", {"ids": [GOB], "properties": [{"id": "status"}]})
    assert checked(answer, schemas.EXTENSION_DRAFT)["rows"][0]["properties"][0]["values"] == [{"str": "current"}]
    checked(json.loads(server.get("/reconcile/1.0-draft/suggest/entity?prefix=bru")[2]), schemas.SUGGESTIONS)
    checked(json.loads(server.get("/reconcile/1.0-draft/extend/propose?type=org:Organization")[2]), schemas.PROPOSAL)


WRONG = [
    ({"queries": "{"}, 400, "bad-request"),
    ({"queries": "[]"}, 400, "bad-request"),
    ({"queries": {"q": "GOB"}}, 400, "bad-request"),
    ({"queries": {"q": {"query": ["GOB"]}}}, 400, "bad-request"),
    ({"queries": {"q": {"query": "GOB", "type": "no:Such"}}}, 400, "type-unknown"),
    ({"queries": {"q": {"query": "GOB", "type": 7}}}, 400, "bad-request"),
    ({"queries": {"q": {"query": "GOB", "type_strict": "maybe"}}}, 400, "bad-parameter"),
    ({"queries": {"q": {"query": "GOB", "limit": 0}}}, 400, "bad-parameter"),
    ({"queries": {"q": {"query": "GOB", "limit": -1}}}, 400, "bad-parameter"),
    ({"queries": {"q": {"query": "GOB", "limit": 1.5}}}, 400, "bad-parameter"),
    ({"queries": '{"q": {"query": "GOB", "limit": Infinity}}'}, 400, "bad-parameter"),
    ({"queries": {"q": {"query": "GOB", "properties": {"pid": "x"}}}}, 400, "bad-request"),
    ({"queries": {"q": {"query": "GOB", "properties": [{"pid": "no:such", "v": 1}]}}}, 400, "property-unknown"),
    ({"queries": {"q": {"query": "x" * 2000}}}, 413, "query-too-long"),
    ({"queries": {str(n): {"query": "GOB"} for n in range(BATCH + 1)}}, 413, "batch-too-large"),
    ({"extend": "no"}, 400, "bad-request"),
    ({"extend": {"ids": GOB, "properties": []}}, 400, "bad-request"),
    ({"extend": {"ids": [GOB], "properties": [{"id": "no:such"}]}}, 400, "property-unknown"),
    ({"extend": {"ids": [GOB] * (BATCH + 1), "properties": [{"id": "iri"}]}}, 413, "batch-too-large"),
    ({"nothing": "x"}, 400, "bad-request"),
    ({"queries": {}, "callback": "f"}, 400, "bad-parameter"),
]


@pytest.mark.parametrize(("given", "status", "code"), WRONG, ids=lambda value: str(value)[:60])
def test_wrong_requests_are_refused_with_a_stable_code(server: Server, given: Any, status: int, code: str) -> None:
    answered, headers, problem = post(server, **given)
    assert (answered, problem["code"]) == (status, code), problem
    assert headers["content-type"] == "application/problem+json"
    assert problem["detail"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/reconcile?callback=f", 400, "bad-parameter"),
        ("/reconcile/suggest/entity?prefix=a&callback=f", 400, "bad-parameter"),
        ("/reconcile/suggest/entity?prefix=a&limit=-1", 400, "bad-parameter"),
        ("/reconcile/suggest/entity?prefix=a&cursor=99999999999999999999", 400, "bad-parameter"),
        ("/reconcile/suggest/entity?prefix=a&limit=1.5", 400, "bad-parameter"),
        ("/reconcile/properties?type=no:Such", 400, "type-unknown"),
        ("/reconcile/flyout/property?id=no:such", 400, "property-unknown"),
        ("/reconcile/flyout/entity?id=id/organization/none", 404, "not-found"),
        ("/reconcile/preview?id=none", 404, "not-found"),
        ("/reconcile/suggest/none?prefix=a", 404, "not-found"),
    ],
)
def test_wrong_addresses_are_refused_with_a_stable_code(server: Server, path: str, status: int, code: str) -> None:
    answered, headers, body = server.get(path)
    assert (answered, json.loads(body)["code"]) == (status, code)
    assert headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (b"{", "bad-request"),
        (b"\xff", "bad-encoding"),
        ({"queries": {}}, "bad-request"),
        ({"queries": [{"conditions": []}]}, "bad-request"),
        ({"queries": [{"conditions": [{"v": "x"}]}]}, "bad-request"),
        ({"queries": [{"conditions": [{"matchType": "property", "v": "x"}]}]}, "bad-request"),
    ],
)
def test_wrong_documents_of_the_draft_are_refused(server: Server, document: Any, code: str) -> None:
    status, problem = post_json(server, "/reconcile/1.0-draft/match", document)
    assert (status, problem["code"]) == (400, code)


def test_a_body_of_another_kind_is_refused(server: Server) -> None:
    status, _, body = fetch(server.url + "/reconcile", b"{}", {"Content-Type": "application/json"})
    assert (status, json.loads(body)["code"]) == (415, "unsupported-media-type")


def test_answers_by_get_are_kept_and_by_post_are_not(server: Server) -> None:
    path = "/reconcile?" + urlencode({"queries": json.dumps({"q": {"query": "Brussel Mobiliteit"}})})
    status, headers, _ = server.get(path)
    assert (status, headers["cache-control"].split(",")[0]) == (200, "public")
    assert fetch(server.url + path, headers={"If-None-Match": headers["etag"]})[0] == 304
    assert post(server, queries={"q": {"query": "GOB"}})[1]["cache-control"] == "no-store"


def test_the_plain_text_of_a_query_is_enough(server: Server) -> None:
    answer = json.loads(server.get("/reconcile?query=Brussels+Mobility")[2])
    assert answer["result"][0]["id"] == "id/organization/brussel-mobiliteit"


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_the_client_of_pypi_links_a_column(server: Server) -> None:
    import pandas as pd
    from reconciler import reconcile

    column = pd.Series(["Bruxelles Mobilité", "GOB", "Brusel Huisvesting"])
    result = reconcile(column, type_id="org:Organization", top_res=1, reconciliation_endpoint=f"{server.url}/reconcile")
    linked = dict(zip(result["input_value"], result["id"], strict=True))
    assert linked == {
        "Bruxelles Mobilité": "id/organization/brussel-mobiliteit",
        "GOB": GOB,
        "Brusel Huisvesting": "id/organization/brussel-huisvesting",
    }
