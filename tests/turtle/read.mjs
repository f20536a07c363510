// Reads Turtle or TriG with a parser of the web's and prints the quads, one array of terms a line.
// Usage: node read.mjs rdflib|n3 FILE MEDIA-TYPE
import { readFileSync } from "node:fs";
import { Parser } from "n3";
import * as rdflib from "rdflib";

const [, , parser, file, type] = process.argv;
const text = readFileSync(file, "utf8");

function term(of) {
  if (of.termType === "Literal") return ["Literal", of.value, of.language, of.datatype.value];
  return [of.termType, of.value];
}

function readRdflib() {
  const store = rdflib.graph();
  rdflib.parse(text, store, "http://base.example/", type);
  return store.statements;
}

const quads = parser === "n3" ? new Parser({ format: type }).parse(text) : readRdflib();
for (const { subject, predicate, object, graph } of quads) {
  console.log(JSON.stringify([term(subject), term(predicate), term(object), parser === "n3" ? graph.value : ""]));
}
