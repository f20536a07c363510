// What came back, in tabs: table, chart, drawing, the response itself, and the same question as code.
import { chartOf, drawChart } from "./chart.js";
import { count, el, say } from "./dom.js";
import { centres, drawGraph } from "./drawing.js";
import { exampleName } from "./examples.js";
import { snippets } from "./snippets.js";
import { SHOWN, table } from "./table.js";

const RAW = 200_000;

export class Results {
  constructor({ desk, find, terms, query }) {
    Object.assign(this, { desk, find, terms, query });
    this.tab = "table";
  }

  status(text) {
    this.find("status").textContent = text;
  }

  /** Take the previous answer away: what is shown always belongs to the query that ran last. */
  clear(text) {
    this.status(text);
    this.find("tabs").hidden = true;
    this.find("panel").replaceChildren();
  }

  problem(title, parts) {
    const { find } = this;
    this.status("");
    find("tabs").hidden = true;
    find("panel").replaceChildren(el("div", { class: "note bad", role: "alert" }, el("p", {}, el("strong", {}, title)), parts.map((part) => (typeof part === "string" ? el("p", {}, part) : part))));
  }

  show(result, run) {
    const { texts, language } = this.desk;
    const number = new Intl.NumberFormat(language);
    const shown = result.kind === "boolean" ? texts.answered : count(result.kind === "graph" ? texts.triples : texts.rows, result.rows.length, number.format(result.rows.length));
    this.status(`${shown}, ${say(texts.time, { ms: number.format(Math.round(run.time)) })}`);
    const tabs = this.views(result, run);
    this.draw(tabs, tabs.some((tab) => tab.name === this.tab) ? this.tab : tabs[0].name);
  }

  /** The views that this result has. */
  views(result, run) {
    const { texts, endpoint, gov } = this.desk;
    const terms = this.terms();
    const graph = result.kind === "graph";
    const views = [{ name: "table", text: graph ? texts.statements : texts.table, make: () => this.first(result, run, terms) }];
    const chart = chartOf(result, run.query, gov);
    if (chart) views.push({ name: "chart", text: texts.chart, file: exampleName(this.desk, run.query) ?? "chart", make: () => drawChart(result, chart, terms, texts) });
    if (graph && centres(result).length) {
      const asked = run.query.match(/DESCRIBE\s+<([^>]*)>/i)?.[1] ?? expanded(run.query.match(/DESCRIBE\s+([\w-]+):([\w-]+)/i), terms);
      views.push({ name: "drawing", text: texts.drawing, file: exampleName(this.desk, run.query) ?? "drawing", make: () => drawGraph(result, terms, texts, asked) });
    }
    views.push({ name: "raw", text: texts.response, make: () => this.raw(run, graph) });
    views.push({ name: "code", text: texts.code, make: () => snippets(run.query, endpoint, result.kind).map(([name, code]) => this.snippet(name, code)) });
    return views;
  }

  first(result, run, terms) {
    const { texts, language } = this.desk;
    if (result.kind === "boolean") return [el("p", { class: "answer" }, result.answer ? texts.yes : texts.no)];
    if (!result.rows.length) return [el("div", { class: "note" }, el("p", {}, el("strong", {}, texts.empty)), el("p", {}, run.whyEmpty || texts.emptyNote))];
    const more = result.rows.length > SHOWN ? [el("p", { class: "muted" }, say(texts.firstRows, { number: SHOWN }))] : [];
    return [...more, table(result, terms, texts, language)];
  }

  /** A drawing that can be saved as SVG and PNG. */
  saved(name, parts) {
    const { texts } = this.desk;
    return el("figure", { "data-drawing": name, "data-svg": texts.saveSvg, "data-png": texts.savePng }, parts);
  }

  raw(run, graph) {
    const { texts } = this.desk;
    const box = el("pre", { tabindex: "0", role: "region", "aria-label": texts.response });
    const note = el("p", { class: "muted" });
    const fill = (text) => {
      box.textContent = text.slice(0, RAW);
      note.textContent = text.length > RAW ? texts.cut : "";
    };
    if (graph) run.turtle().then(fill, () => fill(run.body));
    else fill(JSON.stringify(JSON.parse(run.body), null, 2));
    return [note, box];
  }

  snippet(name, code) {
    const { texts } = this.desk;
    const button = el("button", { type: "button", class: "small" }, texts.copy, el("span", { class: "visually-hidden" }, ` ${name}`));
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(code);
      this.status(say(texts.copied, { what: name }));
    });
    return el("section", { class: "snippet" }, el("h3", {}, name, " ", button), el("pre", { tabindex: "0", role: "region", "aria-label": name }, el("code", {}, code)));
  }

  /** Tabs after the pattern of WAI-ARIA: one stop for the Tab key, arrows between them. */
  draw(views, chosen) {
    const { find } = this;
    const bar = find("tabs");
    const panel = find("panel");
    const buttons = views.map(({ name, text }) => el("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": "shown" }, text));
    const select = (index) => {
      buttons.forEach((button, place) => {
        button.setAttribute("aria-selected", place === index);
        button.tabIndex = place === index ? 0 : -1;
      });
      this.tab = views[index].name;
      const shown = el("div", { id: "shown", role: "tabpanel", "aria-labelledby": `tab-${this.tab}` });
      panel.replaceChildren(shown);
      const { make, file } = views[index];
      shown.append(...(file ? [this.saved(file, make())] : make()));
      // The script of the pages offers to save it.
      if (file) shown.firstChild.dispatchEvent(new Event("drawn", { bubbles: true }));
    };
    buttons.forEach((button, index) => button.addEventListener("click", () => select(index)));
    bar.onkeydown = (event) => {
      const at = buttons.indexOf(event.target);
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
      if (at < 0 || to === undefined) return;
      event.preventDefault();
      const next = (to + buttons.length) % buttons.length;
      select(next);
      buttons[next].focus();
    };
    bar.replaceChildren(...buttons);
    bar.hidden = false;
    select(views.findIndex((view) => view.name === chosen));
  }
}

function expanded(found, terms) {
  const space = found && terms.spaces.find(([name]) => name === found[1]);
  return space ? space[1] + found[2] : undefined;
}
