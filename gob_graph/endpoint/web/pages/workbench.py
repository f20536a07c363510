"""What the query page is made of: examples, first questions, limits, formats, and what its script needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, g, request

from gob_graph.endpoint.engine.service_clause import reaches_out
from gob_graph.endpoint.sparql.stored_query import read_questions
from gob_graph.endpoint.web.context import Context, here
from gob_graph.endpoint.web.pages import i18n, syntax_words
from gob_graph.endpoint.web.pages.explain.explanation import explain
from gob_graph.endpoint.web.pages.guided_questions import Choice, choices
from gob_graph.endpoint.web.pages.i18n import gettext as _
from gob_graph.endpoint.web.pages.labels import labels
from gob_graph.endpoint.web.pages.layout import page
from gob_graph.endpoint.web.pages.workbench_texts import problems, texts
from gob_graph.formats import offers
from gob_graph.vocab import LANGUAGES, governance

FIRST = "administrations"
"""The example with which the page begins, where a release has it."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The page in a language."""

    site: Context
    language: str
    examples: list[dict[str, str]]
    choices: tuple[Choice, ...]

    @property
    def endpoint(self) -> str:
        """The address that programs use."""
        return f"{self.site.settings.service_url}/sparql"

    def chosen(self, example: str | None, ask: str | None, names: str | None) -> str:
        """The query of an example or of a first question; the first example where neither is there."""
        spoken = names if names in LANGUAGES else self.language
        for choice in self.choices:
            if ask == f"{choice.of} {choice.what}":
                return choice.query(spoken, self.site.prefixes).rstrip()
        by_name = {entry["name"]: entry["query"] for entry in self.examples}
        first = next(iter(by_name.values()), "")
        return by_name.get(example or "", by_name.get(FIRST, first))

    def groups(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """The first questions by organisation: its name, and for each question its value and its text."""
        known = labels(self.site.engine)
        found: dict[str, list[tuple[str, str]]] = {}
        for choice in self.choices:
            name = known.of(self._iri(choice.of), self.language).text
            what = known.of(choice.named_by, self.language).text
            text = _("figures: %(what)s") % {"what": what} if choice.figures else what
            found.setdefault(name, []).append((f"{choice.of} {choice.what}", f"{text} ({choice.count})"))
        return list(found.items())

    def _iri(self, short: str) -> str:
        prefix, _colon, local = short.partition(":")
        return f"{self.site.prefixes[prefix]}{local}"

    def names(self) -> list[tuple[str, str]]:
        """The languages of names: code and endonym."""
        return [(code, i18n.ENDONYMS[code]) for code in LANGUAGES]

    def formats(self) -> list[tuple[str, str]]:
        """The formats of results: value and text; the page first."""
        tables = [(f.name, f.label) for f in offers("bindings")]
        graphs = [(f.name, f.label) for f in offers("graph")]
        return [("html", _("Web page")), *sorted(tables, key=lambda f: f[0] != "csv"), *graphs]

    def limits(self) -> list[tuple[str, str]]:
        """What bounds a query, and what to do about it."""
        chosen = self.site.settings
        numbers = {
            "seconds": i18n.number(chosen.query_timeout),
            "mib": i18n.number(chosen.result_limit),
            "bytes": i18n.number(chosen.query_length),
            "running": i18n.number(chosen.client_running),
        }
        return [
            (_("Time"), _("A query may take %(seconds)s seconds. It is then stopped, without an answer.") % numbers),
            (_("Size"), _("A result may be up to %(mib)s MiB. A larger one is refused, never cut short.") % numbers),
            (_("Length"), _("The text of a query may be up to %(bytes)s bytes long.") % numbers),
            (_("At once"), _("%(running)s of your queries may run at once; others wait a moment.") % numbers),
            (_("For more"), _("All the data can be downloaded and queried on your own computer, without limits.")),
        ]

    def script(self) -> dict[str, Any]:
        """What the script of the page needs."""
        gov = governance(self.site.release.manifest["ontology_base"])
        return {
            "language": self.language,
            "base": self.site.release.base_iri,
            "endpoint": self.endpoint,
            "length": self.site.settings.query_length,
            "ontologyBase": self.site.release.manifest["ontology_base"],
            "uriLength": self.site.settings.uri_length,
            "release": self.site.release.id[:12],
            "gov": str(gov),
            "formats": {
                "table": [[f.name, f.label, f.extension] for f in offers("bindings")],
                "graph": [[f.name, f.label, f.extension] for f in offers("graph")],
            },
            "examples": self.examples,
            "questions": {f"{c.of} {c.what}": [c.pattern, c.of, c.what] for c in self.choices},
            "texts": texts(),
            "problems": problems(),
            "syntax": syntax_words.for_script(),
        }


def asked_desk() -> Desk:
    """The page in the language of the request: that of the path, of the form (``lang``), or of Accept-Language."""
    given = request.args.get("lang")
    spoken = g.get("language") or (given if given in LANGUAGES else i18n.choose(request.accept_languages))
    g.language = spoken
    return desk(here(), spoken)


def shown(template: str, chosen: Desk, **values: Any) -> Response:  # noqa: ANN401 - values of a template
    """A page of the workbench."""
    return page(template, language=chosen.language, desk=chosen, **values)


def desk_page() -> Response:
    """The editor with the query of the parameters ``query``, ``example``, or ``ask`` and ``names``."""
    chosen, asked = asked_desk(), request.args
    query = asked.get("query") or chosen.chosen(asked.get("example"), asked.get("ask"), asked.get("names"))
    said = explain(query, labels(here().engine))
    return shown("sparql.html", chosen, query=query, said=[part.document() for part in said])


def desk(site: Context, language: str) -> Desk:
    """The page of a release in a language; examples with an empty answer, or refused, come last."""
    found = []
    for question in read_questions(site.release):
        refused = reaches_out(question.text)
        entry = {
            "name": question.name,
            "title": question.title[language],
            "description": question.description[language],
            "empty": question.empty.get(language, ""),
            "query": question.in_language(language).rstrip(),
        }
        found.append(((refused, bool(question.empty), _number(question.answers), question.name), entry))
    return Desk(site, language, [entry for _order, entry in sorted(found, key=lambda e: e[0])], choices(site.engine))


def _number(answers: str) -> int:
    digits = "".join(c for c in answers if c.isdigit())
    return int(digits) if digits else 99
