"""Why an identifier leads nowhere, or to several things."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gob_graph.endpoint.web.pages.i18n import gettext, language, message

if TYPE_CHECKING:
    from gob_graph.endpoint.reconciliation.catalogue import Catalogue
    from gob_graph.endpoint.reconciliation.identifiers import Found

REASONS = {
    "check-digits": message("This has the form of a KBO/BCE number, but its check digits are wrong."),
    "unknown-number": message("This is a valid KBO/BCE number, but nothing in the data has it."),
    "unknown-address": message("This is an address, but nothing in the data is linked to it."),
    "other-scheme": message("This is not an identifier of a scheme that is known here."),
    "empty": message("No identifier was given."),
}
"""By the reason of a look-up that found nothing."""


def shared_note(known: Catalogue, found: Found) -> str:
    """Why an identifier leads to several things: what the graph says of the entity that it belongs to."""
    for one in found.hits:
        note = known.notes.get(one.via, {})
        if note:
            return note.get(language()) or next(iter(note.values()))
    if any(one.via for one in found.hits):
        return gettext("The number belongs to a registered entity that others may share.")
    return gettext("Several things have this identifier.")
