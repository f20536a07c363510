// Bars for the numbers of a table. A number that is only a bound ("more than 1600") is drawn as an open bar with its
// hedge, an approximate one with a broken outline: a chart must not say more than the data.
import { el, say, svg } from "./dom.js";
import { isDate, isNumber } from "./terms.js";

const BARS = 100;
const ROW = 34;

/** What can be drawn of a result: the column of names, the columns of numbers, and what each row's number is. */
export function chartOf(result, query, gov) {
  if (result.kind !== "table" || !result.rows.length) return null;
  const roles = rolesOf(result, query, gov);
  const filled = (name) => result.rows.filter((row) => row[name]);
  const numbers = result.columns.filter((name) => !roles.position.has(name) && filled(name).length && filled(name).every((row) => isNumber(row[name])));
  if (!numbers.length) return null;
  const others = result.columns.filter((name) => !numbers.includes(name) && filled(name).length && !roles.hedge.has(name) && !roles.kind.has(name));
  const named = (test) => others.find((name) => filled(name).some((row) => test(row[name])));
  const names = named(isDate) ?? named((term) => term["xml:lang"]) ?? named((term) => term.type === "literal") ?? others[0];
  // Exact numbers, bounds and approximations of the same thing are one series in several columns.
  const bounded = numbers.some((name) => roles.bound.has(name) || roles.about.has(name));
  return { names, thing: others.find((name) => name !== names && filled(name)[0][name].type === "uri"), series: bounded ? [numbers] : numbers.map((name) => [name]), roles };
}

/** Which columns are bounds, approximations, hedges: told by the properties in the query, or by a column of kinds. */
function rolesOf(result, query, gov) {
  const clean = query.replace(/"(?:[^"\\\n]|\\.)*"/g, '""');
  const bound = (local) => new Set([...clean.matchAll(new RegExp(`(?:[\\w-]*:|[#/])${local}>?\\s+[?$](\\w+)`, "g"))].map((found) => found[1]));
  const kinds = result.columns.filter((name) => result.rows.some((row) => row[name]?.type === "uri" && [`${gov}exclusiveLowerBound`, `${gov}approximateValue`].includes(row[name].value)));
  return { bound: bound("exclusiveLowerBound"), about: bound("approximateValue"), hedge: bound("hedge"), position: bound("position"), kind: new Set(kinds), gov };
}

/** The bars of a row: name, number, and whether it is "exact", "bound" or "about". */
function bars(result, chart, series, terms, texts) {
  const { roles, names, thing } = chart;
  return result.rows.flatMap((row) => {
    const column = series.find((name) => row[name]);
    if (!column) return [];
    const hedge = [...roles.hedge].map((name) => row[name]).find(Boolean);
    const said = [...roles.kind].map((name) => row[name]?.value.slice(roles.gov.length)).find(Boolean);
    const kind = roles.bound.has(column) || said === "exclusiveLowerBound" ? "bound" : roles.about.has(column) || said === "approximateValue" ? "about" : "exact";
    const number = Number(row[column].value);
    return [{ name: nameOf(row, names, thing, terms, texts), number, kind, hedge, text: worded(terms.number.format(number), kind, hedge, terms, roles.gov) }];
  });
}

function nameOf(row, names, thing, terms, texts) {
  const term = row[names];
  if (term) return term.type === "uri" ? terms.label(term.value) || terms.compact(term.value) : term.value;
  const other = thing && row[thing] ? terms.label(row[thing].value) || terms.compact(row[thing].value) : "";
  return other ? `${texts.undated}: ${other}` : texts.undated;
}

/** The source's own word where it is in the language of the page: “Méér dan” 1.600; else ours with it: more than 1,600 (“Méér dan”). */
function worded(number, kind, hedge, terms, gov) {
  if (kind === "exact") return number;
  if (hedge?.["xml:lang"] === terms.desk.language) return `“${hedge.value}” ${number}`;
  const label = terms.label(gov + (kind === "bound" ? "exclusiveLowerBound" : "approximateValue"));
  return `${label} ${number}${hedge ? ` (“${hedge.value}”)` : ""}`.trim();
}

