// What the server says of a query beside its answer: where the standard surprises, and the form in which it is evaluated.
import { el, say } from "./dom.js";

export class Notes {
  constructor({ desk, find, editor }) {
    Object.assign(this, { desk, find, editor });
    this.details = find("evaluated");
    this.looked = this.waiting = null;
    this.details.addEventListener("toggle", () => this.details.open && this.look(editor.text));
  }

  /** The query has changed: its notes no longer hold. */
  clear() {
    this.looked = null;
    this.find("notes").hidden = true;
    clearTimeout(this.waiting);
    if (this.details.open) this.waiting = setTimeout(() => this.look(this.editor.text), 500);
  }

  async look(query) {
    if (this.looked === query) return;
    this.looked = query;
    const { desk } = this;
    const address = `/evaluated?${new URLSearchParams({ lang: desk.language, query })}`;
    const response = address.length < desk.uriLength ? await fetch(address).catch(() => null) : null;
    const said = response?.ok ? await response.json() : null;
    if (this.looked !== query) return;
    const fallback = address.length < desk.uriLength ? desk.texts.notEvaluated : desk.texts.notExplained;
    this.showForm(said?.form, said ? (said.form ? desk.texts.normalised : desk.texts.asWritten) : fallback);
    this.showNotes(said?.notes ?? []);
  }

  showForm(form, note) {
    const code = this.find("evaluated-form");
    code.textContent = form ?? "";
    code.parentElement.hidden = !form;
    this.find("form-note").textContent = note;
  }

  showNotes(notes) {
    const box = this.find("notes");
    box.hidden = !notes.length;
    box.querySelector("ul").replaceChildren(...notes.map((note) => el("li", {}, this.line(note))));
  }

  /** A note, and a button that leads to its place. */
  line({ line, column, text }) {
    const button = el("button", { type: "button", class: "small" }, say(this.desk.texts.goTo, { line, column }));
    button.addEventListener("click", () => this.editor.goTo(line, column));
    return [text, " ", button];
  }
}
