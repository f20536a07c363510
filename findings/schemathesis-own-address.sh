#!/usr/bin/env bash
# schemathesis 4.32.5: a description of an API that lists its own address loses that operation, and only that one, when it is
# loaded from this address: `from_url` offers one operation less than `from_dict` of the same bytes, without a word. The
# description itself is then never tested.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check schemathesis==4.32.5
"$folder/venv/bin/python" - <<'PYTHON'
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import schemathesis

OPERATION = {"get": {"responses": {"200": {"description": "An answer."}}}}
DESCRIPTION = {
    "openapi": "3.1.0",
    "info": {"title": "Two operations", "version": "1"},
    "paths": {"/description.json": OPERATION, "/other": OPERATION},
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps(DESCRIPTION).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def paths(schema):
    return sorted(result.ok().path for result in schema.get_all_operations())


server = HTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_port}"
loaded = paths(schemathesis.openapi.from_url(f"{address}/description.json"))
given = paths(schemathesis.openapi.from_dict(DESCRIPTION))
server.shutdown()
print("schemathesis", schemathesis.__version__)
print("from_dict:", *given)
print("from_url: ", *loaded)
assert given == ["/description.json", "/other"], given
assert loaded == ["/other"], loaded
PYTHON
