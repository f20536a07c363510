#!/usr/bin/env bash
# Babel 2.18.0 takes the key of a table for a message: in a call of gettext whose argument is looked up, the extractor of
# Python files collects the string in the brackets, however deep, although no string is passed. Catalogues then ask
# translators for "id", and a check that every message is translated fails for a text that nobody ever sees. Computed
# arguments (a call inside the call) give nothing, as one would expect of both.
#
# Seen:
#   gettext(TABLE[row["id"]])     ['id']
#   gettext(TABLE["name"])        ['name']
#   gettext(TABLE.get("name"))    []
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check babel==2.18.0
"$folder/venv/bin/python" - <<'PYTHON'
import io

import babel
from babel.messages.extract import extract

SEEN = {
    'gettext(TABLE[row["id"]])': ["id"],
    'gettext(TABLE["name"])': ["name"],
    'gettext(TABLE.get("name"))': [],
}
print("babel", babel.__version__)
for source, seen in SEEN.items():
    found = [message for _, message, _, _ in extract("python", io.BytesIO(source.encode()))]
    print(f"{source:32}", found)
    assert found == seen, f"{source} gives {found} now"
PYTHON
