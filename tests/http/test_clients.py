"""The clients that people use, driven against the real server: curl, SPARQLWrapper, Comunica."""

import csv
import io
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from SPARQLWrapper import CSV, JSON, N3, POST, RDFXML, TSV, TURTLE, XML, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import QueryBadFormed

from tests.conftest import LONG, Server, Starter, patient, tiny_release
from tests.node import WITH_NODE, installed
from tests.parts import ROOT, needs

POSTS = "SELECT ?post WHERE { ?post a <http://www.w3.org/ns/org#Post> } ORDER BY ?post"
COMUNICA = ROOT / "tests/comunica"
FEDERATION = ROOT / "docs/federation.md"


def curl(*arguments: str) -> str:
    program = needs(Path(shutil.which("curl") or "/usr/bin/curl"))
    run = subprocess.run([program, "-sS", *arguments], capture_output=True, text=True, timeout=LONG, cwd=ROOT)
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_curl_asks_in_each_of_the_three_ways(server: Server) -> None:
    address = f"{server.url}/sparql"
    form = curl(address, "-H", "Accept: text/csv", "--data-urlencode", f"query={POSTS}")
    get = curl("-G", address, "-H", "Accept: text/csv", "--data-urlencode", f"query={POSTS}")
    direct = curl(
        address, "-H", "Accept: text/csv", "-H", "Content-Type: application/sparql-query", "--data-raw", POSTS
    )
    assert form == get == direct
    assert len(list(csv.reader(io.StringIO(form)))) == 3
    head = curl("-I", "-G", address, "--data-urlencode", f"query={POSTS}")
    assert head.startswith("HTTP/1.1 200")
    assert "content-length: " in head.lower()


def test_the_examples_of_the_documentation_work_as_written(server: Server) -> None:
    """Each curl command of docs/endpoint.md, with the address of this server in place of the default."""
    text = (ROOT / "docs/endpoint.md").read_text(encoding="utf-8")
    commands = re.findall(r"(?m)^    (curl .+)$", text)
    assert len(commands) >= 8
    for command in commands:
        here = command.replace("http://127.0.0.1:8000", server.url)
        run = subprocess.run(["bash", "-c", here], capture_output=True, text=True, timeout=LONG, cwd=ROOT)
        assert run.returncode == 0, (command, run.stderr)
        assert run.stdout, command
        assert '"code":"internal"' not in run.stdout


def wrapper(server: Server, query: str, returned: str) -> SPARQLWrapper:
    client = SPARQLWrapper(f"{server.url}/sparql", returnFormat=returned)
    client.setQuery(query)
    return client


def test_sparqlwrapper_reads_tables(server: Server) -> None:
    rows = wrapper(server, POSTS, JSON).queryAndConvert()["results"]["bindings"]
    assert len(rows) == 2
    document = wrapper(server, POSTS, XML).queryAndConvert()
    assert len(document.getElementsByTagName("result")) == 2
    for returned in (CSV, TSV):
        assert len(wrapper(server, POSTS, returned).queryAndConvert().split()) == 3
    assert wrapper(server, "ASK {}", JSON).queryAndConvert()["boolean"] is True


@pytest.mark.parametrize("returned", [TURTLE, N3, RDFXML])
def test_sparqlwrapper_reads_graphs(returned: str, server: Server) -> None:
    client = wrapper(server, "CONSTRUCT WHERE { ?post a <http://www.w3.org/ns/org#Post> }", returned)
    client.setMethod(POST)
    found = client.queryAndConvert()
    assert len(found) == 2 if returned == RDFXML else b"org:Post" in found


def test_sparqlwrapper_tells_a_query_that_is_wrong(server: Server) -> None:
    with pytest.raises(QueryBadFormed, match="query-syntax"):
        wrapper(server, "SELECT * {", JSON).query()


@pytest.fixture(scope="module")
def comunica() -> Path:
    """Comunica's command, installed from the lock file when it is not there yet."""
    return installed(COMUNICA) / ".bin/comunica-sparql"


def ask_with(program: Path, *arguments: str) -> list[dict[str, str]]:
    run = subprocess.run(
        [program, *arguments], capture_output=True, text=True, timeout=2 * LONG, cwd=ROOT, env=WITH_NODE
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_comunica_finds_out_what_the_endpoint_is_and_asks_it(comunica: Path, server: Server) -> None:
    """By the address alone: it reads the service description first."""
    rows = ask_with(comunica, f"{server.url}/sparql", POSTS)
    assert [row["post"].rpartition("/")[2] for row in rows] == ["adjunct-secretaris-generaal", "secretaris-generaal"]


def test_comunica_federates_two_endpoints_from_the_client(
    comunica: Path, server: Server, start: Starter, tmp_path: Path
) -> None:
    """The command of docs/federation.md: our endpoint, and another that knows more of the same things."""
    other_facts = "<https://data.example.org/id/post/secretaris-generaal> <http://example.org/floor> 7 ."
    tiny_release(tmp_path, {"http://example.org/other": other_facts})
    other = start(patient(source_dir=tmp_path, release_dir=tmp_path))
    text = FEDERATION.read_text(encoding="utf-8")
    query = re.search(r"```sparql\n(.+?)```", text, re.DOTALL)
    assert query
    assert "comunica-sparql http://127.0.0.1:8000/sparql http://127.0.0.1:8001/sparql -f " in text
    (tmp_path / "question.rq").write_text(query[1])
    addresses = f"{server.url}/sparql", f"{other.url}/sparql"
    (row,) = ask_with(comunica, *addresses, "-f", str(tmp_path / "question.rq"))
    assert row["label"] == '"secretaris-generaal"@nl'
    assert row["floor"].startswith('"7"')


def test_the_lock_file_names_no_registry() -> None:
    text = (COMUNICA / "package-lock.json").read_text()
    assert '"resolved"' not in text
    assert len(json.loads(text)["packages"]) > 100
    wanted = json.loads((COMUNICA / "package.json").read_text())["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())


def test_the_federation_that_the_endpoint_refuses_points_to_the_client(server: Server) -> None:
    address = f"{server.url}/sparql"
    answer = json.loads(curl(address, "--data-urlencode", "query=ASK { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"))
    assert answer["code"] == "service-refused"
    assert "Comunica" in answer["remedy"]
