// Elements from plain values. Text only ever becomes text nodes: nothing that comes from data is read as markup.
const SVG = "http://www.w3.org/2000/svg";

/** An HTML element; attributes that are undefined, null or false are left out, children may be strings. */
export const el = (name, attributes, ...children) => fill(document.createElement(name), attributes, children);

/** The same for SVG. */
export const svg = (name, attributes, ...children) => fill(document.createElementNS(SVG, name), attributes, children);

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value !== undefined && value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null));
  return element;
}

/** A text with its places filled: fill_in("%(n)s rows", {n: 8}). */
export const say = (text, values = {}) => text.replace(/%\((\w+)\)s/g, (_, name) => values[name] ?? "");

/** One of two texts for a number of things, as the catalogue gives them. */
export const count = ([one, many], number, shown) => say(number === 1 ? one : many, { number: shown });
