// The query page, step by step on top of the plain form: without this script the form works as it stands.
import { createEditor } from "./editor.js";
import { completionSource } from "./complete.js";
import { el } from "./dom.js";
import { exampleName } from "./examples.js";
import { Notes } from "./notes.js";
import { forget, past, remember } from "./query_history.js";
import { Results } from "./results.js";
import { Runner } from "./run.js";
import { Terms } from "./terms.js";

const find = (id) => document.getElementById(id);
const desk = JSON.parse(find("desk").textContent);
const { texts } = desk;
const form = find("ask");
const area = find("query");

const offering = fetch(`/completions.json?lang=${desk.language}`).then((response) => (response.ok ? response.json() : nothing()), nothing);
function nothing() {
  return { prefixes: {}, classes: [], properties: [], things: [] };
}
let source = () => null;
let terms = new Terms(desk, nothing());
const ready = offering.then((offers) => {
  source = completionSource(offers, texts);
  terms = new Terms(desk, offers);
});

const host = el("div", { class: "editor" });
area.before(host);
const editor = createEditor({
  host,
  text: area.value,
  label: texts.query,
  phrases: texts.editor,
  source: (context) => source(context),
  run: () => run(),
  changed,
});
area.hidden = true;
find("query-label").addEventListener("click", () => editor.focus());
for (const element of document.querySelectorAll("[data-script]")) element.hidden = false;

const results = new Results({ desk, find, terms: () => terms, query: () => editor.text });
const runner = new Runner({ desk, form, find, results, editor });
const notes = new Notes({ desk, find, editor });

function changed() {
  area.value = editor.text;
  editor.clear();
  notes.clear();
  explainSoon();
  const query = editor.text;
  for (const link of document.querySelectorAll("a[data-example]")) {
    const chosen = desk.examples.find((one) => one.name === link.dataset.example)?.query === query.trimEnd();
    if (chosen) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  keepInLanguages(query);
}

async function run() {
  await ready;
  const query = editor.text;
  area.value = query;
  remember(query);
  showPast();
  const address = permalink(query);
  if (address.length < desk.uriLength) history.replaceState(null, "", address);
  if (await runner.run(query, desk.examples.find((one) => one.query === query.trimEnd())?.empty)) notes.look(query);
  find("answer").scrollIntoView({ block: "nearest" });
}

// What this page shows is no download.
find("format").querySelector('[value="html"]').remove();

form.addEventListener("submit", (event) => {
  // The download button submits the form as it is, to the endpoint; the run button answers on this page.
  if (event.submitter?.id === "download") return runner.prepareDownload(exampleName(desk, editor.text));
  event.preventDefault();
  run();
});
find("cancel").addEventListener("click", () => runner.cancel());

// Examples and first questions

for (const link of document.querySelectorAll("a[data-example]")) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    editor.text = desk.examples.find((one) => one.name === link.dataset.example).query;
    run();
  });
}
const guide = find("guide");
if (guide) splitGuide(find("guide-ask"));

/** Without script one list holds all questions by organisation; here the organisation has a list of its own. */
function splitGuide(list) {
  const groups = [...list.querySelectorAll("optgroup")];
  const fitting = groups.findIndex((group) => group.contains(list.selectedOptions[0]));
  const names = el("select", { id: "guide-of" }, groups.map((group, index) => el("option", { value: index, selected: index === fitting }, group.dataset.name)));
  const chosen = list.value;
  const fill = () => list.replaceChildren(...[...groups[Number(names.value)].children].map((option) => option.cloneNode(true)));
  fill();
  list.value = chosen;
  names.addEventListener("change", fill);
  list.parentElement.after(el("p", {}, el("label", { for: "guide-of" }, texts.of), names));
}
guide?.addEventListener("submit", async (event) => {
  event.preventDefault();
  await ready;
  editor.text = questionOf(new FormData(guide));
  run();
});
guide?.addEventListener("change", async () => {
  await ready;
  editor.text = questionOf(new FormData(guide));
});

/** The query of a first question: its pattern filled in, with the prefixes that it uses. */
function questionOf(chosen) {
  const [pattern, of, what] = desk.questions[chosen.get("ask")];
  const body = pattern.replaceAll("{of}", of).replaceAll("{what}", what).replaceAll("{names}", chosen.get("names"));
  const spaces = new Map(terms.spaces);
  const used = [...new Set([...body.matchAll(/(?<![\w:?-])([a-z][a-z0-9-]*):/g)].map((found) => found[1]))].filter((name) => spaces.has(name)).sort();
  return (used.map((name) => `PREFIX ${name}: <${spaces.get(name)}>\n`).join("") + body).trimEnd();
}

// Links

function permalink(query) {
  return `${location.pathname}?${new URLSearchParams({ query })}`;
}

/** The other languages of this page keep the query; an example that was not changed is asked in their language. */
function keepInLanguages(query) {
  const example = desk.examples.find((one) => one.query === query.trimEnd());
  const search = new URLSearchParams(example ? { example: example.name } : { query });
  for (const link of document.querySelectorAll(".languages a")) link.href = `/${link.lang}/sparql?${search}`;
}

find("copy-link").addEventListener("click", async () => {
  const address = new URL(permalink(editor.text), location.href).href;
  if (address.length >= desk.uriLength) return results.status(texts.tooLongForLink);
  await navigator.clipboard.writeText(address);
  results.status(texts.linkCopied);
});

// In words

const words = find("words");
let waiting;
function explainSoon() {
  clearTimeout(waiting);
  if (words.open) waiting = setTimeout(explainNow, 500);
}
async function explainNow() {
  const address = `/explain?${new URLSearchParams({ lang: desk.language, query: editor.text })}`;
  const response = address.length < desk.uriLength ? await fetch(address).catch(() => null) : null;
  const said = response?.ok ? await response.json() : [{ text: texts.notExplained, within: [] }];
  find("in-words").replaceChildren(...said.map(sentence));
}
function sentence({ text, within }) {
  return el("li", {}, text, within.length ? el("ul", {}, within.map(sentence)) : null);
}
words.addEventListener("toggle", () => words.open && explainNow());

// Past queries

function showPast() {
  const kept = past();
  find("past").hidden = !kept.length;
  const when = new Intl.DateTimeFormat(desk.language, { dateStyle: "medium", timeStyle: "short" });
  find("past-list").replaceChildren(
    ...kept.map(({ query, at }) => {
      const first = query.replace(/^(\s*PREFIX[^\n]*\n)+/gi, "").trim().split("\n").slice(0, 2).join(" ");
      const button = el("button", { type: "button" }, el("code", {}, first.slice(0, 90)), el("span", { class: "muted" }, when.format(new Date(at))));
      button.addEventListener("click", () => {
        editor.text = query;
        editor.focus();
      });
      return el("li", {}, button);
    }),
  );
}
find("forget").addEventListener("click", () => {
  forget();
  showPast();
  results.status(texts.forgotten);
});

showPast();
changed();
if (words.open) explainNow();
if (["query", "example", "ask"].some((name) => new URLSearchParams(location.search).has(name))) run();
