// What script adds to the pages: copy buttons, the filter of a table, tables as cards on a narrow screen, the choice of
// colours. Every page works without it.
"use strict";
const said = document.getElementById("announcement");

for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  const label = button.firstChild;
  const before = label.textContent;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    label.textContent = said.textContent = button.dataset.done;
    setTimeout(() => { label.textContent = before; said.textContent = ""; }, 2000);
  });
}

const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

for (const box of document.querySelectorAll("[data-filter]")) {
  const rows = [...document.querySelectorAll(`#${box.dataset.filter} > tbody > tr`)];
  const count = box.querySelector("[data-rows]");
  box.hidden = false;
  box.querySelector("input").addEventListener("input", (event) => {
    const wanted = plain(event.target.value).split(/\s+/);
    let shown = 0;
    for (const row of rows) {
      const text = plain(row.textContent);
      row.hidden = !wanted.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    count.textContent = `${count.dataset.rows} ${shown}`;
  });
}

for (const button of document.querySelectorAll("button[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// Drawings save as they look: the styles of the page become attributes, as a file has no style sheet.
const LOOKS = ["fill", "stroke", "stroke-width", "stroke-dasharray", "paint-order", "font-family", "font-size", "font-weight", "text-anchor"];

const standing = (drawing) => {
  const copy = drawing.cloneNode(true);
  const pairs = [...drawing.querySelectorAll("*")].map((part, place) => [part, copy.querySelectorAll("*")[place]]);
  for (const [part, own] of [[drawing, copy], ...pairs]) {
    const style = getComputedStyle(part);
    for (const look of LOOKS) own.setAttribute(look, style.getPropertyValue(look));
    // Where the font of the page is missing, a text keeps its width.
    const width = part.children.length ? 0 : part.getComputedTextLength?.() ?? 0;
    if (width) for (const [name, value] of [["textLength", width.toFixed(1)], ["lengthAdjust", "spacingAndGlyphs"]]) own.setAttribute(name, value);
    for (const name of ["class", "tabindex"]) own.removeAttribute(name);
    if (own.hasAttribute("href")) own.setAttribute("href", part.href.baseVal ? new URL(part.href.baseVal, location.href).href : part.getAttribute("href"));
  }
  const [x, y, width, height] = drawing.getAttribute("viewBox").split(/\s+/).map(Number);
  const ground = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  for (const [name, value] of Object.entries({ x, y, width, height, fill: getComputedStyle(document.body).backgroundColor })) ground.setAttribute(name, value);
  copy.querySelector("title, desc") ? copy.querySelector(":scope > desc, :scope > title:last-of-type")?.after(ground) : copy.prepend(ground);
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  return new XMLSerializer().serializeToString(copy);
};

const save = (content, type, name) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
};

const asPng = async (text, name) => {
  const picture = new Image();
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await picture.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [2 * picture.naturalWidth, 2 * picture.naturalHeight];
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  canvas.toBlob((blob) => save(blob, "image/png", `${name}.png`), "image/png");
};

const offer = (figure) => {
  const { drawing: name, svg, png } = figure.dataset;
  const make = (label, act) => {
    const button = document.createElement("button");
    [button.type, button.className, button.textContent] = ["button", "small", label];
    button.addEventListener("click", act);
    return button;
  };
  const text = () => standing([...figure.querySelectorAll("svg")].find((drawing) => drawing.checkVisibility()));
  const row = document.createElement("p");
  row.className = "buttons";
  row.append(make(svg, () => save(text(), "image/svg+xml", `${name}.svg`)), make(png, () => asPng(text(), name)));
  figure.append(row);
};

for (const figure of document.querySelectorAll("figure[data-drawing]")) offer(figure);
// What is drawn later says so.
document.addEventListener("drawn", (event) => offer(event.target));

for (const button of document.querySelectorAll("button[data-png]")) {
  button.hidden = false;
  button.addEventListener("click", async () => asPng(await (await fetch(button.dataset.png)).text(), button.dataset.name));
}

// On a narrow screen each row is a card whose cells name their column; the roles stay those of a table.
for (const table of document.querySelectorAll(".scroll > table")) {
  const heads = [...table.querySelectorAll(":scope > thead > tr:last-child > th")];
  const rows = [...table.querySelectorAll(":scope > tbody > tr")];
  if (heads.length < 3 || table.querySelector("[colspan], [rowspan]")) continue;
  const role = (element, name) => element?.setAttribute("role", name);
  role(table, "table");
  for (const part of table.querySelectorAll(":scope > thead, :scope > tbody")) role(part, "rowgroup");
  for (const row of table.querySelectorAll(":scope > * > tr")) role(row, "row");
  for (const head of heads) role(head, "columnheader");
  for (const row of rows) {
    [...row.cells].forEach((cell, n) => {
      role(cell, cell.tagName === "TH" ? "rowheader" : "cell");
      cell.dataset.label = heads[n]?.textContent.trim() ?? "";
    });
  }
  table.classList.add("stacks");
}

const theme = document.querySelector("[data-theme-switch]");
if (theme) {
  theme.parentElement.hidden = false;
  theme.value = document.documentElement.dataset.theme ?? "";
  theme.addEventListener("change", () => {
    if (theme.value) document.documentElement.dataset.theme = theme.value;
    else delete document.documentElement.dataset.theme;
    try { localStorage.setItem("theme", theme.value); } catch { /* it then holds for this page */ }
  });
}

// Escape puts the words of a piece of evidence away until the next one is pointed at.
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.documentElement.classList.add("quiet");
});
for (const kind of ["focusin", "pointerover"]) {
  document.addEventListener(kind, (event) => {
    if (event.target.closest?.("[data-says]")) document.documentElement.classList.remove("quiet");
  });
}
