// What is offered while one types: variables, prefixes, and by name or label classes, properties and things.
const WORDS = `ASK AVG BASE BIND BOUND COALESCE CONCAT CONSTRUCT CONTAINS COUNT DATATYPE DESC DESCRIBE DISTINCT EXISTS FILTER GRAPH
  GROUP BY HAVING IF IN LANG LCASE LIMIT MAX MIN MINUS NOT OFFSET OPTIONAL ORDER PREFIX REGEX REPLACE SAMPLE SELECT STR STRLEN
  STRSTARTS SUM UNION VALUES WHERE YEAR`.split(/\s+/);

const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** The source of completions for the document of completions (`/completions.json`). */
export function completionSource(offers, text) {
  const entries = [
    ...offers.classes.map(([name, label, number]) => entry(name, label ? `${label} (${number})` : `(${number})`, "class")),
    ...offers.properties.map(([name, label]) => entry(name, label, "property")),
    ...offers.things.map(([name, label, kind]) => entry(name, kind ? `${label} – ${kind}` : label, "thing")),
  ];
  // The same name may stand for a property and a thing (the terms of an ontology).
  const known = new Map(Object.entries(offers.prefixes));
  return (context) => {
    const word = context.matchBefore(/[?$]\w*|[\p{L}_][\p{L}\p{N}_-]*:?[\p{L}\p{N}_.-]*/u);
    if (!word && !context.explicit) return null;
    const before = context.state.sliceDoc(0, word ? word.from : context.pos);
    const typed = word?.text ?? "";
    if (inside(before)) return null;
    const options = typed.match(/^[?$]/) ? variables(context, typed) : named(entries, known, typed, place(before), text);
    return options.length ? { from: word ? word.from : context.pos, options, filter: false } : null;
  };
}

const entry = (name, detail, kind) => ({ name, detail, kind, search: plain(`${name} ${detail}`) });

/** Whether the place is in a comment, a string or an address: nothing is offered there. */
function inside(before) {
  const line = before.slice(before.lastIndexOf("\n") + 1).replace(/<[^<>\s]*>/g, "").replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, "");
  return /[#"'<]/.test(line.replace(/<\s|<=/g, ""));
}

/** What can stand here: "prologue", "class", "subject", "property" or "value". */
function place(before) {
  const clean = before.replace(/<[^<>\s]*>/g, "<>").replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, '""').replace(/#.*/g, "");
  if (/(^|[\s;{.])(a|rdf:type)\s+$/.test(clean)) return "class";
  if (/\bPREFIX\s+$/i.test(clean)) return "prologue";
  if (!clean.includes("{")) return "outside";
  // Numbers and names may hold dots; only one before a space ends a statement.
  const statement = clean.split(/[{}]|\.(?=\s)|\b(?:OPTIONAL|FILTER|UNION|WHERE)\b/i).pop();
  const parts = statement.split(";");
  const terms = parts.pop().split(/\s+|,/).filter(Boolean).length + (parts.length ? 1 : 0);
  return ["subject", "property"][terms] ?? "value";
}

const ORDER = {
  class: ["class"],
  subject: ["thing", "class", "property"],
  property: ["property", "thing", "class"],
  value: ["thing", "class", "property"],
  outside: ["thing", "class", "property"],
};

function named(entries, known, typed, where, text) {
  const wanted = plain(typed);
  if (where === "prologue") return [...known].filter(([name]) => name.startsWith(wanted)).map(([name, space]) => ({ label: `${name}:`, detail: space, apply: `${name}: <${space}>\n` }));
  const kinds = ORDER[where];
  const found = [];
  for (const one of entries) {
    const rank = kinds.indexOf(one.kind);
    if (rank < 0) continue;
    const at = wanted ? one.search.indexOf(wanted) : 0;
    if (at < 0) continue;
    // What begins so comes before what holds it at the beginning of a word, and that before the rest.
    const fit = at === 0 ? 0 : /[\s:(-]/.test(one.search[at - 1]) ? 1 : 2;
    if (typed.includes(":") && fit) continue;
    found.push({ one, order: rank * 3 + fit });
  }
  found.sort((a, b) => a.order - b.order || a.one.name.localeCompare(b.one.name));
  const options = found.slice(0, 60).map(({ one }) => ({ label: one.name, detail: one.detail, type: one.kind, apply: insert(one.name, known) }));
  if (typed && !typed.includes(":")) {
    const words = WORDS.filter((word) => word.startsWith(typed.toUpperCase())).map((word) => ({ label: word, detail: text.keyword }));
    const prefixes = [...known].filter(([name]) => name.startsWith(wanted)).map(([name, space]) => ({ label: `${name}:`, detail: space, apply: insert(`${name}:`, known, true) }));
    options.unshift(...words.slice(0, 4));
    options.push(...prefixes.slice(0, 8));
  }
  return options;
}

function variables(context, typed) {
  const seen = new Set(context.state.doc.toString().match(/[?$]\w+/g));
  seen.delete(typed);
  return [...seen].filter((name) => name.startsWith(typed)).sort().map((name) => ({ label: name, type: "variable" }));
}

/** Insert a name, and the declaration of its prefix where the query has none; `more` offers what follows the prefix. */
function insert(name, known, more = false) {
  return (view, completion, from, to) => {
    const prefix = name.slice(0, name.indexOf(":"));
    const text = view.state.doc.toString();
    const changes = [{ from, to, insert: name }];
    const declared = new RegExp(`PREFIX\\s+${prefix}:`, "i").test(text);
    const line = declared ? "" : `PREFIX ${prefix}: <${known.get(prefix)}>\n`;
    if (line) changes.unshift({ from: declarationPlace(text, prefix), insert: line });
    view.dispatch({ changes, selection: { anchor: from + line.length + name.length }, userEvent: more ? "input.type" : "input.complete", scrollIntoView: true });
  };
}

/** Where a declaration goes: in the order of the names, among those at the beginning; else in front. */
function declarationPlace(text, prefix) {
  let place = 0;
  const line = /^[ \t]*PREFIX[ \t]+([\w-]*):[ \t]*<[^>]*>[ \t]*\n/gim;
  for (let found; (found = line.exec(text)); ) {
    if (text.slice(place, found.index).trim() && place) break;
    if (found[1] < prefix) place = found.index + found[0].length;
  }
  return place;
}
