// The neighbourhood of one thing in a graph result: what points to it on the left, what it points to on the right.
import { el, say, svg } from "./dom.js";

const TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";
const EACH = 6;
const [BOX, HIGH, GAP] = [250, 42, 12];
const [ROOM, MIDDLE, TALL] = [235, 210, 60];
const WIDE = 2 * (BOX + ROOM) + MIDDLE;

/** The things of a graph that can stand in the middle, the best connected first; none where nothing is connected. */
export function centres(result) {
  const links = new Map();
  for (const { subject, object } of result.rows) {
    if (object.type !== "uri" || subject.type !== "uri") continue;
    links.set(subject.value, (links.get(subject.value) ?? 0) + 1.001);
    links.set(object.value, (links.get(object.value) ?? 0) + 1);
  }
  return [...links].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).map(([iri]) => iri);
}

/** The drawing as it stands on the page, with a choice of the middle. */
export function drawGraph(result, terms, texts, asked) {
  const things = centres(result);
  const first = things.includes(asked) ? asked : things[0];
  const region = el("div", { class: "scroll drawing", tabindex: "0", role: "region", "aria-label": texts.drawing });
  const names = namesIn(result, terms);
  const draw = (iri) => region.replaceChildren(picture(result, iri, terms, names, texts));
  draw(first);
  if (things.length < 2) return [region];
  const select = el("select", { id: "centre" }, things.slice(0, 300).map((iri) => el("option", { value: iri, selected: iri === first }, names(iri))));
  select.addEventListener("change", () => draw(select.value));
  return [el("p", { class: "choose" }, el("label", { for: "centre" }, texts.around), " ", select), region];
}

/** The name of a thing: the graph's own label in the language of the page, else what we know, else the compact IRI. */
function namesIn(result, terms) {
  const own = new Map();
  for (const { subject, predicate, object } of result.rows) {
    if (/(prefLabel|#label|\/title)$/.test(predicate.value) && (!own.has(subject.value) || object["xml:lang"] === terms.desk.language)) own.set(subject.value, object.value);
  }
  return (iri) => own.get(iri) || terms.label(iri) || terms.compact(iri);
}

function sides(result, centre) {
  const [left, right] = [new Map(), new Map()];
  const add = (side, predicate, iri) => side.set(predicate, (side.get(predicate) ?? new Set()).add(iri));
  for (const { subject, predicate, object } of result.rows) {
    if (subject.value === centre && object.type === "uri") add(right, predicate.value, object.value);
    else if (object.type === "uri" && object.value === centre && subject.type === "uri") add(left, predicate.value, subject.value);
  }
  return [left, right];
}

/** Boxes one below the other: at most so many of a property, then how many more. */
function column(side, names, texts) {
  let y = 0;
  return [...side].map(([predicate, iris]) => {
    const sorted = [...iris].sort((a, b) => names(a).localeCompare(names(b)));
    const boxes = sorted.slice(0, EACH).map((iri) => ({ iri, text: names(iri) }));
    if (sorted.length > EACH) boxes.push({ text: say(texts.more, { number: sorted.length - EACH }), more: true });
    for (const box of boxes) [box.y, y] = [y, y + HIGH + GAP];
    y += GAP;
    return { label: predicate === TYPE ? texts.kind : names(predicate), boxes, middle: (boxes[0].y + boxes.at(-1).y + HIGH) / 2 };
  });
}

function picture(result, centre, terms, names, texts) {
  const [left, right] = sides(result, centre).map((side) => column(side, names, texts));
  const tall = (groups) => (groups.length ? groups.at(-1).boxes.at(-1).y + HIGH : 0);
  const height = Math.max(tall(left), tall(right), TALL + 10);
  const parts = [...side(left, false, height, (height - tall(left)) / 2, terms), ...side(right, true, height, (height - tall(right)) / 2, terms)];
  parts.push(node({ iri: centre, text: names(centre), focus: true }, BOX + ROOM, (height - TALL) / 2, terms));
  // An empty side takes no room.
  const from = left.length ? 0 : BOX + ROOM;
  const width = (right.length ? WIDE : BOX + ROOM + MIDDLE) - from;
  const label = say(texts.drawingLabel, { thing: names(centre) });
  return svg("svg", { class: "graph", role: "group", "aria-label": label, width: width + 4, height: height + 12, viewBox: `${from - 2} -6 ${width + 4} ${height + 12}` }, parts);
}

/** One side: from the middle a line to a bus, from it one to each property, from there one to each box. */
function side(groups, rightwards, height, shift, terms) {
  const at = (x) => (rightwards ? WIDE - x : x);
  const [end, spine, bus, hub] = [BOX, BOX + 26, BOX + ROOM - 26, BOX + ROOM].map(at);
  const parts = [];
  for (const { label, boxes, middle } of groups) {
    const y = middle + shift;
    parts.push(svg("path", { class: "link", d: `M${hub} ${height / 2}H${bus}V${y}H${spine}` }));
    for (const box of boxes) {
      const by = box.y + shift + HIGH / 2;
      parts.push(svg("path", { class: "link", d: `M${spine} ${y}V${by}H${end}` }));
      if (rightwards) parts.push(svg("path", { class: "head", d: `M${end - 7} ${by - 4}l7 4l-7 4z` }));
      parts.push(node(box, rightwards ? end : 0, box.y + shift, terms));
    }
    parts.push(svg("text", { class: "verb", x: (bus + spine) / 2, y: y - 6, "text-anchor": "middle" }, svg("title", {}, label), cut(label, 27)));
  }
  if (!rightwards && groups.length) parts.push(svg("path", { class: "head", d: `M${hub - 7} ${height / 2 - 4}l7 4l-7 4z` }));
  return parts;
}

function node({ iri, text, more, focus }, x, y, terms) {
  const [wide, high] = focus ? [MIDDLE, TALL] : [BOX, HIGH];
  const lines = focus ? wrapped(text, 25) : [cut(text, 32)];
  const written = lines.map((line, number) => svg("text", { x: x + wide / 2, y: y + high / 2 + 5 + (number - (lines.length - 1) / 2) * 19, "text-anchor": "middle" }, line));
  const shape = svg("g", { class: focus ? "node focus" : more ? "node more" : "node" }, svg("title", {}, iri ? `${text} – ${terms.compact(iri)}` : text), svg("rect", { x, y, width: wide, height: high, rx: 5 }), written);
  const address = iri && terms.address(iri);
  return address ? svg("a", { href: address }, shape) : shape;
}

/** Two lines at most. */
function wrapped(text, length) {
  if (text.length <= length) return [text];
  const at = text.lastIndexOf(" ", length);
  return at > 0 ? [text.slice(0, at), cut(text.slice(at + 1), length)] : [cut(text, length)];
}

const cut = (text, length) => (text.length > length ? `${text.slice(0, length - 1).trimEnd()}…` : text);
