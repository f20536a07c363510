"""An engine that others run, reached by TLS: the real `oxigraph serve` behind the real nginx, with our own CA."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import Result

from gob_graph.endpoint.engine.remote.filling import PART
from gob_graph.endpoint.engine.remote.tls import UNREACHED
from gob_graph.release import Release
from gob_graph.settings import Settings
from tests.certificates import DAY, Authority
from tests.conftest import LONG, Server, Starter, environment, free_port, patient, tiny_release
from tests.engine.others import command, oxigraph
from tests.parts import needs

SMALL = "small"
"""The place of the good certificate where nginx takes small bodies only."""
REFUSED = {
    "unknown": ("its certificate is of a CA that is not known here", "SSL_CERT_FILE"),
    "expired": ("its certificate has expired", "renew the certificate at the engine"),
    "elsewhere": ("its certificate is of another host", "a host name that the certificate has"),
    "plain": ("no TLS connection can be made", "write http:// in place of https://"),
}
"""What is told of each place where the engine cannot be trusted, and the remedy."""
FACTS = "".join(f'<urn:unit:{n}> <urn:name> "Unit {n}"@en .\n' for n in range(40))
SITE = """    server {{
        listen 127.0.0.1:{port}{tls};
        location / {{ proxy_pass {engine}; client_max_body_size {limit}; }}
    }}
"""
NGINX = """{user}pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{sites}}}
"""


@dataclass
class Front:
    """The proxy: the address of each place, the folder of its certificates, their authority, its process."""

    ports: dict[str, int]
    folder: Path
    authority: Authority
    process: "subprocess.Popen[bytes]"

    def url(self, place: str, path: str = "query") -> str:
        return f"https://127.0.0.1:{self.ports[place]}/{path}"

    def change(self, **until: object) -> None:
        """Give the good place a new certificate, which nginx takes while it serves."""
        self.authority.issue(self.folder / "good.pem", "127.0.0.1", **until)  # type: ignore[arg-type]
        self.process.send_signal(signal.SIGHUP)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return not probe.connect_ex(("127.0.0.1", port))


@contextmanager
def in_front_of(engine: str, folder: Path, authority: Authority) -> Iterator[Front]:
    authority.issue(folder / "good.pem", "127.0.0.1")
    authority.issue(folder / "expired.pem", "127.0.0.1", -DAY)
    authority.issue(folder / "elsewhere.pem", "engine.example.org")
    Authority.made(folder / "other-ca.pem").issue(folder / "unknown.pem", "127.0.0.1")
    ports = {place: free_port() for place in ("good", SMALL, *REFUSED)}
    sites = ""
    for place, port in ports.items():
        file = folder / f"{'good' if place == SMALL else place}.pem"
        tls = f" ssl; ssl_certificate {file}; ssl_certificate_key {file}" if file.exists() else ""
        sites += SITE.format(port=port, tls=tls, engine=engine, limit="1k" if place == SMALL else "8m")
    # Its workers must reach the folder, which only root may enter when root made it.
    user = "user root;\n" if os.getuid() == 0 else ""
    (folder / "nginx.conf").write_text(NGINX.format(user=user, folder=folder, sites=sites))
    nginx = [needs(Path("/usr/sbin/nginx")), "-c", folder / "nginx.conf", "-g", "daemon off;", "-e", folder / "log"]
    process = subprocess.Popen(nginx)
    try:
        deadline = time.monotonic() + LONG
        while not answers(ports["good"]):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield Front(ports, folder, authority, process)
    finally:
        process.terminate()
        process.wait(LONG)


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    folder = tmp_path_factory.mktemp("tls")
    authority = Authority.made(folder / "ca.pem")
    with (
        pytest.MonkeyPatch.context() as patch,
        oxigraph(folder) as other,
        in_front_of(other.url.removesuffix("/query"), folder, authority) as front,
    ):
        # The standard means: commands and servers that are started from here are given it.
        patch.setenv("SSL_CERT_FILE", str(authority.file))
        yield front


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A small release that states its id, as every release does."""
    graphs = f"{Settings().base_iri}/id/graph/"
    facts = {f"{graphs}source": FACTS}
    identity = tiny_release(tmp_path_factory.mktemp("draft"), facts).id
    stated = f'<urn:edition> <http://purl.org/dc/terms/identifier> "{identity}" .'
    made = tiny_release(tmp_path_factory.mktemp("releases"), facts | {f"{graphs}meta": stated})
    assert made.id == identity
    return made


@pytest.fixture(scope="module")
def chosen(release: Release, front: Front) -> Settings:
    return patient(release_dir=release.path.parent, store=front.url("good"))


def load(settings: Settings, front: Front, place: str, store: str = "good") -> Result:
    return command(settings, "load", "--engine", front.url(place), "--graph-store", front.url(store, "store"))


