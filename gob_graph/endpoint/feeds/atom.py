"""The change log as an Atom feed (RFC 4287): one entry for each publication, the newest first."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from gob_graph.changelog import SENTENCES, sentences
from gob_graph.changes import changes
from gob_graph.endpoint.feeds.release_list import stamp
from gob_graph.errors import ReleaseError
from gob_graph.publication import publications
from gob_graph.release import open_release

if TYPE_CHECKING:
    from pathlib import Path

    from gob_graph.publication import Publication
    from gob_graph.settings import Settings

NAMESPACE = "http://www.w3.org/2005/Atom"
ENTRIES = 50
TITLES = {
    "nl": "Wijzigingen in de gegevens",
    "fr": "Modifications des données",
    "de": "Änderungen der Daten",
    "en": "Changes in the data",
}
FIRST = {"nl": "Eerste versie.", "fr": "Première version.", "de": "Erste Version.", "en": "First release."}
VERSION = {"nl": "Versie {}", "fr": "Version {}", "de": "Version {}", "en": "Version {}"}
BACK = {"nl": " (teruggezet)", "fr": " (rétablie)", "de": " (wiederhergestellt)", "en": " (rolled back to)"}


def feed(settings: Settings, dataset: str, language: str) -> bytes:
    """The feed in one language, of the dataset with this IRI."""
    log = publications(settings.release_dir)
    root = ET.Element("feed", {"xmlns": NAMESPACE, "xml:lang": language})
    address = f"{settings.service_url}/changes.atom?language={language}"
    _text(root, "id", dataset)
    _text(root, "title", TITLES[language])
    _text(root, "updated", stamp(log[-1]) if log else "1970-01-01T00:00:00Z")
    ET.SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": address})
    ET.SubElement(root, "link", {"rel": "alternate", "href": f"{settings.service_url}/{language}/changes"})
    author = ET.SubElement(root, "author")
    _text(author, "name", "gob-graph")
    for p in reversed(log[-ENTRIES:]):
        root.append(_entry(settings, p, log[p.number - 2] if p.number > 1 else None, language))
    body: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def _entry(settings: Settings, p: Publication, before: Publication | None, language: str) -> ET.Element:
    entry = ET.Element("entry")
    release = open_release(settings.release_dir / p.release, verify=False)
    _text(entry, "id", f"{settings.service_url}/feed/{p.number}")
    _text(entry, "title", VERSION[language].format(release.version) + (BACK[language] if p.rollback else ""))
    _text(entry, "updated", stamp(p))
    address = f"{settings.service_url}/releases/{p.release}"
    if before:
        address = f"{settings.service_url}/changes/{before.release}..{p.release}"
    ET.SubElement(entry, "link", {"rel": "alternate", "href": address})
    _text(entry, "content", "\n".join(words(settings, p, before, language)))
    return entry


def words(settings: Settings, p: Publication, before: Publication | None, language: str) -> list[str]:
    """What a publication changed, in sentences."""
    if before is None:
        return [FIRST[language]]
    try:
        return list(_words(settings.release_dir, before.release, p.release, language))
    except ReleaseError:
        return [SENTENCES["unknown"][language]]


@lru_cache(maxsize=4 * ENTRIES)
def _words(folder: Path, old: str, new: str, language: str) -> tuple[str, ...]:
    return tuple(sentences(changes(folder, old, new)[1], language))


def _text(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text