/** The chart as it stands on the page, with a choice of the series where there are several. */
export function drawChart(result, chart, terms, texts) {
  const frame = el("div", { class: "chart-frame" });
  const draw = (series) => {
    const all = bars(result, chart, series, terms, texts);
    const shown = all.slice(0, BARS);
    const notes = [
      shown.some((bar) => bar.kind === "bound") && texts.boundNote,
      shown.some((bar) => bar.kind === "about") && texts.aboutNote,
      shown.some((bar) => bar.name.startsWith(texts.undated)) && texts.undatedNote,
      all.length > BARS && say(texts.firstBars, { number: BARS }),
    ].filter(Boolean);
    const paint = () => frame.replaceChildren(picture(shown, frame.clientWidth || 900, texts), ...notes.map((note) => el("p", { class: "muted" }, note)));
    paint();
    watch(frame, paint);
  };
  draw(chart.series[0]);
  if (chart.series.length < 2) return [frame];
  const select = el("select", { id: "series" }, chart.series.map(([name], number) => el("option", { value: number }, name)));
  select.addEventListener("change", () => draw(chart.series[Number(select.value)]));
  return [el("p", { class: "choose" }, el("label", { for: "series" }, texts.series), " ", select), frame];
}

let watching;
/** Paint again when the width changes; only the chart that is shown is watched. */
function watch(frame, paint) {
  watching?.disconnect();
  let width = frame.clientWidth;
  watching = new ResizeObserver(() => {
    if (Math.abs(frame.clientWidth - width) < 2) return;
    width = frame.clientWidth;
    paint();
  });
  watching.observe(frame);
}

function picture(shown, width, texts) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = "16px Arial, sans-serif";
  const wide = (text) => pen.measureText(text).width * 1.06;
  const narrow = width < 560;
  const row = narrow ? ROW + 22 : ROW;
  const left = narrow ? 0 : Math.min(Math.max(...shown.map((bar) => wide(bar.name))) + 14, width * 0.42);
  const right = Math.min(Math.max(...shown.map((bar) => wide(bar.text))) + 16, width * 0.5);
  const top = Math.max(...shown.map((bar) => Math.abs(bar.number)), 0) || 1;
  const open = shown.some((bar) => bar.kind === "bound") ? 34 : 0;
  const length = (number) => Math.max((Math.abs(number) / top) * Math.max(width - left - right - open, 40), 1);
  const height = shown.length * row + 4;
  const drawn = shown.map((bar, index) => {
    const y = index * row + (narrow ? 22 : 0);
    const end = left + length(bar.number);
    const name = narrow ? { x: 0, y: y - 6 } : { x: left - 12, y: y + 19, "text-anchor": "end" };
    const tip = end + (bar.kind === "bound" ? 34 : 0) + 9;
    return svg("g", {}, svg("title", {}, `${bar.name}: ${bar.text}`), svg("text", name, cut(bar.name, narrow ? width : left - 14, wide)), shape(bar, left, end, y + 3), svg("text", { class: "figure", x: tip, y: y + 19 }, cut(bar.text, width - tip, wide)));
  });
  const label = say(texts.chartLabel, { number: shown.length });
  return svg("svg", { class: "bars", role: "img", "aria-label": label, width, height, viewBox: `0 0 ${width} ${height}` }, drawn);
}

function shape({ kind }, left, end, y) {
  const high = ROW - 12;
  if (kind === "exact") return svg("rect", { class: "bar", x: left, y, width: end - left, height: high, rx: 2 });
  if (kind === "about") return svg("rect", { class: "bar about", x: left, y, width: end - left, height: high, rx: 2 });
  const middle = y + high / 2;
  // Open to the right: up to the bound it is known, what lies behind is not.
  return svg("g", { class: "bar bound" }, svg("rect", { class: "known", x: left, y, width: end - left, height: high }), svg("path", { class: "mark", d: `M${end} ${y - 3}V${y + high + 3}` }), svg("path", { class: "open", d: `M${end} ${y + 0.75}h22M${end} ${y + high - 0.75}h22` }), svg("path", { class: "arrow", d: `M${end + 6} ${middle}h20m-6 -5l6 5l-6 5` }));
}

function cut(text, room, wide) {
  if (wide(text) <= room) return text;
  let short = text;
  while (short.length > 1 && wide(`${short}…`) > room) short = short.slice(0, -1);
  return `${short.trimEnd()}…`;
}
