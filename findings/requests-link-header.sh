#!/usr/bin/env bash
# requests 2.34.2 and httpx 0.28.1 read Link fields (RFC 8288) that are valid, and silently lose parts of them: a ";" in
# the target cuts the address, and a parameter whose value holds "=" is dropped together with every one behind it. A
# linkset (RFC 9264) has both: relations and anchors are addresses, and addresses have queries.
#
# Seen (both print the same):
#   {'url': 'https://a.example/doc'}               for <https://a.example/doc;v=2?x=1>; rel="alternate"
#   {'url': 'https://a.example/1', 'rel': 'linkset'}   for rel="linkset"; anchor="https://a.example/?id=1"; type="x/y"
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check requests==2.34.2 httpx==0.28.1
"$folder/venv/bin/python" - <<'PYTHON'
import requests
import httpx
from requests.utils import parse_header_links

CUT = '<https://a.example/doc;v=2?x=1>; rel="alternate"'
DROPPED = '<https://a.example/1>; rel="linkset"; anchor="https://a.example/?id=1"; type="x/y"'


def by_requests(value):
    return parse_header_links(value)[0]


def by_httpx(value):
    return next(iter(httpx.Response(200, headers={"Link": value}).links.values()))


for name, version, read in (("requests", requests.__version__, by_requests), ("httpx", httpx.__version__, by_httpx)):
    cut, dropped = read(CUT), read(DROPPED)
    print(name, version, cut, dropped)
    assert cut["url"] == "https://a.example/doc", "the target is whole now"
    assert dropped == {"url": "https://a.example/1", "rel": "linkset"}, "parameters behind a = are kept now"
PYTHON
