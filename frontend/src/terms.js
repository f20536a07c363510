// RDF terms for people: compact IRIs, labels, links, numbers; and the two kinds of results as rows.
import { el } from "./dom.js";

const XSD = "http://www.w3.org/2001/XMLSchema#";
const NUMBERS = new Set(["integer", "decimal", "double", "float", "int", "long", "nonNegativeInteger", "positiveInteger"]);
const DATES = new Set(["gYear", "gYearMonth", "date", "dateTime"]);
const LINKED = /^https?:\/\//i;

export class Terms {
  /** `desk` is what the page says of itself, `offers` the document of completions. */
  constructor(desk, offers) {
    this.desk = desk;
    // The longest namespace first, so that it wins.
    this.spaces = Object.entries(offers.prefixes).sort((a, b) => b[1].length - a[1].length);
    this.labels = new Map();
    for (const [name, label] of [...offers.classes, ...offers.properties, ...offers.things]) if (label) this.labels.set(name, label);
    this.number = new Intl.NumberFormat(desk.language, { maximumFractionDigits: 6 });
  }

  compact(iri) {
    const found = this.spaces.find(([, space]) => iri.startsWith(space) && /^[\p{L}\p{N}_-]+(\.[\p{L}\p{N}_-]+)*$/u.test(iri.slice(space.length)));
    return found ? `${found[0]}:${iri.slice(found[1].length)}` : iri;
  }

  label(iri) {
    return this.labels.get(this.compact(iri)) ?? "";
  }

  /** Our own things have pages here, in this language; other web addresses lead there; anything else leads nowhere. */
  address(iri) {
    const { base, ontologyBase, language } = this.desk;
    if (iri.startsWith(`${base}/id/`)) return `/${language}/doc/${iri.slice(base.length + 4)}`;
    if (iri.startsWith(`${base}/auth/`)) return `/${language}/doc/${iri.slice(base.length + 1)}`;
    if (iri.startsWith(`${base}/doc/`)) return `/${language}/${iri.slice(base.length + 1)}`;
    if (iri.startsWith(`${ontologyBase}/ns/`)) return `/${language}/${iri.slice(ontologyBase.length + 1)}`;
    return LINKED.test(iri) ? iri : null;
  }

  /** The content of a cell; `aside` adds the label of a thing. */
  cell(term, aside) {
    if (!term) return [];
    if (term.type === "uri") {
      const address = this.address(term.value);
      const short = this.compact(term.value);
      const name = address ? el("a", { href: address, title: short === term.value ? null : term.value }, short) : short;
      const label = aside ? this.label(term.value) : "";
      return label ? [name, " ", el("span", { class: "aside" }, label)] : [name];
    }
    if (term.type === "triple") return [el("code", {}, ["subject", "predicate", "object"].map((part) => `${term.value[part].value} `))];
    const language = term["xml:lang"];
    if (language) return [el("span", { lang: language }, term.value), el("span", { class: "lang" }, language)];
    return [isNumber(term) && /^-?\d+(\.\d+)?$/.test(term.value) ? this.number.format(term.value) : term.value];
  }
}

const datatype = (term) => (term?.type === "literal" && term.datatype?.startsWith(XSD) ? term.datatype.slice(XSD.length) : "");
export const isNumber = (term) => NUMBERS.has(datatype(term));
export const isDate = (term) => DATES.has(datatype(term));

/** A triple result as rows of three columns, from N-Triples. */
export function readTriples(text) {
  const rows = [];
  for (const line of text.split("\n")) {
    const found = line.match(/^(<[^>]*>|_:\S+) <([^>]*)> (.+) \.$/);
    if (found) rows.push({ subject: node(found[1]), predicate: { type: "uri", value: escaped(found[2]) }, object: node(found[3]) });
  }
  return { kind: "graph", columns: ["subject", "predicate", "object"], rows };
}

/** A result in SPARQL JSON. */
export function readResults(document) {
  if ("boolean" in document) return { kind: "boolean", answer: document.boolean, columns: [], rows: [] };
  return { kind: "table", columns: document.head.vars, rows: document.results.bindings };
}

function node(text) {
  if (text.startsWith("<")) return { type: "uri", value: escaped(text.slice(1, -1)) };
  if (text.startsWith("_:")) return { type: "bnode", value: text };
  const [, value, language, type] = text.match(/^"((?:[^"\\]|\\.)*)"(?:@([\w-]+)|\^\^<([^>]*)>)?$/) ?? [, text];
  return { type: "literal", value: escaped(value), "xml:lang": language, datatype: type };
}

const NAMED = { t: "\t", n: "\n", r: "\r", b: "\b", f: "\f" };
const escaped = (text) =>
  text.replace(/\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))/g, (_, four, eight, one) =>
    one ? (NAMED[one] ?? one) : String.fromCodePoint(parseInt(four ?? eight, 16)));
