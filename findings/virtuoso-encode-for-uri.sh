#!/usr/bin/env bash
# Virtuoso 7.2.5.1 (Debian's virtuoso-opensource-7-bin): ENCODE_FOR_URI leaves letters outside ASCII as they are and puts an
# escaped NUL behind the end of the text, which nobody wrote. SPARQL 1.1 (section 17.4.3.11) encodes the UTF-8 of each letter.
# An address that is made of the result leads nowhere, and many servers refuse one with %00.
#
# Seen:
#   ENCODE_FOR_URI("ab c")  ab%20c
#   ENCODE_FOR_URI("é")     é%00    where the specification has %C3%A9
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
    found = {text: ask(f'SELECT (ENCODE_FOR_URI("{text}") AS ?x) {{}}')[0]["x"] for text in ("ab c", "é", "café", "éé")}
    for text, encoded in found.items():
        print(f'ENCODE_FOR_URI("{text}")', encoded)
    assert found["ab c"] == "ab%20c", found
    assert found["é"] == "é%00", "a letter outside ASCII is encoded now"
    assert found["café"] == "café%00", found
    assert found["éé"].count("%00") >= 1, found
finally:
    server.kill()
    server.wait()
PYTHON
