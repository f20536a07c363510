// Suggestions while one types in a search field (the pattern “combobox with a list” of ARIA). Without script the form
// searches as it does with it.
"use strict";

for (const [number, form] of document.querySelectorAll("form[data-suggest]").entries()) {
  const input = form.querySelector("input[name=q]");
  const list = document.createElement("ul");
  let wanted = null;
  let timer = 0;
  Object.assign(list, { id: `suggestions-${number}`, className: "suggestions", hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.getAttribute("aria-label"));
  form.append(list);
  const attributes = { role: "combobox", autocomplete: "off", "aria-autocomplete": "list", "aria-expanded": "false",
    "aria-controls": list.id };
  for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value);

  const options = () => [...list.children];
  const chosen = () => options().findIndex((option) => option.getAttribute("aria-selected") === "true");

  function choose(place) {
    for (const [n, option] of options().entries()) option.setAttribute("aria-selected", String(n === place));
    if (place < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", options()[place].id);
    options()[place].scrollIntoView({ block: "nearest" });
  }

  function close() {
    wanted?.abort();
    clearTimeout(timer);
    list.hidden = true;
    list.replaceChildren();
    input.setAttribute("aria-expanded", "false");
    choose(-1);
  }

  function show(found) {
    list.replaceChildren(...found.map((one, n) => {
      const option = document.createElement("li");
      const name = document.createElement("span");
      const type = document.createElement("small");
      name.textContent = one.label;
      if (one.language) name.lang = one.language;
      type.textContent = one.type;
      Object.assign(option, { id: `${list.id}-${n}` });
      option.setAttribute("role", "option");
      option.dataset.page = one.page;
      option.append(name, " ", type);
      return option;
    }));
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(Boolean(found.length)));
    choose(-1);
  }

  async function ask() {
    wanted?.abort();
    wanted = new AbortController();
    const asked = input.value.trim();
    if (asked.length < 2) return close();
    try {
      const answer = await fetch(`${form.dataset.suggest}?${new URLSearchParams({ q: asked })}`,
        { signal: wanted.signal, headers: { Accept: "application/json" } });
      if (answer.ok) show(await answer.json());
    } catch { /* another letter was typed, or there is no network: the form still works */ }
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 150);
  });
  input.addEventListener("keydown", (event) => {
    const last = options().length - 1;
    const place = chosen();
    if (event.key === "Escape" && !list.hidden) close();
    else if (event.key === "ArrowDown" && last >= 0) choose(place < last ? place + 1 : 0);
    else if (event.key === "ArrowUp" && last >= 0) choose(place > 0 ? place - 1 : last);
    else if (event.key === "Enter" && place >= 0) location.assign(options()[place].dataset.page);
    else return;
    event.preventDefault();
  });
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) location.assign(option.dataset.page);
  });
  input.addEventListener("blur", close);
}
