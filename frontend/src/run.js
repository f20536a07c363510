// Ask the endpoint: run, cancel, download; and say what to do when it refuses.
import { el, say } from "./dom.js";
import { readResults, readTriples } from "./terms.js";

export const ACCEPT = "application/sparql-results+json, application/n-triples;q=0.9";

/** A syntax error in the language of the page, where it is made of the patterns that the page brought; else null. */
export function told(detail, [place, ...patterns]) {
  const where = detail.match(new RegExp(place[0], "s"));
  const said = where ? where.groups.said : detail;
  for (const [expression, text] of patterns) {
    const found = said.match(new RegExp(expression, "s"));
    if (!found) continue;
    const own = say(text, found.groups ?? {});
    return where ? say(place[1], { ...where.groups, said: own }) : own;
  }
  return null;
}

export class Runner {
  constructor({ desk, form, find, results, editor }) {
    Object.assign(this, { desk, form, find, results, editor });
    this.running = null;
  }

  /** Whether the query was answered. */
  async run(query, whyEmpty) {
    this.running?.abort();
    const running = (this.running = new AbortController());
    const { texts } = this.desk;
    this.editor.clear();
    this.busy(true);
    this.results.clear(texts.running);
    const began = performance.now();
    try {
      const response = await this.ask(query, ACCEPT, running.signal);
      const body = await response.text();
      const time = performance.now() - began;
      if (!response.ok) return this.refused(response, body);
      const triples = response.headers.get("Content-Type").startsWith("application/n-triples");
      const result = triples ? readTriples(body) : readResults(JSON.parse(body));
      this.results.show(result, { query, body, time, whyEmpty, turtle: () => this.ask(query, "text/turtle").then((answer) => answer.text()) });
      this.offer(triples ? "graph" : "table");
      return true;
    } catch (error) {
      if (this.running !== running) return;
      if (error.name === "AbortError") this.results.problem(texts.cancelled, [texts.cancelledNote]);
      else this.results.problem(texts.unreachable, [String(error.message)]);
    } finally {
      if (this.running === running) this.busy(false);
    }
  }

  /** By GET, which the server keeps in memory; a query too long for an address goes by POST. */
  ask(query, accept, signal) {
    const body = new URLSearchParams({ query });
    const address = `${this.form.action}?${body}`;
    const headers = { Accept: accept };
    if (address.length < this.desk.uriLength) return fetch(address, { headers, signal });
    return fetch(this.form.action, { method: "POST", body, headers, signal });
  }

  cancel() {
    this.running?.abort();
  }

  busy(on) {
    this.find("run").disabled = on;
    this.find("cancel").hidden = !on;
    this.find("answer").setAttribute("aria-busy", on);
  }

  /** Offer the formats of this kind of result first. */
  offer(kind) {
    const select = this.find("format");
    const fitting = this.desk.formats[kind].map(([name]) => name);
    if (!fitting.includes(select.value)) select.value = fitting.includes("csv") ? "csv" : fitting[0];
    for (const option of select.options) option.disabled = !fitting.includes(option.value);
  }

  /** The file is named after the question; a query too long for an address is downloaded by POST. */
  prepareDownload(name) {
    const long = new URLSearchParams(new FormData(this.form)).toString().length > this.desk.uriLength - 200;
    this.form.method = long ? "post" : "get";
    const button = this.find("download");
    button.value = name ?? "1";
    if (long) button.formAction = `${this.form.action}?download=${button.value}`;
    else button.removeAttribute("formaction");
  }

  refused(response, body) {
    const { problems, texts } = this.desk;
    let problem = {};
    try {
      problem = JSON.parse(body);
    } catch {
      // A proxy in front answered in its own way.
    }
    const { title, remedy } = problems[problem.code] ?? problems[response.status] ?? { title: say(texts.refused, { status: response.status }), remedy: "" };
    const wait = Number(response.headers.get("Retry-After"));
    const parts = [remedy, wait && say(texts.wait, { seconds: wait })].filter(Boolean);
    const own = problem.detail && told(problem.detail, this.desk.syntax);
    const detail = problem.detail && el("p", own ? { class: "detail" } : { class: "detail", lang: "en" }, own ?? problem.detail);
    const place = this.place({ ...problem, detail: own ?? problem.detail });
    this.results.problem(title, [...parts, place, detail].filter(Boolean));
  }

  /** The place of a fault: marked in the editor, and a button that leads there. */
  place({ line, column, detail }) {
    const found = line ? [line, column] : detail?.match(/error at (\d+):(\d+)/)?.slice(1).map(Number);
    if (!found) return null;
    const { texts } = this.desk;
    this.editor.mark(found[0], found[1] ?? 1, detail);
    const button = el("button", { type: "button", class: "small" }, say(texts.goTo, { line: found[0], column: found[1] ?? 1 }));
    button.addEventListener("click", () => this.editor.goTo(found[0], found[1] ?? 1));
    return button;
  }
}