@pytest.fixture(scope="module")
def too_large(chosen: Settings, front: Front) -> Result:
    """A load through a proxy that takes no bodies of its size; it is tried while the engine is empty."""
    return load(chosen, front, "good", SMALL)


@pytest.fixture(scope="module")
def served(chosen: Settings, front: Front, too_large: Result, start: Starter) -> Server:
    assert too_large.exit_code == 2
    done = load(chosen, front, "good")
    assert (done.exit_code, done.stdout.count("and nothing else")) == (0, 1), done.output
    checked = command(chosen, "check-engine", front.url("good"), "--seconds", "1")
    assert (checked.exit_code, "0 answered otherwise" in checked.output) == (0, True), checked.output
    return start(chosen)


def ask(server: Server, number: int) -> tuple[int, str]:
    """Ask something that was not asked before: the status, and the code of a refusal."""
    query = f"SELECT ({number} AS ?n) ?name {{ <urn:unit:7> <urn:name> ?name }}"
    status, _, body = server.get(f"/sparql?query={quote(query)}&format=json")
    found = json.loads(body)
    if status == 200:
        assert found["results"]["bindings"][0]["name"] == {"type": "literal", "value": "Unit 7", "xml:lang": "en"}
    return status, found.get("code", "")


def test_the_release_is_loaded_checked_and_served_by_tls(served: Server) -> None:
    assert ask(served, 1) == (200, "")
    assert served.get("/health/ready")[0] == 200


@pytest.mark.parametrize("place", REFUSED)
@pytest.mark.parametrize("words", [("load", "--engine"), ("check-engine",)], ids=" ".join)
def test_a_command_trusts_no_other_certificate(
    words: tuple[str, ...], place: str, chosen: Settings, front: Front
) -> None:
    reason, remedy = REFUSED[place]
    refused = command(chosen, *words, front.url(place).replace("://", "://name:secret@"))
    assert refused.exit_code == 2
    for part in (front.url(place), reason, remedy):
        assert part in refused.output
    assert "secret" not in refused.output
    assert "Traceback" not in refused.output
    assert place != "unknown" or str(front.authority.file) in refused.output, "it says which CAs are known"


def test_an_address_without_tls_where_the_engine_has_it_is_told(chosen: Settings, front: Front) -> None:
    plain = front.url("good").replace("https://", "http://")
    refused = command(chosen, "check-engine", plain)
    assert refused.exit_code == 2
    assert f"{plain}: " in refused.output
    assert "whether that begins with https://" in refused.output


def test_a_server_does_not_start_on_one(chosen: Settings, front: Front) -> None:
    """All at once, as a setting may hold several addresses."""
    every = replace(chosen, store=" ".join(map(front.url, REFUSED)), port=free_port())
    serve = [sys.executable, "-m", "gob_graph", "serve"]
    done = subprocess.run(serve, env=environment(every), capture_output=True, text=True, timeout=LONG)
    assert done.returncode == 2
    for place, (reason, remedy) in REFUSED.items():
        assert f"{front.url(place)}: {UNREACHED}: {reason}; " in done.stderr
        assert remedy in done.stderr
    assert "Traceback" not in done.stderr
    assert "Fill an empty one" not in done.stderr, "nobody knows what they hold"


def test_a_certificate_that_runs_out_while_serving_is_a_clear_502_until_it_is_renewed(
    served: Server, front: Front
) -> None:
    assert ask(served, 100)[0] == 200
    front.change(until=-DAY)
    becomes(served, (502, "engine-unreachable"), 1000)
    ready, _, body = served.get("/health/ready")
    assert (ready, json.loads(body)["code"]) == (502, "engine-unreachable")
    assert "has expired" in json.loads(body)["detail"]
    assert f":{front.ports['good']}" not in body.decode(), "where the engine is concerns no client"
    assert "renew" not in body.decode(), "nor does what is to be done about it"
    assert ask(served, 100)[0] == 200, "what was asked before is answered from the cache"
    front.change()
    becomes(served, (200, ""), 2000)


def becomes(server: Server, wanted: tuple[int, str], number: int) -> None:
    """Ask until queries are answered like this: the connections that are open have to end before."""
    deadline = time.monotonic() + LONG
    while (found := ask(server, number)) != wanted:
        assert found[0] in {200, 502}
        assert time.monotonic() < deadline, found
        number += 1
        time.sleep(0.05)


def test_a_proxy_that_takes_no_such_body_is_named(too_large: Result) -> None:
    assert PART * 100 > 2**20, "a part of a load is more than nginx takes unless it is told to"
    for said in ("answers 413 to a POST", "client_max_body_size"):
        assert said in too_large.output
