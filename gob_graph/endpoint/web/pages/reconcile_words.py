"""What the reconciliation service says to people, in the language of the request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages.i18n import gettext, message
from gob_graph.endpoint.web.pages.labels import labels

if TYPE_CHECKING:
    from gob_graph.endpoint.reconciliation.catalogue import Catalogue
    from gob_graph.endpoint.reconciliation.matching import Candidate

KINDS = {
    "name": message("name: %(text)s"),
    "short": message("short name: %(text)s"),
    "former": message("former name: %(text)s"),
    "other": message("other name: %(text)s"),
}
"""What a name that was hit is to the candidate."""
FEATURES = {
    "same": message("Exactly this name or identifier"),
    "letters": message("Share of matching letters"),
    "words": message("Share of matching words, by how distinctive they are"),
    "identifier": message("Found by an identifier"),
    "shared_identifier": message("The identifier is shared with others"),
    "former_name": message("Found by a former name"),
    "short_name": message("Found by a short name"),
    "part": message("Found by a part of the text"),
    "successor": message("Successor of a former body that was found"),
    "former_body": message("A former body"),
    "type": message("Is of the type asked for"),
    "properties": message("Share of the properties asked for"),
}
"""The features of a candidate, as message ids."""


class LocalWords:
    """The words in one language; that language is the one of the request (`g.language`)."""

    def __init__(self, language: str) -> None:
        self.language = language

    def term(self, iri: str) -> str:
        """The name of a class or property."""
        return labels(here().engine).of(iri, self.language).text

    def own(self, text: str) -> str:
        """A text of the interface."""
        return gettext(text)

    def name(self, known: Catalogue, number: int) -> str:
        """The name of a thing; of a former body with what followed it, as some clients show nothing but the name."""
        own = known.label(number, self.language).text
        ended = known.ended.get(number)
        if ended is None:
            return own
        after = self._successors(known, ended.successors)
        if not after:
            return gettext("%(name)s (former body)") % {"name": own}
        return gettext("%(name)s (former body; followed by: %(successors)s)") % {"name": own, "successors": after}

    def description(self, known: Catalogue, found: Candidate) -> str:
        """Why a thing is a candidate, and what has to be known of it."""
        told = [self._why(known, found)]
        ended = known.ended.get(found.number)
        if ended:
            dates = ", ".join(ended.dates)
            told.append(
                gettext("former body, event of %(dates)s") % {"dates": dates} if dates else gettext("former body")
            )
            after = self._successors(known, ended.successors)
            told.append(
                gettext("followed by: %(successors)s") % {"successors": after}
                if after
                else gettext("what followed is not known")
            )
        if found.shared:
            said = [known.notes.get(one.via, {}) for one in known.identifiers.exact(found.text)]
            notes = [note.get(self.language) or next(iter(note.values())) for note in said if note]
            told += notes[:1] or [gettext("the number belongs to a registered entity that others may share")]
        return ". ".join(part.rstrip(".") for part in told)

    def _why(self, known: Catalogue, found: Candidate) -> str:
        if found.how == "successor" and found.of is not None:
            former = known.label(found.of, self.language).text
            return gettext("followed “%(former)s”, which has this name") % {"former": former}
        if found.how == "iri":
            return gettext("its address")
        if found.how == "identifier":
            return gettext("identifier: %(text)s") % {"text": f"{found.kind} {found.text}".strip()}
        said = gettext(KINDS[found.kind]) % {"text": found.text}
        return f"{said} ({found.language})" if found.language else said

    def _successors(self, known: Catalogue, iris: tuple[str, ...]) -> str:
        numbers = [known.number(iri) for iri in iris]
        return ", ".join(known.label(n, self.language).text for n in numbers if n is not None)
