#!/usr/bin/env bash
# Virtuoso 7.2.5.1 (Debian's virtuoso-opensource-7-bin): a graph that is not in the dataset of a request has no solution, and
# SELECT * says so, but COUNT(*) over it is 1 where SPARQL 1.1 counts 0 (and SUM(5) has no value where it is 0). COUNT(?s),
# and COUNT(*) over a graph that is in the dataset but empty, are 0. A check "how many triples has this graph" sees one that
# is not there.
#
# Seen, with default-graph-uri=urn:x for each:
#   SELECT *                  { GRAPH <urn:y> { ?s ?p ?o } }  no row
#   SELECT (COUNT(?s) AS ?n)  { GRAPH <urn:y> { ?s ?p ?o } }  0
#   SELECT (COUNT(*) AS ?n)   { GRAPH <urn:y> { ?s ?p ?o } }  1
#   SELECT (SUM(5) AS ?n)     { GRAPH <urn:y> { ?s ?p ?o } }  a row without ?n
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder" && cd "$folder"
apt-get download --quiet=2 virtuoso-opensource-7-bin=7.2.5.1+dfsg1-0.3 libpcre3 libminizip1 libldap-2.5-0 2>/dev/null
for package in *.deb; do dpkg-deb -x "$package" .; done
python3 - <<'PYTHON'
import json
import os
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from pathlib import Path


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


sql, http = free_port(), free_port()
Path("own.ini").write_text(
    "[Database]\nDatabaseFile=own.db\nErrorLogFile=own.log\nLockFile=own.lck\nTransactionFile=own.trx\n"
    "xa_persistent_file=own.pxa\n[TempDatabase]\nDatabaseFile=own-temp.db\nTransactionFile=own-temp.trx\n"
    f"[Parameters]\nServerPort=127.0.0.1:{sql}\nNumberOfBuffers=10000\nMaxDirtyBuffers=7000\n"
    f"[HTTPServer]\nServerPort=127.0.0.1:{http}\nServerThreads=4\n"
)
libraries = ":".join(sorted({str(path.parent) for path in Path.cwd().glob("**/*.so*")}))


def ask(query, **dataset):
    form = urllib.parse.urlencode({"query": query, **dataset}).encode()
    headers = {"Accept": "application/sparql-results+json"}
    request = urllib.request.Request(f"http://127.0.0.1:{http}/sparql", form, headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return [
            {name: term["value"] for name, term in row.items()}
            for row in json.load(answer)["results"]["bindings"]
        ]


server = subprocess.Popen(
    ["usr/bin/virtuoso-t", "+foreground", "+configfile", "own.ini"],
    env={**os.environ, "LD_LIBRARY_PATH": libraries},
    stdin=subprocess.DEVNULL,
    stdout=subprocess.DEVNULL,
    stderr=subprocess.DEVNULL,
)
try:
    for _ in range(1200):
        try:
            ask("SELECT (1 AS ?x) {}")
            break
        except OSError:
            time.sleep(0.1)
    pattern = "{ GRAPH <urn:y> { ?s ?p ?o } }"
    dataset = {"default-graph-uri": "urn:x"}
    found = {}
    for head in ("*", "(COUNT(?s) AS ?n)", "(COUNT(*) AS ?n)", "(SUM(5) AS ?n)"):
        found[head] = ask(f"SELECT {head} {pattern}", **dataset)
        print(f"SELECT {head} {pattern}", found[head])
    assert found["*"] == [], "a graph outside the dataset has solutions"
    assert found["(COUNT(?s) AS ?n)"] == [{"n": "0"}], found
    assert found["(COUNT(*) AS ?n)"] == [{"n": "1"}], "COUNT(*) is right now"
    assert found["(SUM(5) AS ?n)"] == [{}], "SUM is right now"
    inside = ask(f"SELECT (COUNT(*) AS ?n) {pattern}", **{"named-graph-uri": "urn:y"})
    assert inside == [{"n": "0"}], inside
finally:
    server.kill()
    server.wait()
PYTHON
