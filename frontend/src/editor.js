// The editor: CodeMirror in a shadow root. There its styles are adopted style sheets, so that no inline style is needed
// and the Content-Security-Policy stays strict; custom properties of the page reach into it.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { HighlightStyle, StreamLanguage, bracketMatching, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { sparql } from "@codemirror/legacy-modes/mode/sparql";
import { setDiagnostics } from "@codemirror/lint";
import { EditorState, Prec } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const look = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--paper)", fontSize: "0.9rem", borderRadius: "5px" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55", minHeight: "14rem", maxHeight: "25rem", overflow: "auto" },
  ".cm-content": { padding: ".5rem 0", caretColor: "var(--ink)" },
  ".cm-gutters": { backgroundColor: "var(--soft)", color: "var(--muted)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--tint) 55%, transparent)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)", borderLeftWidth: "2px" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "color-mix(in srgb, var(--link) 28%, transparent)" },
  ".cm-matchingBracket": { backgroundColor: "var(--accent-soft)", outline: "1px solid var(--accent)" },
  ".cm-tooltip": { color: "var(--ink)", backgroundColor: "var(--paper)", border: "1px solid var(--edge)", borderRadius: "6px", boxShadow: "0 6px 20px rgb(0 0 0 / .18)", maxWidth: "min(42rem, 94vw)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", fontSize: ".9rem", maxHeight: "none", overflow: "hidden" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: ".15rem .6rem", lineHeight: "1.5" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--action)", color: "#fff" },
  ".cm-completionDetail": { fontFamily: "var(--sans)", fontStyle: "normal", marginLeft: ".7rem", color: "var(--muted)" },
  "li[aria-selected] .cm-completionDetail": { color: "#fff" },
  ".cm-diagnostic": { padding: ".4rem .7rem", fontFamily: "var(--sans)" },
  ".cm-diagnostic-error": { borderLeft: "4px solid var(--bad)" },
  ".cm-lintRange-error": { backgroundImage: "none", backgroundColor: "var(--bad-soft)", textDecoration: "underline wavy var(--bad) 2px", textUnderlineOffset: "3px" },
  ".cm-lintPoint-error::after": { borderBottomColor: "var(--bad)" },
});
const colours = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--code-keyword)", fontWeight: "600" },
  { tag: tags.variableName, color: "var(--code-variable)" },
  { tag: tags.string, color: "var(--code-string)" },
  { tag: tags.number, color: "var(--code-string)" },
  { tag: tags.atom, color: "var(--code-iri)" },
  { tag: tags.meta, color: "var(--code-string)" },
  { tag: tags.comment, color: "var(--muted)", fontStyle: "italic" },
]);

/** Put an editor into `host`. Tab is left to the browser: it leaves the editor. */
export function createEditor({ host, text, label, phrases, source, run, changed }) {
  const root = host.attachShadow({ mode: "open" });
  const view = new EditorView({
    parent: root,
    root,
    state: EditorState.create({
      doc: text,
      extensions: [
        Prec.highest(keymap.of([{ key: "Mod-Enter", run: () => (run(), true) }])),
        lineNumbers(),
        history(),
        drawSelection(),
        highlightActiveLine(),
        bracketMatching(),
        closeBrackets(),
        indentUnit.of("    "),
        StreamLanguage.define(sparql),
        syntaxHighlighting(colours),
        // As many as fit without scrolling, for nothing could scroll the list by keyboard; arrows bring the others.
        autocompletion({ override: [source], icons: false, maxRenderedOptions: 11 }),
        keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...completionKeymap]),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0", spellcheck: "false", autocapitalize: "off" }),
        EditorState.phrases.of(phrases),
        EditorView.updateListener.of((update) => update.docChanged && changed()),
        look,
      ],
    }),
  });
  // Lines wrap otherwise when the typeface has come.
  document.fonts.ready.then(() => view.requestMeasure());
  return new Editor(view);
}

class Editor {
  constructor(view) {
    this.view = view;
  }

  get text() {
    return this.view.state.doc.toString();
  }

  set text(text) {
    this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text }, selection: { anchor: 0 }, scrollIntoView: true });
    this.clear();
  }

  focus() {
    this.view.focus();
  }

  /** Mark the place of a fault: line and column from 1, in characters. */
  mark(line, column, message) {
    const from = this.place(line, column);
    const rest = this.view.state.doc.sliceString(from, this.view.state.doc.lineAt(from).to);
    const length = rest.match(/^(?:[\w:?$@.-]+|\S)/)?.[0].length ?? 0;
    this.view.dispatch(setDiagnostics(this.view.state, [{ from, to: from + length, severity: "error", message }]));
  }

  clear() {
    this.view.dispatch(setDiagnostics(this.view.state, []));
  }

  goTo(line, column) {
    this.view.dispatch({ selection: { anchor: this.place(line, column) }, scrollIntoView: true });
    this.view.focus();
  }

  place(line, column) {
    const document = this.view.state.doc;
    const at = document.line(Math.min(Math.max(line, 1), document.lines));
    const before = [...at.text].slice(0, column - 1).join("");
    return at.from + before.length;
  }
}
