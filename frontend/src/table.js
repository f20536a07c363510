// A result as a table whose columns sort.
import { el, say } from "./dom.js";
import { isNumber } from "./terms.js";

export const SHOWN = 1000;

/** The table of a result; sorting replaces the rows, nothing else. */
export function table(result, terms, texts, language) {
  const body = el("tbody");
  const collator = new Intl.Collator(language, { numeric: true });
  const numeric = new Set(result.columns.filter((name) => result.rows.some((row) => row[name]) && result.rows.every((row) => !row[name] || isNumber(row[name]))));
  // A label beside a compact IRI helps, unless the row gives the name anyhow.
  const aside = !result.rows.slice(0, 5).some((row) => Object.values(row).some((term) => term["xml:lang"]));
  const fill = (rows) =>
    body.replaceChildren(
      ...rows.slice(0, SHOWN).map((row) => el("tr", {}, result.columns.map((name) => el("td", { class: numeric.has(name) ? "number" : null }, terms.cell(row[name], aside))))),
    );
  const heads = result.columns.map((name) => {
    const button = el("button", { type: "button", class: "sort", title: say(texts.sortBy, { column: name }) }, name);
    const head = el("th", { scope: "col", class: numeric.has(name) ? "number" : null }, button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      fill([...result.rows].sort((a, b) => (down ? -1 : 1) * compare(a[name], b[name], collator)));
    });
    return head;
  });
  fill(result.rows);
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": texts.table }, el("table", {}, el("thead", {}, el("tr", {}, heads)), body));
}

function compare(a, b, collator) {
  // What is not known comes first.
  if (!a || !b) return Number(Boolean(a)) - Number(Boolean(b));
  if (isNumber(a) && isNumber(b)) return Number(a.value) - Number(b.value);
  return collator.compare(a.value, b.value);
}
