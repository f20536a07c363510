// The neighbourhood of one thing in a graph result: what points to it on the left, what it points to on the right.
import { el, say, svg } from "./dom.js";

const TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";
const EACH = 6;
const [BOX, HIGH, GAP, WIDE] = [250, 42, 12, 1000];

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
  const height = Math.max(tall(left), tall(right), 80) + 8;
  const parts = [];
  for (const [groups, rightwards] of [[left, false], [right, true]]) {
    const shift = (height - tall(groups)) / 2;
    const at = (x) => (rightwards ? WIDE - x : x);
    for (const { label, boxes, middle } of groups) {
      const spine = at(BOX + 34);
      const y = middle + shift;
      const hub = at(WIDE / 2 - 125);
      // From the middle to the spine, with the property on the line; from there to each box.
      parts.push(svg("path", { class: "link", d: `M${hub} ${height / 2}C${(hub + spine) / 2} ${height / 2} ${(hub + spine) / 2} ${y} ${at(BOX + 100)} ${y}H${spine}` }));
      for (const box of boxes) {
        const by = box.y + shift + HIGH / 2;
        const end = at(BOX);
        parts.push(svg("path", { class: "link", d: `M${spine} ${y}V${by}H${end}` }));
        if (rightwards) parts.push(svg("path", { class: "head", d: `M${end - 7} ${by - 4}l7 4l-7 4z` }));
        parts.push(node(box, at(rightwards ? BOX : 0), box.y + shift, terms));
      }
      parts.push(svg("text", { class: "verb", x: at(BOX + 40), y: y - 6, "text-anchor": rightwards ? "end" : "start" }, cut(label, 24)));
    }
    if (!rightwards && left.length) parts.push(svg("path", { class: "head", d: `M${WIDE / 2 - 132} ${height / 2 - 4}l7 4l-7 4z` }));
  }
  const focus = { iri: centre, text: names(centre), focus: true };
  parts.push(node(focus, WIDE / 2 - 125, height / 2 - 28, terms));
  const label = say(texts.drawingLabel, { thing: names(centre) });
  return svg("svg", { class: "graph", role: "group", "aria-label": label, width: WIDE, height, viewBox: `0 -4 ${WIDE} ${height}` }, parts);
}

function node({ iri, text, more, focus }, x, y, terms) {
  const high = focus ? 56 : HIGH;
  const shape = svg("g", { class: focus ? "node focus" : more ? "node more" : "node" }, svg("title", {}, iri ?? text), svg("rect", { x, y, width: BOX, height: high, rx: 5 }), svg("text", { x: x + BOX / 2, y: y + high / 2 + 5, "text-anchor": "middle" }, cut(text, focus ? 30 : 32)));
  const address = iri && terms.address(iri);
  return address ? svg("a", { href: address }, shape) : shape;
}

const cut = (text, length) => (text.length > length ? `${text.slice(0, length - 1).trimEnd()}…` : text);
