#!/usr/bin/env bash
# ldes-client 0.3.0 prints the members of a Linked Data Event Stream as lines that look like N-Quads, but writes integers,
# decimals and booleans as Turtle abbreviates them: <s> <p> 8 . No reader of N-Triples or N-Quads takes such a line, so
# what the client prints cannot be piped into another tool. Dates keep their datatype. (Needs node and npm.)
#
# Seen, for four values that the server sends in full:
#   <http://example.org/m> <http://example.org/count> 8 .
#   <http://example.org/m> <http://example.org/open> true .
#   <http://example.org/m> <http://example.org/share> 0.5 .
#   <http://example.org/m> <http://example.org/on> "2020-01-01"^^<http://www.w3.org/2001/XMLSchema#date> .
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund ldes-client@0.3.0 n3@2.0.1
cat > server.mjs <<'JS'
import { createServer } from "node:http";

const XSD = "http://www.w3.org/2001/XMLSchema#";
const server = createServer((request, response) => {
  const page = `<http://127.0.0.1:${server.address().port}/feed>`;
  const member = "<http://example.org/m>";
  response.setHeader("Content-Type", "application/n-quads");
  response.end(
    [
      `${page} <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://w3id.org/ldes#EventStream> .`,
      `${page} <https://w3id.org/tree#view> ${page} .`,
      `${page} <https://w3id.org/tree#member> ${member} .`,
      `${member} <http://example.org/count> "8"^^<${XSD}integer> .`,
      `${member} <http://example.org/open> "true"^^<${XSD}boolean> .`,
      `${member} <http://example.org/share> "0.5"^^<${XSD}decimal> .`,
      `${member} <http://example.org/on> "2020-01-01"^^<${XSD}date> .`,
      "",
    ].join("\n"),
  );
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
JS
node server.mjs > port &
server=$!
until [ -s port ]; do sleep 0.1; done
node_modules/.bin/ldes-client "http://127.0.0.1:$(cat port)/feed" 2> /dev/null | grep "^<" | tee printed.nq
for line in '/count> 8 .' '/open> true .' '/share> 0.5 .' '/on> "2020-01-01"^^'; do
  grep --quiet --fixed-strings "$line" printed.nq || { echo "changed: no line with $line"; exit 1; }
done
cat > read.mjs <<'JS'
import { readFileSync } from "node:fs";
import { Parser } from "n3";

try {
  new Parser({ format: "N-Quads" }).parse(readFileSync("printed.nq", "utf8"));
  console.log("changed: the lines are N-Quads now");
  process.exit(1);
} catch (error) {
  console.log(`N3.js, reading them as N-Quads: ${error.message}`);
}
JS
node read.mjs
