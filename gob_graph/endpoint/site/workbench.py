"""What the query page is made of: examples and first questions, limits and formats, and what its script needs to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gob_graph.endpoint.questions import read_questions
from gob_graph.endpoint.scan import reaches_out
from gob_graph.endpoint.site import i18n
from gob_graph.endpoint.site.i18n import gettext as _
from gob_graph.endpoint.site.labels import labels
from gob_graph.endpoint.site.templates_of_questions import Choice, choices
from gob_graph.endpoint.site.workbench_texts import problems, texts
from gob_graph.formats import offers
from gob_graph.vocab import LANGUAGES, governance

if TYPE_CHECKING:
    from gob_graph.endpoint.context import Context

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
                return choice.query(spoken, self.site.prefixes)
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
            (_("Time"), _("A query may take %(seconds)s seconds. It is then stopped and answers nothing.") % numbers),
            (_("Size"), _("A result may have %(mib)s MiB. A larger one is refused, never cut.") % numbers),
            (_("Length"), _("The text of a query may have %(bytes)s bytes.") % numbers),
            (_("At once"), _("%(running)s of your queries may run at once; more wait a moment.") % numbers),
            (_("For more"), _("The whole graph can be downloaded and queried on your own machine, without limits.")),
        ]

    def script(self) -> dict[str, Any]:
        """What the script of the page needs."""
        gov = governance(self.site.release.manifest["ontology_base"])
        return {
            "language": self.language,
            "base": self.site.release.base_iri,
            "endpoint": self.endpoint,
            "length": self.site.settings.query_length,
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
        }


def desk(site: Context, language: str) -> Desk:
    """The page of a release in a language; the examples whose answer is explained to be empty, or refused, come last."""
    found = []
    for question in read_questions(site.release):
        refused = reaches_out(question.text)
        entry = {
            "name": question.name,
            "title": question.title[language],
            "description": question.description[language],
            "empty": question.empty.get(language, ""),
            "query": question.in_language(language),
        }
        found.append(((refused, bool(question.empty), _number(question.answers), question.name), entry))
    return Desk(site, language, [entry for _order, entry in sorted(found, key=lambda e: e[0])], choices(site.engine))


def _number(answers: str) -> int:
    digits = "".join(c for c in answers if c.isdigit())
    return int(digits) if digits else 99
